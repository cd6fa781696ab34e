/* The row of a unit, and what is near where there is none. */
#include <errno.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/num.h"
#include "lib/config/names.h"
#include "lib/store/line_table.h"
#include "lib/store/store.h"
#include "tools/trace.h"

#define OTHERS_MAX 1000
#define ARENA_BLOCK_BYTES (64u << 10)
#define NEAR_ROWS "1000" /* the newest: among them a mistyped id is looked for */
#define NEIGHBOURS "2"   /* on either side, by the alphabet */

struct query {
	sqlite3 *db;
	sqlite3_stmt *stmt;
	struct err *err;
};

static int fail(const struct query *q)
{
	return err_set(q->err, -EIO, "the database cannot be read: %s", sqlite3_errmsg(q->db));
}

static int prepare(struct query *q, const char *table, const char *fmt)
{
	char *sql = sqlite3_mprintf(fmt, table, table, table);
	int result;

	if (!sql)
		return err_set(q->err, -ENOMEM, "no memory for a query");
	result = sqlite3_prepare_v2(q->db, sql, -1, &q->stmt, NULL);
	sqlite3_free(sql);
	return result == SQLITE_OK ? 0 : fail(q);
}

/* 1: a row, 0: the end. */
static int step(const struct query *q)
{
	switch (sqlite3_step(q->stmt)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		return 0;
	default:
		return fail(q);
	}
}

static const char *copy_text(struct trace *t, sqlite3_stmt *stmt, int column)
{
	const char *text = (const char *)sqlite3_column_text(stmt, column);

	text = text ? arena_string(t->arena, text) : NULL;
	return text ? text : "";
}

/* Numbers in their shortest form. */
static struct trace_text read_text(struct trace *t, sqlite3_stmt *stmt, int column)
{
	int type = sqlite3_column_type(stmt, column);
	char number[NUM_TEXT_MAX];
	const char *text;

	if (type == SQLITE_NULL)
		return (struct trace_text){"", false};
	if (type != SQLITE_FLOAT)
		return (struct trace_text){copy_text(t, stmt, column), true};
	num_print(number, sqlite3_column_double(stmt, column), true);
	text = arena_string(t->arena, number);
	return (struct trace_text){text ? text : "", true};
}

static struct value read_value(struct trace *t, sqlite3_stmt *stmt, int column)
{
	switch (sqlite3_column_type(stmt, column)) {
	case SQLITE_NULL:
		return (struct value){.kind = VALUE_MISSING};
	case SQLITE_INTEGER:
	case SQLITE_FLOAT:
		return (struct value){
			.kind = VALUE_NUMBER, .number = sqlite3_column_double(stmt, column)};
	default:
		return (struct value){.kind = VALUE_TEXT, .text = copy_text(t, stmt, column)};
	}
}

static cJSON *read_json(const struct trace_text *from, int flags)
{
	cJSON *tree = NULL;

	if (!from->is_there || json_parse(&tree, from->text, strlen(from->text), flags, NULL) < 0)
		return NULL;
	return tree;
}

static bool is_imputed(const struct trace *t, const char *name)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, t->imputed_list)
	{
		if (cJSON_IsString(item) && strcmp(item->valuestring, name) == 0)
			return true;
	}
	return false;
}

static int read_features(struct trace *t, sqlite3_stmt *stmt, struct err *err)
{
	int columns = sqlite3_column_count(stmt);

	t->features = arena_zalloc(t->arena, (size_t)columns, sizeof(*t->features));
	if (!t->features)
		return err_set(err, -ENOMEM, "no memory for %d columns", columns);
	for (int i = 0; i < columns; i++) {
		const char *name = sqlite3_column_name(stmt, i);
		struct trace_feature *f = &t->features[t->feature_count];

		if (!name || name_is_reserved_column(name))
			continue;
		*f = (struct trace_feature){
			.name = arena_string(t->arena, name),
			.value = read_value(t, stmt, i),
			.detail = t->detail ? cJSON_GetObjectItemCaseSensitive(t->detail, name)
					    : NULL,
			.is_imputed = is_imputed(t, name),
			.from = "",
			.rule = "",
			.topic = "",
			.pointer = "",
			.lot = "",
			.lot_id = "",
		};
		if (!f->name)
			return err_set(err, -ENOMEM, "no memory for %d columns", columns);
		t->feature_count++;
	}
	return 0;
}

