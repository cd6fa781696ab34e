/* Unit rows: tables and views of lines, rows, the texts of line files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/store/temporary.h"

#include <errno.h>

#include "lib/store/units.h"

static const struct store_column columns[] = {{"type", true}, {"thickness", false}};
static const char *const names[] = {"type", "thickness"};
static const struct value values[] = {
	{.kind = VALUE_TEXT, .text = "L"}, {.kind = VALUE_NUMBER, .number = 2.5}};

static struct unit_row row_of(const char *unit, int64_t started_ms)
{
	return (struct unit_row){
		.line = "press-3",
		.unit = unit,
		.started_ms = started_ms,
		.scored_ms = started_ms + 500,
		.seq = 9,
		.verdict = "pass",
		.p_defect = 0.1743,
		.class_name = "",
		.threshold = 0.65,
		.model = "3f9c",
		.reason = "",
		.imputed = "[]",
		.reasons = "[\"a\"]",
		.detail = "{}",
		.lots = "{\"resin\":\"R1\"}",
		.config = "c0",
		.latency_us = 147,
		.gap_ms = 12,
		.value_count = 2,
		.names = names,
		.values = values,
	};
}

static void add_line(struct temporary *t)
{
	temporary_do(t, store_add_line(t->store, "press-3", columns, 2, LABEL_LATEST, &t->err));
}

static void has_the_columns_of_the_contract_in_its_order(void **state)
{
	struct temporary *t = *state;

	add_line(t);
	assert_string_equal(temporary_query(t, "SELECT group_concat(name), group_concat(type) FROM "
					       "pragma_table_info('unit_press_3')"),
		"unit,started_ms,scored_ms,verdict,p_defect,class,threshold,model,reason,imputed,"
		"reasons,detail,lots,config,latency_us,gap_ms,type,thickness|TEXT,INTEGER,INTEGER,"
		"TEXT,REAL,TEXT,REAL,TEXT,TEXT,TEXT,TEXT,TEXT,TEXT,TEXT,INTEGER,INTEGER,TEXT,REAL");
}

static void keeps_every_column(void **state)
{
	struct temporary *t = *state;
	struct unit_row row = row_of("U1", 1000);

	add_line(t);
	temporary_do(t, store_begin(t->store, &t->err));
	temporary_do(t, store_put_unit(t->store, &row, &t->err));
	temporary_do(t, store_commit(t->store, &t->err));
	assert_string_equal(temporary_query(t, "SELECT * FROM unit_press_3"),
		"U1|1000|1500|pass|0.1743||0.65|3f9c||[]|[\"a\"]|{}|{\"resin\":\"R1\"}|c0|147|12|"
		"L|"
		"2.5");
}

static void stores_what_is_not_known_as_null(void **state)
{
	struct temporary *t = *state;
	static const struct value missing[2] = {{.kind = VALUE_MISSING}, {.kind = VALUE_MISSING}};
	struct unit_row row = row_of("U1", 1000);

	row.p_defect = -1;
	row.latency_us = -1;
	row.gap_ms = -1;
	row.detail = NULL;
	row.values = missing;
	add_line(t);
	temporary_do(t, store_put_unit(t->store, &row, &t->err));
	assert_string_equal(temporary_query(t, "SELECT p_defect, detail, latency_us, gap_ms, type, "
					       "thickness FROM unit_press_3"),
		"NULL|NULL|NULL|NULL|NULL|NULL");
	row = row_of("U2", 1000);
	row.p_defect = 0;
	row.latency_us = 0;
	row.gap_ms = 0;
	temporary_do(t, store_put_unit(t->store, &row, &t->err));
	assert_string_equal(temporary_query(t, "SELECT p_defect, latency_us, gap_ms FROM "
					       "unit_press_3 WHERE unit = 'U2'"),
		"0.0|0|0");
}

static void refuses_a_second_row_of_a_unit_and_goes_on(void **state)
{
	struct temporary *t = *state;
	struct unit_row first = row_of("U1", 1000), again = row_of("U1", 9000);
	char expected[256];

	add_line(t);
	temporary_do(t, store_begin(t->store, &t->err));
	temporary_do(t, store_put_unit(t->store, &first, &t->err));
	assert_int_equal(store_put_unit(t->store, &first, &t->err), STORE_ROW_REFUSED);
	snprintf(expected, sizeof(expected),
		"%s: cannot write a unit: UNIQUE constraint failed: unit_press_3.unit, "
		"unit_press_3.started_ms",
		t->path);
	assert_string_equal(t->err.text, expected);
	temporary_do(t, store_put_unit(t->store, &again, &t->err));
	temporary_do(t, store_commit(t->store, &t->err));
	assert_string_equal(temporary_query(t, "SELECT count(*) FROM unit_press_3"), "2");
}

static void adds_columns_for_new_features(void **state)
{
	struct temporary *t = *state;
	static const struct store_column more[] = {
		{"type", true}, {"order", false}, {"thickness", false}, {"select", true}};
	static const char *const more_names[] = {"type", "order", "thickness", "select"};
	static const struct value more_values[] = {{.kind = VALUE_TEXT, .text = "M"},
		{.kind = VALUE_NUMBER, .number = 7}, {.kind = VALUE_MISSING},
		{.kind = VALUE_TEXT, .text = "x'y\"z"}};
	struct unit_row row = row_of("U1", 1000);

	add_line(t);
	temporary_do(t, store_put_unit(t->store, &row, &t->err));
	temporary_do(t, store_add_line(t->store, "press-3", more, 4, LABEL_LATEST, &t->err));
	temporary_do(t, store_add_line(t->store, "press-3", more, 4, LABEL_LATEST, &t->err));
	row = row_of("U2", 1000);
	row.value_count = 4;
	row.names = more_names;
	row.values = more_values;
	temporary_do(t, store_put_unit(t->store, &row, &t->err));
	assert_string_equal(temporary_query(t, "SELECT type, thickness, \"order\", \"select\" FROM "
					       "unit_press_3 WHERE unit = 'U1'"),
		"L|2.5|NULL|NULL");
	assert_string_equal(temporary_query(t, "SELECT type, thickness, \"order\", \"select\" FROM "
					       "unit_press_3 WHERE unit = 'U2'"),
		"M|NULL|7.0|x'y\"z");
	row = row_of("U3", 1000); /* the fewer features again */
	temporary_do(t, store_put_unit(t->store, &row, &t->err));
	assert_string_equal(temporary_query(t, "SELECT count(*) FROM unit_press_3"), "3");
}

