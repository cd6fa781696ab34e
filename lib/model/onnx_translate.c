#include "lib/model/onnx_translate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/model/onnx_constant.h"
#include "lib/model/onnx_double.h"
#include "lib/model/onnx_graph.h"
#include "lib/model/onnx_layout.h"
#include "lib/model/onnx_operators.h"
#include "lib/model/onnx_ports.h"
#include "lib/model/onnx_work.h"
#include "lib/nn/program.h"

#define BLOCK_BYTES (1u << 20)
#define RESULTS_MAX 256 /* outputs of a node */

static void work_deinit(struct onnx_work *w)
{
	free(w->steps);
	arena_free(w->memory);
}

/* ---- one node ---- */

static int check_operands(struct onnx_work *w, bool *is_constant, bool *differs)
{
	const struct onnx_node *n = w->node;
	char name[ONNX_TEXT];

	*is_constant = n->input_count > 0;
	*differs = false;
	for (size_t i = 0; i < n->input_count; i++) {
		const struct onnx_value *v = onnx_in(w, i);

		if (!v)
			continue;
		if (v->what == ONNX_NOTHING)
			return onnx_refuse(w, "it reads \"%s\", which cannot be worked out",
				onnx_show(name, w->graph->names[n->inputs[i]]));
		*is_constant = *is_constant && v->what == ONNX_CONSTANT;
		*differs = *differs || onnx_depends_on_batch(v);
	}
	return 0;
}

static int round_value(struct onnx_work *w, size_t value)
{
	if (!w->values[value].scale || w->rounded[value].what != ONNX_NOTHING)
		return 0;
	return onnx_double_round(w, &w->rounded[value], &w->values[value]);
}

static int round_operands(struct onnx_work *w)
{
	const struct onnx_node *n = w->node;
	int rc = 0;

	w->reads_doubles = onnx_double_is_taken(w);
	for (size_t i = 0; rc == 0 && !w->reads_doubles && i < n->input_count; i++)
		if (n->inputs[i] != ONNX_NONE)
			rc = round_value(w, n->inputs[i]);
	return rc;
}

static bool has_batch_in_shape(const struct onnx_work *w)
{
	unsigned operand = w->operator->shape_operand;
	const struct onnx_value *v = operand ? onnx_in(w, operand - 1) : NULL;

	return v && onnx_depends_on_batch(v);
}

/* Numbers that depend on the batch's size may say a shape; as data they would make a row's result
 * depend on how many others there are. */
static int check_shape_numbers(struct onnx_work *w, bool is_constant)
{
	if (is_constant && !has_batch_in_shape(w))
		return 0;
	for (size_t i = 0; i < w->node->input_count; i++) {
		const struct onnx_value *v = onnx_in(w, i);

		if (v && onnx_depends_on_batch(v) && i + 1 != w->operator->shape_operand)
			return onnx_refuse(w, "it computes with the size of the batch");
	}
	return 0;
}

static bool same_numbers(const struct onnx_tensor *a, const struct onnx_tensor *b)
{
	if (a == b)
		return true;
	if (a->kind != b->kind || a->kind == ONNX_STRING)
		return false;
	return memcmp(a->ints, b->ints,
		       a->count * (a->kind == ONNX_FLOAT ? sizeof(float) : sizeof(double))) == 0;
}

/* A result at either size of the batch: the same shape, and mostly the same numbers. */
static int merge(struct onnx_work *w, struct onnx_value *v, const struct onnx_value *other)
{
	if (v->what == ONNX_NOTHING && other->what == ONNX_NOTHING)
		return 0;
	if (v->what != ONNX_CONSTANT || other->what != ONNX_CONSTANT || v->rank != other->rank ||
		memcmp(v->dims, other->dims, sizeof(v->dims)) != 0)
		return onnx_refuse(w, "its result's shape depends on the size of the batch");
	if (!same_numbers(v->tensors[0], other->tensors[0]))
		v->tensors[1] = other->tensors[0];
	return 0;
}

