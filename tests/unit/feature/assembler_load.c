/* The state of a line with streams: from bytes that are whole, cut, changed, or another plan's. */
#include "tests/unit/feature/filled.h"

static void all_of_it_comes_back(void **state)
{
	struct flow *f = *state;

	fill(f);
	flow_restart(f);
	flow_event(f, "out", "U1", 6000);
	flow_at(f, 600000);
	flow_expect_unit(f, "U1", "deadline");
	assert_int_equal(f->unit.started_ms, NOW + 1500);
	assert_int_equal(f->unit.gap_ms, 0);
	flow_expect_missing(f, "oven", MISSING_NO_SAMPLE);
	flow_expect_number(f, "pressing", 3);
	flow_expect_missing(f, "packing", MISSING_TRUNCATED);
	flow_expect_number(f, "at_pack", 1);
	flow_expect_missing(f, "at_exit", MISSING_TOO_FEW);
	assert_true(flow_value(f, "at_exit")->is_held);
	assert_float_equal(flow_value(f, "at_exit")->refused.number, 2.5, 0);
	flow_expect_text(f, "mode", "warm");
	flow_expect_text(f, "resin", "R1");
	flow_expect_number(f, "visc", 2.5);
	flow_expect_unit(f, "U2", "deadline");
	flow_expect_number(f, "x", 1.5);
	flow_expect_missing(f, "pressing", MISSING_NO_EXIT);
	assert_int_equal(flow_unit(f, "in", "done", 0, ""), REFUSAL_LATE);
}

/* In memory of just this size, so that reading past the end is seen. */
static int load_cut(struct flow *f, const struct buf *saved, size_t len)
{
	char *bytes = malloc(len + 1);
	int rc;

	assert_non_null(bytes);
	memcpy(bytes, saved->data, len);
	rc = flow_load(f, bytes, len);
	free(bytes);
	return rc;
}

static void refuses_every_truncation(void **state)
{
	CLEANUP(buf_deinit) struct buf saved;
	struct flow *f = *state;

	buf_init(&saved);
	fill(f);
	flow_save(f, &saved);
	for (size_t len = 0; len < saved.len; len++)
		assert_int_equal(load_cut(f, &saved, len), -EINVAL);
	assert_int_equal(load_cut(f, &saved, saved.len), 0);
}

static void survives_every_flipped_bit(void **state)
{
	CLEANUP(buf_deinit) struct buf saved;
	struct flow *f = *state;
	size_t loaded = 0;

	buf_init(&saved);
	fill(f);
	flow_save(f, &saved);
	for (size_t i = 0; i < saved.len * 8; i++) {
		int rc;

		saved.data[i / 8] ^= (char)(1 << i % 8);
		rc = flow_load(f, saved.data, saved.len);
		assert_true(rc == 0 || rc == -EINVAL);
		if (rc == 0) {
			loaded++;
			use(f);
		}
		saved.data[i / 8] ^= (char)(1 << i % 8);
	}
	assert_true(loaded > 1000);
}

static void survives_large_and_small_numbers_anywhere(void **state)
{
	static const int64_t numbers[] = {INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1,
		INT64_MAX, TIMESTAMP_MAX_MS, TIMESTAMP_MAX_MS + 1};
	CLEANUP(buf_deinit) struct buf saved;
	struct flow *f = *state;

	buf_init(&saved);
	fill(f);
	flow_save(f, &saved);
	for (size_t i = 0; i + sizeof(int64_t) <= saved.len; i++) {
		for (size_t k = 0; k < ARRAY_LEN(numbers); k++) {
			char was[sizeof(int64_t)];
			int rc;

			memcpy(was, saved.data + i, sizeof(was));
			memcpy(saved.data + i, &numbers[k], sizeof(was));
			rc = flow_load(f, saved.data, saved.len);
			assert_true(rc == 0 || rc == -EINVAL);
			if (rc == 0)
				use(f);
			memcpy(saved.data + i, was, sizeof(was));
		}
	}
}

/* Times of the state, those of U1 where they are of a unit. */
enum { NEXT, GAP_FROM, GAP_TO, STARTED, FIRST, OPENED, ENTERED, ENDED, MOMENT, TIMES };

static int64_t *time_of(struct assembler *a, int which)
{
	struct open_unit *u = unit_table_find(a->units, "U1");
	int64_t *const times[TIMES] = {
		[NEXT] = &a->every.next_ms,
		[GAP_FROM] = &a->gaps[1].from_ms,
		[GAP_TO] = &a->gaps[1].to_ms,
		[STARTED] = &u->started_ms,
		[FIRST] = &u->first_ms,
		[OPENED] = &u->opened_ms,
		[ENTERED] = &u->visits[OVEN].enter_ms,
		[ENDED] = &u->visits[PRESSING].exit_ms,
		[MOMENT] = &u->moments[0],
	};

	return times[which];
}

/* Loads the good state with this time in it. */
static int load_with(struct flow *f, const struct buf *good, int which, int64_t time_ms)
{
	CLEANUP(buf_deinit) struct buf changed;

	buf_init(&changed);
	assert_int_equal(flow_load(f, good->data, good->len), 0);
	*time_of(f->a, which) = time_ms;
	flow_save(f, &changed);
	return flow_load(f, changed.data, changed.len);
}

