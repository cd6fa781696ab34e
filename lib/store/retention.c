#include "lib/store/retention.h"

#include <errno.h>

#include "lib/base/err.h"
#include "lib/store/line_table.h"
#include "lib/store/statement.h"

#define SLICE 500

/* One slice: what is to be deleted, and how many rows it may still take. */
struct slice {
	struct store *store;
	const char *line, *table;
	int left;
};

/* Runs a DELETE with the parameters line, before_ms, rows that are left. */
static int delete_rows(struct slice *in, sqlite3_stmt *stmt, int64_t before_ms, struct err *err)
{
	struct statement st;
	int r;

	statement_use(&st, in->store, stmt, "delete what is old");
	statement_text(&st, in->line);
	statement_int(&st, before_ms);
	statement_int(&st, in->left);
	r = statement_step(&st, err);
	statement_end(&st);
	if (r == 0)
		in->left -= sqlite3_changes(in->store->db);
	return r;
}

/* What other models said of the unit that the row in `units` names. */
static int delete_shadows(struct slice *in, sqlite3_stmt *units, struct err *err)
{
	static const char sql[] =
		"DELETE FROM shadow WHERE line = ? AND unit = ? AND started_ms = ?";
	struct statement st;
	int r = statement_get(&st, in->store, sql, "delete what is old", err);

	if (r < 0)
		return r;
	statement_text(&st, in->line);
	statement_text(&st, (const char *)sqlite3_column_text(units, 0));
	statement_int(&st, sqlite3_column_int64(units, 1));
	return statement_run(&st, err);
}

/* As delete_rows, with a DELETE that returns unit and started_ms. */
static int delete_unit_rows(
	struct slice *in, sqlite3_stmt *stmt, int64_t before_ms, struct err *err)
{
	struct statement st;
	int r;

	statement_use(&st, in->store, stmt, "delete what is old");
	statement_text(&st, in->line);
	statement_int(&st, before_ms);
	statement_int(&st, in->left);
	while ((r = statement_step(&st, err)) == STATEMENT_ROW) {
		in->left--;
		r = delete_shadows(in, stmt, err);
		if (r < 0)
			break;
	}
	statement_end(&st);
	return r;
}

/* Units of one verdict, with a label or without, oldest first. */
static int delete_units(
	struct slice *in, const char *verdict, bool has_label, int64_t before_ms, struct err *err)
{
	static const char format[] =
		"DELETE FROM \"%w\" WHERE _rowid_ IN (SELECT u._rowid_ FROM \"%w\" u"
		" WHERE u.verdict = %Q AND u.scored_ms < ?2 AND %s EXISTS"
		" (SELECT 1 FROM label l WHERE l.line = ?1 AND " LABEL_BELONGS ")"
		" ORDER BY u.scored_ms LIMIT ?3) RETURNING unit, started_ms";
	sqlite3_stmt *stmt = NULL;
	char *sql = sqlite3_mprintf(
		format, in->table, in->table, verdict, has_label ? "" : "NOT", in->table);
	int r;

	if (!sql)
		return err_set(
			err, -ENOMEM, "%s: no memory to delete what is old", in->store->path);
	r = sqlite3_prepare_v2(in->store->db, sql, -1, &stmt, NULL);
	sqlite3_free(sql);
	if (r != SQLITE_OK)
		return store_fail(in->store, "delete what is old", err);
	r = delete_unit_rows(in, stmt, before_ms, err);
	sqlite3_finalize(stmt);
	return r;
}

static int delete_labels(struct slice *in, const char *sql, int64_t before_ms, struct err *err)
{
	struct statement st;
	int r = statement_get(&st, in->store, sql, "delete old labels", err);

	return r < 0 ? r : delete_rows(in, st.stmt, before_ms, err);
}

