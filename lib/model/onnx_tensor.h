/* Initializers: the constants of a graph. */
#pragma once

#include <stddef.h>

#include "lib/base/macros.h"

#define ONNX_RANK_MAX 8

struct arena;
struct err;
struct Onnx__TensorProto;

struct onnx_tensor {
	const char *name;
	size_t rank, dims[ONNX_RANK_MAX];
	size_t count;        /* product of dims, at least 1 */
	const float *values; /* finite */
};

/* float32 from raw_data or float_data, as many as dims say. The values are copied into the arena,
 * the name points into `p`. No other file is opened: external data is refused. -EINVAL, -ENOMEM. */
MUST_CHECK int onnx_tensor_read(struct onnx_tensor *t, const struct Onnx__TensorProto *p,
	struct arena *memory, struct err *err);