static void refuses_times_that_cannot_have_been(void **state)
{
	static const bool may_be_none[TIMES] = {
		[NEXT] = true, [ENTERED] = true, [ENDED] = true, [MOMENT] = true};
	CLEANUP(buf_deinit) struct buf good;
	struct flow *f = *state;

	buf_init(&good);
	fill(f);
	flow_save(f, &good);
	for (int i = 0; i < TIMES; i++) {
		assert_int_equal(load_with(f, &good, i, i == ENDED ? NOW + 1500 : 0), 0);
		assert_int_equal(load_with(f, &good, i, TIMESTAMP_MAX_MS), 0);
		assert_int_equal(load_with(f, &good, i, TIMESTAMP_MAX_MS + 1), -EINVAL);
		assert_int_equal(load_with(f, &good, i, INT64_MIN + 1), -EINVAL);
		assert_int_equal(load_with(f, &good, i, NO_TIME), may_be_none[i] ? 0 : -EINVAL);
		assert_int_equal(load_with(f, &good, i, -1), -EINVAL);
		assert_string_equal(f->err.text,
			i < STARTED
				? "the clocks of a line's state are not what this program writes"
				: "the open units of a line's state are not what this program "
				  "writes");
	}
}

static void refuses_visits_that_end_before_they_begin(void **state)
{
	CLEANUP(buf_deinit) struct buf good, bad;
	struct flow *f = *state;

	buf_init(&good);
	buf_init(&bad);
	fill(f);
	flow_save(f, &good);
	for (int k = 0; k < 2; k++) {
		unit_table_find(f->a->units, "U1")->visits[OVEN].exit_ms = NOW + 5500 - k;
		flow_save(f, &bad);
		assert_int_equal(flow_load(f, bad.data, bad.len), k ? -EINVAL : 0);
		assert_int_equal(flow_load(f, good.data, good.len), 0);
	}
}

static void refuses_windows_with_and_without_a_value_at_once(void **state)
{
	CLEANUP(buf_deinit) struct buf good, bad;
	struct flow *f = *state;

	buf_init(&good);
	buf_init(&bad);
	fill(f);
	flow_save(f, &good);
	frozen_of(f, "U1", "mode")->missing = MISSING_NO_LOT;
	flow_save(f, &bad);
	assert_int_equal(flow_load(f, bad.data, bad.len), -EINVAL);
	assert_int_equal(flow_load(f, good.data, good.len), 0);
	frozen_of(f, "U1", "at_exit")->missing = VALUE_PRESENT;
	flow_save(f, &bad);
	assert_int_equal(flow_load(f, bad.data, bad.len), -EINVAL);
	assert_int_equal(flow_load(f, good.data, good.len), 0);
	frozen_of(f, "U1", "at_exit")->kind = VALUE_NUMBER;
	frozen_of(f, "U1", "at_exit")->missing = MISSING_COUNT;
	flow_save(f, &bad);
	assert_int_equal(flow_load(f, bad.data, bad.len), -EINVAL);
}

static void when_a_unit_gets_ready_comes_back(void **state)
{
	struct flow *f = *state;

	f->plan.unit.ready_on = F_PACK;
	f->plan.unit.grace_ms = 3000;
	flow_awaited(f, "x");
	flow_begin(f);
	flow_at(f, 1000);
	flow_event(f, "pack", "U1", 0);
	flow_restart(f);
	assert_int_equal(assembler_due_ms(f->a), 4000);
	flow_at(f, 4000);
	flow_expect_unit(f, "U1", "ready");
}

/* Or writes it. */
static size_t read_corpus(char *out, size_t cap, const char *mode)
{
	const char *source = getenv("DEFECTD_SOURCE");
	char path[4096];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/assembler/filled",
		source ? source : "../..");
	f = fopen(path, mode);
	if (!f)
		fail_msg("cannot open %s", path);
	len = mode[0] == 'w' ? fwrite(out, 1, cap, f) : fread(out, 1, cap, f);
	fclose(f);
	return len;
}

/* It would find nothing if it were refused at the first bytes. After a change of the form:
 * DEFECTD_WRITE_CORPUS=1 DEFECTD_SOURCE=.. test_feature_assembler_load */
static void the_fuzz_target_begins_with_a_state_of_todays_form(void **state)
{
	CLEANUP(buf_deinit) struct buf saved;
	struct flow *f = *state;
	char corpus[10000];
	size_t len;

	buf_init(&saved);
	fill(f);
	flow_save(f, &saved);
	if (getenv("DEFECTD_WRITE_CORPUS"))
		(void)read_corpus(saved.data, saved.len, "wb");
	len = read_corpus(corpus, sizeof(corpus), "rb");
	assert_int_equal(len, saved.len);
	assert_memory_equal(corpus, saved.data, len);
	assert_int_equal(flow_load(f, corpus, len), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, flow_set_up, flow_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(all_of_it_comes_back),
		TEST(refuses_every_truncation),
		TEST(survives_every_flipped_bit),
		TEST(survives_large_and_small_numbers_anywhere),
		TEST(refuses_times_that_cannot_have_been),
		TEST(refuses_visits_that_end_before_they_begin),
		TEST(refuses_windows_with_and_without_a_value_at_once),
		TEST(when_a_unit_gets_ready_comes_back),
		TEST(the_fuzz_target_begins_with_a_state_of_todays_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
