/* The nodes of a graph in one list: operators that the file defines itself (functions) are
 * replaced by what they are made of, and names by values.
 *
 * A function has names and opsets of its own. Its inputs are what its caller reads, its outputs
 * what its caller makes; attributes that it refers to (ref_attr_name) are the caller's, else the
 * function's defaults, else they are not there. Depth, nodes and all they read and make have
 * limits; a function that needs itself is refused. */
#pragma once

#include <stddef.h>

#include "lib/base/macros.h"
#include "lib/model/onnx_graph.h"

struct err;
struct onnx_source;
struct Onnx__ModelProto;
struct Onnx__TensorProto;

#define ONNX_DEPTH_MAX 32 /* functions in functions */

struct onnx_flat {
	/* Each behind all it reads. In the arena: what they point to; the list itself is ours. */
	size_t node_count, node_room;
	struct onnx_node *nodes;
	size_t value_count, value_room;
	const char **names;                            /* [value_count] */
	const struct Onnx__TensorProto **initializers; /* [value_count] or NULL */
	size_t input_count, output_count;
	const size_t *inputs; /* values of the graph's inputs; ONNX_NONE: it is an initializer */
	const size_t *outputs;
	int64_t opset; /* of ONNX itself, 0 when the file names none */
};

/* Gets a zeroed struct; onnx_flat_deinit even after a failure. Only what outputs need is there;
 * initializers are values where something reads them, and are not decoded.
 * -EINVAL (with where and what), -EFBIG, -ENOMEM. */
MUST_CHECK int onnx_flatten(struct onnx_flat *out, const struct Onnx__ModelProto *m,
	struct onnx_source *s, struct err *err);
void onnx_flat_deinit(struct onnx_flat *f);
static inline void onnx_flat_deinit_at(struct onnx_flat *f)
{
	onnx_flat_deinit(f);
}
