/* Promotions, rollbacks, challengers: who runs, who scores beside, what is written. */
#include "tests/unit/gateway/rig.h"

#include <sqlite3.h>

#include "lib/gateway/model_file.h"
#include "lib/gateway/swap.h"

/* A model as an import brings it: its copy is kept, it is not registered yet. */
static struct model *import(struct rig *r, const char *feature, uint64_t seed)
{
	const char *dir = r->g->config->state_dir;
	struct model *m = NULL;
	void *bytes = NULL;
	size_t len = 0;

	write_model(r, "import.onnx", feature, seed);
	assert_int_equal(model_file_read(&bytes, &len, in_dir(r, "import.onnx"), 1 << 20, NULL), 0);
	assert_int_equal(model_parse(&m, bytes, len, r->g->kernels, NULL), 0);
	assert_int_equal(model_file_keep(dir, model_sha256(m), bytes, len, NULL), 0);
	free(bytes);
	return m;
}

static void commit(struct rig *r, const struct swap *s, const char *by, const char *why)
{
	if (swap_commit(s, r->g, 0, by, why, T0, r->store, &r->err) < 0)
		fail_msg("%s", r->err.text);
}

/* Registers a challenger; its sha256. */
static const char *challenger(struct rig *r, uint64_t seed)
{
	static char sha256[8][SHA256_HEX];
	static unsigned at;
	char *text = sha256[at++ % 8];
	struct model *m = import(r, "speed", seed);
	struct swap s;

	strcpy(text, model_sha256(m));
	assert_int_equal(swap_register(&s, r->g, 0, m, T0), 0);
	assert_true(s.is_ok);
	commit(r, &s, "amy", "new");
	return text;
}

static struct swap carry_out(struct rig *r, const struct swap_request *request)
{
	struct swap s;

	assert_int_equal(swap_carry_out(&s, r->g, 0, request, T0), 0);
	commit(r, &s, "amy", "test");
	return s;
}

static struct swap promote(struct rig *r, const char *model)
{
	return carry_out(r, &(struct swap_request){.model = model});
}

static struct swap rollback(struct rig *r)
{
	return carry_out(r, &(struct swap_request){.is_rollback = true, .model = ""});
}

static void expect_refused(const struct swap *s, const char *code, const char *part)
{
	assert_false(s->is_ok);
	assert_false(s->is_champion);
	assert_int_equal(s->changes.count, 0);
	assert_string_equal(s->code, code);
	if (!strstr(s->text, part))
		fail_msg("\"%s\" lacks \"%s\"", s->text, part);
}

/* NULL: none. */
static void expect_loaded(const struct model *m, const char *sha256)
{
	assert_int_equal(m == NULL, sha256 == NULL);
	if (m)
		assert_string_equal(model_sha256(m), sha256);
}

static void expect(
	struct rig *r, const char *champion, const char *previous, const char *challenger)
{
	const struct gateway_line *l = &r->g->lines[0];
	struct engine_line_state line;

	expect_loaded(l->model, champion);
	expect_loaded(l->beside[SHADOW_PREVIOUS], previous);
	expect_loaded(l->beside[SHADOW_CHALLENGER], challenger);
	engine_line_state(r->g->engine, 0, &line);
	assert_ptr_equal(line.model, l->model);
	assert_string_equal(line.why_none, champion ? "" : l->why_none);
}

/* How many models beside the champion score a unit of this line. */
static size_t shadows(struct rig *r)
{
	const struct value values[] = {
		{.kind = VALUE_NUMBER, .number = 1}, {.kind = VALUE_NUMBER, .number = 2}};
	const struct unit_row row = {.line = "press-3", .value_count = 2, .values = values};
	struct engine_shadow_score scores[ENGINE_SHADOWS];

	return engine_score_shadows(r->g->engine, 0, &row, scores);
}

static void a_challenger_scores_beside_until_another_comes(void **state)
{
	struct rig *r = *state;
	const char *a, *b;

	start(r);
	a = challenger(r, 1);
	expect(r, NULL, NULL, a);
	assert_int_equal(shadows(r), 1);
	b = challenger(r, 2);
	expect(r, NULL, NULL, b);
	assert_string_equal(r->g->lines[0].why_none, "no_model");
	start(r);
	expect(r, NULL, NULL, b);
	assert_int_equal(shadows(r), 1);
}

