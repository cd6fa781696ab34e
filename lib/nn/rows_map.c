/* Functions of one column. */
#include <math.h>

#include "lib/nn/rows.h"

/* NaN stays NaN in both. */
static float at_least(float x, float low)
{
	return x < low ? low : x;
}

static float at_most(float x, float high)
{
	return x > high ? high : x;
}

static float sigmoid(float x)
{
	return 1 / (1 + expf(-x));
}

static float softplus(float x)
{
	return x > 0 ? x + log1pf(expf(-x)) : log1pf(expf(x));
}

static float sign(float x)
{
	return x > 0 ? 1 : x < 0 ? -1 : x; /* 0 and NaN as they are */
}

static float gelu_tanh(float x)
{
	const float root_2_pi = 0.797884560802865f;

	return 0.5f * x * (1 + tanhf(root_2_pi * (x + 0.044715f * x * x * x)));
}

static float is_infinite(float x, float negative, float positive)
{
	return isinf(x) && (x < 0 ? negative != 0 : positive != 0);
}

static float shrink(float x, float a, float b)
{
	return x < -a ? x + b : x > a ? x - b : 0;
}

/* Every function is one loop over the columns. */
#define EACH(expression)                    \
	for (size_t i = 0; i < n; i++) {    \
		const float v = x[i];       \
		y[i] = (float)(expression); \
	}                                   \
	return

static void elementary(enum nn_map f, size_t n, const float *x, float *y)
{
	switch ((int)f) {
	case NN_MAP_RELU:
		EACH(at_least(v, 0));
	case NN_MAP_SIGMOID:
		EACH(sigmoid(v));
	case NN_MAP_TANH:
		EACH(tanhf(v));
	case NN_MAP_EXP:
		EACH(expf(v));
	case NN_MAP_LOG:
		EACH(logf(v));
	case NN_MAP_SQRT:
		EACH(sqrtf(v));
	case NN_MAP_ABS:
		EACH(fabsf(v));
	case NN_MAP_NEGATE:
		EACH(-v);
	case NN_MAP_RECIPROCAL:
		EACH(1 / v);
	case NN_MAP_SIGN:
		EACH(sign(v));
	case NN_MAP_FLOOR:
		EACH(floorf(v));
	case NN_MAP_CEIL:
		EACH(ceilf(v));
	case NN_MAP_ROUND:
		EACH(roundevenf(v));
	case NN_MAP_TRUNCATE:
		EACH(truncf(v));
	case NN_MAP_ERF:
		EACH(erff(v));
	case NN_MAP_NOT:
		EACH(v == 0);
	case NN_MAP_IS_NAN:
		EACH(isnan(v) != 0);
	}
}

static void trigonometric(enum nn_map f, size_t n, const float *x, float *y)
{
	switch ((int)f) {
	case NN_MAP_SIN:
		EACH(sinf(v));
	case NN_MAP_COS:
		EACH(cosf(v));
	case NN_MAP_TAN:
		EACH(tanf(v));
	case NN_MAP_ASIN:
		EACH(asinf(v));
	case NN_MAP_ACOS:
		EACH(acosf(v));
	case NN_MAP_ATAN:
		EACH(atanf(v));
	case NN_MAP_SINH:
		EACH(sinhf(v));
	case NN_MAP_COSH:
		EACH(coshf(v));
	case NN_MAP_ASINH:
		EACH(asinhf(v));
	case NN_MAP_ACOSH:
		EACH(acoshf(v));
	case NN_MAP_ATANH:
		EACH(atanhf(v));
	}
}

static void activation(enum nn_map f, float a, float b, size_t n, const float *x, float *y)
{
	switch ((int)f) {
	case NN_MAP_IS_INFINITE:
		EACH(is_infinite(v, a, b));
	case NN_MAP_SOFTPLUS:
		EACH(softplus(v));
	case NN_MAP_SOFTSIGN:
		EACH(v / (1 + fabsf(v)));
	case NN_MAP_LEAKY_RELU:
		EACH(v < 0 ? a * v : v);
	case NN_MAP_ELU:
		EACH(v < 0 ? a * expm1f(v) : v);
	case NN_MAP_SELU:
		EACH(v > 0 ? b * v : b * (a * expm1f(v)));
	case NN_MAP_CELU:
		EACH(at_least(v, 0) + at_most(a * expm1f(v / a), 0));
	case NN_MAP_HARD_SIGMOID:
		EACH(at_least(at_most(a * v + b, 1), 0));
	case NN_MAP_HARD_SWISH:
		EACH(v * at_least(at_most(v / 6 + 0.5f, 1), 0));
	case NN_MAP_THRESHOLDED:
		EACH(v > a ? v : 0);
	case NN_MAP_SHRINK:
		EACH(shrink(v, a, b));
	case NN_MAP_GELU:
		EACH(0.5f * v * (1 + erff(v * 0.707106781186547f)));
	case NN_MAP_GELU_TANH:
		EACH(gelu_tanh(v));
	case NN_MAP_SWISH:
		EACH(v * sigmoid(a * v));
	case NN_MAP_MISH:
		EACH(v * tanhf(softplus(v)));
	}
}

void nn_map_row(const struct nn_kernels *k, enum nn_map f, float a, float b, size_t n,
	const float *x, float *y)
{
	if (k->map && k->map(f, a, b, n, x, y))
		return;
	if (f >= NN_MAP_SIN && f <= NN_MAP_ATANH)
		trigonometric(f, n, x, y);
	else if (f <= NN_MAP_IS_NAN)
		elementary(f, n, x, y);
	else
		activation(f, a, b, n, x, y);
}
