#include "lib/model/onnx_flatten.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/map.h"
#include "lib/model/onnx.pb-c.h"
#include "lib/model/onnx_body.h"
#include "lib/model/onnx_flat.h"
#include "lib/model/onnx_functions.h"
#include "lib/model/onnx_numbers.h"

#define HALF_NAME_MAX 80 /* of each half of "caller/inner" */

/* What a list of nodes is put in place with. */
struct frame {
	const struct onnx_body *body;
	struct map *scope;        /* name -> value, see put_value */
	const char *caller;       /* the path of names so far, NULL in the graph */
	const struct frame *from; /* NULL in the graph */
	size_t depth;
	size_t attribute_count; /* what ref_attr_name may refer to */
	const struct onnx_attribute *attributes;
};

struct flattening {
	struct onnx_flat *out;
	struct onnx_source *s;
	struct err *err;
	struct onnx_functions functions;
	struct map *initializers; /* name -> TensorProto */
};

static int no_memory(const struct flattening *f)
{
	return err_set(f->err, -ENOMEM, "no memory for the model");
}

/* ---- values and their names ---- */

/* A map holds pointers that are not NULL: ONNX_NONE (SIZE_MAX) is 1, value 0 is 2. */
static int put_value(const struct flattening *f, struct map *scope, const char *name, size_t value)
{
	char show[ONNX_TEXT];

	if (map_get(scope, name))
		return err_set(
			f->err, -EINVAL, "tensor \"%s\" is made twice", onnx_show(show, name));
	return map_put(scope, name, (void *)(uintptr_t)(value + 2)) < 0 ? no_memory(f) : 0;
}

static bool get_value(const struct map *scope, const char *name, size_t *out)
{
	uintptr_t value = (uintptr_t)map_get(scope, name);

	*out = (size_t)value - 2;
	return value != 0;
}

/* What a node makes; initializers have a name from the start. */
static int put_result(
	const struct flattening *f, const struct frame *at, const char *name, size_t value)
{
	char show[ONNX_TEXT];

	if (!at->from && map_get(f->initializers, name))
		return err_set(
			f->err, -EINVAL, "tensor \"%s\" is made twice", onnx_show(show, name));
	return put_value(f, at->scope, name, value);
}

/* The value of a name; an initializer becomes one when it is read first. */
static int find_value(
	struct flattening *f, const struct frame *at, const char *name, bool *is_there, size_t *out)
{
	Onnx__TensorProto *p;
	int rc;

	*is_there = get_value(at->scope, name, out);
	if (*is_there || at->from)
		return 0; /* a function sees nothing of the graph */
	p = map_get(f->initializers, name);
	if (!p)
		return 0;
	*is_there = true;
	rc = onnx_flat_value(f->out, p->name, out, f->err);
	if (rc == 0)
		f->out->initializers[*out] = p;
	return rc < 0 ? rc : put_value(f, at->scope, name, *out);
}

/* ---- a node ---- */

static int read_inputs(struct flattening *f, const struct frame *at, const Onnx__NodeProto *p,
	const char *where, const size_t **out)
{
	size_t *inputs = arena_alloc(f->s->memory, p->n_input * sizeof(*inputs));
	char show[ONNX_TEXT];

	if (!inputs)
		return no_memory(f);
	for (size_t i = 0; i < p->n_input; i++) {
		const char *name = p->input[i];
		bool is_there;
		int rc;

		inputs[i] = ONNX_NONE;
		if (!name[0])
			continue;
		rc = find_value(f, at, name, &is_there, &inputs[i]);
		if (rc < 0)
			return rc;
		if (!is_there && map_get(at->body->makers, name))
			return err_set(f->err, -EINVAL,
				"%s reads \"%s\" before it is made: the graph has a cycle or its "
				"nodes are out of order",
				where, onnx_show(show, name));
		if (!is_there)
			return err_set(f->err, -EINVAL,
				"%s reads \"%s\", which nothing in the graph makes", where,
				onnx_show(show, name));
	}
	*out = inputs;
	return 0;
}