static void a_promotion_hands_the_roles_on(void **state)
{
	struct rig *r = *state;
	const char *a, *b, *c;
	struct swap s;

	start(r);
	a = challenger(r, 1);
	s = promote(r, "challenger");
	assert_true(s.is_ok && s.is_champion);
	assert_string_equal(s.code, "");
	expect(r, a, NULL, NULL);
	assert_string_equal(r->g->lines[0].trouble, "");
	b = challenger(r, 2);
	assert_int_equal(shadows(r), 1);
	s = promote(r, b);
	assert_true(strstr(s.text, "is in force, before it was "));
	expect(r, b, a, NULL);
	assert_int_equal(shadows(r), 1);
	c = challenger(r, 3);
	assert_int_equal(shadows(r), 2);
	promote(r, c);
	expect(r, c, b, NULL);
	/* a retired one, by the beginning of its name */
	promote(r, (char[]){a[0], a[1], a[2], a[3], a[4], a[5], 0});
	expect(r, a, c, NULL);
	start(r);
	expect(r, a, c, NULL);
}

static void a_rollback_goes_back_and_the_next_one_forward(void **state)
{
	struct rig *r = *state;
	const char *a, *b, *c;
	struct swap s;

	start(r);
	s = rollback(r);
	expect_refused(&s, "no_previous", "line \"press-3\" has no previous model");
	a = challenger(r, 1);
	promote(r, a);
	s = rollback(r);
	expect_refused(&s, "no_previous", "");
	b = challenger(r, 2);
	promote(r, b);
	c = challenger(r, 3);
	rollback(r);
	expect(r, a, b, c);
	start(r);
	expect(r, a, b, c);
	rollback(r);
	expect(r, b, a, c);
	promote(r, "previous");
	expect(r, a, b, c);
}

static void what_is_not_there_is_named(void **state)
{
	struct rig *r = *state;
	const char *a;
	struct swap s;

	start(r);
	s = promote(r, "challenger");
	expect_refused(&s, "unknown_model", "line \"press-3\" has no challenger");
	s = promote(r, "previous");
	expect_refused(&s, "no_previous", "");
	s = promote(r, "abcd");
	expect_refused(&s, "unknown_model", "line \"press-3\" has no model \"abcd\"");
	a = challenger(r, 1);
	promote(r, a);
	s = promote(r, a);
	assert_true(s.is_ok);
	assert_false(s.is_champion);
	assert_int_equal(s.changes.count, 0);
	assert_string_equal(s.code, "nothing_to_do");
}

static void what_is_live_is_not_registered_again(void **state)
{
	struct rig *r = *state;
	const char *a;
	struct swap s;

	start(r);
	a = challenger(r, 1);
	assert_int_equal(swap_register(&s, r->g, 0, import(r, "speed", 1), T0), 0);
	assert_true(s.is_ok);
	assert_string_equal(s.code, "nothing_to_do");
	assert_int_equal(s.changes.count, 0);
	expect(r, NULL, NULL, a);
	challenger(r, 2);
	challenger(r, 1); /* retired meanwhile: it may try again */
	expect(r, NULL, NULL, a);
}

static void what_does_not_fit_is_no_challenger(void **state)
{
	struct rig *r = *state;
	const char *a;
	struct swap s;

	start(r);
	a = challenger(r, 1);
	assert_int_equal(swap_register(&s, r->g, 0, import(r, "heat", 1), T0), 0);
	expect_refused(&s, "model_misfit",
		"the model wants feature \"heat\", which the line does not have");
	expect(r, NULL, NULL, a);
}