static void refuses_a_column_of_the_other_type(void **state)
{
	struct temporary *t = *state;
	static const struct store_column other[] = {{"new", false}, {"type", false}};
	char expected[256];

	add_line(t);
	assert_int_equal(
		store_add_line(t->store, "press-3", other, 2, LABEL_LATEST, &t->err), -EEXIST);
	snprintf(expected, sizeof(expected),
		"%s: column \"type\" of unit_press_3 holds TEXT, the feature of that name is REAL: "
		"give the feature another name",
		t->path);
	assert_string_equal(t->err.text, expected);
	/* nothing of it is left */
	assert_string_equal(
		temporary_query(t, "SELECT count(*) FROM "
				   "pragma_table_info('unit_press_3') WHERE name = 'new'"),
		"0");
	temporary_do(t, store_begin(t->store, &t->err));
}

static void keeps_lines_apart(void **state)
{
	struct temporary *t = *state;
	struct unit_row a = row_of("U1", 1000), b = row_of("U1", 1000);

	b.line = "oven";
	add_line(t);
	temporary_do(t, store_add_line(t->store, "oven", columns, 2, LABEL_LATEST, &t->err));
	for (int i = 0; i < 3; i++) {
		a.started_ms = b.started_ms = i;
		temporary_do(t, store_put_unit(t->store, &a, &t->err));
		temporary_do(t, store_put_unit(t->store, &b, &t->err));
	}
	assert_string_equal(temporary_query(t, "SELECT count(*) FROM unit_press_3"), "3");
	assert_string_equal(temporary_query(t, "SELECT count(*) FROM unit_oven"), "3");
	b.line = "mill";
	assert_true(store_put_unit(t->store, &b, &t->err) < 0);
	assert_non_null(strstr(t->err.text, "cannot write a unit: no such table: unit_mill"));
}

/* Tables and indexes share one space of names in a database. */
static void takes_a_line_whose_name_goes_on_where_another_ends(void **state)
{
	struct temporary *t = *state;

	temporary_do(t, store_add_line(t->store, "press", columns, 2, LABEL_LATEST, &t->err));
	temporary_do(
		t, store_add_line(t->store, "press-verdict", columns, 2, LABEL_LATEST, &t->err));
	temporary_do(t, store_add_line(t->store, "press_verdict-scored_ms", columns, 2,
				LABEL_LATEST, &t->err));
	assert_string_equal(
		temporary_query(t, "SELECT count(*) FROM sqlite_master WHERE type = 'index' AND "
				   "sql LIKE '%(verdict, scored_ms)'"),
		"3");
}

static void makes_the_most_columns_there_may_be(void **state)
{
	struct temporary *t = *state;
	static char text[500][16];
	static struct store_column many[500];

	for (int i = 0; i < 500; i++) {
		snprintf(text[i], sizeof(text[i]), "f%d", i);
		many[i].name = text[i];
	}
	temporary_do(t, store_add_line(t->store, "press-3", many, 250, LABEL_LATEST, &t->err));
	temporary_do(t, store_add_line(t->store, "press-3", many, 500, LABEL_LATEST, &t->err));
	assert_string_equal(
		temporary_query(t, "SELECT count(*) FROM pragma_table_info('unit_press_3')"),
		"516");
}

static void keeps_the_text_of_a_line_file_once(void **state)
{
	struct temporary *t = *state;

	temporary_do(t, store_put_config(t->store, "c0", "press-3", "{}", 5, &t->err));
	temporary_do(t, store_put_config(t->store, "c0", "press-3", "{}", 6, &t->err));
	temporary_do(t, store_put_config(t->store, "c1", "press-3", "{ }", 7, &t->err));
	assert_string_equal(
		temporary_query(t, "SELECT count(*), min(at_ms), max(text) FROM config"), "2|5|{}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		temporary_test(has_the_columns_of_the_contract_in_its_order),
		temporary_test(keeps_every_column),
		temporary_test(stores_what_is_not_known_as_null),
		temporary_test(refuses_a_second_row_of_a_unit_and_goes_on),
		temporary_test(adds_columns_for_new_features),
		temporary_test(refuses_a_column_of_the_other_type),
		temporary_test(keeps_lines_apart),
		temporary_test(takes_a_line_whose_name_goes_on_where_another_ends),
		temporary_test(makes_the_most_columns_there_may_be),
		temporary_test(keeps_the_text_of_a_line_file_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
