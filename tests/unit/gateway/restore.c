/* What a start takes up again, and under which line files. */
#include "tests/unit/gateway/rig.h"

#include <sqlite3.h>

/* One message for unit `n`; complete at once. Returns what engine_take said. */
static int process(struct rig *r, int n, struct buf *journal)
{
	char topic[64], text[64];
	struct outcomes out = {.arena = r->arena};
	struct engine_input in;
	int rc;

	snprintf(topic, sizeof(topic), "p3/unit/U%d/proc", n);
	snprintf(text, sizeof(text),
		n % 2 ? "{\"ts\":%lld,\"torque\":1}" : "{\"ts\":%lld,\"torque\":1,\"speed\":2}",
		(long long)T0 + n);
	in = make_message(T0 + n, topic, text);
	rc = engine_take(r->g->engine, &in, &out);
	if (rc == ENGINE_CHANGED)
		engine_input_put(journal, &in);
	input_free(&in);
	arena_reset(r->arena);
	return rc;
}

static void commit_journal(struct rig *r, uint64_t first, uint64_t last, const struct buf *bytes)
{
	assert_int_equal(store_begin(r->store, NULL), 0);
	assert_int_equal(
		store_put_journal(r->store, first, last, bytes->data, bytes->len, NULL), 0);
	assert_int_equal(store_commit(r->store, NULL), 0);
}

static void takes_up_snapshot_and_journal(void **state)
{
	struct rig *r = *state;
	CLEANUP(buf_deinit) struct buf journal, before, after;
	struct engine_line_state line;

	buf_init(&journal);
	buf_init(&before);
	buf_init(&after);
	write_model(r, MODEL, "speed", 1);
	start(r);
	for (int n = 1; n <= 20; n++)
		assert_int_equal(process(r, n, &journal), ENGINE_CHANGED);
	commit_journal(r, 1, 20, &journal);
	engine_save(r->g->engine, &before);
	assert_int_equal(store_begin(r->store, NULL), 0);
	assert_int_equal(store_put_snapshot(r->store, 20, T0, before.data, before.len, NULL), 0);
	assert_int_equal(store_commit(r->store, NULL), 0);
	for (int part = 0; part < 2; part++) {
		buf_clear(&journal);
		for (int n = 21 + 5 * part; n <= 25 + 5 * part; n++)
			assert_int_equal(process(r, n, &journal), ENGINE_CHANGED);
		commit_journal(r, 21 + 5 * (uint64_t)part, 25 + 5 * (uint64_t)part, &journal);
	}
	buf_clear(&before);
	engine_save(r->g->engine, &before);
	start(r);
	engine_save(r->g->engine, &after);
	assert_int_equal(engine_number(r->g->engine), 30);
	assert_int_equal(before.len, after.len);
	/* but for since when what has no journal is lost, and the checksum */
	assert_memory_equal(before.data, after.data, 36);
	assert_memory_equal(before.data + 44, after.data + 44, before.len - 52);
	/* what came again out of the journal was counted when it came */
	engine_line_state(r->g->engine, 0, &line);
	assert_int_equal(engine_counts(r->g->engine)->received, 0);
	assert_int_equal(engine_counts(r->g->engine)->used, 0);
	assert_int_equal(line.counts->received, 0);
}

static int restore(struct rig *r)
{
	gateway_free(TAKE(r->g));
	assert_int_equal(gateway_new(&r->g, r->config, nn_kernels_choose(NULL, NULL), &r->err), 0);
	return gateway_restore(r->g, r->store, &r->err);
}

static void refuses_a_journal_with_a_hole(void **state)
{
	struct rig *r = *state;
	CLEANUP(buf_deinit) struct buf journal;

	buf_init(&journal);
	start(r);
	assert_int_equal(process(r, 1, &journal), ENGINE_CHANGED);
	commit_journal(r, 3, 3, &journal);
	assert_int_equal(restore(r), -EINVAL);
	assert_string_equal(r->err.text, "the journal goes on with inputs 3 to 3 after input 0");
}

