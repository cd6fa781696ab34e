/* The bytes of an ONNX file with other metadata, and with external data packed in; all else stays
 * byte for byte, also what this version does not know. */
#pragma once

#include <stddef.h>

#include "lib/base/macros.h"

struct buf;
struct err;
struct onnx_property; /* onnx_write.h */

/* Appends the file to `out` (untouched on failure).
 *
 * Metadata: where a key of `set` is in the file its first entry gets the new value and later ones
 * are dropped; where it is not it is appended, in the order of `set`. A value of NULL drops the
 * key. Entries of other keys stay.
 * External data: tensors of the graph and of functions get their numbers as raw_data, and name no
 * file any more (`folder` as in onnx_file_open; graphs inside of attributes are left as they are).
 * Where neither changes anything the bytes are the same.
 *
 * It looks at lengths and external data only: what the file means is checked by onnx_file_open.
 * `limit_bytes`: of what is appended.
 * -EINVAL (no ONNX file, external data refused), -EFBIG, -ENOMEM, an errno of reading. */
MUST_CHECK int onnx_rewrite(struct buf *out, const void *bytes, size_t len, int folder,
	const struct onnx_property *set, size_t count, size_t limit_bytes, struct err *err);
