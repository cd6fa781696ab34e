#include "lib/store/export.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>

#include "lib/base/csv_write.h"
#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/store/line_table.h"
#include "lib/store/statement.h"

#define SLICE 200 /* rows */

/* Rows by their place in this table; the sorting is SQLite's and goes to disk. */
static const char order_sql[] =
	"PRAGMA temp_store = FILE; DROP TABLE IF EXISTS temp.export_order;"
	" CREATE TEMP TABLE export_order (place INTEGER PRIMARY KEY, unit_row INTEGER NOT NULL);"
	" INSERT INTO temp.export_order (unit_row) SELECT _rowid_ FROM \"%w\""
	" ORDER BY started_ms, unit";
static const char slice_sql[] =
	"SELECT u.*, " LABEL_COLUMNS " FROM temp.export_order o CROSS JOIN \"%w\" u"
	" ON u._rowid_ = o.unit_row %s JOIN label l ON l._rowid_ = " LABEL_OF
	" WHERE o.place > ?1 AND o.place <= ?1 + ?2 ORDER BY o.place";

struct reader {
	struct store *store;
	struct store_export *e;
	sqlite3_stmt *stmt;
	int columns;
	int label_column; /* the first of the label's */
	int64_t rows;     /* in temp.export_order */
};

static int begin(struct reader *in, const char *table, struct err *err)
{
	struct store *s = in->store;
	const char *line = in->e->line;
	enum label_combine combine = LABEL_LATEST;
	char *sql;
	int r = line_combine(s, line, &combine, err);

	if (r == 0)
		r = store_exec(s, "put the units in order", err, order_sql, table);
	if (r < 0)
		return r;
	in->rows = sqlite3_changes64(s->db);
	sql = sqlite3_mprintf(slice_sql, table, in->e->only_labelled ? "" : "LEFT", line, table,
		label_order(combine));
	if (!sql)
		return err_set(err, -ENOMEM, "%s: no memory to read the units", s->path);
	r = sqlite3_prepare_v2(s->db, sql, -1, &in->stmt, NULL);
	sqlite3_free(sql);
	if (r != SQLITE_OK)
		return store_fail(s, "read the units", err);
	in->columns = sqlite3_column_count(in->stmt);
	in->label_column = in->columns - LABEL_COLUMN_COUNT;
	return 0;
}

static void put_header(const struct reader *in, struct buf *text)
{
	for (int i = 0; i < in->columns; i++) {
		buf_add(text, i ? "," : "");
		csvw_text(text, sqlite3_column_name(in->stmt, i));
	}
	buf_add(text, "\n");
}

static void put_real(struct buf *text, double v)
{
	char number[NUM_TEXT_MAX];

	if (isfinite(v))
		buf_put(text, number, num_print(number, v, false));
}

static void put_cell(struct buf *text, sqlite3_stmt *stmt, int column)
{
	const char *cell;

	switch (sqlite3_column_type(stmt, column)) {
	case SQLITE_INTEGER:
		buf_addf(text, "%" PRId64, (int64_t)sqlite3_column_int64(stmt, column));
		break;
	case SQLITE_FLOAT:
		put_real(text, sqlite3_column_double(stmt, column));
		break;
	case SQLITE_NULL:
		break;
	default:
		cell = (const char *)sqlite3_column_text(stmt, column);
		csvw_text(text, cell ? cell : "");
	}
}

static void put_row(struct reader *in, struct buf *text)
{
	for (int i = 0; i < in->columns; i++) {
		buf_add(text, i ? "," : "");
		put_cell(text, in->stmt, i);
	}
	buf_add(text, "\n");
	in->e->units++;
	in->e->labelled += sqlite3_column_type(in->stmt, in->label_column) != SQLITE_NULL;
}

static int read_slice(struct reader *in, int64_t behind, struct buf *text, struct err *err)
{
	struct statement st;
	int r;

	statement_use(&st, in->store, in->stmt, "read the units");
	statement_int(&st, behind);
	statement_int(&st, SLICE);
	while ((r = statement_step(&st, err)) == STATEMENT_ROW) {
		if (sqlite3_column_count(in->stmt) != in->columns) {
			r = err_set(err, -EAGAIN,
				"%s: line %s got a new column meanwhile: export it again",
				in->store->path, in->e->line);
			break;
		}
		put_row(in, text);
	}
	statement_end(&st); /* lets go of the moment before the text is taken */
	return r;
}

static int read_all(struct reader *in, struct err *err)
{
	CLEANUP(buf_deinit) struct buf text;
	int r = 0;

	buf_init(&text);
	put_header(in, &text);
	for (int64_t behind = 0; r == 0; behind += SLICE) {
		if (behind < in->rows)
			r = read_slice(in, behind, &text, err);
		if (r == 0 && buf_failed(&text))
			r = err_set(
				err, -ENOMEM, "%s: no memory for %d units", in->store->path, SLICE);
		if (r == 0 && text.len > 0)
			r = in->e->take(in->e->owner, text.data, text.len, err);
		buf_clear(&text);
		if (behind + SLICE >= in->rows)
			break;
	}
	return r;
}

int store_export_csv(struct store *s, struct store_export *e, struct err *err)
{
	struct reader in = {.store = s, .e = e};
	char table[LINE_TABLE_MAX];
	int r;

	e->units = e->labelled = 0;
	r = line_table_find(table, s, e->line, err);
	if (r == 0)
		r = begin(&in, table, err);
	if (r == 0)
		r = read_all(&in, err);
	sqlite3_finalize(in.stmt);
	return r;
}
