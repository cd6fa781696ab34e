/* Normalisation: of columns by constants, of rows by their own statistics. */
#include <math.h>
#include <string.h>

#include "lib/model/onnx_algebra.h"
#include "lib/model/onnx_constant.h"
#include "lib/model/onnx_layout.h"
#include "lib/model/onnx_operators.h"

/* ---- BatchNormalization ---- */

/* A number per channel, as a tensor that broadcasts along axis 1 of x. */
static int channel(
	struct onnx_work *w, size_t operand, const struct onnx_value *x, struct onnx_value *out)
{
	bool added[ONNX_RANK_MAX] = {false};
	const struct onnx_value *v;
	int rc = onnx_want(w, operand, &v);

	if (rc < 0)
		return rc;
	if (v->rank != 1)
		return onnx_refuse(
			w, "operand %zu has %zu axes, one is wanted", operand + 1, v->rank);
	for (size_t i = 2; i < x->rank; i++)
		added[i - 1] = true;
	return onnx_unsqueeze(w, out, v, added, x->rank - 2);
}

/* (x - mean) / sqrt(variance + epsilon) * scale + bias, in this order. */
static int normalise(struct onnx_work *w, struct onnx_value *y, const struct onnx_value *x,
	struct onnx_value of[4], double epsilon)
{
	struct onnx_value *scale = &of[0], *bias = &of[1], *mean = &of[2], *variance = &of[3];
	struct onnx_value small;
	int rc = onnx_number_value(w, &small, epsilon);

	if (rc == 0)
		rc = onnx_pair(w, variance, variance, &small, NN_PAIR_ADD);
	if (rc == 0)
		rc = onnx_map(w, variance, variance, NN_MAP_SQRT, 0, 0);
	if (rc == 0)
		rc = onnx_pair(w, y, x, mean, NN_PAIR_SUBTRACT);
	if (rc == 0)
		rc = onnx_pair(w, y, y, variance, NN_PAIR_DIVIDE);
	if (rc == 0)
		rc = onnx_pair(w, y, y, scale, NN_PAIR_MULTIPLY);
	return rc < 0 ? rc : onnx_pair(w, y, y, bias, NN_PAIR_ADD);
}

