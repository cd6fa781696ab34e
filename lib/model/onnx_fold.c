#include "lib/model/onnx_fold.h"

#include <math.h>

static double round_even(double x)
{
	double down = floor(x), rest = x - down;

	if (rest != 0.5)
		return rest < 0.5 ? down : down + 1;
	return fmod(down, 2) == 0 ? down : down + 1;
}

static double gelu_tanh(double x)
{
	return 0.5 * x * (1 + tanh(sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}

static double softplus(double x)
{
	return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

/* The functions that take parameters, and those made of others. */
static double fold_shaped(enum nn_map f, double a, double b, double x)
{
	switch (f) {
	case NN_MAP_IS_INFINITE:
		return isinf(x) && (x < 0 ? a != 0 : b != 0);
	case NN_MAP_LEAKY_RELU:
		return x < 0 ? a * x : x;
	case NN_MAP_ELU:
		return x < 0 ? a * expm1(x) : x;
	case NN_MAP_SELU:
		return b * (x > 0 ? x : a * expm1(x));
	case NN_MAP_CELU:
		return fmax(0, x) + fmin(0, a * expm1(x / a));
	case NN_MAP_HARD_SIGMOID:
		return fmax(0, fmin(1, a * x + b));
	case NN_MAP_HARD_SWISH:
		return x * fmax(0, fmin(1, x / 6 + 0.5));
	case NN_MAP_THRESHOLDED:
		return x > a ? x : 0;
	case NN_MAP_SHRINK:
		return x < -a ? x + b : x > a ? x - b : 0;
	case NN_MAP_GELU:
		return 0.5 * x * (1 + erf(x / sqrt(2)));
	case NN_MAP_GELU_TANH:
		return gelu_tanh(x);
	case NN_MAP_SWISH:
		return x / (1 + exp(-a * x));
	case NN_MAP_MISH:
		return x * tanh(softplus(x));
	default:
		return NAN;
	}
}

static double fold_trigonometry(enum nn_map f, double a, double b, double x)
{
	switch (f) {
	case NN_MAP_SIN:
		return sin(x);
	case NN_MAP_COS:
		return cos(x);
	case NN_MAP_TAN:
		return tan(x);
	case NN_MAP_ASIN:
		return asin(x);
	case NN_MAP_ACOS:
		return acos(x);
	case NN_MAP_ATAN:
		return atan(x);
	case NN_MAP_SINH:
		return sinh(x);
	case NN_MAP_COSH:
		return cosh(x);
	case NN_MAP_ASINH:
		return asinh(x);
	case NN_MAP_ACOSH:
		return acosh(x);
	case NN_MAP_ATANH:
		return atanh(x);
	default:
		return fold_shaped(f, a, b, x);
	}
}

double onnx_fold_map(enum nn_map f, double a, double b, double x)
{
	switch (f) {
	case NN_MAP_RELU:
		return x > 0 || isnan(x) ? x : 0;
	case NN_MAP_SIGMOID:
		return 1 / (1 + exp(-x));
	case NN_MAP_TANH:
		return tanh(x);
	case NN_MAP_EXP:
		return exp(x);
	case NN_MAP_LOG:
		return log(x);
	case NN_MAP_SQRT:
		return sqrt(x);
	case NN_MAP_ABS:
		return fabs(x);
	case NN_MAP_NEGATE:
		return -x;
	case NN_MAP_RECIPROCAL:
		return 1 / x;
	case NN_MAP_SIGN:
		return isnan(x) ? x : (x > 0) - (x < 0);
	case NN_MAP_FLOOR:
		return floor(x);
	case NN_MAP_CEIL:
		return ceil(x);
	case NN_MAP_ROUND:
		return round_even(x);
	case NN_MAP_TRUNCATE:
		return trunc(x);
	case NN_MAP_ERF:
		return erf(x);
	case NN_MAP_NOT:
		return x == 0;
	case NN_MAP_IS_NAN:
		return isnan(x);
	case NN_MAP_SOFTPLUS:
		return softplus(x);
	case NN_MAP_SOFTSIGN:
		return x / (1 + fabs(x));
	default:
		return fold_trigonometry(f, a, b, x);
	}
}

static double modulo(double a, double b)
{
	double r = fmod(a, b);

	return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

double onnx_fold_pair(enum nn_pair f, double a, double b)
{
	switch (f) {
	case NN_PAIR_ADD:
		return a + b;
	case NN_PAIR_SUBTRACT:
		return a - b;
	case NN_PAIR_MULTIPLY:
		return a * b;
	case NN_PAIR_DIVIDE:
		return a / b;
	case NN_PAIR_POWER:
		return pow(a, b);
	case NN_PAIR_MAX:
		return isnan(a) || isnan(b) ? NAN : fmax(a, b);
	case NN_PAIR_MIN:
		return isnan(a) || isnan(b) ? NAN : fmin(a, b);
	case NN_PAIR_REMAINDER:
		return fmod(a, b);
	case NN_PAIR_MODULO:
		return modulo(a, b);
	case NN_PAIR_LESS:
		return a < b;
	case NN_PAIR_LESS_EQUAL:
		return a <= b;
	case NN_PAIR_GREATER:
		return a > b;
	case NN_PAIR_GREATER_EQUAL:
		return a >= b;
	case NN_PAIR_EQUAL:
		return a == b;
	case NN_PAIR_AND:
		return a != 0 && b != 0;
	case NN_PAIR_OR:
		return a != 0 || b != 0;
	case NN_PAIR_XOR:
		return (a != 0) != (b != 0);
	case NN_PAIR_PRELU:
		return a < 0 ? a * b : a;
	case NN_PAIR_COUNT:
		break;
	}
	return NAN;
}

bool onnx_fold_ints(enum nn_pair f, int64_t a, int64_t b, int64_t *out)
{
	switch (f) {
	case NN_PAIR_ADD:
		return __builtin_add_overflow(a, b, out) || true;
	case NN_PAIR_SUBTRACT:
		return __builtin_sub_overflow(a, b, out) || true;
	case NN_PAIR_MULTIPLY:
		return __builtin_mul_overflow(a, b, out) || true;
	case NN_PAIR_MAX:
		*out = a > b ? a : b;
		return true;
	case NN_PAIR_MIN:
		*out = a < b ? a : b;
		return true;
	case NN_PAIR_EQUAL:
		*out = a == b;
		return true;
	default:
		break;
	}
	if (f == NN_PAIR_DIVIDE || f == NN_PAIR_REMAINDER || f == NN_PAIR_MODULO) {
		if (b == 0 || (a == INT64_MIN && b == -1))
			return false;
		*out = f == NN_PAIR_DIVIDE ? a / b : a % b;
		if (f == NN_PAIR_MODULO && *out != 0 && (*out < 0) != (b < 0))
			*out += b;
		return true;
	}
	*out = (int64_t)0;
	return false;
}

static double reduce_one(enum nn_reduce f, double sum, double x)
{
	switch (f) {
	case NN_REDUCE_MAX:
		return isnan(x) || x > sum ? x : sum;
	case NN_REDUCE_MIN:
		return isnan(x) || x < sum ? x : sum;
	case NN_REDUCE_PRODUCT:
		return sum * x;
	case NN_REDUCE_SUM_ABS:
		return sum + fabs(x);
	case NN_REDUCE_SUM_SQUARES:
	case NN_REDUCE_NORM:
		return sum + x * x;
	case NN_REDUCE_LOG_SUM_EXP:
		return sum + exp(x);
	default:
		return sum + x;
	}
}

static double reduce_place(enum nn_reduce f, const double *x, size_t size, size_t stride)
{
	size_t best = 0;

	for (size_t i = 1; i < size; i++) {
		double a = x[i * stride], b = x[best * stride];

		if (f == NN_REDUCE_ARG_MAX ? a > b : a < b)
			best = i;
	}
	return (double)best;
}

double onnx_fold_reduce(enum nn_reduce f, const double *x, size_t size, size_t stride)
{
	double sum = f == NN_REDUCE_MAX       ? -INFINITY
		     : f == NN_REDUCE_MIN     ? INFINITY
		     : f == NN_REDUCE_PRODUCT ? 1
					      : 0;

	if (f == NN_REDUCE_ARG_MAX || f == NN_REDUCE_ARG_MIN)
		return reduce_place(f, x, size, stride);
	for (size_t i = 0; i < size; i++)
		sum = reduce_one(f, sum, x[i * stride]);
	switch (f) {
	case NN_REDUCE_MEAN:
		return sum / (double)size;
	case NN_REDUCE_NORM:
		return sqrt(sum);
	case NN_REDUCE_LOG_SUM:
	case NN_REDUCE_LOG_SUM_EXP:
		return log(sum);
	default:
		return sum;
	}
}