static void refuses_a_journal_that_is_damaged(void **state)
{
	struct rig *r = *state;
	CLEANUP(buf_deinit) struct buf journal;

	buf_init(&journal);
	start(r);
	assert_int_equal(process(r, 1, &journal), ENGINE_CHANGED);
	journal.len--;
	commit_journal(r, 1, 1, &journal);
	assert_int_equal(restore(r), -EINVAL);
	assert_string_equal(r->err.text, "the journal row of inputs 1 to 1 is damaged");
}

/* Units that the journal's inputs left open without a model are not scored by a model that came
 * afterwards, and stay as they were over further starts. */
static void replays_the_journal_under_the_model_of_its_time(void **state)
{
	struct rig *r = *state;
	CLEANUP(buf_deinit) struct buf journal, adopted, again;
	struct engine_line_state line;

	buf_init(&journal);
	buf_init(&adopted);
	buf_init(&again);
	start(r);
	for (int n = 1; n <= 9; n++)
		assert_int_equal(process(r, n, &journal), ENGINE_CHANGED);
	commit_journal(r, 1, 9, &journal);
	write_model(r, MODEL, "torque", 1); /* it would have scored every unit */
	start(r);
	engine_line_state(r->g->engine, 0, &line);
	assert_non_null(line.model);
	assert_int_equal(line.units, 4);
	assert_int_equal(line.not_scored, 4);
	assert_int_equal(line.open_units, 5);
	engine_save(r->g->engine, &adopted);
	start(r);
	engine_save(r->g->engine, &again);
	assert_int_equal(adopted.len, again.len);
	assert_memory_equal(adopted.data, again.data, again.len);
}

static struct engine_line_state line_state(const struct rig *r, size_t line)
{
	struct engine_line_state s;

	engine_line_state(r->g->engine, line, &s);
	return s;
}

/* The units that come out at this time, as "U1 U3 ..". */
static const char *units_at(struct rig *r, int64_t ms)
{
	static char text[256];
	struct outcomes out = {.arena = r->arena};
	struct engine_input in = {.kind = INPUT_TICK, .now_ms = ms, .clock_ms = ms};

	text[0] = 0;
	assert_true(engine_take(r->g->engine, &in, &out) >= 0);
	for (size_t i = 0; i < out.count; i++) {
		strcat(text, text[0] ? " " : "");
		strcat(text, out.v[i].row.unit);
	}
	arena_reset(r->arena);
	return text;
}

static void process_all(struct rig *r, int first, int last)
{
	CLEANUP(buf_deinit) struct buf journal;
	uint64_t number = engine_number(r->g->engine);

	buf_init(&journal);
	for (int n = first; n <= last; n++)
		assert_int_equal(process(r, n, &journal), ENGINE_CHANGED);
	commit_journal(r, number + 1, engine_number(r->g->engine), &journal);
}

/* Units that the model was done with do not come back because its file is gone, nor those that
 * came without it when it is there again. */
static void replays_the_journal_as_it_was_when_the_model_is_gone(void **state)
{
	struct rig *r = *state;
	char copy[128];

	write_model(r, MODEL, "torque", 1);
	start(r);
	snprintf(copy, sizeof(copy), "state/models/%s.onnx", model_sha256(r->g->lines[0].model));
	process_all(r, 1, 9);
	assert_int_equal(line_state(r, 0).open_units, 0);
	assert_int_equal(unlink(in_dir(r, copy)), 0);
	assert_int_equal(unlink(in_dir(r, MODEL)), 0);
	start(r);
	assert_string_equal(r->g->lines[0].why_none, "model_refused");
	assert_int_equal(line_state(r, 0).open_units, 0);
	assert_int_equal(line_state(r, 0).units, 9);
	/* without a model every feature is waited for: 11 lacks its speed */
	process_all(r, 10, 11);
	assert_int_equal(line_state(r, 0).open_units, 1);
	start(r);
	assert_int_equal(line_state(r, 0).open_units, 1);
	write_model(r, copy, "torque", 1);
	start(r);
	assert_string_equal(r->g->lines[0].why_none, "");
	assert_int_equal(line_state(r, 0).units, 10);
	assert_string_equal(units_at(r, T0 + 12), "U11");
}

