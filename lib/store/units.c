#include "lib/store/units.h"

#include "lib/store/statement.h"
#include "lib/store/unit_insert.h"

/* In the order of unit_insert.c. */
static void bind_fixed(struct statement *st, const struct unit_row *row)
{
	statement_text(st, row->unit);
	statement_int(st, row->started_ms);
	statement_int(st, row->scored_ms);
	statement_text(st, row->verdict);
	if (row->p_defect < 0)
		statement_null(st);
	else
		statement_real(st, row->p_defect);
	statement_text(st, row->class_name);
	statement_real(st, row->threshold);
	statement_text(st, row->model);
	statement_text(st, row->reason);
	statement_text(st, row->imputed);
	statement_text(st, row->reasons);
	statement_text(st, row->detail);
	statement_text(st, row->lots);
	statement_text(st, row->config);
	if (row->latency_us < 0)
		statement_null(st);
	else
		statement_int(st, row->latency_us);
	if (row->gap_ms < 0)
		statement_null(st);
	else
		statement_int(st, row->gap_ms);
}

static void bind_value(struct statement *st, const struct value *v)
{
	switch (v->kind) {
	case VALUE_NUMBER:
		statement_real(st, v->number);
		break;
	case VALUE_TEXT:
		statement_text(st, v->text);
		break;
	case VALUE_MISSING:
		statement_null(st);
		break;
	}
}

/* What lies in the row, not in the file: the same row would be refused for ever. */
static bool is_refusal(struct store *s)
{
	int result = sqlite3_errcode(s->db) & 0xFF;

	return result == SQLITE_CONSTRAINT || result == SQLITE_TOOBIG || result == SQLITE_MISMATCH;
}

int store_put_unit(struct store *s, const struct unit_row *row, struct err *err)
{
	struct unit_insert *insert;
	struct statement st;
	int r = unit_insert_get(&insert, s, row, err);

	if (r < 0)
		return r;
	statement_use(&st, s, insert->stmt, "write a unit");
	bind_fixed(&st, row);
	for (size_t i = 0; i < row->value_count; i++)
		bind_value(&st, &row->values[i]);
	r = statement_step(&st, err);
	if (r < 0 && is_refusal(s))
		r = STORE_ROW_REFUSED;
	statement_end(&st);
	return r;
}

int store_put_config(struct store *s, const char *sha256, const char *line, const char *text,
	int64_t at_ms, struct err *err)
{
	static const char sql[] = "INSERT OR IGNORE INTO config (sha256, line, text, at_ms)"
				  " VALUES (?, ?, ?, ?)";
	struct statement st;
	int r = statement_get(&st, s, sql, "keep a line file", err);

	if (r < 0)
		return r;
	statement_text(&st, sha256);
	statement_text(&st, line);
	statement_text(&st, text);
	statement_int(&st, at_ms);
	return statement_run(&st, err);
}
