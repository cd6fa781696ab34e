/* Does a graph scale its input itself? */
#pragma once

#include <stddef.h>

#include "lib/base/macros.h"

struct onnx_graph;

/* The first node that does arithmetic on the graph's input is a subtraction, division or product
 * with a number for each column, or a Scaler. What only chooses, joins and shapes columns may stand
 * before it. 1 (then *node is its place), 0, or -ENOMEM. */
MUST_CHECK int onnx_begins_with_scaler(const struct onnx_graph *g, size_t *node);
