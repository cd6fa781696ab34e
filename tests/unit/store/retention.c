/* Deleting what is old. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/store/temporary.h"

#include "lib/base/macros.h"
#include "lib/store/quarantine.h"
#include "lib/store/retention.h"
#include "lib/store/units.h"

static const struct retention keep = {.pass_ms = 1000,
	.defect_ms = 10000,
	.label_ms = 20000,
	.quarantine_ms = 1000,
	.max_bytes = INT64_MAX,
	.quarantine_rows = 100};

static void put(struct temporary *t, const char *unit, const char *verdict, int64_t ms)
{
	struct unit_row row = {.line = "press-3",
		.unit = unit,
		.started_ms = ms,
		.scored_ms = ms,
		.verdict = verdict,
		.class_name = "",
		.model = "",
		.reason = "",
		.imputed = "[]",
		.reasons = "[]",
		.lots = "{}",
		.config = ""};

	temporary_do(t, store_put_unit(t->store, &row, &t->err));
}

static void put_many(struct temporary *t, const char *verdict, int count)
{
	char unit[16];

	temporary_do(t, store_begin(t->store, &t->err));
	for (int i = 0; i < count; i++) {
		snprintf(unit, sizeof(unit), "U%d", i);
		put(t, unit, verdict, i);
	}
	temporary_do(t, store_commit(t->store, &t->err));
}

static void add_line(struct temporary *t)
{
	temporary_do(t, store_add_line(t->store, "press-3", NULL, 0, LABEL_LATEST, &t->err));
}

static void expect_units(struct temporary *t, int64_t now_ms, const char *expected)
{
	temporary_do(t, store_retain_units(t->store, "press-3", &keep, now_ms, &t->err));
	assert_string_equal(temporary_query(t, "SELECT group_concat(unit) FROM (SELECT unit FROM "
					       "unit_press_3 ORDER BY unit)"),
		expected);
}

static void keeps_each_verdict_as_long_as_it_should(void **state)
{
	struct temporary *t = *state;

	add_line(t);
	put(t, "d", "defect", 100);
	put(t, "n", "not_scored", 100);
	put(t, "p", "pass", 100);
	put(t, "u", "unsure", 100);
	expect_units(t, 1100, "d,n,p,u");
	expect_units(t, 1101, "d,n,u");
	expect_units(t, 10100, "d,n,u");
	expect_units(t, 10101, "NULL");
}

/* p was labelled; q's label belongs to the second unit of that id. */
static void keeps_labelled_units_as_long_as_labels(void **state)
{
	struct temporary *t = *state;

	add_line(t);
	put(t, "p", "pass", 100);
	put(t, "q", "pass", 100);
	put(t, "q", "pass", 200);
	put(t, "r", "pass", 100);
	temporary_exec(t, "INSERT INTO label VALUES ('press-3', 'p', 100, 0, '', 'qc', '', ''),"
			  " ('press-3', 'q', 300, 0, '', 'qc', '', ''),"
			  " ('oven', 'r', 300, 0, '', 'qc', '', '')");
	expect_units(t, 1500, "p,q");
	expect_units(t, 20100, "p,q");
	assert_string_equal(temporary_query(t, "SELECT count(*) FROM label"), "3");
	expect_units(t, 20101, "q");
	expect_units(t, 20301, "NULL");
	assert_string_equal(temporary_query(t, "SELECT group_concat(line) FROM label"), "oven");
}

static void deletes_in_slices_oldest_first(void **state)
{
	struct temporary *t = *state;

	add_line(t);
	put_many(t, "pass", 1200);
	assert_int_equal(
		store_retain_units(t->store, "press-3", &keep, 5000, &t->err), RETENTION_MORE);
	assert_string_equal(
		temporary_query(t, "SELECT count(*), min(scored_ms) FROM unit_press_3"), "700|500");
	assert_int_equal(
		store_retain_units(t->store, "press-3", &keep, 5000, &t->err), RETENTION_MORE);
	temporary_do(t, store_retain_units(t->store, "press-3", &keep, 5000, &t->err));
	assert_string_equal(temporary_query(t, "SELECT count(*) FROM unit_press_3"), "0");
}

