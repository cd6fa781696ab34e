/* A model file that stands alone: the numbers that lie in files beside it are packed in. What the
 * registry keeps, and what a model's hash is of. */
#pragma once

#include <stddef.h>

#include "lib/base/macros.h"

struct err;

/* *bytes (malloc'ed) and *len are those of the file at `path`, whose folder is looked into; where
 * nothing lies beside it they stay as they are. `limit_bytes`: of the result. -EINVAL, -EFBIG, an
 * errno of reading, with a sentence that does not name the file; -ENOMEM. */
MUST_CHECK int model_pack(
	void **bytes, size_t *len, const char *path, size_t limit_bytes, struct err *err);
