/* Operators that work number by number. */
#include <string.h>

#include "lib/model/onnx_algebra.h"
#include "lib/model/onnx_constant.h"
#include "lib/model/onnx_double.h"
#include "lib/model/onnx_layout.h"
#include "lib/model/onnx_operators.h"

static int map(struct onnx_work *w)
{
	const struct onnx_operator *op = w->operator;
	const struct onnx_value *x;
	struct onnx_value y;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = onnx_map(w, &y, x, (enum nn_map)op->f,
			op->a ? onnx_float(w, op->a, op->a_preset) : op->a_preset,
			op->b ? onnx_float(w, op->b, op->b_preset) : op->b_preset);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

/* Rounding leaves whole numbers as they are, and IsInf's attributes are integers. */
static int is_infinite(struct onnx_work *w)
{
	const struct onnx_value *x;
	struct onnx_value y;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = onnx_map(w, &y, x, NN_MAP_IS_INFINITE,
			(double)onnx_int(w, "detect_negative", 1),
			(double)onnx_int(w, "detect_positive", 1));
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

static int gelu(struct onnx_work *w)
{
	const char *how = onnx_string(w, "approximate", "none");
	const struct onnx_value *x;
	struct onnx_value y;
	int rc = onnx_want(w, 0, &x);

	if (strcmp(how, "none") != 0 && strcmp(how, "tanh") != 0)
		return onnx_refuse(w, "approximate is none or tanh");
	if (rc == 0)
		rc = onnx_map(w, &y, x, how[0] == 't' ? NN_MAP_GELU_TANH : NN_MAP_GELU, 0, 0);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

static int pair_by(struct onnx_work *w, enum nn_pair f)
{
	const struct onnx_value *a, *b;
	struct onnx_value y;
	int rc = onnx_want(w, 0, &a);

	if (rc == 0)
		rc = onnx_want(w, 1, &b);
	if (rc == 0)
		rc = onnx_pair(w, &y, a, b, f);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

static int pair(struct onnx_work *w)
{
	return pair_by(w, (enum nn_pair)w->operator->f);
}

static int mod(struct onnx_work *w)
{
	return pair_by(w, onnx_int(w, "fmod", 0) ? NN_PAIR_REMAINDER : NN_PAIR_MODULO);
}

/* Any number of operands, one after the other. */
static int fold_operands(struct onnx_work *w, enum nn_pair f, struct onnx_value *y)
{
	const struct onnx_value *x;
	int rc = onnx_want(w, 0, &x);

	if (rc < 0)
		return rc;
	*y = *x;
	for (size_t i = 1; rc == 0 && i < w->node->input_count; i++) {
		rc = onnx_want(w, i, &x);
		if (rc < 0)
			return rc;
		/* Max(x, 0) and Min(x, 6) are ways to write activations */
		if (x->what == ONNX_CONSTANT && x->count == 1 && x->rank <= y->rank &&
			y->what == ONNX_ROWS && f == NN_PAIR_MAX)
			rc = onnx_clip(w, y, y, x, NULL);
		else if (x->what == ONNX_CONSTANT && x->count == 1 && x->rank <= y->rank &&
			 y->what == ONNX_ROWS && f == NN_PAIR_MIN)
			rc = onnx_clip(w, y, y, NULL, x);
		else if (y->what == ONNX_CONSTANT && y->count == 1 && y->rank <= x->rank &&
			 x->what == ONNX_ROWS && f == NN_PAIR_MAX)
			rc = onnx_clip(w, y, x, y, NULL);
		else
			rc = onnx_pair(w, y, y, x, f);
	}
	return rc;
}

static int fold(struct onnx_work *w)
{
	struct onnx_value y;
	int rc = fold_operands(w, (enum nn_pair)w->operator->f, &y);

	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

static int mean(struct onnx_work *w)
{
	struct onnx_value y, count;
	int rc = fold_operands(w, NN_PAIR_ADD, &y);

	if (rc == 0)
		rc = onnx_number_value(w, &count, (double)w->node->input_count);
	if (rc == 0)
		rc = onnx_pair(w, &y, &y, &count, NN_PAIR_DIVIDE);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

/* The limits: attributes before opset 11, operands since. */
static int clip(struct onnx_work *w)
{
	const bool by_attribute = w->operator->last != 0;
	const struct onnx_value *x, *low = onnx_in(w, 1), *high = onnx_in(w, 2);
	struct onnx_value y, from, to;
	int rc = onnx_want(w, 0, &x);

	if (by_attribute) {
		low = high = NULL;
		if (rc == 0 && onnx_attribute(w->node, "min")) {
			rc = onnx_number_value(w, &from, onnx_float(w, "min", 0));
			low = &from;
		}
		if (rc == 0 && onnx_attribute(w->node, "max")) {
			rc = onnx_number_value(w, &to, onnx_float(w, "max", 0));
			high = &to;
		}
	}
	if (rc == 0)
		rc = onnx_clip(w, &y, x, low, high);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

static int where(struct onnx_work *w)
{
	const struct onnx_value *condition, *a, *b;
	struct onnx_value y;
	int rc = onnx_want(w, 0, &condition);

	if (rc == 0)
		rc = onnx_want(w, 1, &a);
	if (rc == 0)
		rc = onnx_want(w, 2, &b);
	if (rc == 0)
		rc = onnx_select(w, &y, condition, a, b);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

static int cast(struct onnx_work *w)
{
	const struct onnx_value *x, *like = onnx_in(w, 1);
	const int to = (int)onnx_int(w, "to", ONNX_TYPE_FLOAT);
	struct onnx_value y;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = onnx_cast(w, &y, x, like ? like->sort : onnx_sort_of(to));
	if (rc == 0 && !like && to == ONNX_TYPE_DOUBLE && y.what == ONNX_ROWS && !y.scale)
		rc = onnx_double_begin(w, &y, true);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

static int identity(struct onnx_work *w)
{
	const struct onnx_value *x;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		onnx_give(w, 0, x);
	return rc;
}

/* Does nothing but while training. */
static int dropout(struct onnx_work *w)
{
	const struct onnx_tensor *training;
	int rc = 0;

	if (onnx_in(w, 2)) {
		rc = onnx_want_constant(w, 2, &training);
		if (rc == 0 && training->count && onnx_number(training, 0) != 0)
			return onnx_refuse(w, "it is in training mode: its output is random");
	}
	return rc < 0 ? rc : identity(w);
}

#define MAP(name, first, f)                                     \
	{                                                       \
		name, "", first, 0, map, f, NULL, NULL, 0, 0, 0 \
	}
#define MAP_1(name, first, f, a, preset)                          \
	{                                                         \
		name, "", first, 0, map, f, a, NULL, preset, 0, 0 \
	}
#define MAP_2(name, first, f, a, a_preset, b, b_preset)                 \
	{                                                               \
		name, "", first, 0, map, f, a, b, a_preset, b_preset, 0 \
	}
#define PAIR(name, first, f)                                     \
	{                                                        \
		name, "", first, 0, pair, f, NULL, NULL, 0, 0, 0 \
	}
#define PLAIN(name, first, last, fn, f)                           \
	{                                                         \
		name, "", first, last, fn, f, NULL, NULL, 0, 0, 0 \
	}

static const struct onnx_operator rows[] = {
	MAP("Abs", 6, NN_MAP_ABS),
	MAP("Acos", 7, NN_MAP_ACOS),
	MAP("Acosh", 9, NN_MAP_ACOSH),
	MAP("Asin", 7, NN_MAP_ASIN),
	MAP("Asinh", 9, NN_MAP_ASINH),
	MAP("Atan", 7, NN_MAP_ATAN),
	MAP("Atanh", 9, NN_MAP_ATANH),
	MAP("Ceil", 6, NN_MAP_CEIL),
	MAP_1("Celu", 12, NN_MAP_CELU, "alpha", 1),
	MAP("Cos", 7, NN_MAP_COS),
	MAP("Cosh", 9, NN_MAP_COSH),
	MAP_1("Elu", 6, NN_MAP_ELU, "alpha", 1),
	MAP("Erf", 9, NN_MAP_ERF),
	MAP("Exp", 6, NN_MAP_EXP),
	MAP("Floor", 6, NN_MAP_FLOOR),
	PLAIN("Gelu", 20, 0, gelu, 0),
	MAP_2("HardSigmoid", 6, NN_MAP_HARD_SIGMOID, "alpha", 0.2f, "beta", 0.5f),
	MAP("HardSwish", 14, NN_MAP_HARD_SWISH),
	PLAIN("IsInf", 10, 0, is_infinite, 0),
	MAP("IsNaN", 9, NN_MAP_IS_NAN),
	MAP_1("LeakyRelu", 6, NN_MAP_LEAKY_RELU, "alpha", 0.01f),
	MAP("Log", 6, NN_MAP_LOG),
	MAP("Mish", 18, NN_MAP_MISH),
	MAP("Neg", 6, NN_MAP_NEGATE),
	MAP("Not", 1, NN_MAP_NOT),
	MAP("Reciprocal", 6, NN_MAP_RECIPROCAL),
	MAP("Relu", 6, NN_MAP_RELU),
	MAP("Round", 11, NN_MAP_ROUND),
	MAP_2("Selu", 6, NN_MAP_SELU, "alpha", 1.67326319217681884765625, "gamma",
		1.05070102214813232421875),
	MAP_2("Shrink", 9, NN_MAP_SHRINK, "lambd", 0.5, "bias", 0),
	MAP("Sigmoid", 6, NN_MAP_SIGMOID),
	MAP("Sign", 9, NN_MAP_SIGN),
	MAP("Sin", 7, NN_MAP_SIN),
	MAP("Sinh", 9, NN_MAP_SINH),
	MAP("Softplus", 1, NN_MAP_SOFTPLUS),
	MAP("Softsign", 1, NN_MAP_SOFTSIGN),
	MAP("Sqrt", 6, NN_MAP_SQRT),
	MAP_1("Swish", 24, NN_MAP_SWISH, "alpha", 1),
	MAP("Tan", 7, NN_MAP_TAN),
	MAP("Tanh", 6, NN_MAP_TANH),
	MAP_1("ThresholdedRelu", 1, NN_MAP_THRESHOLDED, "alpha", 1),
	PAIR("Add", 7, NN_PAIR_ADD),
	PAIR("And", 7, NN_PAIR_AND),
	PAIR("Div", 7, NN_PAIR_DIVIDE),
	PAIR("Equal", 7, NN_PAIR_EQUAL),
	PAIR("Greater", 7, NN_PAIR_GREATER),
	PAIR("GreaterOrEqual", 12, NN_PAIR_GREATER_EQUAL),
	PAIR("Less", 7, NN_PAIR_LESS),
	PAIR("LessOrEqual", 12, NN_PAIR_LESS_EQUAL),
	PAIR("Mul", 7, NN_PAIR_MULTIPLY),
	PAIR("Or", 7, NN_PAIR_OR),
	PAIR("Pow", 7, NN_PAIR_POWER),
	PAIR("PRelu", 7, NN_PAIR_PRELU),
	PAIR("Sub", 7, NN_PAIR_SUBTRACT),
	PAIR("Xor", 7, NN_PAIR_XOR),
	PLAIN("Mod", 10, 0, mod, 0),
	PLAIN("Max", 6, 0, fold, NN_PAIR_MAX),
	PLAIN("Mean", 6, 0, mean, 0),
	PLAIN("Min", 6, 0, fold, NN_PAIR_MIN),
	PLAIN("Sum", 6, 0, fold, NN_PAIR_ADD),
	PLAIN("Clip", 6, 10, clip, 0),
	PLAIN("Clip", 11, 0, clip, 0),
	PLAIN("Where", 9, 0, where, 0),
	PLAIN("Cast", 6, 0, cast, 0),
	PLAIN("CastLike", 15, 0, cast, 0),
	PLAIN("Identity", 1, 0, identity, 0),
	PLAIN("Dropout", 7, 0, dropout, 0),
};

const struct onnx_operator_list onnx_elementwise_operators = {rows, ARRAY_LEN(rows)};
