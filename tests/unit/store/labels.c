/* Labels: repeats, corrections, which unit they belong to, and the view that joins them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/store/temporary.h"

#include "lib/store/labels.h"
#include "lib/store/retention.h"
#include "lib/store/units.h"

#define LINE "press-3"

static void add_line(struct temporary *t, enum label_combine combine)
{
	temporary_do(t, store_add_line(t->store, LINE, NULL, 0, combine, &t->err));
}

static void put_unit(struct temporary *t, const char *unit, int64_t started_ms)
{
	const struct unit_row row = {
		.line = LINE,
		.unit = unit,
		.started_ms = started_ms,
		.scored_ms = started_ms + 500,
		.verdict = "pass",
		.class_name = "",
		.model = "",
		.reason = "",
		.imputed = "[]",
		.reasons = "[]",
		.lots = "{}",
		.config = "",
	};

	temporary_do(t, store_put_unit(t->store, &row, &t->err));
}

static struct label_row label_of(const char *unit, int64_t at_ms, bool defect, const char *source)
{
	return (struct label_row){.line = LINE,
		.unit = unit,
		.at_ms = at_ms,
		.defect = defect,
		.class_name = "",
		.source = source,
		.by = "",
		.why = ""};
}

static void put(struct temporary *t, const struct label_row *row, int64_t now_ms)
{
	temporary_do(t, store_put_label(t->store, row, now_ms, &t->err));
}

static void put_label(struct temporary *t, const char *unit, int64_t at_ms, bool defect)
{
	const struct label_row row = label_of(unit, at_ms, defect, "qc");

	put(t, &row, at_ms);
}

/* "U1 1000 1 2000": unit, its start, the label and its time; one after the other. */
static const char *joined(struct temporary *t)
{
	return temporary_query(t,
		"SELECT group_concat(unit || ' ' || started_ms || ' ' || label_defect || ' ' ||"
		" label_at_ms, ', ') FROM (SELECT * FROM training_press_3 ORDER BY unit,"
		" started_ms)");
}

static void keeps_every_column_of_a_label(void **state)
{
	struct temporary *t = *state;
	const struct label_row row = {.line = LINE,
		.unit = "U1",
		.at_ms = 2000,
		.defect = true,
		.class_name = "crack",
		.source = "qc",
		.by = "amy",
		.why = "sample"};

	put(t, &row, 9000);
	assert_string_equal(temporary_query(t, "SELECT line, unit, at_ms, defect, class, source,"
					       " by, why FROM label"),
		"press-3|U1|2000|1|crack|qc|amy|sample");
	add_line(t, LABEL_LATEST);
	put_unit(t, "U1", 1000);
	assert_string_equal(temporary_query(t, "SELECT unit, verdict, label_defect, label_class,"
					       " label_at_ms, label_source, label_by, label_why"
					       " FROM training_press_3"),
		"U1|pass|1|crack|2000|qc|amy|sample");
}

static void knows_a_repeat_which_changes_nothing(void **state)
{
	struct temporary *t = *state;
	struct label_row row = label_of("U1", 2000, true, "qc");
	bool is_known = true;

	temporary_do(t, store_label_is_known(t->store, &row, &is_known, &t->err));
	assert_false(is_known);
	put(t, &row, 3000);
	put(t, &row, 4000);
	temporary_do(t, store_label_is_known(t->store, &row, &is_known, &t->err));
	assert_true(is_known);
	row.by = "amy";
	temporary_do(t, store_label_is_known(t->store, &row, &is_known, &t->err));
	assert_false(is_known);
	assert_string_equal(temporary_query(t, "SELECT (SELECT count(*) FROM label), count(*) FROM "
					       "label_history"),
		"1|0");
}

static void keeps_what_a_correction_replaced(void **state)
{
	struct temporary *t = *state;
	struct label_row row = label_of("U1", 2000, true, "qc");

	row.class_name = "crack";
	row.by = "amy";
	row.why = "sample";
	put(t, &row, 3000);
	row.defect = false;
	row.class_name = "";
	put(t, &row, 4000);
	row.by = "bob";
	put(t, &row, 5000);
	assert_string_equal(
		temporary_query(t, "SELECT count(*), defect, class, by, why FROM label"),
		"1|0||bob|sample");
	assert_string_equal(
		temporary_query(t, "SELECT group_concat(line || ' ' || unit || ' ' || at_ms || "
				   "' ' || defect || ' ' || class || ' ' || source || ' ' ||"
				   " by || ' ' || why || ' ' || replaced_ms, ', ')"
				   " FROM label_history"),
		"press-3 U1 2000 1 crack qc amy sample 4000, press-3 U1 2000 0  qc amy sample "
		"5000");
}