static int read_row(struct trace *t, sqlite3_stmt *stmt, struct err *err)
{
	struct trace_text detail = {"", false}, other = {"", false};
	const struct {
		const char *column;
		struct trace_text *to;
	} texts[] = {
		{"verdict", &t->verdict},
		{"p_defect", &t->p_defect},
		{"class", &t->class_name},
		{"threshold", &t->threshold},
		{"model", &t->model},
		{"reason", &t->reason},
		{"imputed", &t->imputed},
		{"reasons", &t->reasons},
		{"detail", &detail},
		{"lots", &t->lots},
		{"config", &t->config},
		{"latency_us", &t->latency_us},
		{"gap_ms", &t->gap_ms},
	};

	for (int i = 0; i < sqlite3_column_count(stmt); i++) {
		const char *name = sqlite3_column_name(stmt, i);
		struct trace_text *to = &other;

		if (name && strcmp(name, "started_ms") == 0)
			t->started_ms = sqlite3_column_int64(stmt, i);
		else if (name && strcmp(name, "scored_ms") == 0)
			t->scored_ms = sqlite3_column_int64(stmt, i);
		for (size_t k = 0; name && k < ARRAY_LEN(texts); k++)
			to = strcmp(name, texts[k].column) == 0 ? texts[k].to : to;
		if (to != &other)
			*to = read_text(t, stmt, i);
	}
	t->imputed_list = read_json(&t->imputed, 0);
	t->reason_list = read_json(&t->reasons, 0);
	t->detail = read_json(&detail, 0);
	t->lot_map = read_json(&t->lots, 0);
	return read_features(t, stmt, err);
}

/* All of that id, newest first; the one that is meant is read whole. */
static int read_units(struct trace *t, struct query *q, int64_t started_ms, bool *is_found)
{
	int rc;

	t->others = arena_zalloc(t->arena, OTHERS_MAX, sizeof(*t->others));
	if (!t->others)
		return err_set(q->err, -ENOMEM, "no memory for units of one id");
	while ((rc = step(q)) == 1) {
		int64_t ms = sqlite3_column_int64(q->stmt, 1);

		if (!*is_found && (started_ms == TRACE_NEWEST || started_ms == ms)) {
			*is_found = true;
			rc = read_row(t, q->stmt, q->err);
			if (rc < 0)
				return rc;
		} else if (t->other_count < OTHERS_MAX) {
			t->others[t->other_count++] =
				(struct trace_other){ms, copy_text(t, q->stmt, 3)};
		}
	}
	return rc;
}

static int read_line_file(struct trace *t, struct query *q)
{
	static const char sql[] = "SELECT text FROM config WHERE sha256 = ?";
	int rc;

	if (sqlite3_prepare_v2(q->db, sql, -1, &q->stmt, NULL) != SQLITE_OK)
		return fail(q);
	sqlite3_bind_text(q->stmt, 1, t->config.text, -1, SQLITE_STATIC);
	rc = step(q);
	if (rc == 1) {
		const struct trace_text text = read_text(t, q->stmt, 0);

		t->line_file = read_json(&text, JSON_COMMENTS);
	}
	sqlite3_finalize(q->stmt);
	return rc < 0 ? rc : 0;
}

/* Ids that may have been meant: the one that differs least among the newest, and the neighbours by
 * the alphabet. */
