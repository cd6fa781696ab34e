/* Properties of the engine over long random streams: it repeats itself bit for bit, and a start
 * from snapshot and journal at any point goes on as if nothing had happened. */
#include "tests/unit/engine/press.h"

#include <errno.h>

#define INPUTS 900

/* A stream of inputs and what an undisturbed engine made of each. */
struct stream {
	struct press press;
	struct engine_input in[INPUTS];
	struct buf outcomes[INPUTS];
	bool changed[INPUTS];
	struct arena *arena;
};

static bool take(struct stream *s, struct engine *e, size_t i, struct buf *out)
{
	struct outcomes o = {.arena = s->arena};
	int r = engine_take(e, &s->in[i], &o);

	assert_true(r >= 0);
	put_outcomes(out, &o);
	arena_reset(s->arena);
	return r == ENGINE_CHANGED;
}

static int set_up(void **state)
{
	struct stream *s = calloc(1, sizeof(*s));
	struct engine *e;
	struct rng rng;
	int64_t now_ms = T0;

	assert_non_null(s);
	press_init(&s->press);
	s->press.decide.unsure = 0.02;
	s->press.decide.max_imputed = 1;
	assert_int_equal(arena_new(&s->arena, 4096), 0);
	rng_init(&rng, 20261122, 0);
	e = press_engine(&s->press, press_model(&s->press));
	for (size_t i = 0; i < INPUTS; i++) {
		now_ms += (int64_t)rng_below(&rng, 120);
		s->in[i] = random_input(&rng, now_ms);
		buf_init(&s->outcomes[i]);
		s->changed[i] = take(s, e, i, &s->outcomes[i]);
	}
	engine_free(e);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct stream *s = *state;

	for (size_t i = 0; i < INPUTS; i++) {
		input_free(&s->in[i]);
		buf_deinit(&s->outcomes[i]);
	}
	arena_free(s->arena);
	press_deinit(&s->press);
	free(s);
	return 0;
}

static void expect_same(struct stream *s, struct engine *e, size_t from, size_t to)
{
	CLEANUP(buf_deinit) struct buf out;

	buf_init(&out);
	for (size_t i = from; i < to; i++) {
		buf_clear(&out);
		assert_int_equal(take(s, e, i, &out), s->changed[i]);
		if (out.len != s->outcomes[i].len ||
			(out.len && memcmp(out.data, s->outcomes[i].data, out.len) != 0))
			fail_msg("input %zu:\n%s\ninstead of\n%s", i, buf_text(&out),
				buf_text(&s->outcomes[i]));
	}
}

static void the_stream_holds_every_kind_of_outcome(void **state)
{
	static const char *const kinds[] = {" pass ", " defect ", " unsure ", " missing ",
		" imputed 2 of at most 1", "bad_payload: ", "unmatched: ", "late: "};
	struct stream *s = *state;

	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		size_t count = 0;

		for (size_t i = 0; i < INPUTS; i++)
			count += s->outcomes[i].len > 0 &&
				 memmem(s->outcomes[i].data, s->outcomes[i].len, kinds[k],
					 strlen(kinds[k])) != NULL;
		if (count == 0)
			fail_msg("no \"%s\" in the stream", kinds[k]);
	}
}

static void the_same_inputs_give_the_same_outcomes(void **state)
{
	struct stream *s = *state;
	struct engine *e = press_engine(&s->press, press_model(&s->press));

	expect_same(s, e, 0, INPUTS);
	engine_free(e);
}

/* A snapshot after input `at`, a journal of what was numbered from there to `end`; from them a new
 * engine. */
static struct engine *restart(struct stream *s, size_t at, size_t end)
{
	struct engine *e = press_engine(&s->press, press_model(&s->press)), *again;
	CLEANUP(buf_deinit) struct buf snapshot, journal, ignored;
	struct engine_input in;
	struct cursor c;
	struct err err = {0};

	buf_init(&snapshot);
	buf_init(&journal);
	buf_init(&ignored);
	for (size_t i = 0; i < end; i++) {
		if (i == at)
			engine_save(e, &snapshot);
		if (take(s, e, i, &ignored) && i >= at)
			engine_input_put(&journal, &s->in[i]);
	}
	again = press_engine(&s->press, press_model(&s->press));
	if (engine_load(again, snapshot.data, snapshot.len, &err) < 0)
		fail_msg("%s", err.text);
	cursor_init(&c, journal.data, journal.len);
	while (engine_input_get(&c, &in)) {
		struct outcomes o = {.arena = s->arena};

		assert_int_equal(engine_take(again, &in, &o), ENGINE_CHANGED);
		arena_reset(s->arena);
	}
	assert_false(c.failed);
	assert_true(engine_number(again) == engine_number(e));
	engine_free(e);
	return again;
}

static void a_start_at_any_point_goes_on_as_if_nothing_had_happened(void **state)
{
	struct stream *s = *state;

	for (size_t end = 1; end < INPUTS; end += 23) {
		struct engine *e = restart(s, end * 7 / 11, end);

		expect_same(s, e, end, INPUTS);
		engine_free(e);
	}
}

static void a_snapshot_of_a_loaded_snapshot_is_the_same(void **state)
{
	struct stream *s = *state;
	CLEANUP(buf_deinit) struct buf first, second;
	struct engine *e = restart(s, 300, 600), *again;

	buf_init(&first);
	buf_init(&second);
	engine_save(e, &first);
	again = press_engine(&s->press, press_model(&s->press));
	assert_int_equal(engine_load(again, first.data, first.len, NULL), 0);
	assert_true(engine_number(again) == engine_number(e));
	assert_true(engine_clock_ms(again) == engine_clock_ms(e));
	assert_true(engine_due_ms(again) == engine_due_ms(e));
	engine_save(again, &second);
	assert_int_equal(first.len, second.len);
	assert_memory_equal(first.data, second.data, first.len);
	engine_free(e);
	engine_free(again);
}

