#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/model/onnx_constant.h"
#include "lib/model/onnx_ports.h"

/* How likely an output is the one to score. */
enum worth { WORTH_NOTHING, WORTH_LABEL, WORTH_NUMBER, WORTH_PROBABILITY, WORTH_NAMED };

struct candidate {
	const struct onnx_port *port;
	size_t value, root; /* what the port stands for, and what that is a part of */
	enum worth worth;
	bool is_part; /* some columns of it */
};

/* What only arranges: the numbers are those of an operand. */
static const char *const arranging[] = {"Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten",
	"Slice", "Gather", "ArrayFeatureExtractor", "Cast", "Transpose", "Split", "Dropout"};
static const char *const parting[] = {"Slice", "Gather", "ArrayFeatureExtractor", "Split"};
static const char *const probable[] = {
	"Sigmoid", "Softmax", "Normalizer", "LinearClassifier", "HardSigmoid"};
static const char *const deciding[] = {"ArgMax", "ArgMin", "Greater", "GreaterOrEqual", "Less",
	"LessOrEqual", "Equal", "Not", "And", "Or", "LabelEncoder", "Round", "Hardmax", "Binarizer",
	"TopK"};

static bool is_among(const char *op, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(op, names[i]) == 0)
			return true;
	return false;
}

static const struct onnx_node *maker(const struct onnx_graph *g, const size_t *makers, size_t value)
{
	return makers[value] == ONNX_NONE ? NULL : &g->nodes[makers[value]];
}

static size_t root_of(const struct onnx_graph *g, const size_t *makers, size_t value, bool *is_part)
{
	const struct onnx_node *n;

	*is_part = false;

	while ((n = maker(g, makers, value)) && is_among(n->op, arranging, ARRAY_LEN(arranging)) &&
		n->input_count && n->inputs[0] != ONNX_NONE) {
		*is_part = *is_part || is_among(n->op, parting, ARRAY_LEN(parting));
		value = n->inputs[0];
	}
	return value;
}

static enum worth worth_of(const struct onnx_graph *g, const size_t *makers, size_t root)
{
	const struct onnx_node *n = maker(g, makers, root);
	const struct onnx_attribute *a = n ? onnx_attribute(n, "activation") : NULL;
	bool is_part;

	if (!n)
		return WORTH_NUMBER;
	/* [1 - p, p]: the last one says what it is */
	if (strcmp(n->op, "Concat") == 0 && n->input_count &&
		n->inputs[n->input_count - 1] != ONNX_NONE)
		return worth_of(
			g, makers, root_of(g, makers, n->inputs[n->input_count - 1], &is_part));
	if (strncmp(n->op, "Linear", 6) == 0 && n->output_count && n->outputs[0] == root)
		return strcmp(n->op, "LinearClassifier") == 0 ? WORTH_LABEL : WORTH_NUMBER;
	if (is_among(n->op, deciding, ARRAY_LEN(deciding)))
		return WORTH_LABEL;
	if (is_among(n->op, probable, ARRAY_LEN(probable)) ||
		(a && a->text && strcmp(a->text, "Sigmoid") == 0))
		return WORTH_PROBABILITY;
	return WORTH_NUMBER;
}

static bool names_a_probability(const char *name)
{
	for (; *name; name++)
		if (strncasecmp(name, "prob", 4) == 0)
			return true;
	return false;
}

/* A ZipMap gives each class its name; its operand are the probabilities. */
static size_t unzip(const struct onnx_graph *g, const size_t *makers, size_t value, bool *is_zip)
{
	size_t at = value;
	const struct onnx_node *n;

	*is_zip = false;
	while ((n = maker(g, makers, at)) && n->input_count && n->inputs[0] != ONNX_NONE) {
		if (strcmp(n->op, "ZipMap") == 0) {
			*is_zip = true;
			return n->inputs[0];
		}
		if (strcmp(n->op, "Identity") != 0)
			break;
		at = n->inputs[0];
	}
	return value;
}

static struct candidate look_at(
	const struct onnx_graph *g, const size_t *makers, const struct onnx_port *p)
{
	struct candidate c = {.port = p};
	bool is_zip;

	c.value = unzip(g, makers, p->value, &is_zip);
	c.root = root_of(g, makers, c.value, &c.is_part);
	if (is_zip)
		c.worth = WORTH_NAMED;
	else if (!p->is_tensor || (p->declared && onnx_sort_of(p->declared) != ONNX_NUMBER))
		c.worth = WORTH_NOTHING;
	else
		c.worth = worth_of(g, makers, c.root);
	if (c.worth > WORTH_LABEL && names_a_probability(p->name))
		c.worth = WORTH_NAMED;
	return c;
}

static int ambiguous(const struct candidate *a, const struct candidate *b, struct err *err)
{
	char first[ONNX_TEXT], second[ONNX_TEXT];

	return err_set(err, -EINVAL,
		"the outputs \"%s\" and \"%s\" could both be the one to score: export the model "
		"with one of them",
		onnx_show(first, a->port->name), onnx_show(second, b->port->name));
}

int onnx_choose_output(
	struct onnx_choice *out, const struct onnx_graph *g, const size_t *makers, struct err *err)
{
	struct candidate best = {.worth = WORTH_NOTHING};

	*out = (struct onnx_choice){.count = 0};
	for (size_t i = 0; i < g->output_count; i++) {
		struct candidate c = look_at(g, makers, &g->outputs[i]);

		if (c.worth == WORTH_NOTHING || c.worth < best.worth)
			continue;
		/* of the same numbers, all go before some */
		if (c.worth > best.worth || (c.root == best.root && best.is_part && !c.is_part)) {
			best = c;
			out->count = 0;
			out->name = c.port->name;
		} else if (c.root != best.root) {
			return ambiguous(&best, &c, err);
		}
		/* the same numbers once more are no further class */
		if (out->count && (!best.is_part || c.value == out->values[out->count - 1]))
			continue;
		if (out->count == ONNX_PARTS_MAX)
			return err_set(
				err, -EINVAL, "the graph has more than %u outputs", ONNX_PARTS_MAX);
		out->values[out->count++] = c.value;
	}
	if (out->count == 0)
		return err_set(err, -EINVAL, "the graph has no output that is a tensor of floats");
	return 0;
}
