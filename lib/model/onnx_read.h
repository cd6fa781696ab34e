/* The bytes of an ONNX file to a checked graph.
 *
 * Checked here: sizes before memory is taken, opset, domains, that every tensor a node reads was
 * made before (so no cycles), that names are unique, that initializers are finite float32 numbers
 * and as many as their dims say. What the operators mean is onnx_chain's business.
 * No other file is ever opened: external data is refused. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/base/macros.h"
#include "lib/model/onnx_tensor.h"

#define ONNX_OPSET_MIN 7
#define ONNX_OPSET_MAX 23
#define ONNX_NODES_MAX 10000
#define ONNX_TEXT 96 /* room for a name as it stands in a message */

struct err;
struct map;
struct arena;

struct onnx_file {
	struct Onnx__ModelProto *proto; /* for nodes and metadata; graph is not NULL */
	const char *input, *output;     /* the one input that is no initializer, the one output */
	size_t input_width;             /* 0 when the file leaves it open */
	struct map *known;              /* every tensor's name */
	struct onnx_tensor *tensors;
	size_t tensor_count;
	struct arena *memory; /* of tensors and values */
	struct onnx_alloc *alloc;
};

/* Gets a zeroed struct; onnx_deinit even after a failure. -EINVAL (refused), -ENOMEM. */
MUST_CHECK int onnx_read(struct onnx_file *out, const void *bytes, size_t len, struct err *err);
void onnx_deinit(struct onnx_file *f);
static inline void onnx_deinit_at(struct onnx_file *f)
{
	onnx_deinit(f);
}

/* NULL when no initializer is called so. */
const struct onnx_tensor *onnx_tensor(const struct onnx_file *f, const char *name);
/* The value of a metadata_props entry, not NUL-terminated; NULL when there is none. */
const char *onnx_metadata(const struct onnx_file *f, const char *key, size_t *len);

/* For messages: a name with odd characters replaced and cut to fit; "node \"a\" (Relu)". */
const char *onnx_show(char out[ONNX_TEXT], const char *name);
const char *onnx_show_node(char out[2 * ONNX_TEXT], const struct onnx_file *f, size_t node);