/* Twice, once for either size of the batch. */
static int fold_twice(struct onnx_work *w)
{
	const struct onnx_node *n = w->node;
	struct onnx_value second[RESULTS_MAX];
	int rc = 0;

	for (w->world = 2; rc == 0 && w->world-- > 0;) {
		rc = w->operator->translate(w);
		for (size_t i = 0; rc == 0 && w->world == 1 && i < n->output_count; i++)
			if (n->outputs[i] != ONNX_NONE)
				second[i] = w->values[n->outputs[i]];
	}
	w->world = 0;
	for (size_t i = 0; rc == 0 && i < n->output_count; i++)
		if (n->outputs[i] != ONNX_NONE)
			rc = merge(w, &w->values[n->outputs[i]], &second[i]);
	return rc;
}

static int translate_node(struct onnx_work *w, size_t index)
{
	const struct onnx_node *n = &w->graph->nodes[index];
	bool is_constant = false, differs = false;
	int rc;

	w->node = n;
	w->node_index = index;
	w->operator= onnx_operator_find(n->domain, n->op, n->opset);
	if (!w->operator)
		return onnx_refuse(w, "%s", onnx_operator_refusal(n->domain, n->op));
	if (n->output_count > RESULTS_MAX)
		return onnx_refuse(
			w, "it gives %zu results, allowed are %u", n->output_count, RESULTS_MAX);
	rc = round_operands(w);
	if (rc < 0)
		return rc;
	rc = check_operands(w, &is_constant, &differs);
	if (rc == 0)
		rc = check_shape_numbers(w, is_constant);
	if (rc < 0)
		return rc;
	w->is_folding = is_constant && !has_batch_in_shape(w);
	return w->is_folding && differs ? fold_twice(w) : w->operator->translate(w);
}

/* ---- the whole ---- */

/* Which node makes each value. */
static int find_makers(struct onnx_work *w, size_t **out)
{
	const struct onnx_graph *g = w->graph;
	size_t *makers = arena_zalloc(w->memory, g->value_count, sizeof(*makers));

	if (!makers)
		return onnx_no_memory(w);
	for (size_t i = 0; i < g->value_count; i++)
		makers[i] = ONNX_NONE;
	for (size_t i = 0; i < g->node_count; i++)
		for (size_t j = 0; j < g->nodes[i].output_count; j++)
			if (g->nodes[i].outputs[j] != ONNX_NONE)
				makers[g->nodes[i].outputs[j]] = i;
	*out = makers;
	return 0;
}

/* What the choice needs; nodes stand behind all they read, so one pass from the back will do. */
static int find_needed(struct onnx_work *w, const struct onnx_choice *choice, bool **out)
{
	const struct onnx_graph *g = w->graph;
	bool *values = arena_zalloc(w->memory, g->value_count, sizeof(*values));
	bool *nodes = arena_zalloc(w->memory, g->node_count + 1, sizeof(*nodes));

	if (!values || !nodes)
		return onnx_no_memory(w);
	for (size_t i = 0; i < choice->count; i++)
		values[choice->values[i]] = true;
	for (size_t i = g->node_count; i-- > 0;) {
		const struct onnx_node *n = &g->nodes[i];

		for (size_t j = 0; j < n->output_count; j++)
			nodes[i] =
				nodes[i] || (n->outputs[j] != ONNX_NONE && values[n->outputs[j]]);
		for (size_t j = 0; nodes[i] && j < n->input_count; j++)
			if (n->inputs[j] != ONNX_NONE)
				values[n->inputs[j]] = true;
	}
	*out = nodes;
	return 0;
}

static int translate_nodes(struct onnx_work *w, const struct onnx_choice *choice)
{
	const struct onnx_graph *g = w->graph;
	bool *needed = NULL;
	int rc = find_needed(w, choice, &needed);

	for (size_t i = 0; rc == 0 && i < g->value_count; i++)
		if (g->constants[i])
			onnx_constant(&w->values[i], g->constants[i]);
	for (size_t i = 0; rc == 0 && i < g->node_count; i++)
		if (needed[i])
			rc = translate_node(w, i);
	return rc;
}

