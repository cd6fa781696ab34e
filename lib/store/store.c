#include "lib/store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/store/schema.h"
#include "lib/store/statement.h"
#include "lib/store/unit_insert.h"

/* Memory is bounded: 1 MiB of pages, no mapped file. The WAL is copied back each 2000 pages (8 MiB)
 * by the thread that commits; what a long reader made it grow to is given back. */
static const char write_settings[] = "PRAGMA journal_mode = WAL;"
				     "PRAGMA synchronous = FULL;"
				     "PRAGMA wal_autocheckpoint = 2000;"
				     "PRAGMA journal_size_limit = 16777216;"
				     "PRAGMA cache_size = -1024;"
				     "PRAGMA mmap_size = 0;"
				     "PRAGMA temp_store = MEMORY;";
static const char read_settings[] = "PRAGMA cache_size = -1024;"
				    "PRAGMA temp_store = MEMORY;";
#define BUSY_MS 2000

/* A group that may only read can do so after a clean close only if the WAL stays. */
static int keep_wal(struct store *s, struct err *err)
{
	int on = 1;

	if (sqlite3_file_control(s->db, "main", SQLITE_FCNTL_PERSIST_WAL, &on) != SQLITE_OK)
		return store_fail(s, "keep the WAL", err);
	return 0;
}

/* SQLite opens a file that cannot be written read-only, without a word. */
static int check_writable(struct store *s, struct err *err)
{
	if (sqlite3_db_readonly(s->db, "main") != 0)
		return err_set(err, -EROFS, "%s: the database may only be read", s->path);
	return 0;
}

static int open_writable(struct store *s, struct err *err)
{
	int r = check_writable(s, err);

	if (r == 0)
		r = store_exec(s, "prepare it for writing", err, "%s", write_settings);
	if (r == 0)
		r = keep_wal(s, err);
	return r < 0 ? r : schema_migrate(s, err);
}

static int open_readable(struct store *s, struct err *err)
{
	int r = store_exec(s, "prepare it for reading", err, "%s", read_settings);

	return r < 0 ? r : schema_check(s, err);
}

int store_open(struct store **out, const char *path, enum store_mode mode, struct err *err)
{
	CLEANUP(store_close) struct store *s = calloc(1, sizeof(*s));
	int flags = mode == STORE_WRITE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
					: SQLITE_OPEN_READONLY;
	int r;

	if (s)
		s->path = strdup(path);
	if (!s || !s->path)
		return err_set(err, -ENOMEM, "%s: no memory to open it", path);
	s->mode = mode;
	r = sqlite3_open_v2(path, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (!s->db)
		return err_set(err, -ENOMEM, "%s: no memory to open it", path);
	if (r != SQLITE_OK)
		return store_fail(s, "open the database", err);
	sqlite3_busy_timeout(s->db, BUSY_MS);
	r = mode == STORE_WRITE ? open_writable(s, err) : open_readable(s, err);
	if (r < 0)
		return r;
	*out = TAKE(s);
	return 0;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	if (s->db)
		store_rollback(s);
	for (size_t i = 0; i < s->statement_count; i++)
		sqlite3_finalize(s->statements[i].stmt);
	unit_inserts_free(s->inserts);
	sqlite3_close(s->db);
	free(s->path);
	free(s);
}

static int run(struct store *s, const char *sql, const char *what, struct err *err)
{
	struct statement st;
	int r = statement_get(&st, s, sql, what, err);

	return r < 0 ? r : statement_run(&st, err);
}

static const char begin_sql[] = "BEGIN IMMEDIATE";
static const char commit_sql[] = "COMMIT";

int store_begin(struct store *s, struct err *err)
{
	return run(s, begin_sql, "begin a transaction", err);
}

int store_commit(struct store *s, struct err *err)
{
	return run(s, commit_sql, "commit", err);
}

void store_rollback(struct store *s)
{
	/* some errors have ended the transaction already */
	if (!sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

int store_check(struct store *s, struct err *err)
{
	static const char sql[] = "PRAGMA integrity_check(1)";
	struct statement st;
	const char *found;
	int r = statement_get(&st, s, sql, "check it", err);

	if (r < 0)
		return r;
	r = statement_step(&st, err);
	if (r == STATEMENT_ROW) {
		found = (const char *)sqlite3_column_text(st.stmt, 0);
		r = found && strcmp(found, "ok") == 0
			    ? 0
			    : err_set(err, -EUCLEAN, "%s: the database is damaged: %s", s->path,
				      found ? found : "no answer");
	}
	statement_end(&st);
	return r;
}

struct sqlite3 *store_sqlite(struct store *s)
{
	return s->db;
}

int store_meta_get(struct store *s, const char *key, int64_t *out, struct err *err)
{
	static const char sql[] = "SELECT value FROM meta WHERE key = ?";
	struct statement st;
	int64_t v = 0;
	int r = statement_get(&st, s, sql, "read a number it keeps", err);

	if (r < 0)
		return r;
	statement_text(&st, key);
	r = statement_step(&st, err);
	if (r == STATEMENT_ROW)
		v = sqlite3_column_int64(st.stmt, 0);
	statement_end(&st);
	if (r < 0)
		return r;
	*out = v;
	return 0;
}

int store_meta_set(struct store *s, const char *key, int64_t v, struct err *err)
{
	static const char sql[] = "INSERT INTO meta (key, value) VALUES (?1, ?2)"
				  " ON CONFLICT (key) DO UPDATE SET value = ?2";
	struct statement st;
	int r = statement_get(&st, s, sql, "keep a number", err);

	if (r < 0)
		return r;
	statement_text(&st, key);
	statement_int(&st, v);
	return statement_run(&st, err);
}