static void another_time_or_source_is_another_label(void **state)
{
	struct temporary *t = *state;
	const struct label_row rows[] = {
		label_of("U1", 2000, true, "qc"),
		label_of("U1", 2000, false, "command"),
		label_of("U1", 2001, false, "qc"),
		label_of("U2", 2000, false, "qc"),
	};

	for (size_t i = 0; i < 4; i++)
		put(t, &rows[i], 3000);
	assert_string_equal(temporary_query(t, "SELECT (SELECT count(*) FROM label), count(*) FROM "
					       "label_history"),
		"4|0");
}

static void belongs_to_the_newest_unit_started_before(void **state)
{
	struct temporary *t = *state;

	add_line(t, LABEL_LATEST);
	put_unit(t, "U1", 1000);
	put_unit(t, "U1", 9000);
	put_unit(t, "U2", 1000);
	put_label(t, "U1", 2000, true);
	put_label(t, "U1", 8999, false);
	assert_string_equal(joined(t), "U1 1000 0 8999");
	put_label(t, "U1", 9001, true);
	assert_string_equal(joined(t), "U1 1000 0 8999, U1 9000 1 9001");
	put_label(t, "U1", 999, true); /* before either */
	put_label(t, "U3", 2000, true);
	assert_string_equal(joined(t), "U1 1000 0 8999, U1 9000 1 9001");
}

static void at_the_start_of_a_unit_is_its_own(void **state)
{
	struct temporary *t = *state;

	add_line(t, LABEL_LATEST);
	put_unit(t, "U1", 1000);
	put_unit(t, "U1", 9000);
	put_label(t, "U1", 9000, true);
	assert_string_equal(joined(t), "U1 9000 1 9000");
	put_label(t, "U1", 1000, false);
	assert_string_equal(joined(t), "U1 1000 0 1000, U1 9000 1 9000");
}

static void may_come_before_the_row_of_its_unit(void **state)
{
	struct temporary *t = *state;

	put_label(t, "U1", 2000, true);
	add_line(t, LABEL_LATEST);
	assert_string_equal(joined(t), "NULL");
	put_unit(t, "U1", 1000);
	assert_string_equal(joined(t), "U1 1000 1 2000");
}

static void a_late_unit_takes_over_the_labels_that_are_its_own(void **state)
{
	struct temporary *t = *state;

	add_line(t, LABEL_LATEST);
	put_unit(t, "U1", 1000);
	put_label(t, "U1", 2000, false);
	put_label(t, "U1", 9500, true);
	assert_string_equal(joined(t), "U1 1000 1 9500");
	put_unit(t, "U1", 9000);
	assert_string_equal(joined(t), "U1 1000 0 2000, U1 9000 1 9500");
}

static void the_newest_label_counts(void **state)
{
	struct temporary *t = *state;

	add_line(t, LABEL_LATEST);
	put_unit(t, "U1", 1000);
	put_label(t, "U1", 3000, false);
	put_label(t, "U1", 2000, true); /* came later, is older */
	assert_string_equal(joined(t), "U1 1000 0 3000");
}

static void the_worst_label_counts_where_the_line_wants_it(void **state)
{
	struct temporary *t = *state;

	add_line(t, LABEL_WORST);
	put_unit(t, "U1", 1000);
	put_label(t, "U1", 2000, true);
	put_label(t, "U1", 3000, true);
	put_label(t, "U1", 4000, false);
	put_unit(t, "U1", 9000);
	put_label(t, "U1", 9500, false);
	put_label(t, "U1", 9600, false);
	assert_string_equal(joined(t), "U1 1000 1 3000, U1 9000 0 9600");
}

static void of_one_time_the_label_written_last_counts(void **state)
{
	struct temporary *t = *state;
	struct label_row by_source = label_of("U1", 2000, true, "qc");
	const struct label_row by_command = label_of("U1", 2000, false, "command");

	add_line(t, LABEL_LATEST);
	put_unit(t, "U1", 1000);
	put(t, &by_source, 3000);
	put(t, &by_command, 3001);
	assert_string_equal(joined(t), "U1 1000 0 2000");
	by_source.class_name = "crack"; /* a correction is the last word */
	put(t, &by_source, 3002);
	assert_string_equal(joined(t), "U1 1000 1 2000");
}