/* Even one that is still loaded: a restart could not put it in force. */
static void a_file_that_is_gone_or_changed_is_not_put_in_force(void **state)
{
	struct rig *r = *state;
	const char *a, *b;
	char path[128];
	struct swap s;

	start(r);
	a = challenger(r, 1);
	promote(r, a);
	b = challenger(r, 2);
	snprintf(path, sizeof(path), "state/models/%s.onnx", b);
	write_file(r, path, "no model", 8);
	s = promote(r, b);
	expect_refused(&s, "model_refused", "the contents are not what the name says");
	expect(r, a, NULL, b);
	assert_int_equal(unlink(in_dir(r, path)), 0);
	s = promote(r, b);
	expect_refused(&s, "model_refused", "there is no such file");
	expect(r, a, NULL, b);
	/* the champion's own is of no concern until a restart */
	snprintf(path, sizeof(path), "state/models/%s.onnx", a);
	assert_int_equal(unlink(in_dir(r, path)), 0);
	expect(r, a, NULL, b);
	start(r);
	expect(r, NULL, NULL, NULL);
	assert_string_equal(r->g->lines[0].why_none, "model_refused");
	assert_true(strstr(r->g->lines[0].beside_trouble[SHADOW_CHALLENGER], "no such file"));
	/* the same files again: no restart is needed */
	model_free(import(r, "speed", 2));
	promote(r, b);
	expect(r, b, NULL, NULL);
	s = rollback(r);
	expect_refused(&s, "model_refused", "there is no such file");
	model_free(import(r, "speed", 1));
	rollback(r);
	expect(r, a, b, NULL);
}

/* The champion did not load at the start; its file is there again. */
static void a_champion_that_was_mended_comes_back_by_a_promotion(void **state)
{
	struct rig *r = *state;
	const char *a;
	char path[128];

	start(r);
	a = challenger(r, 1);
	promote(r, a);
	snprintf(path, sizeof(path), "state/models/%s.onnx", a);
	assert_int_equal(unlink(in_dir(r, path)), 0);
	start(r);
	expect(r, NULL, NULL, NULL);
	model_free(import(r, "speed", 1));
	assert_true(promote(r, a).is_champion);
	expect(r, a, NULL, NULL);
}

static const char *query(struct rig *r, const char *sql)
{
	static char text[1024];
	sqlite3_stmt *st = NULL;

	assert_int_equal(sqlite3_prepare_v2(store_sqlite(r->store), sql, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	snprintf(text, sizeof(text), "%s", sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	return text;
}

static void every_change_is_recorded(void **state)
{
	struct rig *r = *state;

	start(r);
	promote(r, challenger(r, 1));
	promote(r, challenger(r, 2));
	rollback(r);
	assert_string_equal(query(r, "SELECT group_concat(role || ' ' || by || ' ' || why, ', ')"
				     " FROM (SELECT * FROM model_event ORDER BY id)"),
		"challenger amy new, champion amy test, challenger amy new, previous amy test, "
		"champion amy test, previous amy test, champion amy test");
	assert_string_equal(query(r, "SELECT count(*) FROM model WHERE metrics = '{\"rows\":100}'"
				     " AND file LIKE '%/state/models/' || sha256 || '.onnx'"),
		"2");
}

/* What the journal holds is never taken again under another model: a snapshot goes with it. */
static void a_snapshot_goes_with_a_swap(void **state)
{
	struct rig *r = *state;
	CLEANUP(buf_deinit) struct buf journal;
	struct outcomes out = {.arena = r->arena};
	struct engine_input in =
		make_message(T0, "p3/unit/U1/proc", "{\"ts\":1795340350000,\"torque\":1}");

	buf_init(&journal);
	start(r);
	challenger(r, 1);
	assert_int_equal(engine_take(r->g->engine, &in, &out), ENGINE_CHANGED);
	engine_input_put(&journal, &in);
	assert_int_equal(store_begin(r->store, NULL), 0);
	assert_int_equal(store_put_journal(r->store, 1, 1, journal.data, journal.len, NULL), 0);
	assert_int_equal(store_commit(r->store, NULL), 0);
	promote(r, "challenger");
	assert_string_equal(query(r, "SELECT (SELECT count(*) FROM journal) || ' ' || number"
				     " FROM snapshot"),
		"0 1");
	input_free(&in);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_challenger_scores_beside_until_another_comes),
		TEST(a_promotion_hands_the_roles_on),
		TEST(a_rollback_goes_back_and_the_next_one_forward),
		TEST(what_is_not_there_is_named),
		TEST(what_is_live_is_not_registered_again),
		TEST(what_does_not_fit_is_no_challenger),
		TEST(a_file_that_is_gone_or_changed_is_not_put_in_force),
		TEST(a_champion_that_was_mended_comes_back_by_a_promotion),
		TEST(every_change_is_recorded),
		TEST(a_snapshot_goes_with_a_swap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