#define LINE(name, more, features)                                                              \
	"{\"line\": \"" name "\", \"model\": \"press-3.onnx\",\n"                               \
	" \"sources\": {\"proc\": {\"topic\": \"p3/unit/{unit}/proc\", \"time\": \"/ts\"}" more \
	"},\n"                                                                                  \
	" \"unit\": {\"deadline\": \"5s\", \"again\": \"20s\"},\n"                              \
	" \"features\": [{\"name\": \"torque\", \"from\": \"proc.torque\"}" features "]}\n"
#define SPEED ", {\"name\": \"speed\", \"from\": \"proc.speed\"}"
#define LESS LINE("press-3", "", "")
#define MORE LINE("press-3", "", SPEED ", {\"name\": \"heat\", \"from\": \"proc.heat\"}")
#define OTHER LINE("press-4", "", SPEED)

static void edit(struct rig *r, const char *name, const char *text)
{
	if (text)
		write_file(r, name, text, strlen(text));
	else
		assert_int_equal(unlink(in_dir(r, name)), 0);
	read_config(r);
}

/* Nine units, of which those with an odd number lack their speed and stay open; in the journal. */
static void work(struct rig *r)
{
	CLEANUP(buf_deinit) struct buf journal;

	buf_init(&journal);
	start(r);
	for (int n = 1; n <= 9; n++)
		assert_int_equal(process(r, n, &journal), ENGINE_CHANGED);
	commit_journal(r, 1, 9, &journal);
	assert_int_equal(line_state(r, 0).units, 4);
	assert_int_equal(line_state(r, 0).open_units, 5);
}

static void a_unit_that_a_shorter_line_file_completes_is_not_lost(void **state)
{
	struct rig *r = *state;

	work(r);
	edit(r, "press-3.json", LESS);
	start(r);
	assert_true(r->g->has_taken_over);
	assert_int_equal(line_state(r, 0).units, 4);
	assert_int_equal(line_state(r, 0).open_units, 5);
	assert_string_equal(units_at(r, T0 + 10), "U1 U3 U5 U7 U9");
}

static void a_unit_that_was_scored_is_not_scored_again_by_a_longer_line_file(void **state)
{
	struct rig *r = *state;

	work(r);
	edit(r, "press-3.json", MORE);
	start(r);
	assert_int_equal(line_state(r, 0).units, 4);
	assert_string_equal(units_at(r, T0 + 10), "");
	assert_string_equal(units_at(r, T0 + 10000), "U1 U3 U5 U7 U9");
	assert_int_equal(line_state(r, 0).open_units, 0);
}

static void the_models_fit_is_that_of_the_line_file_of_its_time(void **state)
{
	struct rig *r = *state;

	write_model(r, MODEL, "speed", 1);
	work(r);
	edit(r, "press-3.json", LESS);
	start(r);
	assert_string_equal(r->g->lines[0].why_none, "model_misfit");
	assert_int_equal(line_state(r, 0).units, 4);
	assert_int_equal(line_state(r, 0).not_scored, 0);
	assert_string_equal(units_at(r, T0 + 10), "U1 U3 U5 U7 U9");
}

static void a_line_that_is_gone_takes_its_units_with_it_and_says_so(void **state)
{
	struct rig *r = *state;

	write_file(r, "press-4.json", OTHER, strlen(OTHER));
	read_config(r);
	work(r);
	assert_int_equal(line_state(r, 1).open_units, 5);
	edit(r, "press-3.json", NULL);
	start(r);
	assert_string_equal(r->g->left_out, "5 open units of line \"press-3\"");
	assert_int_equal(engine_line_count(r->g->engine), 1);
	assert_int_equal(line_state(r, 0).units, 4);
	assert_string_equal(units_at(r, T0 + 10000), "U1 U3 U5 U7 U9");
}

