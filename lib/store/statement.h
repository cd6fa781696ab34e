/* What the files of the store share: the open file, and statements that are prepared once.
 *
 * A statement is used like this; errors of binding are kept and told by the next step:
 *
 *	struct statement st;
 *	int r = statement_get(&st, s, "DELETE FROM outbox WHERE id = ?", "delete from the outbox",
 *err);
 *
 *	if (r < 0)
 *		return r;
 *	statement_int(&st, id);
 *	return statement_run(&st, err);
 */
#pragma once

#include <sqlite3.h>

#include "lib/store/store.h"

#define STATEMENTS_MAX 48

struct unit_insert; /* units.c: one per line */

struct store {
	sqlite3 *db;
	char *path;
	enum store_mode mode;
	struct {
		const char *sql; /* a literal, told apart by its address */
		sqlite3_stmt *stmt;
	} statements[STATEMENTS_MAX];
	size_t statement_count;
	struct unit_insert *inserts;
};

struct statement {
	struct store *store;
	sqlite3_stmt *stmt;
	const char *what; /* "cannot <what>" */
	int next;         /* the parameter that is bound next */
	int bound;        /* the first result of binding that was not SQLITE_OK */
};

/* `sql` must be a literal or otherwise live as long as the store; `what` completes the sentence
 * "cannot ...". */
MUST_CHECK int statement_get(
	struct statement *st, struct store *s, const char *sql, const char *what, struct err *err);
/* The same with a statement of the caller's. */
void statement_use(struct statement *st, struct store *s, sqlite3_stmt *stmt, const char *what);

/* Bind the next parameter. Texts and blobs must live until the statement has ended. */
void statement_int(struct statement *st, int64_t v);
void statement_real(struct statement *st, double v);
void statement_text(struct statement *st, const char *text); /* NULL is NULL */
void statement_blob(struct statement *st, const void *bytes, size_t len);
void statement_null(struct statement *st);

#define STATEMENT_ROW 1 /* named outcome of statement_step: a row is there */

MUST_CHECK int statement_step(struct statement *st, struct err *err);
void statement_end(struct statement *st);                            /* may be called twice */
MUST_CHECK int statement_run(struct statement *st, struct err *err); /* one step and the end */

/* SQL without parameters, once; formatted as sqlite3_mprintf does. */
MUST_CHECK int store_exec(struct store *s, const char *what, struct err *err, const char *fmt, ...);

/* The negative errno of what SQLite said last, with the sentence
 * "<file>: cannot <what>: <SQLite's words>". */
MUST_CHECK int store_fail(struct store *s, const char *what, struct err *err);
