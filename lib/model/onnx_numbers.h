/* The numbers of a tensor as the file keeps them, to those of onnx_graph.h.
 *
 * Each type has its field (float_data, int32_data, ...) or stands in raw_data, little endian, or
 * in a file beside the model. Where the bytes are what we want already they are pointed to. */
#pragma once

#include <stddef.h>

#include "lib/base/macros.h"
#include "lib/model/onnx_external.h"
#include "lib/model/onnx_graph.h"

struct arena;
struct err;
struct Onnx__TensorProto;

/* What decoding takes from. */
struct onnx_source {
	struct arena *memory;
	struct onnx_external external;
	size_t left; /* bytes that numbers may still take where they are not pointed to */
};

/* Points into `p` and the arena. Every number is taken as it is, NaN too; types that have no kind
 * of ours (complex numbers, eight bits and fewer of float) are refused by name. `what` begins the
 * sentence: "initializer \"w\"". -EINVAL, -EFBIG, -ENOMEM, an errno of reading external data. */
MUST_CHECK int onnx_numbers_read(struct onnx_tensor *out, const struct Onnx__TensorProto *p,
	struct onnx_source *s, const char *what, struct err *err);

/* How many bytes of raw_data a tensor of these dims has. -EINVAL. */
MUST_CHECK int onnx_numbers_bytes(
	const struct Onnx__TensorProto *p, size_t *out, const char *what, struct err *err);
