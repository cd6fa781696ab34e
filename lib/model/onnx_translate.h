/* An ONNX graph to the program that runs it.
 *
 * Not a matcher of chains: node by node every value becomes what it is — a constant, a shape, or
 * rows — and what nodes do with rows becomes steps (lib/nn/steps.h). Operators are a table, a row
 * each (onnx_operators.h). What depends on constants and on the batch's size alone is worked out
 * here; what cannot be carried out is refused by node, operator and reason. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/macros.h"

struct arena;
struct err;
struct nn_program;
struct onnx_graph;

struct onnx_program {
	struct nn_program *program; /* the caller's */
	/* The graph's inputs, one after the other: names and columns of each. In the arena. */
	size_t input_count;
	const char *const *input_names;
	const size_t *input_widths;
	const char *output_name; /* the float output that is scored, as the file calls it */
};

/* Names are copied to `memory`. -EINVAL (refused, with node, operator and reason), -ENOMEM. */
MUST_CHECK int onnx_translate(struct onnx_program *out, const struct onnx_graph *g,
	struct arena *memory, struct err *err);
