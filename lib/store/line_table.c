/* The table and the view of a line: making them, adding columns. */
#include "lib/store/line_table.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/err.h"
#include "lib/store/statement.h"
#include "lib/store/units.h"

void line_table(char out[LINE_TABLE_MAX], const char *prefix, const char *line)
{
	snprintf(out, LINE_TABLE_MAX, "%s_%s", prefix, line);
	for (char *c = out; *c; c++) {
		if (*c == '-')
			*c = '_';
	}
}

int line_table_find(char out[LINE_TABLE_MAX], struct store *s, const char *line, struct err *err)
{
	static const char sql[] = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?";
	struct statement st;
	int r = statement_get(&st, s, sql, "look for the units of a line", err);

	if (r < 0)
		return r;
	line_table(out, "unit", line);
	statement_text(&st, out);
	r = statement_step(&st, err);
	statement_end(&st);
	if (r == 0)
		return err_set(
			err, -ENOENT, "%s: nothing has been recorded of line %s", s->path, line);
	return r < 0 ? r : 0;
}

/* The index serves retention: the oldest of each verdict. Its name has a dot, which no line has, so
 * that it is never the name of another line's table. */
static const char table_sql[] =
	"CREATE TABLE IF NOT EXISTS \"%w\" ("
	"unit TEXT NOT NULL, started_ms INTEGER NOT NULL, scored_ms INTEGER NOT NULL,"
	" verdict TEXT NOT NULL, p_defect REAL, class TEXT NOT NULL, threshold REAL NOT NULL,"
	" model TEXT NOT NULL, reason TEXT NOT NULL, imputed TEXT NOT NULL, reasons TEXT NOT NULL,"
	" detail TEXT, lots TEXT NOT NULL, config TEXT NOT NULL, latency_us INTEGER,"
	" gap_ms INTEGER%s, UNIQUE (unit, started_ms));"
	"CREATE INDEX IF NOT EXISTS \"%w.verdict\" ON \"%w\" (verdict, scored_ms)";

/* Each unit with the label that counts. u.* is what the table has, later columns too. Labels are
 * fewer than units: it begins with them. SQLite keeps this text as it stands. */
static const char view_sql[] =
	"CREATE VIEW \"%w\" AS SELECT u.*, " LABEL_COLUMNS " FROM label l JOIN \"%w\" u"
	" ON u.unit = l.unit AND u._rowid_ = (SELECT n._rowid_ FROM \"%w\" n WHERE n.unit = l.unit"
	" AND n.started_ms <= l.at_ms ORDER BY n.started_ms DESC LIMIT 1)"
	" WHERE l.line = %Q AND l._rowid_ = " LABEL_OF;

const char *label_order(enum label_combine combine)
{
	return combine == LABEL_WORST ? "l.defect DESC, l.at_ms DESC, l._rowid_ DESC"
				      : "l.at_ms DESC, l._rowid_ DESC";
}

static const char *type_of(const struct store_column *c)
{
	return c->is_text ? "TEXT" : "REAL";
}

/* *type is "" when the table has no such column; else its declared type, static or the name of
 * another type that no feature has. */
static int find_column(
	struct store *s, const char *table, const char *column, const char **type, struct err *err)
{
	static const char sql[] = "SELECT type FROM pragma_table_info(?) WHERE lower(name) = ?";
	struct statement st;
	int r = statement_get(&st, s, sql, "look at the columns of a line", err);

	if (r < 0)
		return r;
	statement_text(&st, table);
	statement_text(&st, column);
	r = statement_step(&st, err);
	if (r == STATEMENT_ROW) {
		const char *found = (const char *)sqlite3_column_text(st.stmt, 0);

		*type = !found                           ? "another type"
			: strcasecmp(found, "REAL") == 0 ? "REAL"
			: strcasecmp(found, "TEXT") == 0 ? "TEXT"
							 : "another type";
		r = 0;
	} else if (r == 0) {
		*type = "";
	}
	statement_end(&st);
	return r;
}

static int refuse_type(struct store *s, const char *table, const struct store_column *c,
	const char *type, struct err *err)
{
	return err_set(err, -EEXIST,
		"%s: column \"%s\" of %s holds %s, the feature of that name is %s: give the "
		"feature "
		"another name",
		s->path, c->name, table, type, type_of(c));
}

