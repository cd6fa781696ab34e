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

struct promotion {
	struct store *store;
	const char *line, *sha256, *file, *metrics, *by, *why;
	int64_t at_ms;
};

static int run_change(const struct promotion *p, const char *sql, const char *role,
	const char *earlier_role, struct err *err)
{
	struct statement st;
	int r = statement_get(&st, p->store, sql, "change the role of a model", err);

	if (r < 0)
		return r;
	statement_text(&st, p->line);
	statement_text(&st, p->sha256);
	statement_text(&st, role);
	statement_text(&st, p->by);
	statement_int(&st, p->at_ms);
	statement_text(&st, p->why);
	statement_text(&st, earlier_role);
	return statement_run(&st, err);
}

/* Whoever else has `earlier_role` gets `role`. */
static int change_others(
	const struct promotion *p, const char *earlier_role, const char *role, struct err *err)
{
	static const char event_sql[] =
		"INSERT INTO model_event (line, sha256, file, role, metrics, by, at_ms, why)"
		" SELECT line, sha256, file, ?3, metrics, ?4, ?5, ?6 FROM model"
		" WHERE line = ?1 AND sha256 <> ?2 AND role = ?7";
	static const char model_sql[] = "UPDATE model SET role = ?3, by = ?4, at_ms = ?5, why = ?6"
					" WHERE line = ?1 AND sha256 <> ?2 AND role = ?7";
	int r = run_change(p, event_sql, role, earlier_role, err);

	return r < 0 ? r : run_change(p, model_sql, role, earlier_role, err);
}

static int put_champion(const struct promotion *p, const char *sql, struct err *err)
{
	struct statement st;
	int r = statement_get(&st, p->store, sql, "register a model", err);

	if (r < 0)
		return r;
	statement_text(&st, p->line);
	statement_text(&st, p->sha256);
	statement_text(&st, p->file);
	statement_text(&st, p->metrics);
	statement_text(&st, p->by);
	statement_int(&st, p->at_ms);
	statement_text(&st, p->why);
	return statement_run(&st, err);
}

static int promote(const struct promotion *p, struct err *err)
{
	static const char event_sql[] =
		"INSERT INTO model_event (line, sha256, file, role, metrics, by, at_ms, why)"
		" VALUES (?1, ?2, ?3, 'champion', ?4, ?5, ?6, ?7)";
	static const char model_sql[] =
		"INSERT INTO model (line, sha256, file, role, metrics, by, at_ms, why)"
		" VALUES (?1, ?2, ?3, 'champion', ?4, ?5, ?6, ?7)"
		" ON CONFLICT (line, sha256) DO UPDATE SET file = ?3, role = 'champion',"
		" metrics = ?4, by = ?5, at_ms = ?6, why = ?7";
	struct registered_model champion;
	int r = store_champion(p->store, p->line, &champion, err);

	if (r < 0 || strcmp(champion.sha256, p->sha256) == 0)
		return r;
	r = change_others(p, "previous", "retired", err);
	if (r == 0)
		r = change_others(p, "champion", "previous", err);
	if (r == 0)
		r = put_champion(p, event_sql, err);
	return r < 0 ? r : put_champion(p, model_sql, err);
}

int store_promote(struct store *s, const char *line, const char *sha256, const char *file,
	const char *metrics, const char *by, const char *why, int64_t at_ms, struct err *err)
{
	struct promotion p = {s, line, sha256, file, metrics, by, why, at_ms};
	int r = store_begin(s, err);

	if (r == 0)
		r = promote(&p, err);
	if (r == 0)
		r = store_commit(s, err);
	if (r < 0)
		store_rollback(s);
	return r;
}