/* With references to the caller's attributes resolved; those that it does not have are left out. */
static int resolve_attributes(struct flattening *f, const struct frame *at,
	const struct onnx_body_node *n, const char *where, const struct onnx_attribute **out,
	size_t *count)
{
	struct onnx_attribute *resolved;
	char show[ONNX_TEXT];

	*out = n->attributes;
	*count = n->attribute_count;
	if (!n->references)
		return 0;
	resolved = arena_zalloc(f->s->memory, n->attribute_count, sizeof(*resolved));
	if (!resolved)
		return no_memory(f);
	*count = 0;
	for (size_t i = 0; i < n->attribute_count; i++) {
		const struct onnx_attribute *found = &n->attributes[i];

		if (n->references[i] && !at->from)
			return err_set(f->err, -EINVAL,
				"%s refers to an attribute \"%s\" of a function, but stands in "
				"none",
				where, onnx_show(show, n->references[i]));
		if (n->references[i])
			found = onnx_attribute(&(struct onnx_node){.attributes = at->attributes,
						       .attribute_count = at->attribute_count},
				n->references[i]);
		if (!found)
			continue;
		resolved[*count] = *found;
		resolved[(*count)++].name = n->attributes[i].name;
	}
	*out = resolved;
	return 0;
}

/* "caller/inner"; a node without a name is called by its place. */
static const char *path_of(
	const struct flattening *f, const struct frame *at, const Onnx__NodeProto *p, size_t place)
{
	const char *name = p->name ? p->name : "";

	if (!at->from)
		return name;
	if (name[0])
		return arena_printf(
			f->s->memory, "%.*s/%.*s", HALF_NAME_MAX, at->caller, HALF_NAME_MAX, name);
	return arena_printf(f->s->memory, "%.*s/%zu", HALF_NAME_MAX, at->caller, place);
}

static int make_outputs(
	struct flattening *f, const struct frame *at, const Onnx__NodeProto *p, const size_t **out)
{
	size_t *outputs = arena_alloc(f->s->memory, p->n_output * sizeof(*outputs));

	if (!outputs)
		return no_memory(f);
	for (size_t i = 0; i < p->n_output; i++) {
		const char *name = p->output[i];
		int rc;

		outputs[i] = ONNX_NONE;
		if (!name[0])
			continue;
		rc = onnx_flat_value(f->out, name, &outputs[i], f->err);
		if (rc == 0)
			rc = put_result(f, at, name, outputs[i]);
		if (rc < 0)
			return rc;
	}
	*out = outputs;
	return 0;
}

/* ---- functions ---- */

/* What the caller gives, and behind it the defaults: the first of a name counts. */
static int join_attributes(struct flattening *f, const struct onnx_function *fn,
	const struct onnx_node *call, struct frame *inner)
{
	size_t defaults = fn->proto->n_attribute_proto;
	struct onnx_attribute *all =
		arena_zalloc(f->s->memory, call->attribute_count + defaults + 1, sizeof(*all));

	if (!all)
		return no_memory(f);
	for (size_t i = 0; i < call->attribute_count; i++)
		all[i] = call->attributes[i];
	for (size_t i = 0; i < defaults; i++)
		all[call->attribute_count + i] = fn->defaults[i];
	inner->attributes = all;
	inner->attribute_count = call->attribute_count + defaults;
	return 0;
}

static int bind_inputs(struct flattening *f, const struct onnx_function *fn,
	const struct onnx_node *call, struct frame *inner)
{
	const Onnx__FunctionProto *p = fn->proto;
	size_t results = 0;

	for (size_t i = 0; i < p->n_node; i++)
		results += p->node[i]->n_output;
	if (map_new(&inner->scope, p->n_input + results + 1) < 0)
		return no_memory(f);
	if (call->input_count > p->n_input)
		return err_set(f->err, -EINVAL, "it has %zu inputs, the node reads %zu", p->n_input,
			call->input_count);
	for (size_t i = 0; i < p->n_input; i++) {
		int rc = put_value(f, inner->scope, p->input[i],
			i < call->input_count ? call->inputs[i] : ONNX_NONE);

		if (rc < 0)
			return rc;
	}
	return 0;
}