static int add_column(
	struct store *s, const char *table, const struct store_column *c, struct err *err)
{
	const char *type = "";
	int r = find_column(s, table, c->name, &type, err);

	if (r < 0)
		return r;
	if (type[0] == '\0')
		return store_exec(s, "add a column to a line's table", err,
			"ALTER TABLE \"%w\" ADD COLUMN \"%w\" %s", table, c->name, type_of(c));
	return strcmp(type, type_of(c)) == 0 ? 0 : refuse_type(s, table, c, type, err);
}

static int make_table(struct store *s, const char *table, const struct store_column *columns,
	size_t count, struct err *err)
{
	sqlite3_str *list = sqlite3_str_new(s->db);
	char *text;
	int r;

	for (size_t i = 0; i < count; i++)
		sqlite3_str_appendf(list, ", \"%w\" %s", columns[i].name, type_of(&columns[i]));
	r = sqlite3_str_errcode(list);
	text = sqlite3_str_finish(list);
	if (r != SQLITE_OK) {
		sqlite3_free(text);
		return err_set(err, -ENOMEM, "%s: no memory for the columns of %s", s->path, table);
	}
	r = store_exec(
		s, "make a line's table", err, table_sql, table, text ? text : "", table, table);
	sqlite3_free(text);
	return r;
}

/* Is the view there with this very text? */
static int find_view(
	struct store *s, const char *view, const char *text, bool *out, struct err *err)
{
	static const char sql[] =
		"SELECT 1 FROM sqlite_master WHERE type = 'view' AND name = ? AND sql = ?";
	struct statement st;
	int r = statement_get(&st, s, sql, "look at a line's view", err);

	if (r < 0)
		return r;
	statement_text(&st, view);
	statement_text(&st, text);
	r = statement_step(&st, err);
	statement_end(&st);
	if (r < 0)
		return r;
	*out = r == STATEMENT_ROW;
	return 0;
}

/* NULL without memory; sqlite3_free. */
static char *view_text(
	const char *view, const char *table, const char *line, enum label_combine combine)
{
	return sqlite3_mprintf(
		view_sql, view, table, table, line, line, table, label_order(combine));
}

static int make_view(struct store *s, const char *table, const char *line,
	enum label_combine combine, struct err *err)
{
	char view[LINE_TABLE_MAX];
	char *text;
	bool is_there = false;
	int r;

	line_table(view, "training", line);
	text = view_text(view, table, line, combine);
	if (!text)
		return err_set(err, -ENOMEM, "%s: no memory for the view %s", s->path, view);
	r = find_view(s, view, text, &is_there, err);
	if (r == 0 && !is_there)
		r = store_exec(
			s, "make a line's view", err, "DROP VIEW IF EXISTS \"%w\"; %s", view, text);
	sqlite3_free(text);
	return r;
}

int line_combine(struct store *s, const char *line, enum label_combine *out, struct err *err)
{
	char table[LINE_TABLE_MAX], view[LINE_TABLE_MAX];
	bool is_worst = false;
	char *text;
	int r;

	line_table(table, "unit", line);
	line_table(view, "training", line);
	text = view_text(view, table, line, LABEL_WORST);
	if (!text)
		return err_set(err, -ENOMEM, "%s: no memory for the view %s", s->path, view);
	r = find_view(s, view, text, &is_worst, err);
	sqlite3_free(text);
	if (r == 0)
		*out = is_worst ? LABEL_WORST : LABEL_LATEST;
	return r;
}

int store_add_line(struct store *s, const char *line, const struct store_column *columns,
	size_t count, enum label_combine combine, struct err *err)
{
	char table[LINE_TABLE_MAX];
	int r = store_begin(s, err);

	line_table(table, "unit", line);
	if (r == 0)
		r = make_table(s, table, columns, count, err);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = add_column(s, table, &columns[i], err);
	if (r == 0)
		r = make_view(s, table, line, combine, err);
	if (r == 0)
		r = store_commit(s, err);
	if (r < 0)
		store_rollback(s);
	return r;
}

int store_column_fits(
	struct store *s, const char *line, const struct store_column *column, struct err *err)
{
	char table[LINE_TABLE_MAX];
	const char *type = "";
	int r;

	line_table(table, "unit", line);
	r = find_column(s, table, column->name, &type, err);
	if (r < 0 || type[0] == '\0' || strcmp(type, type_of(column)) == 0)
		return r;
	return refuse_type(s, table, column, type, err);
}
