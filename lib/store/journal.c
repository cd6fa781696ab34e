#include "lib/store/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/store/statement.h"

int store_put_journal(struct store *s, uint64_t first, uint64_t last, const void *bytes, size_t len,
	struct err *err)
{
	static const char sql[] = "INSERT INTO journal (first, last, inputs) VALUES (?, ?, ?)";
	struct statement st;
	int r = statement_get(&st, s, sql, "write the journal", err);

	if (r < 0)
		return r;
	statement_int(&st, (int64_t)first);
	statement_int(&st, (int64_t)last);
	statement_blob(&st, bytes, len);
	return statement_run(&st, err);
}

static int run_with_number(
	struct store *s, const char *sql, uint64_t number, const char *what, struct err *err)
{
	struct statement st;
	int r = statement_get(&st, s, sql, what, err);

	if (r < 0)
		return r;
	statement_int(&st, (int64_t)number);
	return statement_run(&st, err);
}

int store_put_snapshot(struct store *s, uint64_t number, int64_t at_ms, const void *bytes,
	size_t len, struct err *err)
{
	static const char older_sql[] = "DELETE FROM snapshot WHERE number <> ?";
	static const char put_sql[] = "INSERT OR REPLACE INTO snapshot (number, at_ms, state)"
				      " VALUES (?, ?, ?)";
	static const char journal_sql[] = "DELETE FROM journal WHERE last <= ?";
	struct statement st;
	int r = run_with_number(s, older_sql, number, "drop the old snapshot", err);

	if (r == 0)
		r = statement_get(&st, s, put_sql, "write the snapshot", err);
	if (r < 0)
		return r;
	statement_int(&st, (int64_t)number);
	statement_int(&st, at_ms);
	statement_blob(&st, bytes, len);
	r = statement_run(&st, err);
	if (r == 0)
		r = run_with_number(s, journal_sql, number, "shorten the journal", err);
	return r;
}

/* A copy of the blob in the column; of an empty one a byte nobody reads, so that it is not NULL. */
static int copy_blob(struct statement *st, int column, void **bytes, size_t *len, struct err *err)
{
	const void *blob = sqlite3_column_blob(st->stmt, column);
	size_t n = (size_t)sqlite3_column_bytes(st->stmt, column);
	void *copy = malloc(n ? n : 1);

	if (!copy || (!blob && n > 0)) {
		free(copy);
		return err_set(err, -ENOMEM, "%s: no memory for a snapshot of %zu bytes",
			st->store->path, n);
	}
	if (n > 0)
		memcpy(copy, blob, n);
	*bytes = copy;
	*len = n;
	return 0;
}

int store_load_snapshot(
	struct store *s, uint64_t *number, void **bytes, size_t *len, struct err *err)
{
	static const char sql[] = "SELECT number, state FROM snapshot ORDER BY number DESC LIMIT 1";
	struct statement st;
	int r = statement_get(&st, s, sql, "read the snapshot", err);

	if (r < 0)
		return r;
	r = statement_step(&st, err);
	if (r == STATEMENT_ROW) {
		r = copy_blob(&st, 1, bytes, len, err);
		if (r == 0)
			*number = (uint64_t)sqlite3_column_int64(st.stmt, 0);
	} else if (r == 0) {
		*number = 0;
		*bytes = NULL;
		*len = 0;
	}
	statement_end(&st);
	return r;
}

int store_each_journal(struct store *s, uint64_t after,
	int (*each)(void *owner, uint64_t first, uint64_t last, const void *bytes, size_t len),
	void *owner, struct err *err)
{
	static const char sql[] = "SELECT first, last, inputs FROM journal WHERE last > ?"
				  " ORDER BY first";
	struct statement st;
	int r = statement_get(&st, s, sql, "read the journal", err);

	if (r < 0)
		return r;
	statement_int(&st, (int64_t)after);
	while ((r = statement_step(&st, err)) == STATEMENT_ROW) {
		const void *bytes = sqlite3_column_blob(st.stmt, 2);

		r = each(owner, (uint64_t)sqlite3_column_int64(st.stmt, 0),
			(uint64_t)sqlite3_column_int64(st.stmt, 1), bytes ? bytes : "",
			(size_t)sqlite3_column_bytes(st.stmt, 2));
		if (r < 0)
			break;
	}
	statement_end(&st);
	return r;
}
