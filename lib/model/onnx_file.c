#include "lib/model/onnx_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/model/onnx.pb-c.h"
#include "lib/model/onnx_alloc.h"
#include "lib/model/onnx_flat.h"
#include "lib/model/onnx_flatten.h"
#include "lib/model/onnx_numbers.h"
#include "lib/model/onnx_scan.h"

/* The decoded tree copies the weights once; the rest is for the structs of small things. */
#define TREE_BYTES(file_len) ((file_len) + (file_len) / 4 + (24u << 20))
#define BLOCK_BYTES 16384

struct onnx_file {
	struct onnx_alloc alloc; /* of the tree */
	Onnx__ModelProto *proto;
	struct arena *memory;
	struct onnx_source source;
	struct onnx_flat flat;
	const struct onnx_tensor **constants; /* [value_count] */
	struct onnx_graph graph;
};

static int no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "no memory for the model");
}

static int decode(struct onnx_file *f, const void *bytes, size_t len, struct err *err)
{
	int rc = onnx_scan(&onnx__model_proto__descriptor, bytes, len, err);

	if (rc < 0)
		return rc;
	onnx_alloc_init(&f->alloc, TREE_BYTES(len));
	f->proto = onnx__model_proto__unpack(&f->alloc.vtable, len, bytes);
	if (f->proto)
		return 0;
	if (f->alloc.refused)
		return err_set(err, -EINVAL,
			"the file has more parts than a model of %zu bytes may have", len);
	return err_set(err, -EINVAL, "not an ONNX file: its fields have the wrong types");
}

/* Of a file that lacks what must be there: one of nothing but nested graphs says what it is. */
static int incomplete(const Onnx__ModelProto *m, const char *what, struct err *err)
{
	const Onnx__GraphProto *g = m->graph;

	for (size_t i = 0; i < g->n_node; i++)
		for (size_t j = 0; j < g->node[i]->n_attribute; j++)
			if (g->node[i]->attribute[j]->has_g || g->node[i]->attribute[j]->n_graphs)
				return err_set(err, -EINVAL,
					"not an ONNX file that can be run: %s, and node %zu holds "
					"a graph of its own (control flow)",
					what, i + 1);
	return err_set(err, -EINVAL, "not an ONNX file: %s", what);
}

static int check_parts(const Onnx__ModelProto *m, struct err *err)
{
	const Onnx__GraphProto *g = m->graph;

	if (!g)
		return err_set(err, -EINVAL, "not an ONNX file: it has no graph");
	if (m->n_opset_import == 0)
		return incomplete(m, "it names no opset", err);
	if (g->n_sparse_initializer)
		return err_set(err, -EINVAL,
			"the file has sparse initializers, only dense ones can be read");
	if (g->n_initializer > ONNX_NODES_MAX)
		return err_set(err, -EINVAL, "the graph has %zu initializers, allowed are %d",
			g->n_initializer, ONNX_NODES_MAX);
	if (g->n_input > ONNX_NODES_MAX || g->n_output > ONNX_NODES_MAX)
		return err_set(err, -EINVAL,
			"the graph has %zu inputs and %zu outputs, allowed are %d", g->n_input,
			g->n_output, ONNX_NODES_MAX);
	if (m->n_functions > ONNX_NODES_MAX)
		return err_set(err, -EINVAL, "the file has %zu functions, allowed are %d",
			m->n_functions, ONNX_NODES_MAX);
	if (g->n_output == 0)
		return incomplete(m, "the graph has no output", err);
	return 0;
}

/* ---- constants ---- */

static int read_initializer(struct onnx_file *f, size_t value, struct err *err)
{
	const Onnx__TensorProto *p = f->flat.initializers[value];
	struct onnx_tensor *t = arena_zalloc(f->memory, 1, sizeof(*t));
	char show[ONNX_TEXT], what[2 * ONNX_TEXT];

	if (!t)
		return no_memory(err);
	snprintf(what, sizeof(what), "initializer \"%s\"", onnx_show(show, p->name));
	f->constants[value] = t;
	return onnx_numbers_read(t, p, &f->source, what, err);
}

