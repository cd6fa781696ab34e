#include "lib/store/unit_insert.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/store/line_table.h"
#include "lib/store/statement.h"

static void insert_free(struct unit_insert *u)
{
	if (!u)
		return;
	sqlite3_finalize(u->stmt);
	for (size_t i = 0; u->names && i < u->count; i++)
		free(u->names[i]);
	free(u->names);
	free(u->line);
	free(u);
}

CLEANUP_FOR(struct unit_insert, insert_free)

void unit_inserts_free(struct unit_insert *list)
{
	while (list) {
		struct unit_insert *next = list->next;

		insert_free(list);
		list = next;
	}
}

/* The order is that of units.c, where they are bound. */
static char *insert_sql(struct store *s, const struct unit_row *row)
{
	sqlite3_str *sql = sqlite3_str_new(s->db);
	char table[LINE_TABLE_MAX];

	line_table(table, "unit", row->line);
	sqlite3_str_appendf(sql,
		"INSERT INTO \"%w\" (unit, started_ms, scored_ms, verdict, p_defect, class,"
		" threshold, model, reason, imputed, reasons, detail, lots, config, latency_us,"
		" gap_ms",
		table);
	for (size_t i = 0; i < row->value_count; i++)
		sqlite3_str_appendf(sql, ", \"%w\"", row->names[i]);
	sqlite3_str_appendall(sql, ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?");
	for (size_t i = 0; i < row->value_count; i++)
		sqlite3_str_appendall(sql, ", ?");
	sqlite3_str_appendchar(sql, 1, ')');
	return sqlite3_str_finish(sql); /* NULL without memory */
}

static bool copy_names(struct unit_insert *u, const struct unit_row *row)
{
	u->line = strdup(row->line);
	u->names = calloc(row->value_count + 1, sizeof(*u->names));
	if (!u->line || !u->names)
		return false;
	for (; u->count < row->value_count; u->count++) {
		u->names[u->count] = strdup(row->names[u->count]);
		if (!u->names[u->count])
			return false;
	}
	return true;
}

static int insert_new(
	struct unit_insert **out, struct store *s, const struct unit_row *row, struct err *err)
{
	CLEANUP(insert_free) struct unit_insert *u = calloc(1, sizeof(*u));
	char *sql;
	int result;

	if (!u || !copy_names(u, row))
		return err_set(err, -ENOMEM, "%s: no memory for rows of %s", s->path, row->line);
	sql = insert_sql(s, row);
	if (!sql)
		return err_set(err, -ENOMEM, "%s: no memory for rows of %s", s->path, row->line);
	result = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &u->stmt, NULL);
	sqlite3_free(sql);
	if (result != SQLITE_OK)
		return store_fail(s, "write a unit", err);
	*out = TAKE(u);
	return 0;
}

static bool is_same_row(const struct unit_insert *u, const struct unit_row *row)
{
	if (u->count != row->value_count)
		return false;
	for (size_t i = 0; i < u->count; i++) {
		if (strcmp(u->names[i], row->names[i]) != 0)
			return false;
	}
	return true;
}

/* Of a line that goes on under several files each has a statement. */
#define STATEMENTS_OF_LINE 4

int unit_insert_get(
	struct unit_insert **out, struct store *s, const struct unit_row *row, struct err *err)
{
	struct unit_insert **at = &s->inserts, **last = NULL, *u = NULL, *gone;
	size_t count = 0;
	int r;

	for (; *at; at = &(*at)->next) {
		if (strcmp((*at)->line, row->line) != 0)
			continue;
		if (is_same_row(*at, row)) {
			*out = *at;
			return 0;
		}
		count++;
		last = at;
	}
	r = insert_new(&u, s, row, err);
	if (r < 0)
		return r;
	if (count >= STATEMENTS_OF_LINE) { /* the oldest stands last */
		gone = *last;
		*last = gone->next;
		insert_free(gone);
	}
	u->next = s->inserts;
	s->inserts = u;
	*out = u;
	return 0;
}
