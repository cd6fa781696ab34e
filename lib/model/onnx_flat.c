#include "lib/model/onnx_flat.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/err.h"

#define SLOTS_MAX (50 * (size_t)ONNX_NODES_MAX)

static int no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "no memory for the model");
}

static int too_many(struct err *err)
{
	return err_set(err, -EINVAL,
		"the graph has more than %d nodes with the functions in their places",
		ONNX_NODES_MAX);
}

void onnx_flat_deinit(struct onnx_flat *f)
{
	free(f->nodes);
	free(f->names);
	free(f->initializers);
	*f = (struct onnx_flat){0};
}

int onnx_flat_value(struct onnx_flat *f, const char *name, size_t *out, struct err *err)
{
	if (f->value_count == f->value_room) {
		size_t room = f->value_room ? 2 * f->value_room : 256;
		const char **names = realloc(f->names, room * sizeof(*names));
		const struct Onnx__TensorProto **initializers;

		if (!names)
			return no_memory(err);
		f->names = names;
		initializers = realloc(f->initializers, room * sizeof(*initializers));
		if (!initializers)
			return no_memory(err);
		f->initializers = initializers;
		f->value_room = room;
	}
	*out = f->value_count++;
	f->names[*out] = name;
	f->initializers[*out] = NULL;
	return 0;
}

int onnx_flat_node(struct onnx_flat *f, const struct onnx_node *n, struct err *err)
{
	if (f->node_count + f->calls >= ONNX_NODES_MAX)
		return too_many(err);
	if (f->node_count == f->node_room) {
		size_t room = f->node_room ? 2 * f->node_room : 64;
		struct onnx_node *nodes = realloc(f->nodes, room * sizeof(*nodes));

		if (!nodes)
			return no_memory(err);
		f->nodes = nodes;
		f->node_room = room;
	}
	f->nodes[f->node_count++] = *n;
	return 0;
}

int onnx_flat_call(struct onnx_flat *f, struct err *err)
{
	f->calls++;
	if (f->node_count + f->calls > ONNX_NODES_MAX)
		return too_many(err);
	return 0;
}

int onnx_flat_slots(struct onnx_flat *f, size_t count, struct err *err)
{
	if (count > SLOTS_MAX - f->slots)
		return err_set(err, -EINVAL,
			"the nodes of the graph read and make more than %zu tensors", SLOTS_MAX);
	f->slots += count;
	return 0;
}
