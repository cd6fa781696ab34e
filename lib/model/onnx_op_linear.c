/* Products of matrices. */
#include <string.h>

#include "lib/model/onnx_algebra.h"
#include "lib/model/onnx_constant.h"
#include "lib/model/onnx_layout.h"
#include "lib/model/onnx_matmul.h"
#include "lib/model/onnx_operators.h"

/* With the last two axes exchanged. */
static int turn(struct onnx_work *w, struct onnx_value *x)
{
	size_t permutation[ONNX_RANK_MAX];

	if (x->rank < 2)
		return onnx_refuse(w, "a tensor with %zu axes is to be transposed", x->rank);
	for (size_t i = 0; i < x->rank; i++)
		permutation[i] = i;
	permutation[x->rank - 2] = x->rank - 1;
	permutation[x->rank - 1] = x->rank - 2;
	return onnx_transpose(w, x, x, permutation);
}

static int scale(struct onnx_work *w, struct onnx_value *x, double by)
{
	struct onnx_value factor;
	int rc = by == 1 ? 0 : onnx_number_value(w, &factor, by);

	return by == 1 || rc < 0 ? rc : onnx_pair(w, x, x, &factor, NN_PAIR_MULTIPLY);
}

static int matmul(struct onnx_work *w)
{
	const struct onnx_value *a, *b;
	struct onnx_value y;
	int rc = onnx_want(w, 0, &a);

	if (rc == 0)
		rc = onnx_want(w, 1, &b);
	if (rc == 0)
		rc = onnx_matmul(w, &y, a, b, 1, NULL);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

/* alpha A' B' + beta C */
static int multiply_and_add(struct onnx_work *w, struct onnx_value *y)
{
	const double alpha = onnx_float(w, "alpha", 1), beta = onnx_float(w, "beta", 1);
	const struct onnx_value *first, *second, *c = onnx_in(w, 2);
	struct onnx_value a, b, bias;
	int rc = onnx_want(w, 0, &first);

	if (rc == 0)
		rc = onnx_want(w, 1, &second);
	if (rc < 0)
		return rc;
	a = *first;
	b = *second;
	if (a.rank != 2 || b.rank != 2)
		return onnx_refuse(
			w, "operands with %zu and %zu axes, it takes matrices", a.rank, b.rank);
	if (onnx_int(w, "transA", 0))
		rc = turn(w, &a);
	if (rc == 0 && onnx_int(w, "transB", 0))
		rc = turn(w, &b);
	if (rc < 0)
		return rc;
	if (!c || beta == 0)
		return onnx_matmul(w, y, &a, &b, alpha, NULL);
	bias = *c;
	rc = scale(w, &bias, beta);
	if (rc < 0)
		return rc;
	if (bias.what == ONNX_CONSTANT)
		return onnx_matmul(w, y, &a, &b, alpha, &bias);
	rc = onnx_matmul(w, y, &a, &b, alpha, NULL);
	return rc < 0 ? rc : onnx_pair(w, y, y, &bias, NN_PAIR_ADD);
}

static int gemm(struct onnx_work *w)
{
	struct onnx_value y;
	int rc = multiply_and_add(w, &y);

	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

/* The activations that onnxruntime's optimiser puts behind a Gemm. */
static const struct {
	const char *name;
	enum nn_map f;
	double a, b; /* what stands for missing parameters */
} activations[] = {
	{"Relu", NN_MAP_RELU, 0, 0},
	{"Sigmoid", NN_MAP_SIGMOID, 0, 0},
	{"Tanh", NN_MAP_TANH, 0, 0},
	{"LeakyRelu", NN_MAP_LEAKY_RELU, 0.01f, 0},
	{"Elu", NN_MAP_ELU, 1, 0},
	{"HardSigmoid", NN_MAP_HARD_SIGMOID, 0.2f, 0.5f},
	{"Selu", NN_MAP_SELU, 1.67326319217681884765625, 1.05070102214813232421875},
	{"Softplus", NN_MAP_SOFTPLUS, 0, 0},
	{"Softsign", NN_MAP_SOFTSIGN, 0, 0},
	{"ThresholdedRelu", NN_MAP_THRESHOLDED, 1, 0},
};

static int fused_gemm(struct onnx_work *w)
{
	const char *name = onnx_string(w, "activation", "");
	struct onnx_value y;
	int rc = multiply_and_add(w, &y);

	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(activations); i++) {
		const char *second =
			activations[i].f == NN_MAP_SELU ? "activation_gamma" : "activation_beta";

		if (strcmp(activations[i].name, name) != 0)
			continue;
		rc = onnx_map(w, &y, &y, activations[i].f,
			onnx_float(w, "activation_alpha", activations[i].a),
			onnx_float(w, second, activations[i].b));
		if (rc == 0)
			onnx_give(w, 0, &y);
		return rc;
	}
	return rc < 0 ? rc : onnx_refuse(w, "its activation is not known");
}

static int fused_matmul(struct onnx_work *w)
{
	const struct onnx_value *first, *second;
	struct onnx_value a, b, y;
	int rc = onnx_want(w, 0, &first);

	if (rc == 0)
		rc = onnx_want(w, 1, &second);
	if (rc < 0)
		return rc;
	a = *first;
	b = *second;
	if (onnx_int(w, "transBatchA", 0) || onnx_int(w, "transBatchB", 0))
		return onnx_refuse(w, "it transposes the batch");
	if (onnx_int(w, "transA", 0))
		rc = turn(w, &a);
	if (rc == 0 && onnx_int(w, "transB", 0))
		rc = turn(w, &b);
	if (rc == 0)
		rc = onnx_matmul(w, &y, &a, &b, onnx_float(w, "alpha", 1), NULL);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

static const struct onnx_operator rows[] = {
	{.name = "MatMul", .domain = "", .first = 1, .translate = matmul},
	{.name = "Gemm", .domain = "", .first = 7, .translate = gemm},
	{.name = "FusedGemm", .domain = ONNX_MICROSOFT, .first = 1, .translate = fused_gemm},
	{.name = "FusedMatMul", .domain = ONNX_MICROSOFT, .first = 1, .translate = fused_matmul},
	{.name = "TransposeMatMul",
		.domain = ONNX_MICROSOFT,
		.first = 1,
		.translate = fused_matmul},
};

const struct onnx_operator_list onnx_linear_operators = {rows, ARRAY_LEN(rows)};
