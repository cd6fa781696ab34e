/* The registry of models. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/store/temporary.h"

#include <errno.h>

#include "lib/base/macros.h"
#include "lib/store/registry.h"
#include "lib/store/roles.h"

static void promote(struct temporary *t, const char *line, const char *sha256, int64_t at_ms)
{
	temporary_do(t, store_promote(t->store, line, sha256, "m.onnx", "{}", "amy", "better",
				at_ms, &t->err));
}

static void expect_roles(struct temporary *t, const char *expected)
{
	assert_string_equal(
		temporary_query(t,
			"SELECT group_concat(sha256 || ' ' || role || ' ' || at_ms, ', ')"
			" FROM (SELECT * FROM model ORDER BY line, sha256)"),
		expected);
}

static void knows_nothing_at_first(void **state)
{
	struct temporary *t = *state;
	struct registered_model m = {.sha256 = "x"};
	bool is_known = true;

	temporary_do(t, store_champion(t->store, "press-3", &m, &t->err));
	assert_string_equal(m.sha256, "");
	temporary_do(t, store_model_is_known(t->store, "press-3", "aa", &is_known, &t->err));
	assert_false(is_known);
}

static void hands_the_roles_on(void **state)
{
	struct temporary *t = *state;
	struct registered_model m;
	bool is_known = false;

	promote(t, "press-3", "aa", 1);
	expect_roles(t, "aa champion 1");
	promote(t, "press-3", "bb", 2);
	expect_roles(t, "aa previous 2, bb champion 2");
	promote(t, "press-3", "cc", 3);
	expect_roles(t, "aa retired 3, bb previous 3, cc champion 3");
	temporary_do(t, store_champion(t->store, "press-3", &m, &t->err));
	assert_string_equal(m.sha256, "cc");
	assert_string_equal(m.role, "champion");
	assert_int_equal(m.at_ms, 3);
	temporary_do(t, store_model_is_known(t->store, "press-3", "aa", &is_known, &t->err));
	assert_true(is_known);
	temporary_do(t, store_model_is_known(t->store, "oven", "aa", &is_known, &t->err));
	assert_false(is_known);
}

static void puts_the_previous_one_back(void **state)
{
	struct temporary *t = *state;

	promote(t, "press-3", "aa", 1);
	promote(t, "press-3", "bb", 2);
	promote(t, "press-3", "aa", 3);
	expect_roles(t, "aa champion 3, bb previous 3");
	promote(t, "press-3", "aa", 4); /* it is champion already */
	expect_roles(t, "aa champion 3, bb previous 3");
}

static void keeps_lines_apart(void **state)
{
	struct temporary *t = *state;

	promote(t, "oven", "aa", 1);
	promote(t, "press-3", "aa", 2);
	promote(t, "press-3", "bb", 3);
	expect_roles(t, "aa champion 1, aa previous 3, bb champion 3");
}

static void records_every_change(void **state)
{
	struct temporary *t = *state;

	promote(t, "press-3", "aa", 1);
	promote(t, "press-3", "bb", 2);
	promote(t, "press-3", "cc", 3);
	assert_string_equal(
		temporary_query(t,
			"SELECT group_concat(sha256 || ' ' || role || ' ' || at_ms, ', ')"
			" FROM (SELECT * FROM model_event ORDER BY id)"),
		"aa champion 1, aa previous 2, bb champion 2, aa retired 3, bb previous 3, "
		"cc champion 3");
	assert_string_equal(
		temporary_query(t, "SELECT line, file, metrics, by, why FROM model_event"
				   " WHERE id = 4"),
		"press-3|m.onnx|{}|amy|better");
}

