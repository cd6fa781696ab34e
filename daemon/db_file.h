/* The database's file: where it is, and what is done when SQLite calls it corrupt. */
#pragma once

#include <stdint.h>

#include "lib/base/macros.h"

struct err;
struct gateway;
struct store;

char *db_file_path(const char *state_dir); /* the caller's; NULL: no memory */
/* Renames it to <path>.bad-<time>, with its -wal and -shm. -errno. */
MUST_CHECK int db_file_set_aside(const char *path, struct err *err);
/* A file that has what a start would have put into it: tables and line files. Of one that
 * an attempt before this left half made it takes up what is there. -errno. */
MUST_CHECK int db_file_begin_anew(struct store **out, const char *path, const struct gateway *g,
	int64_t boot, int64_t now_ms, struct err *err);