/* The columns of the result; those of several outputs next to each other. */
static int join_result(struct onnx_work *w, const struct onnx_choice *choice, size_t *result)
{
	struct nn_step s = {.kind = NN_COPY};
	size_t sources[ONNX_PARTS_MAX];
	struct nn_column *columns;
	char name[ONNX_TEXT];
	int rc;

	for (size_t i = 0; i < choice->count; i++) {
		const struct onnx_value *v = &w->values[choice->values[i]];

		onnx_show(name, w->graph->names[choice->values[i]]);
		if (v->what != ONNX_ROWS)
			return err_set(w->err, -EINVAL,
				"the output \"%s\" does not depend on the inputs", name);
		if (choice->count > 1 && v->count != 1)
			return err_set(w->err, -EINVAL,
				"the output \"%s\" has %zu columns, beside others as likely to be "
				"the one to score",
				name, v->count);
		rc = round_value(w, choice->values[i]);
		if (rc < 0)
			return rc;
		*result = v->scale ? w->rounded[choice->values[i]].source : v->source;
		sources[i] = *result;
	}
	if (choice->count == 1)
		return 0;
	rc = onnx_alloc(w, &columns, choice->count, sizeof(*columns));
	for (size_t i = 0; rc == 0 && i < choice->count; i++)
		columns[i] = (struct nn_column){(uint32_t)sources[i], 0};
	s.width = choice->count;
	s.copy.columns = columns;
	return rc < 0 ? rc : onnx_step(w, &s, result);
}

/* What the caller keeps of the names. */
static int keep(struct onnx_program *p, const struct onnx_work *w, const size_t *widths,
	const char *output, struct arena *memory)
{
	const struct onnx_graph *g = w->graph;
	const char **names = arena_zalloc(memory, g->input_count, sizeof(*names));

	p->input_count = g->input_count;
	p->input_names = names;
	p->input_widths = arena_copy(memory, widths, g->input_count * sizeof(*widths));
	p->output_name = arena_string(memory, output);
	if (!names || !p->input_widths || !p->output_name)
		return onnx_no_memory(w);
	for (size_t i = 0; i < g->input_count; i++) {
		names[i] = arena_string(memory, g->inputs[i].name);
		if (!names[i])
			return onnx_no_memory(w);
	}
	return 0;
}

static int translate(struct onnx_program *out, struct onnx_work *w, struct arena *memory)
{
	const struct onnx_graph *g = w->graph;
	struct onnx_choice choice;
	struct onnx_program p = {0};
	size_t *makers = NULL, *widths, result;
	int rc = find_makers(w, &makers);

	if (rc < 0)
		return rc;
	w->values = arena_zalloc(w->memory, g->value_count, sizeof(*w->values));
	w->rounded = arena_zalloc(w->memory, g->value_count, sizeof(*w->rounded));
	widths = arena_zalloc(w->memory, g->input_count + 1, sizeof(*widths));
	if (!w->values || !w->rounded || !widths)
		return onnx_no_memory(w);
	rc = onnx_choose_output(&choice, g, makers, w->err);
	if (rc == 0)
		rc = onnx_lay_inputs(w, widths);
	if (rc == 0)
		rc = translate_nodes(w, &choice);
	if (rc == 0)
		rc = join_result(w, &choice, &result);
	if (rc == 0)
		rc = keep(&p, w, widths, choice.name, memory);
	if (rc == 0)
		rc = nn_program_build(
			&p.program, w->inputs, w->steps, w->step_count, result, w->err);
	if (rc == 0)
		*out = p;
	return rc;
}

int onnx_translate(
	struct onnx_program *out, const struct onnx_graph *g, struct arena *memory, struct err *err)
{
	__attribute__((cleanup(work_deinit))) struct onnx_work w = {.graph = g, .err = err};

	if (arena_new(&w.memory, BLOCK_BYTES) < 0)
		return onnx_no_memory(&w);
	return translate(out, &w, memory);
}