static void leaves_the_labels_of_other_lines_alone(void **state)
{
	struct temporary *t = *state;
	struct label_row other = label_of("U1", 2000, true, "qc");

	other.line = "press-4";
	add_line(t, LABEL_LATEST);
	put_unit(t, "U1", 1000);
	put(t, &other, 3000);
	assert_string_equal(joined(t), "NULL");
}

static void makes_the_view_anew_only_when_it_is_another(void **state)
{
	struct temporary *t = *state;
	static const struct store_column columns[] = {{"thickness", false}};
	char before[32];

	add_line(t, LABEL_LATEST);
	put_unit(t, "U1", 1000);
	put_label(t, "U1", 2000, true);
	put_label(t, "U1", 3000, false);
	snprintf(before, sizeof(before), "%s", temporary_query(t, "PRAGMA schema_version"));
	add_line(t, LABEL_LATEST);
	assert_string_equal(temporary_query(t, "PRAGMA schema_version"), before);
	assert_string_equal(joined(t), "U1 1000 0 3000");
	add_line(t, LABEL_WORST);
	assert_string_equal(joined(t), "U1 1000 1 2000");
	/* a view of another making, and a new column behind it */
	temporary_exec(t, "DROP VIEW training_press_3;"
			  "CREATE VIEW training_press_3 AS SELECT 1 AS one");
	temporary_do(t, store_add_line(t->store, LINE, columns, 1, LABEL_LATEST, &t->err));
	assert_string_equal(joined(t), "U1 1000 0 3000");
	assert_string_equal(temporary_query(t, "SELECT group_concat(name) FROM"
					       " pragma_table_info('training_press_3')"),
		"unit,started_ms,scored_ms,verdict,p_defect,class,threshold,model,reason,imputed,"
		"reasons,detail,lots,config,latency_us,gap_ms,thickness,label_defect,label_class,"
		"label_at_ms,label_source,label_by,label_why");
}

/* Retention asks whether a unit has a label in the same way as the view. */
static void is_seen_by_retention_as_by_the_view(void **state)
{
	struct temporary *t = *state;
	const struct retention keep = {.pass_ms = 0,
		.defect_ms = 0,
		.label_ms = 100000,
		.quarantine_ms = 0,
		.max_bytes = INT64_MAX,
		.quarantine_rows = 0};

	add_line(t, LABEL_LATEST);
	put_unit(t, "U1", 1000);
	put_unit(t, "U1", 9000);
	put_unit(t, "U2", 1000);
	put_unit(t, "U2", 9000);
	put_unit(t, "U3", 9000);
	put_label(t, "U1", 9000, true);
	put_label(t, "U2", 8999, true);
	put_label(t, "U3", 8999, true);
	temporary_do(t, store_retain_units(t->store, LINE, &keep, 50000, &t->err));
	assert_string_equal(
		temporary_query(t, "SELECT group_concat(unit || ' ' || started_ms, ', ')"
				   " FROM (SELECT * FROM unit_press_3 ORDER BY unit)"),
		"U1 9000, U2 1000");
	assert_string_equal(joined(t), "U1 9000 1 9000, U2 1000 1 8999");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		temporary_test(keeps_every_column_of_a_label),
		temporary_test(knows_a_repeat_which_changes_nothing),
		temporary_test(keeps_what_a_correction_replaced),
		temporary_test(another_time_or_source_is_another_label),
		temporary_test(belongs_to_the_newest_unit_started_before),
		temporary_test(at_the_start_of_a_unit_is_its_own),
		temporary_test(may_come_before_the_row_of_its_unit),
		temporary_test(a_late_unit_takes_over_the_labels_that_are_its_own),
		temporary_test(the_newest_label_counts),
		temporary_test(the_worst_label_counts_where_the_line_wants_it),
		temporary_test(of_one_time_the_label_written_last_counts),
		temporary_test(leaves_the_labels_of_other_lines_alone),
		temporary_test(makes_the_view_anew_only_when_it_is_another),
		temporary_test(is_seen_by_retention_as_by_the_view),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