static int load(struct stream *s, const void *bytes, size_t len, struct err *err)
{
	struct engine *e = press_engine(&s->press, NULL);
	int r = engine_load(e, bytes, len, err);

	engine_free(e);
	return r;
}

static void a_damaged_snapshot_is_refused(void **state)
{
	struct stream *s = *state;
	CLEANUP(buf_deinit) struct buf bytes;
	struct engine *e = restart(s, 10, 120);
	struct err err;

	buf_init(&bytes);
	engine_save(e, &bytes);
	engine_free(e);
	for (size_t len = 0; len < bytes.len; len++) {
		char *cut = malloc(len + 1);

		assert_non_null(cut);
		memcpy(cut, bytes.data, len);
		assert_int_equal(load(s, cut, len, &err), -EINVAL);
		free(cut);
	}
	for (size_t i = 0; i < bytes.len; i++) {
		bytes.data[i] ^= 0x10;
		assert_int_equal(load(s, bytes.data, bytes.len, &err), -EINVAL);
		bytes.data[i] ^= 0x10;
	}
	assert_int_equal(load(s, bytes.data, bytes.len, &err), 0);
	assert_int_equal(load(s, "something else entirely", 23, &err), -EINVAL);
	assert_string_equal(err.text, "this is no snapshot of the engine");
	bytes.data[20]++;
	assert_int_equal(load(s, bytes.data, bytes.len, &err), -EINVAL);
	assert_string_equal(err.text, "the snapshot is damaged: its checksum differs");
	bytes.data[8] = 9;
	assert_int_equal(load(s, bytes.data, bytes.len, &err), -EINVAL);
	assert_string_equal(err.text, "the snapshot is of version 9, wanted is 4");
}

/* The model's own file may be gone: units are waited for as if it was there. */
static void units_are_waited_for_as_under_the_model_of_then(void **state)
{
	struct stream *s = *state;
	struct engine *with = press_engine(&s->press, press_model(&s->press)), *without;
	CLEANUP(buf_deinit) struct buf bytes;
	struct engine_line_state saved, loaded;

	buf_init(&bytes);
	for (size_t i = 0; i < 150; i++) {
		struct outcomes out = {.arena = s->arena};

		assert_true(engine_take(with, &s->in[i], &out) >= 0);
		arena_reset(s->arena);
	}
	engine_save(with, &bytes);
	without = press_engine(&s->press, NULL);
	assert_null(engine_loaded_model(without, 0));
	assert_int_equal(engine_load(without, bytes.data, bytes.len, NULL), 0);
	assert_string_equal(engine_loaded_model(without, 0), model_sha256(s->press.model));
	for (size_t i = 150; i < INPUTS; i++) {
		struct outcomes out = {.arena = s->arena};

		assert_true(engine_take(with, &s->in[i], &out) >= 0);
		assert_true(engine_take(without, &s->in[i], &out) >= 0);
		arena_reset(s->arena);
		engine_line_state(with, 0, &saved);
		engine_line_state(without, 0, &loaded);
		assert_int_equal(loaded.units, saved.units);
		assert_int_equal(loaded.open_units, saved.open_units);
	}
	engine_free(with);
	engine_free(without);
}

static void lines_are_found_by_name(void **state)
{
	struct stream *s = *state;
	CLEANUP(buf_deinit) struct buf bytes;
	struct engine *e = restart(s, 10, 300), *again = NULL;
	struct line_spec other = s->press.spec;
	struct engine_line_state before, after, new_line;

	buf_init(&bytes);
	engine_save(e, &bytes);
	engine_line_state(e, 0, &before);
	assert_true(before.units > 0);
	other.name = "press-0";
	assert_int_equal(
		engine_new(&again, nn_kernels_choose(NULL, NULL), &press_limits, 1000, NULL), 0);
	assert_int_equal(engine_add_line(again, &other, NULL), 0);
	assert_int_equal(engine_load(again, bytes.data, bytes.len, NULL), 0);
	engine_line_state(again, 0, &new_line);
	assert_int_equal(new_line.units, 0); /* what it does not know is dropped */
	engine_free(again);
	assert_int_equal(
		engine_new(&again, nn_kernels_choose(NULL, NULL), &press_limits, 1000, NULL), 0);
	assert_int_equal(engine_add_line(again, &other, NULL), 0);
	assert_int_equal(engine_add_line(again, &s->press.spec, NULL), 0);
	assert_int_equal(engine_load(again, bytes.data, bytes.len, NULL), 0);
	engine_line_state(again, 1, &after);
	assert_int_equal(after.units, before.units);
	assert_int_equal(after.alerts, before.alerts);
	assert_int_equal(after.not_scored, before.not_scored);
	assert_int_equal(after.open_units, before.open_units);
	assert_true(after.last_unit_ms == before.last_unit_ms);
	engine_free(again);
	engine_free(e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_stream_holds_every_kind_of_outcome),
		cmocka_unit_test(the_same_inputs_give_the_same_outcomes),
		cmocka_unit_test(a_start_at_any_point_goes_on_as_if_nothing_had_happened),
		cmocka_unit_test(a_snapshot_of_a_loaded_snapshot_is_the_same),
		cmocka_unit_test(a_damaged_snapshot_is_refused),
		cmocka_unit_test(units_are_waited_for_as_under_the_model_of_then),
		cmocka_unit_test(lines_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