static void changes_nothing_when_it_fails(void **state)
{
	struct temporary *t = *state;

	promote(t, "press-3", "aa", 1);
	temporary_exec(t, "CREATE TRIGGER no BEFORE INSERT ON model BEGIN"
			  " SELECT raise(ABORT, 'not today'); END");
	assert_true(store_promote(t->store, "press-3", "bb", "f", "{}", "amy", "", 2, &t->err) < 0);
	assert_non_null(strstr(t->err.text, ": cannot register a model: not today"));
	expect_roles(t, "aa champion 1");
	assert_string_equal(temporary_query(t, "SELECT count(*) FROM model_event"), "1");
	temporary_do(t, store_begin(t->store, &t->err)); /* no transaction was left open */
}

static int add_model(void *owner, const struct model_row *m)
{
	size_t len = strlen(owner);

	snprintf((char *)owner + len, 512 - len, "%s %s %s %s %s %s %s %lld, ", m->line, m->sha256,
		m->role, m->file, m->metrics, m->by, m->why, (long long)m->at_ms);
	return strcmp(m->sha256, "stop") == 0 ? -EINTR : 0;
}

static void lists_models_by_line_and_role(void **state)
{
	struct temporary *t = *state;
	char text[512] = "";

	promote(t, "press-3", "aa", 1);
	promote(t, "press-3", "bb", 2);
	promote(t, "press-3", "cc", 3);
	promote(t, "oven", "dd", 4);
	temporary_do(t, store_each_model(t->store, "press-3", add_model, text, &t->err));
	assert_string_equal(text, "press-3 cc champion m.onnx {} amy better 3, "
				  "press-3 bb previous m.onnx {} amy better 3, "
				  "press-3 aa retired m.onnx {} amy better 3, ");
	text[0] = 0;
	promote(t, "a", "stop", 5);
	assert_int_equal(store_each_model(t->store, NULL, add_model, text, &t->err), -EINTR);
	assert_string_equal(text, "a stop champion m.onnx {} amy better 5, ");
}

static void keeps_file_and_metrics_where_none_are_given(void **state)
{
	struct temporary *t = *state;
	struct model_row m = {.line = "press-3",
		.sha256 = "aa",
		.role = "challenger",
		.file = "a.onnx",
		.metrics = "{\"f1\":1.0}",
		.by = "amy",
		.why = "new",
		.at_ms = 1};

	temporary_do(t, store_put_model(t->store, &m, &t->err));
	m.role = "retired";
	m.file = m.metrics = m.by = m.why = "";
	m.at_ms = 2;
	temporary_do(t, store_put_model(t->store, &m, &t->err));
	assert_string_equal(temporary_query(t, "SELECT * FROM model"),
		"press-3|aa|a.onnx|retired|{\"f1\":1.0}||2|");
	assert_string_equal(
		temporary_query(t, "SELECT group_concat(role || ' ' || file || ' ' || by,"
				   " ', ') FROM model_event"),
		"challenger a.onnx amy, retired a.onnx ");
}

/* A unit that is scored again after a kill has the row it had. */
static void keeps_what_a_shadow_model_said_first(void **state)
{
	struct temporary *t = *state;
	struct shadow_row row = {"press-3", "U1", 5, "aa", 0.25};

	temporary_do(t, store_put_shadow(t->store, &row, &t->err));
	row.p_defect = 0.5;
	temporary_do(t, store_put_shadow(t->store, &row, &t->err));
	row.model = "bb";
	temporary_do(t, store_put_shadow(t->store, &row, &t->err));
	assert_string_equal(temporary_query(t, "SELECT group_concat(model || ' ' || p_defect, ', ')"
					       " FROM shadow"),
		"aa 0.25, bb 0.5");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		temporary_test(knows_nothing_at_first),
		temporary_test(hands_the_roles_on),
		temporary_test(puts_the_previous_one_back),
		temporary_test(keeps_lines_apart),
		temporary_test(records_every_change),
		temporary_test(changes_nothing_when_it_fails),
		temporary_test(lists_models_by_line_and_role),
		temporary_test(keeps_file_and_metrics_where_none_are_given),
		temporary_test(keeps_what_a_shadow_model_said_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