static void a_line_that_is_new_gets_nothing_of_the_journal(void **state)
{
	struct rig *r = *state;

	work(r);
	edit(r, "press-4.json", OTHER);
	start(r);
	assert_int_equal(line_state(r, 0).open_units, 5);
	assert_int_equal(line_state(r, 1).open_units, 0);
	assert_int_equal(line_state(r, 1).units, 0);
}

static void after_that_start_todays_line_files_are_in_force(void **state)
{
	struct rig *r = *state;
	CLEANUP(buf_deinit) struct buf journal;

	buf_init(&journal);
	work(r);
	edit(r, "press-3.json", MORE);
	start(r);
	assert_true(r->g->has_taken_over);
	/* journaled under the new one: the tenth is not complete by it */
	assert_int_equal(process(r, 10, &journal), ENGINE_CHANGED);
	commit_journal(r, 10, 10, &journal);
	start(r);
	assert_false(r->g->has_taken_over);
	assert_int_equal(line_state(r, 0).units, 4);
	assert_int_equal(line_state(r, 0).open_units, 6);
	assert_int_equal(engine_number(r->g->engine), 10);
}

static void exec(struct rig *r, const char *sql)
{
	assert_int_equal(sqlite3_exec(store_sqlite(r->store), sql, NULL, NULL, NULL), SQLITE_OK);
}

static void a_start_that_breaks_off_leaves_everything_as_it_was(void **state)
{
	struct rig *r = *state;

	work(r);
	exec(r, "CREATE TRIGGER no BEFORE INSERT ON in_force"
		" BEGIN SELECT RAISE(ABORT, 'not now'); END");
	edit(r, "press-3.json", LESS);
	assert_true(restore(r) < 0);
	exec(r, "DROP TRIGGER no");
	start(r);
	assert_true(r->g->has_taken_over);
	assert_string_equal(units_at(r, T0 + 10), "U1 U3 U5 U7 U9");
}

static void a_text_that_is_no_longer_taken_gives_way_to_todays_file(void **state)
{
	struct rig *r = *state;

	work(r);
	exec(r, "UPDATE config SET text = '{\"line\": \"press-3\", \"colour\": 1}'");
	edit(r, "press-3.json", MORE);
	start(r);
	assert_non_null(strstr(r->g->lines[0].earlier_trouble, "unknown key"));
	assert_int_equal(line_state(r, 0).units, 0); /* all that can be had: nobody is lost */
	assert_int_equal(line_state(r, 0).open_units, 9);
	/* and with its text gone */
	exec(r, "DELETE FROM config");
	edit(r, "press-3.json", LESS);
	start(r);
	assert_string_equal(r->g->lines[0].earlier_trouble, "its text is not in the database");
}

static void a_text_of_a_line_that_is_gone_may_be_anything(void **state)
{
	struct rig *r = *state;

	write_file(r, "press-4.json", OTHER, strlen(OTHER));
	read_config(r);
	work(r);
	exec(r, "UPDATE config SET text = 'nothing' WHERE line = 'press-4'");
	edit(r, "press-4.json", NULL);
	start(r);
	assert_string_equal(r->g->lines[0].earlier_trouble, "");
	assert_int_equal(line_state(r, 0).open_units, 5);
}

static void bad_bytes_are_found_under_line_files_of_before_too(void **state)
{
	struct rig *r = *state;

	work(r);
	exec(r, "UPDATE journal SET inputs = x'00'");
	edit(r, "press-3.json", MORE);
	assert_int_equal(restore(r), -EINVAL);
	assert_string_equal(r->err.text, "the journal row of inputs 1 to 9 is damaged");
}

/* A source without a journal: what it sent is in the engine's memory alone. */
#define FAST                                                                       \
	", \"fast\": {\"topic\": \"p3/fast\", \"format\": \"number\", \"qos\": 0," \
	" \"journal\": false}"
