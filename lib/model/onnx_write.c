#include "lib/model/onnx_write.h"

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/model/onnx.pb-c.h"
#include "lib/nn/program.h"

#define IR_VERSION 8
#define OPSET 17
#define BLOCK_BYTES 16384
#define INPUT "input"
#define OUTPUT "probability"

enum {
	DATA_FLOAT = 1,    /* TensorProto.DataType */
	ATTRIBUTE_INT = 2, /* AttributeProto.AttributeType */
};

/* Collects nodes and initializers; everything lives in the arena. */
struct writer {
	struct arena *memory;
	bool failed; /* memory ran out */
	Onnx__NodeProto **nodes;
	size_t node_count;
	Onnx__TensorProto **tensors;
	size_t tensor_count;
	char *at; /* the tensor that the next node reads */
};

static void *take(struct writer *w, const void *init, size_t size)
{
	void *p = arena_copy(w->memory, init, size);

	if (!p)
		w->failed = true;
	return p;
}

/* A message of this type with its initial values; NULL (and failed) when memory runs out. */
#define NEW(w, type, INIT) ((type *)take((w), &(type)INIT, sizeof(type)))

static char *text(struct writer *w, const char *s)
{
	return take(w, s, strlen(s) + 1);
}

static Onnx__NodeProto *add_node(
	struct writer *w, const char *op, char *name, char *result, size_t constants)
{
	Onnx__NodeProto *n = NEW(w, Onnx__NodeProto, ONNX__NODE_PROTO__INIT);
	char **inputs = arena_zalloc(w->memory, 1 + constants, sizeof(*inputs));
	char **outputs = arena_zalloc(w->memory, 1, sizeof(*outputs));

	if (!n || !inputs || !outputs || !name || !result || !w->at) {
		w->failed = true;
		return NULL;
	}
	inputs[0] = w->at;
	outputs[0] = result;
	n->n_input = 1;
	n->input = inputs;
	n->n_output = 1;
	n->output = outputs;
	n->name = name;
	n->op_type = text(w, op);
	w->nodes[w->node_count++] = n;
	w->at = result;
	return n;
}

/* One more operand: an initializer of rows x columns, or of columns alone where rows is 0. */
static void add_constant(struct writer *w, Onnx__NodeProto *n, char *name, const float *v,
	size_t rows, size_t columns)
{
	size_t count = (rows ? rows : 1) * columns;
	Onnx__TensorProto *t = NEW(w, Onnx__TensorProto, ONNX__TENSOR_PROTO__INIT);
	int64_t *dims = arena_zalloc(w->memory, 2, sizeof(*dims));
	uint8_t *raw = arena_alloc(w->memory, count * sizeof(float));

	if (!n || !t || !dims || !raw || !name) {
		w->failed = true;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		uint32_t bits;

		memcpy(&bits, v + i, 4);
		bits = htole32(bits);
		memcpy(raw + 4 * i, &bits, 4);
	}
	if (rows)
		dims[t->n_dims++] = (int64_t)rows;
	dims[t->n_dims++] = (int64_t)columns;
	t->dims = dims;
	t->has_data_type = true;
	t->data_type = DATA_FLOAT;
	t->name = name;
	t->has_raw_data = true;
	t->raw_data = (ProtobufCBinaryData){.len = count * sizeof(float), .data = raw};
	w->tensors[w->tensor_count++] = t;
	n->input[n->n_input++] = name;
}

static void add_scaling(struct writer *w, const struct nn_program *p)
{
	size_t inputs = nn_program_inputs(p);
	Onnx__NodeProto *n;

	n = add_node(w, "Sub", text(w, "subtract_mean"), text(w, "centred"), 1);
	add_constant(w, n, text(w, "mean"), nn_program_mean(p), 0, inputs);
	n = add_node(w, "Div", text(w, "divide_by_sd"), text(w, "scaled"), 1);
	add_constant(w, n, text(w, "sd"), nn_program_sd(p), 0, inputs);
}

static void add_transposed(struct writer *w, Onnx__NodeProto *n)
{
	Onnx__AttributeProto *a = NEW(w, Onnx__AttributeProto, ONNX__ATTRIBUTE_PROTO__INIT);
	Onnx__AttributeProto **list = take(w, &a, sizeof(a));

	if (!n || !a || !list)
		return;
	a->name = text(w, "transB");
	a->has_i = true;
	a->i = 1;
	a->has_type = true;
	a->type = ATTRIBUTE_INT;
	n->n_attribute = 1;
	n->attribute = list;
}

static void add_layer(struct writer *w, const struct nn_layer *l, size_t number, bool is_last)
{
	static const char *const activations[] = {
		[NN_LINEAR] = NULL,
		[NN_RELU] = "Relu",
		[NN_SIGMOID] = "Sigmoid",
	};
	struct arena *m = w->memory;
	const char *activation = activations[l->activation];
	Onnx__NodeProto *n;

	n = add_node(w, "Gemm", arena_printf(m, "layer_%zu", number),
		arena_printf(m, "layer_%zu_sum", number), 2);
	add_constant(w, n, arena_printf(m, "layer_%zu_weights", number), l->weights, l->outputs,
		l->inputs);
	add_constant(w, n, arena_printf(m, "layer_%zu_bias", number), l->bias, 0, l->outputs);
	add_transposed(w, n);
	if (activation)
		add_node(w, activation, arena_printf(m, "layer_%zu_activation", number),
			is_last ? text(w, OUTPUT) : arena_printf(m, "layer_%zu_result", number), 0);
}