static void takes_unlabelled_passes_when_the_file_is_too_large(void **state)
{
	struct temporary *t = *state;
	struct retention small = keep;

	add_line(t);
	put_many(t, "pass", 600);
	put(t, "d", "defect", 0);
	temporary_exec(t, "INSERT INTO label VALUES ('press-3', 'U0', 100, 0, '', 'qc', '', '')");
	small.max_bytes = 1;
	assert_int_equal(
		store_retain_units(t->store, "press-3", &small, 0, &t->err), RETENTION_MORE);
	temporary_do(t, store_retain_units(t->store, "press-3", &small, 0, &t->err));
	temporary_do(t, store_retain_units(t->store, "press-3", &small, 0, &t->err));
	assert_string_equal(temporary_query(t, "SELECT group_concat(unit) FROM (SELECT unit FROM "
					       "unit_press_3 ORDER BY unit)"),
		"U0,d");
}

/* The file keeps its size; what counts is the pages in use. */
static void measures_what_is_used(void **state)
{
	struct temporary *t = *state;
	struct retention small = keep;

	add_line(t);
	put_many(t, "pass", 3000);
	small.max_bytes = atoll(
		temporary_query(t, "SELECT page_count * 4096 - 150000 FROM pragma_page_count"));
	assert_int_equal(
		store_retain_units(t->store, "press-3", &small, 0, &t->err), RETENTION_MORE);
	while (store_retain_units(t->store, "press-3", &small, 0, &t->err) == RETENTION_MORE)
		;
	assert_in_range(atoll(temporary_query(t, "SELECT count(*) FROM unit_press_3")), 500, 2500);
}

static void shortens_the_quarantine_by_age_and_number(void **state)
{
	struct temporary *t = *state;
	struct quarantined q = {.line = "", .topic = "t", .payload = "", .reason = "r"};

	temporary_do(t, store_begin(t->store, &t->err));
	for (q.at_ms = 0; q.at_ms < 1000; q.at_ms++)
		temporary_do(t, store_put_quarantine(t->store, &q, &t->err));
	temporary_do(t, store_commit(t->store, &t->err));
	temporary_do(t, store_retain_quarantine(t->store,
				&(struct retention){.quarantine_ms = 1000, .quarantine_rows = 1000},
				1100, &t->err));
	assert_string_equal(
		temporary_query(t, "SELECT count(*), min(at_ms), max(at_ms) FROM quarantine"),
		"900|100|999");
	assert_int_equal(store_retain_quarantine(t->store, &keep, 1100, &t->err), RETENTION_MORE);
	temporary_do(t, store_retain_quarantine(t->store, &keep, 1100, &t->err));
	assert_string_equal(
		temporary_query(t, "SELECT count(*), min(at_ms), max(at_ms) FROM quarantine"),
		"100|900|999");
	temporary_do(t, store_retain_quarantine(t->store, &keep, 1100, &t->err));
	assert_string_equal(temporary_query(t, "SELECT count(*) FROM quarantine"), "100");
}

/* Those of another unit, of another start and of another line stay. */
static void what_models_said_of_a_unit_goes_with_it(void **state)
{
	struct temporary *t = *state;

	add_line(t);
	put(t, "a", "pass", 100);
	put(t, "a", "pass", 2000);
	put(t, "b", "defect", 100);
	temporary_exec(t, "INSERT INTO shadow VALUES ('press-3', 'a', 100, 'm1', 0.1),"
			  " ('press-3', 'a', 100, 'm2', 0.2), ('press-3', 'a', 2000, 'm1', 0.3),"
			  " ('press-3', 'b', 100, 'm1', 0.4), ('oven', 'a', 100, 'm1', 0.5)");
	expect_units(t, 1100, "a,a,b");
	assert_string_equal(temporary_query(t, "SELECT count(*) FROM shadow"), "5");
	expect_units(t, 1101, "a,b");
	assert_string_equal(temporary_query(t, "SELECT group_concat(p_defect) FROM (SELECT p_defect"
					       " FROM shadow ORDER BY p_defect)"),
		"0.3,0.4,0.5");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		temporary_test(what_models_said_of_a_unit_goes_with_it),
		temporary_test(keeps_each_verdict_as_long_as_it_should),
		temporary_test(keeps_labelled_units_as_long_as_labels),
		temporary_test(deletes_in_slices_oldest_first),
		temporary_test(takes_unlabelled_passes_when_the_file_is_too_large),
		temporary_test(measures_what_is_used),
		temporary_test(shortens_the_quarantine_by_age_and_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