/* One of the forms in which a Constant node says its value. */
static int constant_of(struct onnx_tensor *t, const struct onnx_attribute *a)
{
	static const double nothing; /* what an empty list points to */
	bool is_list = a->kind == ONNX_ATTRIBUTE_FLOATS || a->kind == ONNX_ATTRIBUTE_INTS ||
		       a->kind == ONNX_ATTRIBUTE_STRINGS;

	*t = (struct onnx_tensor){.rank = is_list, .count = is_list ? a->count : 1};
	t->dims[0] = is_list ? a->count : 0;
	switch (a->kind) {
	case ONNX_ATTRIBUTE_TENSOR:
		*t = *a->tensor;
		return 0;
	case ONNX_ATTRIBUTE_FLOAT:
	case ONNX_ATTRIBUTE_FLOATS:
		t->kind = ONNX_FLOAT;
		t->declared = ONNX_TYPE_FLOAT;
		t->floats = is_list ? a->floats : &a->f;
		break;
	case ONNX_ATTRIBUTE_INT:
	case ONNX_ATTRIBUTE_INTS:
		t->kind = ONNX_INT;
		t->declared = ONNX_TYPE_INT64;
		t->ints = is_list ? a->ints : &a->i;
		break;
	case ONNX_ATTRIBUTE_STRING:
	case ONNX_ATTRIBUTE_STRINGS:
		t->kind = ONNX_STRING;
		t->declared = ONNX_TYPE_STRING;
		t->texts = is_list ? a->texts : &a->text;
		break;
	default:
		return -EINVAL;
	}
	if (t->count == 0)
		t->doubles = &nothing;
	return 0;
}

static bool is_constant(const struct onnx_node *n)
{
	return !n->domain[0] && strcmp(n->op, "Constant") == 0;
}

static int read_constant(struct onnx_file *f, size_t node, struct err *err)
{
	const struct onnx_node *n = &f->flat.nodes[node];
	struct onnx_tensor *t = arena_zalloc(f->memory, 1, sizeof(*t));
	char show[2 * ONNX_TEXT];

	if (!t)
		return no_memory(err);
	onnx_node_text(show, &f->graph, node);
	if (n->output_count != 1 || n->attribute_count != 1 ||
		strncmp(n->attributes[0].name, "value", strlen("value")) != 0 ||
		constant_of(t, &n->attributes[0]) < 0)
		return err_set(err, -EINVAL, "%s has not just one output and one value", show);
	f->constants[n->outputs[0]] = t;
	return 0;
}

/* ---- what is needed ---- */

static bool makes_something_needed(const struct onnx_node *n, const bool *is_needed)
{
	for (size_t i = 0; i < n->output_count; i++)
		if (n->outputs[i] != ONNX_NONE && is_needed[n->outputs[i]])
			return true;
	return false;
}

/* In functions outputs may be left unused: again backwards from the outputs. */
static void find_needed(const struct onnx_flat *flat, bool *is_needed)
{
	for (size_t i = 0; i < flat->output_count; i++)
		is_needed[flat->outputs[i]] = true;
	for (size_t i = flat->node_count; i-- > 0;) {
		const struct onnx_node *n = &flat->nodes[i];

		if (!makes_something_needed(n, is_needed))
			continue;
		for (size_t j = 0; j < n->input_count; j++)
			if (n->inputs[j] != ONNX_NONE)
				is_needed[n->inputs[j]] = true;
	}
}

/* Constants that are needed are read; nodes that are not, and Constant nodes, fall away. */
static int keep_needed(struct onnx_file *f, const bool *is_needed, struct err *err)
{
	struct onnx_flat *flat = &f->flat;
	size_t kept = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < flat->value_count; i++)
		if (is_needed[i] && flat->initializers[i])
			rc = read_initializer(f, i, err);
	for (size_t i = 0; rc == 0 && i < flat->node_count; i++) {
		if (!makes_something_needed(&flat->nodes[i], is_needed))
			continue;
		if (is_constant(&flat->nodes[i]))
			rc = read_constant(f, i, err);
		else
			flat->nodes[kept++] = flat->nodes[i];
	}
	f->graph.node_count = kept;
	return rc;
}

/* ---- the graph ---- */

static int read_shape(struct onnx_port *out, const Onnx__TensorShapeProto *shape, struct err *err)
{
	char show[ONNX_TEXT];

	if (shape->n_dim > ONNX_RANK_MAX)
		return err_set(err, -EINVAL, "\"%s\" has %zu dims, allowed are %d",
			onnx_show(show, out->name), shape->n_dim, ONNX_RANK_MAX);
	out->has_shape = true;
	out->rank = shape->n_dim;
	for (size_t i = 0; i < shape->n_dim; i++) {
		const Onnx__TensorShapeProto__Dimension *d = shape->dim[i];

		out->dims[i] = d->has_dim_value && d->dim_value > 0 ? d->dim_value : -1;
	}
	return 0;
}

static int read_port(
	struct onnx_port *out, const Onnx__ValueInfoProto *p, size_t value, struct err *err)
{
	const Onnx__TypeProto *type = p->type;

	*out = (struct onnx_port){.name = p->name, .value = value, .is_tensor = true};
	if (!type)
		return 0;
	if (type->has_sequence_type || type->has_map_type || type->has_optional_type ||
		type->has_sparse_tensor_type || type->has_opaque_type) {
		out->is_tensor = false;
		return 0;
	}
	if (!type->tensor_type)
		return 0;
	out->declared = type->tensor_type->elem_type;
	return type->tensor_type->shape ? read_shape(out, type->tensor_type->shape, err) : 0;
}

