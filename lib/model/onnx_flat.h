/* The list of nodes and values that a graph is put together in; both grow up to a limit. */
#pragma once

#include <stddef.h>

#include "lib/base/macros.h"
#include "lib/model/onnx_graph.h"

struct err;
struct Onnx__TensorProto;

struct onnx_flat {
	/* Each node behind all it reads. What they point to belongs to others. */
	size_t node_count, node_room;
	struct onnx_node *nodes;
	size_t value_count, value_room;
	const char **names;                            /* [value_count] */
	const struct Onnx__TensorProto **initializers; /* [value_count] or NULL */
	size_t slots, calls;                           /* taken so far */

	/* of the graph, in the file's order; in the arena */
	size_t input_count, output_count;
	const size_t *inputs; /* values; ONNX_NONE where it is an initializer */
	const size_t *outputs;
	int64_t opset; /* of ONNX itself, 0 when the file names none */
};

void onnx_flat_deinit(struct onnx_flat *f);
static inline void onnx_flat_deinit_at(struct onnx_flat *f)
{
	onnx_flat_deinit(f);
}

/* -ENOMEM. The name is not copied. */
MUST_CHECK int onnx_flat_value(struct onnx_flat *f, const char *name, size_t *out, struct err *err);
/* Nodes and calls of functions together are at most ONNX_NODES_MAX. -EINVAL, -ENOMEM. */
MUST_CHECK int onnx_flat_node(struct onnx_flat *f, const struct onnx_node *n, struct err *err);
MUST_CHECK int onnx_flat_call(struct onnx_flat *f, struct err *err);
/* What takes memory or time for a node (inputs, outputs, attributes) has a limit in all. -EINVAL.
 */
MUST_CHECK int onnx_flat_slots(struct onnx_flat *f, size_t count, struct err *err);
