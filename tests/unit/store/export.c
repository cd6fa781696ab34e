/* Units as CSV: columns, order, labels, numbers, and what happens meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/store/temporary.h"

#include <errno.h>

#include "lib/base/buf.h"
#include "lib/store/export.h"
#include "lib/store/labels.h"
#include "lib/store/units.h"

static const struct store_column columns[] = {{"type", true}, {"thickness", false}};
static const char *const names[] = {"type", "thickness"};

#define HEADER                                                                                  \
	"unit,started_ms,scored_ms,verdict,p_defect,class,threshold,model,reason,imputed,"      \
	"reasons,detail,lots,config,latency_us,gap_ms,type,thickness,label_defect,label_class," \
	"label_at_ms,label_source,label_by,label_why\n"

static void add_line(struct temporary *t, enum label_combine combine)
{
	temporary_do(t, store_add_line(t->store, "press-3", columns, 2, combine, &t->err));
}

static void put_unit(
	struct temporary *t, const char *unit, int64_t started_ms, const struct value *values)
{
	static const struct value missing[2] = {{.kind = VALUE_MISSING}, {.kind = VALUE_MISSING}};
	const struct unit_row row = {
		.line = "press-3",
		.unit = unit,
		.started_ms = started_ms,
		.scored_ms = started_ms + 500,
		.verdict = "pass",
		.p_defect = 0.1,
		.class_name = "",
		.threshold = 0.65,
		.model = "3f9c",
		.reason = "",
		.imputed = "[]",
		.reasons = "[]",
		.detail = NULL,
		.lots = "{\"a\":\"b\"}",
		.config = "c0",
		.latency_us = 147,
		.gap_ms = -1,
		.value_count = 2,
		.names = names,
		.values = values ? values : missing,
	};

	temporary_do(t, store_put_unit(t->store, &row, &t->err));
}

static void put_label(struct temporary *t, const char *unit, int64_t at_ms, bool defect)
{
	const struct label_row row = {.line = "press-3",
		.unit = unit,
		.at_ms = at_ms,
		.defect = defect,
		.class_name = "",
		.source = "qc",
		.by = "amy",
		.why = ""};

	temporary_do(t, store_put_label(t->store, &row, at_ms, &t->err));
}

static int keep(void *owner, const char *text, size_t len, struct err *err)
{
	(void)err;
	buf_put(owner, text, len);
	return 0;
}

static void expect(struct temporary *t, bool only_labelled, const char *expected)
{
	CLEANUP(buf_deinit) struct buf text;
	struct store_export e = {
		.line = "press-3", .only_labelled = only_labelled, .take = keep, .owner = &text};

	buf_init(&text);
	temporary_do(t, store_export_csv(t->store, &e, &t->err));
	assert_string_equal(buf_text(&text), expected);
}

static void writes_a_header_and_a_line_for_each_unit(void **state)
{
	struct temporary *t = *state;
	const struct value values[] = {{.kind = VALUE_TEXT, .text = "a,\"b\"\n"},
		{.kind = VALUE_NUMBER, .number = 1e-7 / 3}};

	add_line(t, LABEL_LATEST);
	expect(t, false, HEADER);
	put_unit(t, "U1", 1000, values);
	put_unit(t, "U2", 2000, NULL);
	expect(t, false,
		HEADER "U1,1000,1500,pass,0.1,,0.65,3f9c,,[],[],,\"{\"\"a\"\":\"\"b\"\"}\",c0,147,,"
		       "\"a,\"\"b\"\"\n\",3.3333333333333334e-08,,,,,,\n"
		       "U2,2000,2500,pass,0.1,,0.65,3f9c,,[],[],,\"{\"\"a\"\":\"\"b\"\"}\",c0,147,,"
		       ",,,,,,,\n");
}

/* The units, their starts and labels of what `expect` would compare, for short. */
static const char *brief(struct temporary *t, bool only_labelled)
{
	static char text[2048];
	struct buf whole;
	struct store_export e = {
		.line = "press-3", .only_labelled = only_labelled, .take = keep, .owner = &whole};
	char *rest;

	buf_init(&whole);
	temporary_do(t, store_export_csv(t->store, &e, &t->err));
	rest = buf_text(&whole);
	text[0] = '\0';
	strsep(&rest, "\n");
	for (char *line = strsep(&rest, "\n"); line && *line; line = strsep(&rest, "\n")) {
		char *unit = strsep(&line, ","), *started = strsep(&line, ",");
		char *label = strstr(line, "147,,,,") + 7;

		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s %s %s; ", unit,
			started, label);
	}
	buf_deinit(&whole);
	return text;
}

static void orders_by_start_and_unit(void **state)
{
	struct temporary *t = *state;

	add_line(t, LABEL_LATEST);
	put_unit(t, "U3", 2000, NULL);
	put_unit(t, "U2", 1000, NULL);
	put_unit(t, "U1", 2000, NULL);
	put_unit(t, "U2", 3000, NULL);
	assert_string_equal(
		brief(t, false), "U2 1000 ,,,,,; U1 2000 ,,,,,; U3 2000 ,,,,,; U2 3000 ,,,,,; ");
}

