#include "lib/model/onnx_chain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/model/onnx.pb-c.h"
#include "lib/model/onnx_read.h"
#include "lib/nn/program.h"

#define BLOCK_BYTES 4096

/* How far the chain has been followed. */
struct chain {
	const struct onnx_file *file;
	struct arena *memory;
	const char *at; /* the tensor that the next node must read */
	size_t width;   /* its columns; 0 while the file leaves it open */
	const float *mean, *sd;
	struct nn_layer *layers; /* room for one per node */
	size_t layer_count;
	bool activated; /* the last layer has its activation */
};

/* The node in hand. */
struct step {
	const Onnx__NodeProto *node;
	char text[2 * ONNX_TEXT];
};

static int no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "no memory for the model's graph");
}

static const struct onnx_tensor *constant(
	const struct chain *c, const struct step *s, size_t input, struct err *err)
{
	const struct onnx_tensor *t = onnx_tensor(c->file, s->node->input[input]);
	char show[ONNX_TEXT];

	if (!t)
		err_set(err, -EINVAL,
			"%s takes \"%s\" as operand %zu, which must be an initializer here",
			s->text, onnx_show(show, s->node->input[input]), input + 1);
	return t;
}

/* One number per column: [n] or [1, n]. */
static int check_row(const struct chain *c, const struct step *s, const struct onnx_tensor *t,
	size_t width, struct err *err)
{
	char show[ONNX_TEXT];

	(void)c;
	if (t->rank >= 1 && t->rank <= 2 && t->dims[t->rank - 1] == t->count &&
		(width == 0 || t->count == width))
		return 0;
	return err_set(err, -EINVAL,
		"%s wants one number per column (%zu), initializer \"%s\" has %zu in %zu dims",
		s->text, width, onnx_show(show, t->name), t->count, t->rank);
}

static int take_scaling(
	struct chain *c, const struct step *s, const float **place, bool allowed, struct err *err)
{
	const struct onnx_tensor *t;
	int rc;

	if (!allowed)
		return err_set(err, -EINVAL,
			"%s is out of place: Sub and then Div, once each, are allowed before the "
			"first "
			"Gemm",
			s->text);
	t = constant(c, s, 1, err);
	if (!t)
		return -EINVAL;
	rc = check_row(c, s, t, c->width, err);
	if (rc < 0)
		return rc;
	*place = t->values;
	c->width = t->count;
	return 0;
}

static int take_sub(struct chain *c, const struct step *s, struct err *err)
{
	return take_scaling(c, s, &c->mean, c->layer_count == 0 && !c->mean && !c->sd, err);
}

static int take_div(struct chain *c, const struct step *s, struct err *err)
{
	return take_scaling(c, s, &c->sd, c->layer_count == 0 && !c->sd, err);
}

/* What Gemm allows here: alpha and beta 1, transA 0. */
static int gemm_attributes(const struct step *s, bool *transposed, struct err *err)
{
	*transposed = false;
	for (size_t i = 0; i < s->node->n_attribute; i++) {
		const Onnx__AttributeProto *a = s->node->attribute[i];
		const char *name = a->name ? a->name : "";
		char show[ONNX_TEXT];

		if (strcmp(name, "transB") == 0 && a->has_i && (a->i == 0 || a->i == 1))
			*transposed = a->i == 1;
		else if (strcmp(name, "transA") == 0 && a->has_i && a->i == 0)
			continue;
		else if ((strcmp(name, "alpha") == 0 || strcmp(name, "beta") == 0) && a->has_f &&
			 a->f == 1)
			continue;
		else
			return err_set(err, -EINVAL,
				"%s has an attribute \"%s\" that cannot be carried out, allowed "
				"are "
				"transB 0 or 1, transA 0, alpha 1, beta 1",
				s->text, onnx_show(show, name));
	}
	return 0;
}

/* [inputs][outputs] to [outputs][inputs] */
static const float *transpose(struct chain *c, const float *v, size_t inputs, size_t outputs)
{
	float *out = arena_alloc(c->memory, inputs * outputs * sizeof(*out));

	if (!out)
		return NULL;
	for (size_t i = 0; i < inputs; i++)
		for (size_t o = 0; o < outputs; o++)
			out[o * inputs + i] = v[i * outputs + o];
	return out;
}

static int gemm_bias(struct chain *c, const struct step *s, struct nn_layer *layer, struct err *err)
{
	const struct onnx_tensor *bias;
	int rc;

	if (s->node->n_input < 3 || !s->node->input[2][0]) {
		layer->bias = arena_zalloc(c->memory, layer->outputs, sizeof(float));
		return layer->bias ? 0 : no_memory(err);
	}
	bias = constant(c, s, 2, err);
	if (!bias)
		return -EINVAL;
	rc = check_row(c, s, bias, layer->outputs, err);
	if (rc < 0)
		return rc;
	layer->bias = bias->values;
	return 0;
}

static int take_gemm(struct chain *c, const struct step *s, struct err *err)
{
	struct nn_layer *layer = &c->layers[c->layer_count];
	const struct onnx_tensor *w;
	bool transposed;
	int rc = gemm_attributes(s, &transposed, err);

	if (rc < 0)
		return rc;
	w = constant(c, s, 1, err);
	if (!w)
		return -EINVAL;
	if (w->rank != 2)
		return err_set(err, -EINVAL, "%s has weights of %zu dims, allowed are 2", s->text,
			w->rank);
	layer->inputs = w->dims[transposed];
	layer->outputs = w->dims[!transposed];
	if (c->width && layer->inputs != c->width)
		return err_set(err, -EINVAL, "%s wants %zu columns, it gets %zu", s->text,
			layer->inputs, c->width);
	rc = gemm_bias(c, s, layer, err);
	if (rc < 0)
		return rc;
	layer->weights =
		transposed ? w->values : transpose(c, w->values, layer->inputs, layer->outputs);
	if (!layer->weights)
		return no_memory(err);
	layer->activation = NN_LINEAR;
	c->activated = false;
	c->width = layer->outputs;
	c->layer_count++;
	return 0;
}

