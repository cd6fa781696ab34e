/* Inside the gateway: model files as bytes, and the registry's own copies of them. */
#pragma once

#include <stddef.h>

#include "lib/base/macros.h"

struct err;

/* The whole file, with what lies beside it packed in (model_pack); *bytes belongs to the caller
 * (free). -ENOENT and other errno of opening and
 * reading, -EFBIG over `limit`, -EINVAL when it is no regular file. */
MUST_CHECK int model_file_read(
	void **bytes, size_t *len, const char *path, size_t limit, struct err *err);

/* <state_dir>/models/<sha256>.onnx; the caller owns the text. NULL: no memory. */
char *model_file_path(const char *state_dir, const char *sha256);

/* Writes a file of the folder whole or not at all: aside, synced, renamed, the folder synced. A
 * negative errno. */
MUST_CHECK int model_file_write(
	const char *folder, const char *name, const void *bytes, size_t len, struct err *err);

/* Keeps a copy there: written aside, synced, renamed, the folder synced; the folder is made when
 * it is not there. A negative errno of writing. */
MUST_CHECK int model_file_keep(
	const char *state_dir, const char *sha256, const void *bytes, size_t len, struct err *err);

/* Takes away what a process that was killed while it wrote copies left. Only where no other process
 * may write there: under the lock. */
void model_file_clean(const char *state_dir);
