/* The store: one SQLite file, WAL, synchronous=FULL. Opening, migrating, transactions.
 *
 * One thread uses a store at a time. Writers are one: whoever holds the lock of the state folder.
 * The tables are a contract (DESIGN 5); their SQL stands in schema.c, one migration after the
 * other under `user_version`. Every identifier that comes from a configuration is quoted.
 *
 * Results: 0; a negative errno when the file is the trouble (keep what you have and try again):
 * -ENOSPC, -EIO, -EROFS, -EBUSY, -ENOMEM, -EACCES, -ENOENT; -EUCLEAN when SQLite calls the file
 * corrupt; -EINVAL when it is of another version or not ours. After a negative result within a
 * transaction SQLite may have undone it already: call store_rollback and begin again. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/macros.h"

struct err;
struct store;

enum store_mode {
	STORE_WRITE, /* creates and migrates */
	STORE_READ,  /* read-only; the file must exist and be of a known version */
};

MUST_CHECK int store_open(
	struct store **out, const char *path, enum store_mode mode, struct err *err);
void store_close(struct store *s); /* NULL is fine; rolls back what is open */
CLEANUP_FOR(struct store, store_close)

MUST_CHECK int store_begin(struct store *s, struct err *err); /* BEGIN IMMEDIATE */
MUST_CHECK int store_commit(struct store *s, struct err *err);
void store_rollback(struct store *s);

/* PRAGMA integrity_check; 0 when "ok". */
MUST_CHECK int store_check(struct store *s, struct err *err);
struct sqlite3 *store_sqlite(struct store *s); /* for queries of one's own (reading) */

/* Takes state_dir/lock (created). The descriptor holds it until closed; -EWOULDBLOCK with a
 * sentence when another process has it. Creates state_dir when its parent is there. */
MUST_CHECK int store_lock_take(int *fd_out, const char *state_dir, struct err *err);
/* Does a process hold the lock? Needs to read it only; no lock file: nobody. Negative errno. */
MUST_CHECK int store_lock_is_held(const char *state_dir, bool *out, struct err *err);

/* Numbers that live as long as the file ("boot"). */
MUST_CHECK int store_meta_get(
	struct store *s, const char *key, int64_t *out, struct err *err); /* 0 when unset */
MUST_CHECK int store_meta_set(struct store *s, const char *key, int64_t v, struct err *err);