static int take_activation(
	struct chain *c, const struct step *s, enum nn_activation activation, struct err *err)
{
	if (c->layer_count == 0 || c->activated)
		return err_set(
			err, -EINVAL, "%s is out of place: it must stand behind a Gemm", s->text);
	c->layers[c->layer_count - 1].activation = activation;
	c->activated = true;
	return 0;
}

static int take_relu(struct chain *c, const struct step *s, struct err *err)
{
	return take_activation(c, s, NN_RELU, err);
}

static int take_sigmoid(struct chain *c, const struct step *s, struct err *err)
{
	return take_activation(c, s, NN_SIGMOID, err);
}

static const struct operator
{
	const char *name;
	size_t inputs_min, inputs_max;
	bool has_attributes;
	int (*take)(struct chain * c, const struct step *s, struct err *err);
}
operators[] = {
	{"Sub", 2, 2, false, take_sub},
	{"Div", 2, 2, false, take_div},
	{"Gemm", 2, 3, true, take_gemm},
	{"Relu", 1, 1, false, take_relu},
	{"Sigmoid", 1, 1, false, take_sigmoid},
};

static const struct operator* operator_of(const Onnx__NodeProto *node)
{
	for (size_t i = 0; i < ARRAY_LEN(operators); i++)
		if (node->op_type && strcmp(node->op_type, operators[i].name) == 0)
			return &operators[i];
	return NULL;
}

static int follow(struct chain *c, const struct step *s, struct err *err)
{
	const Onnx__NodeProto *n = s->node;
	const struct operator* op = operator_of(n);
	char show[ONNX_TEXT];
	int rc;

	if (!op)
		return err_set(err, -EINVAL,
			"%s: this version cannot run that operator, it can run Sub, Div, Gemm, "
			"Relu and "
			"Sigmoid",
			s->text);
	if (n->n_input < op->inputs_min || n->n_input > op->inputs_max || n->n_output != 1)
		return err_set(err, -EINVAL,
			"%s has %zu operands and %zu results, allowed are %zu to %zu and 1",
			s->text, n->n_input, n->n_output, op->inputs_min, op->inputs_max);
	if (n->n_attribute && !op->has_attributes)
		return err_set(err, -EINVAL, "%s has an attribute \"%s\", allowed is none", s->text,
			onnx_show(show, n->attribute[0]->name));
	if (strcmp(n->input[0], c->at) != 0)
		return err_set(err, -EINVAL,
			"%s reads \"%s\": this version runs a chain of nodes only, each reading "
			"what "
			"the one before it made",
			s->text, onnx_show(show, n->input[0]));
	rc = op->take(c, s, err);
	if (rc < 0)
		return rc;
	c->at = n->output[0];
	return 0;
}

static int check_end(const struct chain *c, struct err *err)
{
	char show[ONNX_TEXT];

	if (strcmp(c->at, c->file->output) != 0)
		return err_set(err, -EINVAL,
			"the output \"%s\" of the graph is not what its last node makes",
			onnx_show(show, c->file->output));
	if (c->layer_count == 0 || c->layers[c->layer_count - 1].activation != NN_SIGMOID)
		return err_set(err, -EINVAL,
			"the graph does not end in a Gemm and a Sigmoid, so its output is no "
			"probability");
	if (c->width != 1)
		return err_set(err, -EINVAL,
			"the graph gives %zu outputs, allowed is one: the probability of a defect",
			c->width);
	return 0;
}

/* A Sub without Div divides by 1, a Div without Sub subtracts 0: that changes no bit. */
static int complete_scaling(struct chain *c, struct err *err)
{
	size_t inputs = c->layers[0].inputs;
	float *same;

	if (!c->mean == !c->sd)
		return 0;
	same = arena_zalloc(c->memory, inputs, sizeof(*same));
	if (!same)
		return no_memory(err);
	if (c->mean) {
		for (size_t i = 0; i < inputs; i++)
			same[i] = 1;
		c->sd = same;
	} else {
		c->mean = same;
	}
	return 0;
}

int onnx_chain_build(struct nn_program **out, const struct onnx_file *f, struct err *err)
{
	CLEANUP(arena_free) struct arena *memory = NULL;
	const Onnx__GraphProto *g = f->proto->graph;
	struct chain c = {.file = f, .at = f->input, .width = f->input_width};
	int rc;

	if (arena_new(&memory, BLOCK_BYTES) < 0)
		return no_memory(err);
	c.memory = memory;
	c.layers = arena_zalloc(memory, g->n_node, sizeof(*c.layers));
	if (!c.layers)
		return no_memory(err);
	for (size_t i = 0; i < g->n_node; i++) {
		struct step s = {.node = g->node[i]};

		onnx_show_node(s.text, f, i);
		rc = follow(&c, &s, err);
		if (rc < 0)
			return rc;
	}
	rc = check_end(&c, err);
	if (rc == 0)
		rc = complete_scaling(&c, err);
	if (rc < 0)
		return rc;
	return nn_program_new(out, c.layers, c.layer_count, c.mean, c.sd, err);
}
