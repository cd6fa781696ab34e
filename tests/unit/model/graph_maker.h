/* Small graphs made in memory, translated and run: what operators do with a few numbers. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/model/onnx_graph.h"
#include "lib/model/onnx_translate.h"
#include "lib/nn/program.h"

#define MAKER_MAX 48 /* nodes, values, ports */
#define MAKER_NUMBERS 64

struct maker_node {
	size_t inputs[6], outputs[4];
	struct onnx_attribute attributes[6];
};

struct maker {
	struct onnx_graph graph;
	int64_t opset, ml_opset;
	size_t node_count, value_count, input_count, output_count;
	struct onnx_node nodes[MAKER_MAX];
	struct maker_node parts[MAKER_MAX];
	const char *names[MAKER_MAX];
	char made_names[MAKER_MAX][8];
	struct onnx_tensor tensors[MAKER_MAX];
	const struct onnx_tensor *constants[MAKER_MAX];
	struct onnx_port inputs[4], outputs[6];
	float floats[MAKER_MAX][MAKER_NUMBERS];
	double doubles[MAKER_MAX][MAKER_NUMBERS];
	int64_t ints[MAKER_MAX][MAKER_NUMBERS];
};

#define LIST(type, ...) \
	(const type[]){__VA_ARGS__}, sizeof((const type[]){__VA_ARGS__}) / sizeof(type)
#define FLOATS(...) LIST(float, __VA_ARGS__)
#define DOUBLES(...) LIST(double, __VA_ARGS__)
#define INTS(...) LIST(int64_t, __VA_ARGS__)
#define VALUES(...) LIST(size_t, __VA_ARGS__)
#define DIMS(...) LIST(int64_t, __VA_ARGS__)

static inline void maker_init(struct maker *m, int64_t opset)
{
	memset(m, 0, sizeof(*m));
	m->opset = opset;
	m->ml_opset = 1;
}

static inline size_t maker_value(struct maker *m)
{
	size_t i = m->value_count++;

	assert_true(i < MAKER_MAX);
	snprintf(m->made_names[i], sizeof(m->made_names[i]), "v%zu", i);
	m->names[i] = m->made_names[i];
	return i;
}

/* A graph's input; dims of -1 are open. */
static inline size_t maker_input_of(
	struct maker *m, const char *name, int declared, const int64_t *dims, size_t rank)
{
	struct onnx_port *p = &m->inputs[m->input_count++];
	size_t v = maker_value(m);

	m->names[v] = name;
	*p = (struct onnx_port){.name = name,
		.value = v,
		.is_tensor = true,
		.declared = declared,
		.has_shape = true,
		.rank = rank};
	memcpy(p->dims, dims, rank * sizeof(*dims));
	return v;
}

static inline size_t maker_input(struct maker *m, const int64_t *dims, size_t rank)
{
	return maker_input_of(m, "x", ONNX_TYPE_FLOAT, dims, rank);
}

static inline struct onnx_tensor *maker_tensor(
	struct maker *m, size_t *v, size_t count, const int64_t *dims, size_t rank)
{
	struct onnx_tensor *t;

	*v = maker_value(m);
	t = &m->tensors[*v];
	t->rank = rank;
	t->count = count;
	for (size_t i = 0; i < rank; i++)
		t->dims[i] = (size_t)dims[i];
	m->constants[*v] = t;
	return t;
}

/* Constants: numbers, and the dims they have (none: a single number). */
static inline size_t maker_floats(
	struct maker *m, const float *numbers, size_t count, const int64_t *dims, size_t rank)
{
	size_t v;
	struct onnx_tensor *t = maker_tensor(m, &v, count, dims, rank);

	memcpy(m->floats[v], numbers, count * sizeof(*numbers));
	t->kind = ONNX_FLOAT;
	t->declared = ONNX_TYPE_FLOAT;
	t->floats = m->floats[v];
	return v;
}

static inline size_t maker_doubles(struct maker *m, const double *numbers, size_t count)
{
	const int64_t dim = (int64_t)count;
	size_t v;
	struct onnx_tensor *t = maker_tensor(m, &v, count, &dim, 1);

	memcpy(m->doubles[v], numbers, count * sizeof(*numbers));
	t->kind = ONNX_DOUBLE;
	t->declared = ONNX_TYPE_DOUBLE;
	t->doubles = m->doubles[v];
	return v;
}

static inline size_t maker_number(struct maker *m, float number)
{
	return maker_floats(m, &number, 1, NULL, 0);
}

static inline size_t maker_ints(struct maker *m, const int64_t *numbers, size_t count)
{
	const int64_t dim = (int64_t)count;
	size_t v;
	struct onnx_tensor *t = maker_tensor(m, &v, count, &dim, 1);

	memcpy(m->ints[v], numbers, count * sizeof(*numbers));
	t->kind = ONNX_INT;
	t->declared = ONNX_TYPE_INT64;
	t->ints = m->ints[v];
	return v;
}

static inline size_t maker_int(struct maker *m, int64_t number)
{
	size_t v = maker_ints(m, &number, 1);

	m->tensors[v].rank = 0;
	return v;
}

/* A node with one output, of ONNX itself unless said otherwise; attributes are added behind. */
static inline size_t maker_node(
	struct maker *m, const char *op, const size_t *inputs, size_t input_count)
{
	size_t i = m->node_count++, v = maker_value(m);
	struct maker_node *p = &m->parts[i];

