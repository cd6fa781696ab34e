/* Does a graph scale its input itself? */
#include "lib/model/onnx_scaler.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/macros.h"
#include "lib/model/onnx_graph.h"

/* What hands columns on as they are. */
static const char *const carriers[] = {"Identity", "Cast", "CastLike", "Reshape", "Flatten",
	"Squeeze", "Unsqueeze", "Transpose", "Dropout", "Concat", "Gather", "GatherND", "Slice",
	"Split", "ArrayFeatureExtractor", "FeatureVectorizer", "Imputer"};

static const char *const scalers[] = {"Sub", "Div", "Mul", "Scaler"};

static bool is_among(const char *const *list, size_t count, const char *op)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], op) == 0)
			return true;
	return false;
}

/* What is known of a graph's values. */
enum {
	FROM_INPUT = 1, /* worked out from the graph's input */
	IS_INPUT = 2,   /* made of nothing but its columns */
};

static unsigned char of_operands(
	const struct onnx_node *node, const unsigned char *known, bool is_carrier)
{
	unsigned char all = 0;

	for (size_t i = 0; i < node->input_count; i++)
		all |= node->inputs[i] == ONNX_NONE ? 0 : known[node->inputs[i]];
	return is_carrier ? all : all & FROM_INPUT;
}

/* Does the node take columns of the input together with numbers of its own? */
static bool scales(
	const struct onnx_graph *g, const struct onnx_node *node, const unsigned char *known)
{
	const struct onnx_tensor *numbers;
	size_t a, b;

	if (!is_among(scalers, ARRAY_LEN(scalers), node->op) || node->input_count == 0 ||
		node->inputs[0] == ONNX_NONE)
		return false;
	a = node->inputs[0];
	if (strcmp(node->op, "Scaler") == 0)
		return known[a] & IS_INPUT;
	if (node->input_count != 2 || node->inputs[1] == ONNX_NONE)
		return false;
	b = node->inputs[1];
	if (known[b] & IS_INPUT) {
		a = b;
		b = node->inputs[0];
	}
	if (!(known[a] & IS_INPUT) || known[b])
		return false;
	numbers = g->constants[b];
	/* one number for all columns is a change of unit */
	return !numbers || numbers->count > 1 || g->input_count > 1;
}

int onnx_begins_with_scaler(const struct onnx_graph *g, size_t *node)
{
	unsigned char *known = calloc(g->value_count + 1, 1);
	bool found = false;

	if (!known)
		return -ENOMEM;
	for (size_t i = 0; i < g->input_count; i++)
		known[g->inputs[i].value] = FROM_INPUT | IS_INPUT;
	for (size_t n = 0; !found && n < g->node_count; n++) {
		const struct onnx_node *at = &g->nodes[n];
		unsigned char made =
			of_operands(at, known, is_among(carriers, ARRAY_LEN(carriers), at->op));

		found = scales(g, at, known);
		*node = found ? n : *node;
		for (size_t i = 0; i < at->output_count; i++)
			if (at->outputs[i] != ONNX_NONE)
				known[at->outputs[i]] = made;
	}
	free(known);
	return found;
}
