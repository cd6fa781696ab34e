#include "lib/model/onnx_read.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/map.h"
#include "lib/model/onnx.pb-c.h"
#include "lib/model/onnx_alloc.h"
#include "lib/model/onnx_scan.h"

/* The decoded tree copies the weights once; the rest is for the structs of small things. */
#define TREE_BYTES(file_len) ((file_len) + (file_len) / 4 + (8u << 20))
#define BLOCK_BYTES 4096

enum data_type { /* TensorProto.DataType */
	TYPE_FLOAT = 1,
};

static int no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "no memory for the model");
}

const char *onnx_show_node(char out[2 * ONNX_TEXT], const struct onnx_file *f, size_t node)
{
	const Onnx__NodeProto *n = f->proto->graph->node[node];
	char name[ONNX_TEXT], op[ONNX_TEXT];

	onnx_show(op, n->op_type);
	if (n->name && n->name[0])
		snprintf(out, 2 * ONNX_TEXT, "node \"%s\" (%s)", onnx_show(name, n->name), op);
	else
		snprintf(out, 2 * ONNX_TEXT, "node %zu (%s)", node + 1, op);
	return out;
}

static bool is_default_domain(const char *domain)
{
	return !domain || !domain[0] || strcmp(domain, "ai.onnx") == 0;
}

static int check_opset(const Onnx__ModelProto *proto, struct err *err)
{
	const Onnx__OperatorSetIdProto *found = NULL;

	for (size_t i = 0; i < proto->n_opset_import; i++) {
		const Onnx__OperatorSetIdProto *set = proto->opset_import[i];

		if (!is_default_domain(set->domain))
			continue; /* foreign domains are refused where a node uses them */
		if (found)
			return err_set(err, -EINVAL,
				"the file names two opsets of the default domain, one is allowed");
		found = set;
	}
	if (!found)
		return err_set(
			err, -EINVAL, "not an ONNX file: it names no opset of the default domain");
	if (found->version < ONNX_OPSET_MIN || found->version > ONNX_OPSET_MAX)
		return err_set(err, -EINVAL,
			"the file is of opset %" PRId64 ", allowed are %d to %d", found->version,
			ONNX_OPSET_MIN, ONNX_OPSET_MAX);
	return 0;
}

/* What only operators of control flow have. */
static int check_no_inner_graph(const struct onnx_file *f, size_t node, struct err *err)
{
	const Onnx__NodeProto *n = f->proto->graph->node[node];
	char text[2 * ONNX_TEXT];

	for (size_t i = 0; i < n->n_attribute; i++)
		if (n->attribute[i]->has_g || n->attribute[i]->n_graphs)
			return err_set(err, -EINVAL,
				"%s holds a graph of its own (control flow), which cannot be run",
				onnx_show_node(text, f, node));
	return 0;
}

static int check_size(const Onnx__ModelProto *proto, struct err *err)
{
	const Onnx__GraphProto *g = proto->graph;

	if (!g)
		return err_set(err, -EINVAL, "not an ONNX file: it has no graph");
	if (proto->n_functions)
		return err_set(err, -EINVAL,
			"the file defines %zu operators of its own (functions), which this "
			"version cannot carry out",
			proto->n_functions);
	if (g->n_sparse_initializer)
		return err_set(err, -EINVAL,
			"the file has sparse initializers, only dense ones can be read");
	if (g->n_node == 0 || g->n_node > ONNX_NODES_MAX)
		return err_set(err, -EINVAL, "the graph has %zu nodes, allowed are 1 to %d",
			g->n_node, ONNX_NODES_MAX);
	if (g->n_initializer > ONNX_NODES_MAX)
		return err_set(err, -EINVAL, "the graph has %zu initializers, allowed are %d",
			g->n_initializer, ONNX_NODES_MAX);
	if (g->n_input > ONNX_NODES_MAX)
		return err_set(
			err, -EINVAL, "the graph has %zu inputs, allowed is one", g->n_input);
	return 0;
}

