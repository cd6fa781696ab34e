/* What onnxruntime's optimiser puts in place of several operators. */
#include "lib/model/onnx_algebra.h"
#include "lib/model/onnx_operators.h"

static int map(struct onnx_work *w)
{
	const struct onnx_operator *op = w->operator;
	const struct onnx_value *x, *bias = onnx_in(w, 1);
	struct onnx_value y;
	int rc = onnx_want(w, 0, &x);

	if (rc < 0)
		return rc;
	y = *x;
	if (bias)
		rc = onnx_pair(w, &y, &y, bias, NN_PAIR_ADD);
	if (rc == 0)
		rc = onnx_map(w, &y, &y, (enum nn_map)op->f,
			op->a ? onnx_float(w, op->a, op->a_preset) : 0, 0);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

#define ROW(name, f, a, preset)                                           \
	{                                                                 \
		name, ONNX_MICROSOFT, 1, 0, map, f, a, NULL, preset, 0, 0 \
	}

static const struct onnx_operator rows[] = {
	ROW("BiasGelu", NN_MAP_GELU, NULL, 0),
	ROW("FastGelu", NN_MAP_GELU_TANH, NULL, 0),
	ROW("Gelu", NN_MAP_GELU, NULL, 0),
	ROW("QuickGelu", NN_MAP_SWISH, "alpha", 1.702f),
};

const struct onnx_operator_list onnx_microsoft_operators = {rows, ARRAY_LEN(rows)};
