#include "lib/store/statement.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "lib/base/err.h"

/* Results of SQLite as errnos; what is not listed is a mistake in our SQL. */
static const struct {
	int result, code;
} codes[] = {
	{SQLITE_FULL, -ENOSPC},
	{SQLITE_IOERR, -EIO},
	{SQLITE_READONLY, -EROFS},
	{SQLITE_BUSY, -EBUSY},
	{SQLITE_LOCKED, -EBUSY},
	{SQLITE_PROTOCOL, -EBUSY},
	{SQLITE_NOMEM, -ENOMEM},
	{SQLITE_CORRUPT, -EUCLEAN},
	{SQLITE_NOTADB, -EUCLEAN},
	{SQLITE_CANTOPEN, -EIO},
	{SQLITE_PERM, -EACCES},
	{SQLITE_AUTH, -EACCES},
	{SQLITE_TOOBIG, -E2BIG},
	{SQLITE_CONSTRAINT, -EEXIST},
};

/* Where the system said more than SQLite passes on, its word counts. */
static int refine(int code, int system_errno)
{
	switch (system_errno) {
	case ENOSPC:
	case EDQUOT:
		return -ENOSPC;
	case EROFS:
	case ENOENT:
	case EACCES:
		return -system_errno;
	default:
		return code;
	}
}

int store_fail(struct store *s, const char *what, struct err *err)
{
	int result = sqlite3_errcode(s->db) & 0xFF;
	/* a commit tells SQLite nothing, but leaves errno, which was 0 before */
	int last = errno, system_errno = sqlite3_system_errno(s->db);
	int code = -EINVAL;

	if (system_errno == 0)
		system_errno = last;

	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		if (codes[i].result == result)
			code = codes[i].code;
	}
	if ((result != SQLITE_IOERR && result != SQLITE_CANTOPEN) || system_errno == 0)
		return err_set(
			err, code, "%s: cannot %s: %s", s->path, what, sqlite3_errmsg(s->db));
	return err_set(err, refine(code, system_errno), "%s: cannot %s: %s (%s)", s->path, what,
		sqlite3_errmsg(s->db), strerror(system_errno));
}

int statement_get(
	struct statement *st, struct store *s, const char *sql, const char *what, struct err *err)
{
	sqlite3_stmt *stmt = NULL;

	for (size_t i = 0; i < s->statement_count; i++) {
		if (s->statements[i].sql == sql) {
			statement_use(st, s, s->statements[i].stmt, what);
			return 0;
		}
	}
	assert(s->statement_count < STATEMENTS_MAX);
	if (sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK)
		return store_fail(s, what, err);
	s->statements[s->statement_count].sql = sql;
	s->statements[s->statement_count++].stmt = stmt;
	statement_use(st, s, stmt, what);
	return 0;
}

void statement_use(struct statement *st, struct store *s, sqlite3_stmt *stmt, const char *what)
{
	*st = (struct statement){.store = s, .stmt = stmt, .what = what, .next = 1};
}

static void bound(struct statement *st, int result)
{
	st->next++;
	if (st->bound == SQLITE_OK)
		st->bound = result;
}

void statement_int(struct statement *st, int64_t v)
{
	bound(st, sqlite3_bind_int64(st->stmt, st->next, v));
}

void statement_real(struct statement *st, double v)
{
	bound(st, sqlite3_bind_double(st->stmt, st->next, v));
}

void statement_text(struct statement *st, const char *text)
{
	bound(st, sqlite3_bind_text(st->stmt, st->next, text, -1, SQLITE_STATIC));
}

void statement_blob(struct statement *st, const void *bytes, size_t len)
{
	/* a NULL pointer would be NULL, not an empty blob */
	bound(st, sqlite3_bind_blob64(st->stmt, st->next, len ? bytes : "", len, SQLITE_STATIC));
}

void statement_null(struct statement *st)
{
	bound(st, sqlite3_bind_null(st->stmt, st->next));
}

int statement_step(struct statement *st, struct err *err)
{
	if (st->bound != SQLITE_OK)
		return store_fail(st->store, st->what, err);
	errno = 0;
	switch (sqlite3_step(st->stmt)) {
	case SQLITE_ROW:
		return STATEMENT_ROW;
	case SQLITE_DONE:
		return 0;
	default:
		return store_fail(st->store, st->what, err);
	}
}

void statement_end(struct statement *st)
{
	sqlite3_reset(st->stmt);
	sqlite3_clear_bindings(st->stmt);
}

int statement_run(struct statement *st, struct err *err)
{
	int r = statement_step(st, err);

	statement_end(st);
	return r < 0 ? r : 0;
}

int store_exec(struct store *s, const char *what, struct err *err, const char *fmt, ...)
{
	va_list args;
	char *sql;
	int result;

	va_start(args, fmt);
	sql = sqlite3_vmprintf(fmt, args);
	va_end(args);
	if (!sql)
		return err_set(err, -ENOMEM, "%s: cannot %s: out of memory", s->path, what);
	errno = 0;
	result = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
	sqlite3_free(sql);
	return result == SQLITE_OK ? 0 : store_fail(s, what, err);
}