static void add_nodes(struct writer *w, const struct nn_program *p)
{
	size_t layers = nn_program_layer_count(p);

	w->nodes = arena_zalloc(w->memory, 2 + 2 * layers, sizeof(Onnx__NodeProto *));
	w->tensors = arena_zalloc(w->memory, 2 + 2 * layers, sizeof(Onnx__TensorProto *));
	w->at = text(w, INPUT);
	if (!w->nodes || !w->tensors) {
		w->failed = true;
		return;
	}
	if (nn_program_mean(p))
		add_scaling(w, p);
	for (size_t i = 0; i < layers; i++) {
		struct nn_layer layer;

		nn_program_layer(p, i, &layer);
		add_layer(w, &layer, i + 1, i + 1 == layers);
	}
}

/* name: float32 [batch, width] */
static Onnx__ValueInfoProto **value_info(struct writer *w, const char *name, size_t width)
{
	Onnx__ValueInfoProto *v = NEW(w, Onnx__ValueInfoProto, ONNX__VALUE_INFO_PROTO__INIT);
	Onnx__TypeProto *type = NEW(w, Onnx__TypeProto, ONNX__TYPE_PROTO__INIT);
	Onnx__TypeProto__Tensor *tensor =
		NEW(w, Onnx__TypeProto__Tensor, ONNX__TYPE_PROTO__TENSOR__INIT);
	Onnx__TensorShapeProto *shape =
		NEW(w, Onnx__TensorShapeProto, ONNX__TENSOR_SHAPE_PROTO__INIT);
	Onnx__TensorShapeProto__Dimension *batch = NEW(
		w, Onnx__TensorShapeProto__Dimension, ONNX__TENSOR_SHAPE_PROTO__DIMENSION__INIT);
	Onnx__TensorShapeProto__Dimension *columns = NEW(
		w, Onnx__TensorShapeProto__Dimension, ONNX__TENSOR_SHAPE_PROTO__DIMENSION__INIT);
	Onnx__TensorShapeProto__Dimension *dims[] = {batch, columns};

	if (w->failed)
		return NULL;
	batch->dim_param = text(w, "batch");
	columns->has_dim_value = true;
	columns->dim_value = (int64_t)width;
	shape->n_dim = ARRAY_LEN(dims);
	shape->dim = take(w, dims, sizeof(dims));
	tensor->has_elem_type = true;
	tensor->elem_type = DATA_FLOAT;
	tensor->shape = shape;
	type->tensor_type = tensor;
	v->name = text(w, name);
	v->type = type;
	return take(w, &v, sizeof(v));
}

static Onnx__StringStringEntryProto **metadata(
	struct writer *w, const struct onnx_property *properties, size_t count)
{
	Onnx__StringStringEntryProto **list =
		arena_zalloc(w->memory, count + 1, sizeof(Onnx__StringStringEntryProto *));

	if (!list)
		w->failed = true;
	for (size_t i = 0; i < count && !w->failed; i++) {
		list[i] =
			NEW(w, Onnx__StringStringEntryProto, ONNX__STRING_STRING_ENTRY_PROTO__INIT);
		if (!list[i])
			break;
		list[i]->key = text(w, properties[i].key);
		list[i]->has_value = true;
		list[i]->value.len = strlen(properties[i].value);
		list[i]->value.data = (uint8_t *)text(w, properties[i].value);
	}
	return list;
}

static int pack(struct buf *out, const Onnx__ModelProto *m, struct arena *memory, struct err *err)
{
	size_t len = onnx__model_proto__get_packed_size(m);
	uint8_t *bytes = arena_alloc(memory, len);

	if (!bytes)
		return err_set(err, -ENOMEM, "no memory for a model file of %zu bytes", len);
	onnx__model_proto__pack(m, bytes);
	buf_put(out, bytes, len);
	return buf_failed(out)
		       ? err_set(err, -ENOMEM, "no memory for a model file of %zu bytes", len)
		       : 0;
}

int onnx_write(struct buf *out, const struct nn_program *p, const struct onnx_property *properties,
	size_t property_count, struct err *err)
{
	CLEANUP(arena_free) struct arena *memory = NULL;
	Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
	Onnx__GraphProto graph = ONNX__GRAPH_PROTO__INIT;
	Onnx__OperatorSetIdProto opset = ONNX__OPERATOR_SET_ID_PROTO__INIT;
	Onnx__OperatorSetIdProto *opsets[] = {&opset};
	struct writer w = {0};

	if (arena_new(&memory, BLOCK_BYTES) < 0)
		return err_set(err, -ENOMEM, "no memory for a model file");
	w.memory = memory;
	add_nodes(&w, p);
	opset.domain = text(&w, "");
	opset.has_version = true;
	opset.version = OPSET;
	graph.name = text(&w, "defectd");
	graph.n_input = 1;
	graph.input = value_info(&w, INPUT, nn_program_inputs(p));
	graph.n_output = 1;
	graph.output = value_info(&w, OUTPUT, nn_program_outputs(p));
	graph.node = w.nodes;
	graph.n_node = w.node_count;
	graph.initializer = w.tensors;
	graph.n_initializer = w.tensor_count;
	model.has_ir_version = true;
	model.ir_version = IR_VERSION;
	model.producer_name = text(&w, "defectd");
	model.producer_version = text(&w, DEFECTD_VERSION);
	model.graph = &graph;
	model.n_opset_import = ARRAY_LEN(opsets);
	model.opset_import = opsets;
	model.n_metadata_props = property_count;
	model.metadata_props = metadata(&w, properties, property_count);
	if (w.failed)
		return err_set(err, -ENOMEM, "no memory for a model file");
	return pack(out, &model, memory, err);
}