/* `known` holds an initializer's tensor; for inputs and results, which have none, the file. */
static int name_new(struct onnx_file *f, const char *name, void *what, struct err *err)
{
	char show[ONNX_TEXT];

	if (!name || !name[0])
		return err_set(err, -EINVAL, "the graph has a tensor without a name");
	if (map_get(f->known, name))
		return err_set(err, -EINVAL, "tensor \"%s\" is made twice", onnx_show(show, name));
	return map_put(f->known, name, what) < 0 ? no_memory(err) : 0;
}

static int read_tensors(struct onnx_file *f, struct err *err)
{
	const Onnx__GraphProto *g = f->proto->graph;

	f->tensors = arena_zalloc(f->memory, g->n_initializer + 1, sizeof(*f->tensors));
	if (!f->tensors)
		return no_memory(err);
	for (size_t i = 0; i < g->n_initializer; i++) {
		int rc = name_new(f, g->initializer[i]->name, &f->tensors[i], err);

		if (rc == 0)
			rc = onnx_tensor_read(&f->tensors[i], g->initializer[i], f->memory, err);
		if (rc < 0)
			return rc;
		f->tensor_count++;
	}
	return 0;
}

/* [batch, inputs] of float; the second may be left open. */
static int input_shape(struct onnx_file *f, const Onnx__ValueInfoProto *in, struct err *err)
{
	const Onnx__TypeProto__Tensor *type = in->type ? in->type->tensor_type : NULL;
	const Onnx__TensorShapeProto *shape;
	char show[ONNX_TEXT];

	onnx_show(show, in->name);
	if (!type || type->elem_type != TYPE_FLOAT)
		return err_set(err, -EINVAL, "input \"%s\" is no tensor of float32", show);
	shape = type->shape;
	if (!shape)
		return 0;
	if (shape->n_dim != 2)
		return err_set(err, -EINVAL,
			"input \"%s\" has %zu dims, allowed is [batch, inputs]", show,
			shape->n_dim);
	if (!shape->dim[1]->has_dim_value)
		return 0;
	if (shape->dim[1]->dim_value < 1)
		return err_set(err, -EINVAL,
			"input \"%s\" is %" PRId64 " wide, at least 1 is allowed", show,
			shape->dim[1]->dim_value);
	f->input_width = (size_t)shape->dim[1]->dim_value;
	return 0;
}

static int read_inputs(struct onnx_file *f, struct err *err)
{
	const Onnx__GraphProto *g = f->proto->graph;

	for (size_t i = 0; i < g->n_input; i++) {
		const Onnx__ValueInfoProto *in = g->input[i];
		int rc;

		/* old exporters repeat every initializer as an input with a default */
		if (in->name && map_get(f->known, in->name) && onnx_tensor(f, in->name))
			continue;
		rc = name_new(f, in->name, f, err);
		if (rc == 0 && f->input)
			rc = err_set(err, -EINVAL,
				"the graph has more than one input, this version wants one: "
				"[batch, "
				"inputs]");
		if (rc == 0)
			rc = input_shape(f, in, err);
		if (rc < 0)
			return rc;
		f->input = in->name;
	}
	if (!f->input)
		return err_set(err, -EINVAL, "the graph has no input");
	return 0;
}

/* In ONNX a node stands behind all it reads. `later` holds what any node makes. */
static int check_node(struct onnx_file *f, const struct map *later, size_t i, struct err *err)
{
	const Onnx__NodeProto *n = f->proto->graph->node[i];
	char node[2 * ONNX_TEXT], show[ONNX_TEXT];

	onnx_show_node(node, f, i);
	if (!is_default_domain(n->domain))
		return err_set(err, -EINVAL,
			"%s is of the domain \"%s\", only operators of ONNX itself can be run",
			node, onnx_show(show, n->domain));
	for (size_t j = 0; j < n->n_input; j++) {
		if (!n->input[j][0] || map_get(f->known, n->input[j]))
			continue;
		if (map_get(later, n->input[j]))
			return err_set(err, -EINVAL,
				"%s reads \"%s\" before it is made: the graph has a cycle or its "
				"nodes "
				"are out of order",
				node, onnx_show(show, n->input[j]));
		return err_set(err, -EINVAL, "%s reads \"%s\", which nothing in the graph makes",
			node, onnx_show(show, n->input[j]));
	}
	for (size_t j = 0; j < n->n_output; j++) {
		int rc = n->output[j][0] ? name_new(f, n->output[j], f, err) : 0;

		if (rc < 0)
			return err_prefix(err, rc, "%s", node);
	}
	return 0;
}

