#include "lib/store/labels.h"

#include "lib/store/statement.h"

static void bind_key(struct statement *st, const struct label_row *row)
{
	statement_text(st, row->line);
	statement_text(st, row->unit);
	statement_int(st, row->at_ms);
	statement_text(st, row->source);
}

static void bind_contents(struct statement *st, const struct label_row *row)
{
	statement_int(st, row->defect);
	statement_text(st, row->class_name);
	statement_text(st, row->by);
	statement_text(st, row->why);
}

int store_label_is_known(struct store *s, const struct label_row *row, bool *out, struct err *err)
{
	static const char sql[] = "SELECT 1 FROM label WHERE line = ? AND unit = ? AND at_ms = ?"
				  " AND source = ? AND defect = ? AND class = ? AND by = ?"
				  " AND why = ?";
	struct statement st;
	int r = statement_get(&st, s, sql, "look up a label", err);

	if (r < 0)
		return r;
	bind_key(&st, row);
	bind_contents(&st, row);
	r = statement_step(&st, err);
	statement_end(&st);
	if (r < 0)
		return r;
	*out = r == STATEMENT_ROW;
	return 0;
}

static int keep_replaced(
	struct store *s, const struct label_row *row, int64_t now_ms, struct err *err)
{
	static const char sql[] =
		"INSERT INTO label_history (line, unit, at_ms, defect, class, source, by, why,"
		" replaced_ms) SELECT line, unit, at_ms, defect, class, source, by, why, ?5"
		" FROM label WHERE line = ?1 AND unit = ?2 AND at_ms = ?3 AND source = ?4";
	struct statement st;
	int r = statement_get(&st, s, sql, "keep a corrected label", err);

	if (r < 0)
		return r;
	bind_key(&st, row);
	statement_int(&st, now_ms);
	return statement_run(&st, err);
}

int store_put_label(struct store *s, const struct label_row *row, int64_t now_ms, struct err *err)
{
	/* deletes what has the same key: of two labels of one time the one written last counts */
	static const char sql[] =
		"INSERT OR REPLACE INTO label (line, unit, at_ms, source, defect, class, by, why)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
	struct statement st;
	bool is_known = false;
	int r = store_label_is_known(s, row, &is_known, err);

	if (r < 0 || is_known)
		return r;
	r = keep_replaced(s, row, now_ms, err);
	if (r == 0)
		r = statement_get(&st, s, sql, "keep a label", err);
	if (r < 0)
		return r;
	bind_key(&st, row);
	bind_contents(&st, row);
	return statement_run(&st, err);
}