static void joins_the_label_that_counts(void **state)
{
	struct temporary *t = *state;

	add_line(t, LABEL_LATEST);
	put_unit(t, "U1", 1000, NULL);
	put_unit(t, "U1", 5000, NULL);
	put_unit(t, "U2", 6000, NULL);
	put_label(t, "U1", 2000, true);
	put_label(t, "U1", 3000, false);
	put_label(t, "U2", 5000, true); /* before it */
	assert_string_equal(
		brief(t, false), "U1 1000 0,,3000,qc,amy,; U1 5000 ,,,,,; U2 6000 ,,,,,; ");
	assert_string_equal(brief(t, true), "U1 1000 0,,3000,qc,amy,; ");
	add_line(t, LABEL_WORST);
	assert_string_equal(brief(t, true), "U1 1000 1,,2000,qc,amy,; ");
}

static void counts_what_it_wrote(void **state)
{
	struct temporary *t = *state;
	CLEANUP(buf_deinit) struct buf text;
	struct store_export e = {.line = "press-3", .take = keep, .owner = &text};

	buf_init(&text);
	add_line(t, LABEL_LATEST);
	put_unit(t, "U1", 1000, NULL);
	put_unit(t, "U2", 1000, NULL);
	put_label(t, "U2", 2000, true);
	temporary_do(t, store_export_csv(t->store, &e, &t->err));
	assert_int_equal(e.units, 2);
	assert_int_equal(e.labelled, 1);
}

/* Many slices, read by another connection than the one that writes in between. */
struct meanwhile {
	struct store *writer;
	unsigned pieces, lines;
};

static int is_not_busy(void *owner, int count, char **values, char **columns_of_it)
{
	(void)owner;
	(void)count;
	(void)columns_of_it;
	assert_string_equal(values[0], "0");
	return 0;
}

static int write_in_between(void *owner, const char *text, size_t len, struct err *err)
{
	struct meanwhile *m = owner;
	struct sqlite3 *db = store_sqlite(m->writer);

	(void)err;
	for (size_t i = 0; i < len; i++)
		m->lines += text[i] == '\n';
	if (m->pieces++ > 0)
		return 0;
	assert_int_equal(
		sqlite3_exec(db, "DELETE FROM unit_press_3 WHERE unit = 'U999'", NULL, NULL, NULL),
		SQLITE_OK);
	/* busy where a reader still needs what is in the WAL */
	assert_int_equal(
		sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", is_not_busy, NULL, NULL),
		SQLITE_OK);
	return 0;
}

static void reads_while_another_writes_and_holds_nothing(void **state)
{
	struct temporary *t = *state;
	struct meanwhile m = {0};
	struct store_export e = {.line = "press-3", .take = write_in_between, .owner = &m};
	char unit[16];

	add_line(t, LABEL_LATEST);
	temporary_do(t, store_begin(t->store, &t->err));
	for (int i = 0; i < 1000; i++) {
		snprintf(unit, sizeof(unit), "U%d", i);
		put_unit(t, unit, i, NULL);
	}
	temporary_do(t, store_commit(t->store, &t->err));
	m.writer = t->store;
	t->store = NULL;
	temporary_do(t, store_open(&t->store, t->path, STORE_READ, &t->err));
	temporary_do(t, store_export_csv(t->store, &e, &t->err));
	store_close(m.writer);
	assert_int_equal(m.pieces, 5);
	assert_int_equal(m.lines, 1000); /* the header, and all but the one deleted */
	assert_int_equal(e.units, 999);
}

static int refuse(void *owner, const char *text, size_t len, struct err *err)
{
	(void)owner;
	(void)text;
	(void)len;
	return err_set(err, -ENOSPC, "the disk is full");
}

static void ends_where_the_taker_says_so(void **state)
{
	struct temporary *t = *state;
	struct store_export e = {.line = "press-3", .take = refuse};

	add_line(t, LABEL_LATEST);
	assert_int_equal(store_export_csv(t->store, &e, &t->err), -ENOSPC);
	assert_string_equal(t->err.text, "the disk is full");
}

static int add_a_column(void *owner, const char *text, size_t len, struct err *err)
{
	static bool is_done;

	(void)text;
	(void)len;
	(void)err;
	if (!is_done)
		temporary_exec(owner, "ALTER TABLE unit_press_3 ADD COLUMN more REAL");
	is_done = true;
	return 0;
}

static void refuses_to_mix_rows_of_different_columns(void **state)
{
	struct temporary *t = *state;
	struct store_export e = {.line = "press-3", .take = add_a_column, .owner = t};
	char unit[16];

	add_line(t, LABEL_LATEST);
	for (int i = 0; i < 201; i++) {
		snprintf(unit, sizeof(unit), "U%d", i);
		put_unit(t, unit, i, NULL);
	}
	assert_int_equal(store_export_csv(t->store, &e, &t->err), -EAGAIN);
	assert_non_null(strstr(t->err.text, "line press-3 got a new column meanwhile"));
}

static void names_a_line_that_has_no_table(void **state)
{
	struct temporary *t = *state;
	struct store_export e = {.line = "press-9", .take = refuse};
	char expected[192];

	assert_int_equal(store_export_csv(t->store, &e, &t->err), -ENOENT);
	snprintf(expected, sizeof(expected), "%s: nothing has been recorded of line press-9",
		t->path);
	assert_string_equal(t->err.text, expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		temporary_test(writes_a_header_and_a_line_for_each_unit),
		temporary_test(orders_by_start_and_unit),
		temporary_test(joins_the_label_that_counts),
		temporary_test(counts_what_it_wrote),
		temporary_test(reads_while_another_writes_and_holds_nothing),
		temporary_test(ends_where_the_taker_says_so),
		temporary_test(refuses_to_mix_rows_of_different_columns),
		temporary_test(names_a_line_that_has_no_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