static int check_nodes(struct onnx_file *f, size_t results, struct err *err)
{
	const Onnx__GraphProto *g = f->proto->graph;
	CLEANUP(map_free) struct map *later = NULL;
	char show[ONNX_TEXT];

	if (map_new(&later, results + 1) < 0)
		return no_memory(err);
	for (size_t i = 0; i < g->n_node; i++)
		for (size_t j = 0; j < g->node[i]->n_output; j++)
			if (map_put(later, g->node[i]->output[j], f) < 0)
				return no_memory(err);
	for (size_t i = 0; i < g->n_node; i++) {
		int rc = check_node(f, later, i, err);

		if (rc < 0)
			return rc;
	}
	if (g->n_output != 1)
		return err_set(err, -EINVAL,
			"the graph has %zu outputs, allowed is one: the probability of a defect",
			g->n_output);
	f->output = g->output[0]->name;
	if (!f->output || !map_get(f->known, f->output))
		return err_set(err, -EINVAL, "nothing in the graph makes its output \"%s\"",
			onnx_show(show, f->output));
	return 0;
}

static int check_graph(struct onnx_file *f, struct err *err)
{
	const Onnx__GraphProto *g = f->proto->graph;
	size_t results = 0;
	int rc;

	for (size_t i = 0; i < g->n_node; i++)
		results += g->node[i]->n_output;
	if (map_new(&f->known, g->n_initializer + g->n_input + results + 1) < 0)
		return no_memory(err);
	rc = read_tensors(f, err);
	if (rc == 0)
		rc = read_inputs(f, err);
	if (rc == 0)
		rc = check_nodes(f, results, err);
	return rc;
}

int onnx_read(struct onnx_file *out, const void *bytes, size_t len, struct err *err)
{
	int rc;

	if (len == 0)
		return err_set(err, -EINVAL, "not an ONNX file: it is empty");
	rc = onnx_scan(&onnx__model_proto__descriptor, bytes, len, err);
	if (rc < 0)
		return rc;
	out->alloc = malloc(sizeof(*out->alloc));
	if (!out->alloc || arena_new(&out->memory, BLOCK_BYTES) < 0)
		return no_memory(err);
	onnx_alloc_init(out->alloc, TREE_BYTES(len));
	out->proto = onnx__model_proto__unpack(&out->alloc->vtable, len, bytes);
	if (!out->proto && out->alloc->refused)
		return err_set(err, -EINVAL,
			"the file has more parts than a model of %zu bytes may have", len);
	if (!out->proto)
		return err_set(err, -EINVAL, "not an ONNX file: its fields have the wrong types");
	rc = check_size(out->proto, err);
	for (size_t i = 0; rc == 0 && i < out->proto->graph->n_node; i++)
		rc = check_no_inner_graph(out, i, err);
	if (rc == 0)
		rc = check_opset(out->proto, err);
	if (rc == 0)
		rc = check_graph(out, err);
	return rc;
}

void onnx_deinit(struct onnx_file *f)
{
	map_free(f->known);
	arena_free(f->memory);
	if (f->proto)
		onnx__model_proto__free_unpacked(f->proto, &f->alloc->vtable);
	free(f->alloc);
	*f = (struct onnx_file){0};
}

const struct onnx_tensor *onnx_tensor(const struct onnx_file *f, const char *name)
{
	void *what = map_get(f->known, name);

	return what && what != f ? what : NULL;
}

const char *onnx_metadata(const struct onnx_file *f, const char *key, size_t *len)
{
	for (size_t i = 0; i < f->proto->n_metadata_props; i++) {
		const Onnx__StringStringEntryProto *p = f->proto->metadata_props[i];

		if (p->key && strcmp(p->key, key) == 0) {
			*len = p->value.len;
			return p->value.data ? (const char *)p->value.data : "";
		}
	}
	return NULL;
}