static int read_ports(struct onnx_file *f, struct err *err)
{
	const Onnx__GraphProto *p = f->proto->graph;
	struct onnx_port *inputs = arena_zalloc(f->memory, p->n_input + 1, sizeof(*inputs));
	struct onnx_port *outputs = arena_zalloc(f->memory, p->n_output, sizeof(*outputs));
	size_t count = 0;
	int rc = 0;

	if (!inputs || !outputs)
		return no_memory(err);
	for (size_t i = 0; rc == 0 && i < p->n_input; i++)
		if (f->flat.inputs[i] != ONNX_NONE)
			rc = read_port(&inputs[count++], p->input[i], f->flat.inputs[i], err);
	if (rc < 0)
		return err_prefix(err, rc, "input");
	for (size_t i = 0; rc == 0 && i < p->n_output; i++)
		rc = read_port(&outputs[i], p->output[i], f->flat.outputs[i], err);
	if (rc < 0)
		return err_prefix(err, rc, "output");
	f->graph.inputs = inputs;
	f->graph.input_count = count;
	f->graph.outputs = outputs;
	f->graph.output_count = p->n_output;
	return 0;
}

static int make_graph(struct onnx_file *f, struct err *err)
{
	struct onnx_flat *flat = &f->flat;
	bool *is_needed = NULL;
	int rc = onnx_flatten(flat, f->proto, &f->source, err);

	if (rc < 0)
		return rc;
	f->constants = arena_zalloc(f->memory, flat->value_count + 1, sizeof(*f->constants));
	is_needed = calloc(flat->value_count + 1, sizeof(*is_needed));
	if (!f->constants || !is_needed) {
		free(is_needed);
		return no_memory(err);
	}
	f->graph = (struct onnx_graph){
		.node_count = flat->node_count,
		.value_count = flat->value_count,
		.nodes = flat->nodes,
		.names = flat->names,
		.constants = f->constants,
	};
	find_needed(flat, is_needed);
	rc = keep_needed(f, is_needed, err);
	free(is_needed);
	return rc < 0 ? rc : read_ports(f, err);
}

int onnx_file_open(struct onnx_file **out, const void *bytes, size_t len, int folder,
	size_t limit_bytes, struct err *err)
{
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;
	int rc;

	if (len == 0)
		return err_set(err, -EINVAL, "not an ONNX file: it is empty");
	if (len > limit_bytes)
		return err_set(err, -EFBIG, "the file has %zu bytes, allowed for a model are %zu",
			len, limit_bytes);
	f = calloc(1, sizeof(*f));
	if (!f || arena_new(&f->memory, BLOCK_BYTES) < 0)
		return no_memory(err);
	f->source = (struct onnx_source){.memory = f->memory, .left = limit_bytes};
	onnx_external_init(&f->source.external, folder, limit_bytes - len);
	rc = decode(f, bytes, len, err);
	if (rc == 0)
		rc = check_parts(f->proto, err);
	if (rc == 0)
		rc = make_graph(f, err);
	onnx_external_deinit(&f->source.external); /* everything is read */
	if (rc < 0)
		return rc;
	*out = TAKE(f);
	return 0;
}

void onnx_file_free(struct onnx_file *f)
{
	if (!f)
		return;
	onnx_flat_deinit(&f->flat);
	arena_free(f->memory);
	if (f->proto)
		onnx__model_proto__free_unpacked(f->proto, &f->alloc.vtable);
	free(f);
}

const struct onnx_graph *onnx_file_graph(const struct onnx_file *f)
{
	return &f->graph;
}

struct onnx_about onnx_file_about(const struct onnx_file *f)
{
	const Onnx__ModelProto *m = f->proto;

	return (struct onnx_about){
		.producer = m->producer_name ? m->producer_name : "",
		.producer_version = m->producer_version ? m->producer_version : "",
		.ir_version = m->ir_version,
		.opset = f->flat.opset,
		.external_bytes = f->source.external.read,
	};
}

size_t onnx_file_property_count(const struct onnx_file *f)
{
	return f->proto->n_metadata_props;
}

const char *onnx_file_property(const struct onnx_file *f, size_t i, const char **value, size_t *len)
{
	const Onnx__StringStringEntryProto *p = f->proto->metadata_props[i];

	*value = p->value.len ? (const char *)p->value.data : "";
	*len = p->value.len;
	return p->key ? p->key : "";
}

const char *onnx_file_metadata(const struct onnx_file *f, const char *key, size_t *len)
{
	const char *value;

	for (size_t i = 0; i < onnx_file_property_count(f); i++)
		if (strcmp(onnx_file_property(f, i, &value, len), key) == 0)
			return value;
	return NULL;
}