#define WITH_FAST                                                                       \
	LINE("press-3", FAST,                                                           \
		SPEED ", {\"name\": \"f\", \"from\": \"fast.value\", \"over\": \"1h\"," \
		      " \"missing\": \"impute\"}")

static void gap(struct rig *r, int64_t ms, struct buf *journal)
{
	struct outcomes out = {.arena = r->arena};
	struct engine_input in = {
		.kind = INPUT_GAP, .now_ms = T0 + ms, .clock_ms = T0 + ms, .kept = true};

	assert_int_equal(engine_take(r->g->engine, &in, &out), ENGINE_CHANGED);
	engine_input_put(journal, &in);
	arena_reset(r->arena);
}

/* A message of unit G with this value; the gap_ms of its row, or -1 while it is open. */
static int64_t tell(struct rig *r, int64_t ms, const char *value, struct buf *journal)
{
	struct outcomes out = {.arena = r->arena};
	struct engine_input in;
	char text[64];
	int64_t gap_ms;

	snprintf(text, sizeof(text), "{\"ts\":%lld,%s}", (long long)(T0 + ms), value);
	in = make_message(T0 + ms, "p3/unit/G/proc", text);
	assert_int_equal(engine_take(r->g->engine, &in, &out), ENGINE_CHANGED);
	gap_ms = out.count ? out.v[0].row.gap_ms : -1;
	engine_input_put(journal, &in);
	input_free(&in);
	arena_reset(r->arena);
	return gap_ms;
}

static void commit_from(struct rig *r, uint64_t first, struct buf *journal)
{
	commit_journal(r, first, engine_number(r->g->engine), journal);
	buf_clear(journal);
}

static void what_had_no_journal_is_lost_since_the_start_before(void **state)
{
	struct rig *r = *state;
	CLEANUP(buf_deinit) struct buf journal;

	buf_init(&journal);
	edit(r, "press-3.json", WITH_FAST);
	start(r);
	gap(r, 0, &journal);
	assert_int_equal(tell(r, 200, "\"torque\":1", &journal), -1);
	assert_int_equal(tell(r, 1000, "\"torque\":2", &journal), -1);
	commit_from(r, 1, &journal);
	start(r); /* killed before any snapshot; of 200 to 1000 nothing fast is left */
	gap(r, 3000, &journal);
	assert_int_equal(tell(r, 3500, "\"torque\":3", &journal), -1);
	commit_from(r, 4, &journal);
	/* killed again; with another line file; and again as soon as that is in force */
	start(r);
	edit(r, "press-3.json", "//\n" WITH_FAST);
	start(r);
	assert_true(r->g->has_taken_over);
	start(r);
	gap(r, 4000, &journal);
	assert_int_equal(tell(r, 4500, "\"speed\":1", &journal), 3800);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(takes_up_snapshot_and_journal),
		TEST(refuses_a_journal_with_a_hole),
		TEST(refuses_a_journal_that_is_damaged),
		TEST(replays_the_journal_under_the_model_of_its_time),
		TEST(replays_the_journal_as_it_was_when_the_model_is_gone),
		TEST(a_unit_that_a_shorter_line_file_completes_is_not_lost),
		TEST(a_unit_that_was_scored_is_not_scored_again_by_a_longer_line_file),
		TEST(the_models_fit_is_that_of_the_line_file_of_its_time),
		TEST(a_line_that_is_gone_takes_its_units_with_it_and_says_so),
		TEST(a_line_that_is_new_gets_nothing_of_the_journal),
		TEST(after_that_start_todays_line_files_are_in_force),
		TEST(a_start_that_breaks_off_leaves_everything_as_it_was),
		TEST(a_text_that_is_no_longer_taken_gives_way_to_todays_file),
		TEST(a_text_of_a_line_that_is_gone_may_be_anything),
		TEST(bad_bytes_are_found_under_line_files_of_before_too),
		TEST(what_had_no_journal_is_lost_since_the_start_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