	assert_true(i < MAKER_MAX);
	memcpy(p->inputs, inputs, input_count * sizeof(*inputs));
	p->outputs[0] = v;
	m->nodes[i] = (struct onnx_node){.op = op,
		.domain = "",
		.name = "",
		.place = i + 1,
		.opset = m->opset,
		.input_count = input_count,
		.output_count = 1,
		.inputs = p->inputs,
		.outputs = p->outputs,
		.attributes = p->attributes};
	return v;
}

/* A further output of the last node. */
static inline size_t maker_more(struct maker *m)
{
	struct onnx_node *n = &m->nodes[m->node_count - 1];
	size_t v = maker_value(m);

	m->parts[m->node_count - 1].outputs[n->output_count++] = v;
	return v;
}

static inline void maker_domain(struct maker *m, const char *domain)
{
	m->nodes[m->node_count - 1].domain = domain;
	m->nodes[m->node_count - 1].opset = m->ml_opset;
}

static inline struct onnx_attribute *maker_attribute(
	struct maker *m, const char *name, enum onnx_attribute_kind kind)
{
	struct onnx_node *n = &m->nodes[m->node_count - 1];
	struct onnx_attribute *a = &m->parts[m->node_count - 1].attributes[n->attribute_count++];

	*a = (struct onnx_attribute){.name = name, .kind = kind};
	return a;
}

static inline void maker_set_int(struct maker *m, const char *name, int64_t i)
{
	maker_attribute(m, name, ONNX_ATTRIBUTE_INT)->i = i;
}

static inline void maker_set_float(struct maker *m, const char *name, float f)
{
	maker_attribute(m, name, ONNX_ATTRIBUTE_FLOAT)->f = f;
}

static inline void maker_set_text(struct maker *m, const char *name, const char *text)
{
	maker_attribute(m, name, ONNX_ATTRIBUTE_STRING)->text = text;
}

/* The numbers must live as long as the graph. */
static inline void maker_set_ints(
	struct maker *m, const char *name, const int64_t *ints, size_t count)
{
	struct onnx_attribute *a = maker_attribute(m, name, ONNX_ATTRIBUTE_INTS);

	a->ints = ints;
	a->count = count;
}

static inline void maker_set_floats(
	struct maker *m, const char *name, const float *floats, size_t count)
{
	struct onnx_attribute *a = maker_attribute(m, name, ONNX_ATTRIBUTE_FLOATS);

	a->floats = floats;
	a->count = count;
}

static inline struct onnx_port *maker_output(struct maker *m, size_t v, const char *name)
{
	struct onnx_port *p = &m->outputs[m->output_count++];

	*p = (struct onnx_port){
		.name = name, .value = v, .is_tensor = true, .declared = ONNX_TYPE_FLOAT};
	return p;
}

static inline const struct onnx_graph *maker_graph(struct maker *m)
{
	m->graph = (struct onnx_graph){.node_count = m->node_count,
		.value_count = m->value_count,
		.input_count = m->input_count,
		.output_count = m->output_count,
		.nodes = m->nodes,
		.names = m->names,
		.constants = m->constants,
		.inputs = m->inputs,
		.outputs = m->outputs};
	return &m->graph;
}

static inline int maker_translate(struct maker *m, struct nn_program **out, struct err *err)
{
	CLEANUP(arena_free) struct arena *memory = NULL;
	struct onnx_program p;
	int rc;

	assert_int_equal(arena_new(&memory, 4096), 0);
	rc = onnx_translate(&p, maker_graph(m), memory, err);
	if (rc == 0)
		*out = p.program;
	return rc;
}

/* Rows x through the graph give y: y_count numbers in all, within 1e-6 (of 1 or of the number). */
static inline void maker_gives(
	struct maker *m, const float *x, size_t x_count, const float *y, size_t y_count)
{
	CLEANUP(nn_program_free) struct nn_program *p = NULL;
	CLEANUP(nn_scratch_free) struct nn_scratch *s = NULL;
	struct err err = {""};
	float got[256];
	size_t rows;

	if (maker_translate(m, &p, &err) < 0)
		fail_msg("%s", err.text);
	rows = x_count / nn_program_inputs(p);
	assert_int_equal(rows * nn_program_inputs(p), x_count);
	assert_int_equal(rows * nn_program_outputs(p), y_count);
	assert_true(y_count <= sizeof(got) / sizeof(got[0]));
	assert_int_equal(nn_scratch_new(&s, p, 2), 0);
	nn_run_rows(p, nn_kernels_choose("scalar", NULL), s, rows, x, got);
	for (size_t i = 0; i < y_count; i++)
		if (!(fabsf(got[i] - y[i]) <= 1e-6f * fmaxf(1, fabsf(y[i]))) && got[i] != y[i] &&
			!(isnan(got[i]) && isnan(y[i])))
			fail_msg("number %zu is %.9g, not %.9g", i, (double)got[i], (double)y[i]);
}

/* The graph is refused with this sentence. */
static inline void maker_refuses(struct maker *m, const char *sentence)
{
	struct nn_program *p = NULL;
	struct err err = {""};

	assert_int_equal(maker_translate(m, &p, &err), -EINVAL);
	assert_string_equal(err.text, sentence);
	assert_null(p);
}