static int delete_old(struct slice *in, const struct retention *r, int64_t now_ms, struct err *err)
{
	static const char label_sql[] =
		"DELETE FROM label WHERE _rowid_ IN (SELECT _rowid_ FROM label"
		" WHERE line = ?1 AND at_ms < ?2 LIMIT ?3)";
	static const char history_sql[] =
		"DELETE FROM label_history WHERE _rowid_ IN (SELECT _rowid_ FROM label_history"
		" WHERE line = ?1 AND at_ms < ?2 LIMIT ?3)";
	const struct {
		const char *verdict;
		int64_t keep_ms;
	} verdicts[] = {
		{"pass", r->pass_ms},
		{"defect", r->defect_ms},
		{"unsure", r->defect_ms},
		{"not_scored", r->defect_ms},
	};
	int result = 0;

	for (size_t i = 0; result == 0 && i < ARRAY_LEN(verdicts); i++) {
		result = delete_units(
			in, verdicts[i].verdict, false, now_ms - verdicts[i].keep_ms, err);
		if (result == 0)
			result = delete_units(
				in, verdicts[i].verdict, true, now_ms - r->label_ms, err);
	}
	if (result == 0)
		result = delete_labels(in, label_sql, now_ms - r->label_ms, err);
	if (result == 0)
		result = delete_labels(in, history_sql, now_ms - r->label_ms, err);
	return result;
}

/* Pages that hold something: the file itself keeps its size and fills its holes. */
static int used_bytes(struct store *s, int64_t *out, struct err *err)
{
	static const char sql[] = "SELECT (page_count - freelist_count) * page_size"
				  " FROM pragma_page_count, pragma_freelist_count,"
				  " pragma_page_size";
	struct statement st;
	int r = statement_get(&st, s, sql, "measure it", err);

	if (r < 0)
		return r;
	r = statement_step(&st, err);
	if (r == STATEMENT_ROW)
		*out = sqlite3_column_int64(st.stmt, 0);
	statement_end(&st);
	return r < 0 ? r : 0;
}

static int delete_for_size(struct slice *in, int64_t max_bytes, struct err *err)
{
	int64_t used = 0;
	int r = used_bytes(in->store, &used, err);

	if (r < 0 || used <= max_bytes)
		return r;
	return delete_units(in, "pass", false, INT64_MAX, err);
}

/* Ends the transaction that r tells the fate of. */
static int finish(struct slice *in, int r, struct err *err)
{
	if (r == 0)
		r = store_commit(in->store, err);
	if (r < 0) {
		store_rollback(in->store);
		return r;
	}
	return in->left == 0 ? RETENTION_MORE : 0;
}

int store_retain_units(struct store *s, const char *line, const struct retention *r, int64_t now_ms,
	struct err *err)
{
	char table[LINE_TABLE_MAX];
	struct slice slice = {.store = s, .line = line, .table = table, .left = SLICE};
	int result = store_begin(s, err);

	if (result < 0)
		return result;
	line_table(table, "unit", line);
	result = delete_old(&slice, r, now_ms, err);
	if (result == 0)
		result = delete_for_size(&slice, r->max_bytes, err);
	return finish(&slice, result, err);
}

/* Parameters as those of delete_rows; the line does not matter. */
static int delete_quarantine(struct slice *in, const char *sql, int64_t limit, struct err *err)
{
	struct statement st;
	int r = statement_get(&st, in->store, sql, "shorten the quarantine", err);

	return r < 0 ? r : delete_rows(in, st.stmt, limit, err);
}

int store_retain_quarantine(
	struct store *s, const struct retention *r, int64_t now_ms, struct err *err)
{
	static const char age_sql[] =
		"DELETE FROM quarantine WHERE ?1 = '' AND _rowid_ IN (SELECT _rowid_"
		" FROM quarantine WHERE at_ms < ?2 ORDER BY _rowid_ LIMIT ?3)";
	static const char rows_sql[] =
		"DELETE FROM quarantine WHERE ?1 = '' AND _rowid_ IN (SELECT _rowid_"
		" FROM quarantine ORDER BY _rowid_"
		" LIMIT max(0, min(?3, (SELECT count(*) FROM quarantine) - ?2)))";
	struct slice slice = {.store = s, .line = "", .left = SLICE};
	int result = store_begin(s, err);

	if (result < 0)
		return result;
	result = delete_quarantine(&slice, age_sql, now_ms - r->quarantine_ms, err);
	if (result == 0)
		result = delete_quarantine(&slice, rows_sql, r->quarantine_rows, err);
	return finish(&slice, result, err);
}
