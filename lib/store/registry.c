#include "lib/store/registry.h"

#include <stdio.h>
#include <string.h>

#include "lib/store/statement.h"

int store_champion(struct store *s, const char *line, struct registered_model *out, struct err *err)
{
	static const char sql[] = "SELECT sha256, role, at_ms FROM model"
				  " WHERE line = ? AND role = 'champion'";
	struct registered_model m = {0};
	struct statement st;
	int r = statement_get(&st, s, sql, "look up the champion", err);

	if (r < 0)
		return r;
	statement_text(&st, line);
	r = statement_step(&st, err);
	if (r == STATEMENT_ROW) {
		snprintf(m.sha256, sizeof(m.sha256), "%s", sqlite3_column_text(st.stmt, 0));
		snprintf(m.role, sizeof(m.role), "%s", sqlite3_column_text(st.stmt, 1));
		m.at_ms = sqlite3_column_int64(st.stmt, 2);
	}
	statement_end(&st);
	if (r < 0)
		return r;
	*out = m;
	return 0;
}

int store_model_is_known(
	struct store *s, const char *line, const char *sha256, bool *out, struct err *err)
{
	static const char sql[] = "SELECT 1 FROM model WHERE line = ? AND sha256 = ?";
	struct statement st;
	int r = statement_get(&st, s, sql, "look up a model", err);

	if (r < 0)
		return r;
	statement_text(&st, line);
	statement_text(&st, sha256);
	r = statement_step(&st, err);
	statement_end(&st);
	if (r < 0)
		return r;
	*out = r == STATEMENT_ROW;
	return 0;
}

static int put_row(struct store *s, const struct model_row *m, struct err *err)
{
	static const char sql[] =
		"INSERT INTO model (line, sha256, file, role, metrics, by, at_ms, why)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
		" ON CONFLICT (line, sha256) DO UPDATE SET"
		" file = CASE ?3 WHEN '' THEN file ELSE ?3 END, role = ?4,"
		" metrics = CASE ?5 WHEN '' THEN metrics ELSE ?5 END, by = ?6, at_ms = ?7, why = "
		"?8";
	struct statement st;
	int r = statement_get(&st, s, sql, "register a model", err);

	if (r < 0)
		return r;
	statement_text(&st, m->line);
	statement_text(&st, m->sha256);
	statement_text(&st, m->file);
	statement_text(&st, m->role);
	statement_text(&st, m->metrics);
	statement_text(&st, m->by);
	statement_int(&st, m->at_ms);
	statement_text(&st, m->why);
	return statement_run(&st, err);
}

int store_put_model(struct store *s, const struct model_row *m, struct err *err)
{
	static const char sql[] =
		"INSERT INTO model_event (line, sha256, file, role, metrics, by, at_ms, why)"
		" SELECT line, sha256, file, role, metrics, by, at_ms, why FROM model"
		" WHERE line = ? AND sha256 = ?";
	struct statement st;
	int r = put_row(s, m, err);

	if (r == 0)
		r = statement_get(&st, s, sql, "record what became of a model", err);
	if (r < 0)
		return r;
	statement_text(&st, m->line);
	statement_text(&st, m->sha256);
	return statement_run(&st, err);
}

static const char *text_of(const struct statement *st, int column)
{
	const char *text = (const char *)sqlite3_column_text(st->stmt, column);

	return text ? text : "";
}

int store_each_model(struct store *s, const char *line,
	int (*each)(void *owner, const struct model_row *m), void *owner, struct err *err)
{
	static const char sql[] =
		"SELECT line, sha256, role, file, metrics, by, why, at_ms FROM model"
		" WHERE ?1 IS NULL OR line = ?1 ORDER BY line, CASE role WHEN 'champion' THEN 0"
		" WHEN 'previous' THEN 1 WHEN 'challenger' THEN 2 ELSE 3 END, at_ms DESC, sha256";
	struct statement st;
	int r = statement_get(&st, s, sql, "read the registry of models", err);

	if (r < 0)
		return r;
	statement_text(&st, line);
	while ((r = statement_step(&st, err)) == STATEMENT_ROW) {
		const struct model_row m = {
			.line = text_of(&st, 0),
			.sha256 = text_of(&st, 1),
			.role = text_of(&st, 2),
			.file = text_of(&st, 3),
			.metrics = text_of(&st, 4),
			.by = text_of(&st, 5),
			.why = text_of(&st, 6),
			.at_ms = sqlite3_column_int64(st.stmt, 7),
		};

		r = each(owner, &m);
		if (r < 0)
			break;
	}
	statement_end(&st);
	return r;
}

int store_put_shadow(struct store *s, const struct shadow_row *row, struct err *err)
{
	static const char sql[] = "INSERT OR IGNORE INTO shadow"
				  " (line, unit, started_ms, model, p_defect)"
				  " VALUES (?, ?, ?, ?, ?)";
	struct statement st;
	int r = statement_get(&st, s, sql, "write what a shadow model says", err);

	if (r < 0)
		return r;
	statement_text(&st, row->line);
	statement_text(&st, row->unit);
	statement_int(&st, row->started_ms);
	statement_text(&st, row->model);
	statement_real(&st, row->p_defect);
	return statement_run(&st, err);
}