static int batch(struct onnx_work *w)
{
	struct onnx_value of[4], y;
	const struct onnx_value *x;
	int rc = onnx_want(w, 0, &x);

	if (rc < 0)
		return rc;
	if (onnx_int(w, "training_mode", 0) != 0)
		return onnx_refuse(w, "it is in training mode: it goes over the batch");
	if (onnx_int(w, "spatial", 1) != 1)
		return onnx_refuse(w, "spatial is to be 1");
	if (x->rank < 2)
		return onnx_refuse(w, "a tensor with %zu axes has no channels", x->rank);
	for (size_t i = 0; rc == 0 && i < 4; i++)
		rc = channel(w, i + 1, x, &of[i]);
	if (rc == 0)
		rc = normalise(w, &y, x, of, onnx_float(w, "epsilon", 1e-5f));
	if (rc == 0 && y.count != x->count)
		return onnx_refuse(w, "its numbers do not fit axis 1 of the tensor");
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

/* ---- of rows ---- */

static int scale_and_shift(struct onnx_work *w, struct onnx_value *y, const struct onnx_value *by,
	const struct onnx_value *plus)
{
	const size_t count = y->count;
	int rc = by ? onnx_pair(w, y, y, by, NN_PAIR_MULTIPLY) : 0;

	if (rc == 0 && plus)
		rc = onnx_pair(w, y, y, plus, NN_PAIR_ADD);
	if (rc == 0 && y->count != count)
		return onnx_refuse(w, "its scale or bias is larger than the tensor");
	return rc;
}

static int layer(struct onnx_work *w)
{
	const struct onnx_value *x;
	struct onnx_value y;
	size_t axis;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = onnx_axis(w, onnx_int(w, "axis", -1), x->rank, &axis);
	if (rc == 0)
		rc = onnx_group(w, &y, x, axis, x->rank, NN_GROUP_STANDARDISE,
			onnx_float(w, "epsilon", 1e-5f));
	if (rc == 0)
		rc = scale_and_shift(w, &y, onnx_in(w, 1), onnx_in(w, 2));
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

/* x / sqrt(mean of x^2 + epsilon), over the axes from `first` on */
static int root_mean_square(struct onnx_work *w, struct onnx_value *y, const struct onnx_value *x,
	size_t first, double epsilon)
{
	bool marked[ONNX_RANK_MAX] = {false};
	struct onnx_value small, mean;
	int rc = onnx_number_value(w, &small, epsilon);

	for (size_t i = first; i < x->rank; i++)
		marked[i] = true;
	if (rc == 0)
		rc = onnx_pair(w, &mean, x, x, NN_PAIR_MULTIPLY);
	if (rc == 0)
		rc = onnx_reduce(w, &mean, &mean, marked, true, NN_REDUCE_MEAN);
	if (rc == 0)
		rc = onnx_pair(w, &mean, &mean, &small, NN_PAIR_ADD);
	if (rc == 0)
		rc = onnx_map(w, &mean, &mean, NN_MAP_SQRT, 0, 0);
	return rc < 0 ? rc : onnx_pair(w, y, x, &mean, NN_PAIR_DIVIDE);
}

static int root_mean_square_layer(struct onnx_work *w)
{
	const struct onnx_value *x;
	struct onnx_value y;
	size_t axis;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = onnx_axis(w, onnx_int(w, "axis", -1), x->rank, &axis);
	if (rc == 0)
		rc = root_mean_square(w, &y, x, axis, onnx_float(w, "epsilon", 1e-5f));
	if (rc == 0)
		rc = scale_and_shift(w, &y, onnx_in(w, 1), NULL);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

/* onnxruntime's: (input + skip + bias) normalised over the last axis. */
static int skip_layer(struct onnx_work *w)
{
	const bool simplified = w->operator->f != 0;
	const struct onnx_value *x, *skip, *bias = onnx_in(w, simplified ? 3 : 4);
	const double epsilon = onnx_float(w, "epsilon", 1e-12f);
	struct onnx_value sum, y;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = onnx_want(w, 1, &skip);
	if (rc == 0)
		rc = onnx_pair(w, &sum, x, skip, NN_PAIR_ADD);
	if (rc == 0 && bias)
		rc = onnx_pair(w, &sum, &sum, bias, NN_PAIR_ADD);
	if (rc == 0 && sum.rank == 0)
		return onnx_refuse(w, "there is no axis to normalise");
	if (rc == 0)
		rc = simplified ? root_mean_square(w, &y, &sum, sum.rank - 1, epsilon)
				: onnx_group(w, &y, &sum, sum.rank - 1, sum.rank,
					  NN_GROUP_STANDARDISE, epsilon);
	if (rc == 0)
		rc = scale_and_shift(w, &y, onnx_in(w, 2), simplified ? NULL : onnx_in(w, 3));
	if (rc == 0) {
		onnx_give(w, 0, &y);
		onnx_give(w, 3, &sum);
	}
	return rc;
}

/* Divided by what may be 0: 1 stands for it then. */
static int divide_unless_zero(struct onnx_work *w, struct onnx_value *y, const struct onnx_value *x,
	const struct onnx_value *by)
{
	struct onnx_value one, safe;
	int rc = onnx_number_value(w, &one, 1);

	if (rc == 0)
		rc = onnx_select(w, &safe, by, by, &one);
	return rc < 0 ? rc : onnx_pair(w, y, x, &safe, NN_PAIR_DIVIDE);
}

static int norm_of(struct onnx_work *w, const struct onnx_value *x, size_t axis, enum nn_reduce f)
{
	bool marked[ONNX_RANK_MAX] = {false};
	struct onnx_value y, norm;
	int rc;

	marked[axis] = true;
	rc = onnx_reduce(w, &norm, x, marked, true, f);
	if (rc == 0)
		rc = divide_unless_zero(w, &y, x, &norm);
	y.sort = ONNX_NUMBER;
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

static int lp(struct onnx_work *w)
{
	const int64_t p = onnx_int(w, "p", 2);
	const struct onnx_value *x;
	size_t axis;
	int rc = onnx_want(w, 0, &x);

	if (p != 1 && p != 2)
		return onnx_refuse(w, "p is %lld, 1 and 2 are possible", (long long)p);
	if (rc == 0)
		rc = onnx_axis(w, onnx_int(w, "axis", -1), x->rank, &axis);
	return rc < 0 ? rc : norm_of(w, x, axis, p == 1 ? NN_REDUCE_SUM_ABS : NN_REDUCE_NORM);
}

static int normalizer(struct onnx_work *w)
{
	static const struct {
		const char *name;
		enum nn_reduce f;
	} norms[] = {{"MAX", NN_REDUCE_MAX}, {"L1", NN_REDUCE_SUM_ABS}, {"L2", NN_REDUCE_NORM}};
	const char *name = onnx_string(w, "norm", "MAX");
	const struct onnx_value *x;
	struct onnx_value number;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = onnx_cast(w, &number, x, ONNX_NUMBER);
	if (rc == 0 && number.rank == 0)
		return onnx_refuse(w, "there is no axis to normalise");
	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(norms); i++)
		if (strcmp(norms[i].name, name) == 0)
			return norm_of(w, &number, number.rank - 1, norms[i].f);
	return rc < 0 ? rc : onnx_refuse(w, "norm is MAX, L1 or L2");
}

/* (x - mean) / (sd + 1e-9) */
static int mean_variance(struct onnx_work *w)
{
	static const int64_t usual[] = {0, 2, 3};
	const struct onnx_attribute *a = onnx_attribute(w->node, "axes");
	const int64_t *axes = a ? a->ints : usual;
	bool marked[ONNX_RANK_MAX] = {false};
	const struct onnx_value *x;
	struct onnx_value y, of, small;
	int rc = onnx_want(w, 0, &x);

	for (size_t i = 0; rc == 0 && i < (a ? a->count : ARRAY_LEN(usual)); i++) {
		size_t axis;

		rc = onnx_axis(w, axes[i], x->rank, &axis);
		if (rc == 0)
			marked[axis] = true;
	}
	if (rc == 0)
		rc = onnx_reduce(w, &of, x, marked, true, NN_REDUCE_MEAN);
	if (rc == 0)
		rc = onnx_pair(w, &y, x, &of, NN_PAIR_SUBTRACT);
	if (rc == 0)
		rc = onnx_pair(w, &of, &y, &y, NN_PAIR_MULTIPLY);
	if (rc == 0)
		rc = onnx_reduce(w, &of, &of, marked, true, NN_REDUCE_MEAN);
	if (rc == 0)
		rc = onnx_map(w, &of, &of, NN_MAP_SQRT, 0, 0);
	if (rc == 0)
		rc = onnx_number_value(w, &small, 1e-9);
	if (rc == 0)
		rc = onnx_pair(w, &of, &of, &small, NN_PAIR_ADD);
	if (rc == 0)
		rc = onnx_pair(w, &y, &y, &of, NN_PAIR_DIVIDE);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

#define ROW(name, domain, first, fn, f)                            \
	{                                                          \
		name, domain, first, 0, fn, f, NULL, NULL, 0, 0, 0 \
	}

static const struct onnx_operator rows[] = {
	ROW("BatchNormalization", "", 7, batch, 0),
	/* of ONNX since opset 17; onnxruntime's optimiser writes it under any */
	ROW("LayerNormalization", "", 1, layer, 0),
	ROW("LayerNormalization", ONNX_MICROSOFT, 1, layer, 0),
	ROW("LpNormalization", "", 1, lp, 0),
	ROW("MeanVarianceNormalization", "", 9, mean_variance, 0),
	ROW("Normalizer", ONNX_ML, 1, normalizer, 0),
	ROW("RMSNormalization", "", 23, root_mean_square_layer, 0),
	ROW("SimplifiedLayerNormalization", "", 1, root_mean_square_layer, 0),
	ROW("SimplifiedLayerNormalization", ONNX_MICROSOFT, 1, root_mean_square_layer, 0),
	ROW("SkipLayerNormalization", ONNX_MICROSOFT, 1, skip_layer, 0),
	ROW("SkipSimplifiedLayerNormalization", ONNX_MICROSOFT, 1, skip_layer, 1),
};

const struct onnx_operator_list onnx_norm_operators = {rows, ARRAY_LEN(rows)};
