/* A file that appears whole or not at all: written beside its place, synced, then renamed. */
#pragma once

#include <stddef.h>
#include <stdio.h>

#include "lib/base/macros.h"

struct err;
struct new_file;

/* Whether new_file_write has a chance, before long work is done for it: the folder is there and
 * may be written, and `path` is no folder, device or pipe. Negative errno with a sentence. */
MUST_CHECK int new_file_check(const char *path, struct err *err);
/* Replaces the file that was there; the mode is what the umask leaves of 0666. Negative errno with
 * a sentence; what was there then stays. */
MUST_CHECK int new_file_write(const char *path, const void *bytes, size_t len, struct err *err);

/* The same bit by bit. Before new_file_keep nothing is at `path` but what was there before. */
MUST_CHECK int new_file_open(struct new_file **out, const char *path, struct err *err);
FILE *new_file_stream(struct new_file *f);
/* Syncs and renames; refuses when a write has failed. `f` is gone either way. */
MUST_CHECK int new_file_keep(struct new_file *f, struct err *err);
void new_file_drop(struct new_file *f); /* NULL is fine */
CLEANUP_FOR(struct new_file, new_file_drop)