static int name_near_ones(struct trace *t, struct query *q, const char *table, const char *unit)
{
	static const char sql[] =
		"SELECT unit, 1 FROM (SELECT unit FROM \"%w\" WHERE unit < ?1 GROUP BY unit"
		" ORDER BY unit DESC LIMIT " NEIGHBOURS ") UNION ALL SELECT unit, 1 FROM"
		" (SELECT unit FROM \"%w\" WHERE unit > ?1 GROUP BY unit ORDER BY unit "
		"LIMIT " NEIGHBOURS ") UNION ALL SELECT unit, 0 FROM (SELECT unit FROM \"%w\""
		" ORDER BY _rowid_ DESC LIMIT " NEAR_ROWS ")";
	CLEANUP(suggestion_deinit) struct suggestion near;
	CLEANUP(buf_deinit) struct buf names;
	int rc;

	suggestion_init(&near, unit);
	buf_init(&names);
	rc = prepare(q, table, sql);
	if (rc < 0)
		return rc;
	sqlite3_bind_text(q->stmt, 1, unit, -1, SQLITE_STATIC);
	while ((rc = step(q)) == 1) {
		const char *id = copy_text(t, q->stmt, 0);

		suggestion_add(&near, id);
		if (sqlite3_column_int(q->stmt, 1))
			buf_addf(&names, "%s\"%s\"", names.len ? ", " : "", id);
	}
	sqlite3_finalize(q->stmt);
	if (rc < 0)
		return rc;
	if (!names.len || !buf_text(&names))
		return err_set(q->err, -ENOENT, "line %s has no unit \"%s\", nor any other yet",
			t->line, unit);
	return err_set(q->err, -ENOENT,
		"line %s has no unit \"%s\" (it is not scored yet, or its row was deleted when it "
		"was "
		"old enough); near it are %s%s%s%s",
		t->line, unit, near.nearest ? "\"" : "", near.nearest ? near.nearest : "",
		near.nearest ? "\", " : "", names.data);
}

static int name_other_starts(const struct trace *t, int64_t started_ms, struct err *err)
{
	CLEANUP(buf_deinit) struct buf starts;

	buf_init(&starts);
	for (size_t i = 0; i < t->other_count && i < 10; i++)
		buf_addf(&starts, "%s%" PRId64, i ? ", " : "", t->others[i].started_ms);
	return err_set(err, -ENOENT,
		"line %s has no unit \"%s\" that started at %" PRId64 "; there are %s", t->line,
		t->unit, started_ms, buf_text(&starts) ? starts.data : "others");
}

int trace_read(struct trace *out, struct store *s, const char *line, const char *unit,
	int64_t started_ms, struct err *err)
{
	static const char sql[] = "SELECT * FROM \"%w\" WHERE unit = ? ORDER BY started_ms DESC";
	struct query q = {.db = store_sqlite(s), .err = err};
	char table[LINE_TABLE_MAX];
	bool is_found = false;
	int rc = arena_new(&out->arena, ARENA_BLOCK_BYTES);

	if (rc < 0)
		return err_set(err, rc, "no memory");
	out->line = line;
	out->unit = unit;
	rc = line_table_find(table, s, line, err);
	if (rc == 0)
		rc = prepare(&q, table, sql);
	if (rc < 0)
		return rc;
	sqlite3_bind_text(q.stmt, 1, unit, -1, SQLITE_STATIC);
	rc = read_units(out, &q, started_ms, &is_found);
	sqlite3_finalize(q.stmt);
	if (rc == 0 && !is_found)
		return out->other_count > 0 ? name_other_starts(out, started_ms, err)
					    : name_near_ones(out, &q, table, unit);
	return rc < 0 ? rc : read_line_file(out, &q);
}

void trace_deinit(struct trace *t)
{
	json_free(t->imputed_list);
	json_free(t->reason_list);
	json_free(t->lot_map);
	json_free(t->detail);
	json_free(t->line_file);
	arena_free(t->arena);
}
