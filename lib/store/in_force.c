#include "lib/store/in_force.h"

#include <errno.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/store/statement.h"

static int put_one(struct store *s, const struct in_force *f, struct err *err)
{
	static const char sql[] = "INSERT INTO in_force (line, config) VALUES (?, ?)";
	struct statement st;
	int r = statement_get(&st, s, sql, "note a line file", err);

	if (r < 0)
		return r;
	statement_text(&st, f->line);
	statement_text(&st, f->sha256);
	return statement_run(&st, err);
}

int store_put_in_force(struct store *s, const struct in_force *v, size_t count, struct err *err)
{
	static const char sql[] = "DELETE FROM in_force";
	struct statement st;
	int r = statement_get(&st, s, sql, "forget the line files of before", err);

	if (r == 0)
		r = statement_run(&st, err);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = put_one(s, &v[i], err);
	return r;
}

int store_config_text(struct store *s, const char *sha256, char **out, struct err *err)
{
	static const char sql[] = "SELECT text FROM config WHERE sha256 = ?";
	struct statement st;
	char *text = NULL;
	int r = statement_get(&st, s, sql, "read a line file of before", err);

	if (r < 0)
		return r;
	statement_text(&st, sha256);
	r = statement_step(&st, err);
	if (r == STATEMENT_ROW) {
		const char *found = (const char *)sqlite3_column_text(st.stmt, 0);

		text = strdup(found ? found : "");
		r = text ? 0 : err_set(err, -ENOMEM, "no memory for a line file");
	}
	statement_end(&st);
	if (r == 0)
		*out = text;
	return r;
}

int store_each_in_force(struct store *s, int (*each)(void *owner, const struct in_force *f),
	void *owner, struct err *err)
{
	static const char sql[] =
		"SELECT in_force.line, in_force.config, config.text FROM in_force"
		" LEFT JOIN config ON config.sha256 = in_force.config ORDER BY in_force.line";
	struct statement st;
	int r = statement_get(&st, s, sql, "read which line files are in force", err);

	if (r < 0)
		return r;
	while ((r = statement_step(&st, err)) == STATEMENT_ROW) {
		const char *line = (const char *)sqlite3_column_text(st.stmt, 0);
		const char *sha256 = (const char *)sqlite3_column_text(st.stmt, 1);
		const struct in_force f = {
			.line = line ? line : "",
			.sha256 = sha256 ? sha256 : "",
			.text = (const char *)sqlite3_column_text(st.stmt, 2),
		};

		r = each(owner, &f);
		if (r < 0)
			break;
	}
	statement_end(&st);
	return r;
}
