/* A file that appears whole or not at all: written beside its place, synced, then renamed. */
#pragma once

#include <stddef.h>

#include "lib/base/macros.h"

struct err;

/* Whether new_file_write has a chance, before long work is done for it: the folder is there and
 * may be written, and `path` is no folder, device or pipe. Negative errno with a sentence. */
MUST_CHECK int new_file_check(const char *path, struct err *err);
/* Replaces the file that was there; the mode is what the umask leaves of 0666. Negative errno with
 * a sentence; what was there then stays. */
MUST_CHECK int new_file_write(const char *path, const void *bytes, size_t len, struct err *err);
