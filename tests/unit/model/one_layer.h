/* Files with a network of one layer, with or without the sigmoid behind it, and any metadata. */
#pragma once

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/model/onnx.pb-c.h"
#include "lib/model/onnx_write.h"
#include "lib/nn/program.h"

/* The last node goes; what it read is the output. */
static inline void one_layer_drop_last(struct buf *b)
{
	Onnx__ModelProto *m = onnx__model_proto__unpack(NULL, b->len, (const uint8_t *)b->data);
	Onnx__GraphProto *g;

	assert_non_null(m);
	g = m->graph;
	onnx__node_proto__free_unpacked(g->node[--g->n_node], NULL);
	free(g->output[0]->name);
	g->output[0]->name = strdup(g->node[g->n_node - 1]->output[0]);
	buf_clear(b);
	b->len = onnx__model_proto__get_packed_size(m);
	assert_true(b->len <= b->cap); /* it has become shorter */
	onnx__model_proto__pack(m, (uint8_t *)b->data);
	onnx__model_proto__free_unpacked(m, NULL);
}

/* weights [outputs][inputs], bias [outputs]. */
static inline void put_one_layer(struct buf *out, size_t inputs, size_t outputs,
	const float *weights, const float *bias, bool has_sigmoid, const struct onnx_property *list,
	size_t count)
{
	const struct nn_layer layer = {inputs, outputs, weights, bias, NN_SIGMOID};
	CLEANUP(nn_program_free) struct nn_program *p = NULL;

	assert_int_equal(nn_program_new(&p, &layer, 1, NULL, NULL, NULL), 0);
	assert_int_equal(onnx_write(out, p, list, count, NULL), 0);
	if (!has_sigmoid)
		one_layer_drop_last(out);
}