/* What the function made gets the names that its caller gives. */
static int bind_outputs(struct flattening *f, const struct onnx_function *fn,
	const struct frame *at, const struct frame *inner, const Onnx__NodeProto *call,
	size_t first)
{
	const Onnx__FunctionProto *p = fn->proto;
	char show[ONNX_TEXT];

	if (call->n_output > p->n_output)
		return err_set(f->err, -EINVAL, "it has %zu outputs, the node makes %zu",
			p->n_output, call->n_output);
	for (size_t i = 0; i < call->n_output; i++) {
		size_t value;
		int rc;

		if (!call->output[i][0])
			continue;
		if (!get_value(inner->scope, p->output[i], &value))
			return err_set(f->err, -EINVAL, "nothing in it makes its output \"%s\"",
				onnx_show(show, p->output[i]));
		if (value != ONNX_NONE && value >= first)
			f->out->names[value] = call->output[i];
		rc = put_result(f, at, call->output[i], value);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int put_nodes(struct flattening *f, const struct frame *at);

static int put_function(struct flattening *f, struct onnx_function *fn, const struct frame *at,
	const struct onnx_node *call, const Onnx__NodeProto *proto)
{
	const Onnx__FunctionProto *p = fn->proto;
	size_t first = f->out->value_count;
	struct frame inner = {
		.body = &fn->body,
		.from = at,
		.caller = call->name[0] ? call->name : call->op,
		.depth = at->depth + 1,
	};
	int rc;

	if (fn->is_open)
		return err_set(f->err, -EINVAL, "it needs itself, which cannot be run");
	if (inner.depth > ONNX_DEPTH_MAX)
		return err_set(
			f->err, -EINVAL, "more than %d functions in each other", ONNX_DEPTH_MAX);
	rc = onnx_function_prepare(fn, &f->functions, f->s, f->err);
	if (rc == 0)
		rc = onnx_flat_slots(f->out,
			p->n_input + p->n_node + p->n_attribute_proto + call->attribute_count,
			f->err);
	if (rc == 0)
		rc = join_attributes(f, fn, call, &inner);
	if (rc == 0)
		rc = bind_inputs(f, fn, call, &inner);
	fn->is_open = true;
	if (rc == 0)
		rc = put_nodes(f, &inner);
	fn->is_open = false;
	if (rc == 0)
		rc = bind_outputs(f, fn, at, &inner, proto, first);
	map_free(inner.scope);
	return rc;
}

static int put_call(struct flattening *f, struct onnx_function *fn, const struct frame *at,
	const struct onnx_node *call, const Onnx__NodeProto *proto)
{
	char show[ONNX_TEXT];
	int rc;

	rc = onnx_flat_call(f->out, f->err);
	if (rc == 0)
		rc = put_function(f, fn, at, call, proto);
	return rc < 0 ? err_prefix(f->err, rc, "function \"%s\"", onnx_show(show, proto->op_type))
		      : 0;
}

static int put_node(struct flattening *f, const struct frame *at, size_t i)
{
	const struct onnx_body_node *n = &at->body->nodes[i];
	const Onnx__NodeProto *p = n->proto;
	char where[2 * ONNX_TEXT], show[ONNX_TEXT];
	struct onnx_node node = {
		.op = p->op_type ? p->op_type : "",
		.domain = n->domain,
		.name = path_of(f, at, p, i + 1),
		.place = i + 1,
		.opset = onnx_body_opset(at->body, n->domain),
		.input_count = p->n_input,
		.output_count = p->n_output,
	};
	int rc;

	onnx_body_node_text(where, at->body, i);
	rc = onnx_flat_slots(f->out, 1 + p->n_input + p->n_output + n->attribute_count, f->err);
	if (rc == 0)
		rc = read_inputs(f, at, p, where, &node.inputs);
	if (rc == 0)
		rc = resolve_attributes(f, at, n, where, &node.attributes, &node.attribute_count);
	if (rc < 0)
		return rc;
	if (!node.name)
		return no_memory(f);
	if (n->function)
		return put_call(f, n->function, at, &node, p);
	if (node.opset == 0 && !n->domain[0])
		return err_set(f->err, -EINVAL,
			"%s is of ONNX itself, of which the file names no opset", where);
	if (node.opset == 0)
		return err_set(f->err, -EINVAL,
			"%s is of the domain \"%s\", which the file names no version of", where,
			onnx_show(show, n->domain));
	rc = make_outputs(f, at, p, &node.outputs);
	return rc < 0 ? err_prefix(f->err, rc, "%s", where) : onnx_flat_node(f->out, &node, f->err);
}

static int put_nodes(struct flattening *f, const struct frame *at)
{
	for (size_t i = 0; i < at->body->node_count; i++) {
		int rc = at->body->nodes[i].is_needed ? put_node(f, at, i) : 0;

		if (rc < 0)
			return rc;
	}
	return 0;
}

/* ---- the graph ---- */

static int list_initializers(struct flattening *f, const Onnx__GraphProto *g)
{
	char show[ONNX_TEXT];

	if (map_new(&f->initializers, g->n_initializer + 1) < 0)
		return no_memory(f);
	for (size_t i = 0; i < g->n_initializer; i++) {
		Onnx__TensorProto *p = g->initializer[i];

		if (!p->name || !p->name[0])
			return err_set(
				f->err, -EINVAL, "the graph has an initializer without a name");
		if (map_get(f->initializers, p->name))
			return err_set(f->err, -EINVAL, "initializer \"%s\" is there twice",
				onnx_show(show, p->name));
		if (map_put(f->initializers, p->name, p) < 0)
			return no_memory(f);
	}
	return 0;
}

/* Old exporters repeat every initializer as an input with a default: no input to us. */
static int read_graph_inputs(
	struct flattening *f, const struct frame *at, const Onnx__GraphProto *g)
{
	size_t *inputs = arena_alloc(f->s->memory, g->n_input * sizeof(*inputs));

	if (!inputs)
		return no_memory(f);
	for (size_t i = 0; i < g->n_input; i++) {
		const char *name = g->input[i]->name;
		int rc;

		inputs[i] = ONNX_NONE;
		if (!name || !name[0])
			return err_set(f->err, -EINVAL, "the graph has an input without a name");
		if (map_get(f->initializers, name))
			continue;
		rc = onnx_flat_value(f->out, name, &inputs[i], f->err);
		if (rc == 0)
			rc = put_value(f, at->scope, name, inputs[i]);
		if (rc < 0)
			return rc;
	}
	f->out->inputs = inputs;
	f->out->input_count = g->n_input;
	return 0;
}

static int read_graph_outputs(
	struct flattening *f, const struct frame *at, const char *const *names, size_t count)
{
	size_t *outputs = arena_alloc(f->s->memory, count * sizeof(*outputs));
	char show[ONNX_TEXT];

	if (!outputs)
		return no_memory(f);
	for (size_t i = 0; i < count; i++) {
		bool is_there = false;
		int rc = 0;

		if (names[i] && names[i][0])
			rc = find_value(f, at, names[i], &is_there, &outputs[i]);
		if (rc < 0)
			return rc;
		if (!is_there || outputs[i] == ONNX_NONE)
			return err_set(f->err, -EINVAL,
				"nothing in the graph makes its output \"%s\"",
				onnx_show(show, names[i]));
	}
	f->out->outputs = outputs;
	f->out->output_count = count;
	return 0;
}

static int put_graph(struct flattening *f, const Onnx__ModelProto *m, struct onnx_body *body)
{
	const Onnx__GraphProto *g = m->graph;
	const char **outputs = arena_alloc(f->s->memory, g->n_output * sizeof(*outputs));
	struct onnx_body_parts parts = {
		.who = "the file",
		.node_count = g->n_node,
		.nodes = g->node,
		.output_count = g->n_output,
		.outputs = outputs,
		.opset_count = m->n_opset_import,
		.opsets = m->opset_import,
	};
	struct frame top = {.body = body};
	size_t results = 0;
	int rc;

	if (!outputs)
		return no_memory(f);
	for (size_t i = 0; i < g->n_output; i++)
		outputs[i] = g->output[i]->name;
	for (size_t i = 0; i < g->n_node; i++)
		results += g->node[i]->n_output;
	rc = onnx_body_init(body, &parts, f->s, f->err);
	if (rc == 0)
		rc = onnx_functions_find(&f->functions, body, f->s, f->err);
	if (rc < 0)
		return rc;
	f->out->opset = onnx_body_opset(body, "");
	if (map_new(&top.scope, g->n_input + g->n_initializer + results + 1) < 0)
		return no_memory(f);
	rc = read_graph_inputs(f, &top, g);
	if (rc == 0)
		rc = put_nodes(f, &top);
	if (rc == 0)
		rc = read_graph_outputs(f, &top, outputs, g->n_output);
	map_free(top.scope);
	return rc;
}

int onnx_flatten(struct onnx_flat *out, const struct Onnx__ModelProto *m, struct onnx_source *s,
	struct err *err)
{
	struct flattening f = {.out = out, .s = s, .err = err};
	struct onnx_body body = {0};
	int rc = onnx_functions_init(&f.functions, m, s, err);

	if (rc == 0)
		rc = list_initializers(&f, m->graph);
	if (rc == 0)
		rc = put_graph(&f, m, &body);
	onnx_body_deinit(&body);
	onnx_functions_deinit(&f.functions);
	map_free(f.initializers);
	return rc;
}
