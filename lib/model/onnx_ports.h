/* What goes in and comes out of a graph: the columns of its inputs, and which output is scored. */
#pragma once

#include "lib/model/onnx_work.h"

#define ONNX_PARTS_MAX 256 /* outputs that make one together */

/* Lays the graph's inputs out in a row, one after the other, and gives their values. widths
 * [graph->input_count]. Sets w->batch and w->inputs. Refused: text, a number of columns that is
 * open and that nothing in the graph tells, inputs that are constants whose values were left out.
 */
MUST_CHECK int onnx_lay_inputs(struct onnx_work *w, size_t *widths);

/* The columns of a port whose last dim is open, as the weights and scalers that it meets say; 0
 * when nothing does. */
size_t onnx_guess_width(const struct onnx_graph *g, const struct onnx_port *port);

/* The float output that is scored: its values (several where each class is an output of its own)
 * and how the file calls it. */
struct onnx_choice {
	const char *name;
	size_t count, values[ONNX_PARTS_MAX];
};

/* makers [value_count]: the node that makes each value, ONNX_NONE where none does. Probabilities
 * go before anything else, labels are left alone; where two are as good, the file is refused. */
MUST_CHECK int onnx_choose_output(
	struct onnx_choice *out, const struct onnx_graph *g, const size_t *makers, struct err *err);
