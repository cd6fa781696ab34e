/* Every function of one column against its definition in double, with the edges. */
#include "tests/unit/nn/steps.h"

static double at_least(double x, double low)
{
	return x < low ? low : x;
}

static double at_most(double x, double high)
{
	return x > high ? high : x;
}

static double sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

static double softplus(double x)
{
	return x > 40 ? x : log1p(exp(x));
}

static double in_double(enum nn_map f, double a, double b, double x)
{
	switch (f) {
	case NN_MAP_RELU:
		return at_least(x, 0);
	case NN_MAP_SIGMOID:
		return sigmoid(x);
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
		return rint(x);
	case NN_MAP_TRUNCATE:
		return trunc(x);
	case NN_MAP_ERF:
		return erf(x);
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
	case NN_MAP_NOT:
		return x == 0;
	case NN_MAP_IS_NAN:
		return isnan(x) != 0;
	case NN_MAP_IS_INFINITE:
		return (b != 0 && x == (double)INFINITY) || (a != 0 && x == -(double)INFINITY);
	case NN_MAP_SOFTPLUS:
		return softplus(x);
	case NN_MAP_SOFTSIGN:
		return x / (1 + fabs(x));
	case NN_MAP_LEAKY_RELU:
		return x < 0 ? a * x : x;
	case NN_MAP_ELU:
		return x < 0 ? a * expm1(x) : x;
	case NN_MAP_SELU:
		return b * (x > 0 ? x : a * expm1(x));
	case NN_MAP_CELU:
		return at_least(x, 0) + at_most(a * expm1(x / a), 0);
	case NN_MAP_HARD_SIGMOID:
		return at_least(at_most(a * x + b, 1), 0);
	case NN_MAP_HARD_SWISH:
		return x * at_least(at_most(x / 6 + 0.5, 1), 0);
	case NN_MAP_THRESHOLDED:
		return x > a ? x : 0;
	case NN_MAP_SHRINK:
		return x < -a ? x + b : x > a ? x - b : 0;
	case NN_MAP_GELU:
		return 0.5 * x * (1 + erf(x / sqrt(2)));
	case NN_MAP_GELU_TANH:
		return 0.5 * x * (1 + tanh(sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
	case NN_MAP_SWISH:
		return x * sigmoid(a * x);
	case NN_MAP_MISH:
		return x * tanh(softplus(x));
	case NN_MAP_COUNT:
		break;
	}
	return (double)NAN;
}

static void compare(enum nn_map f, float a, float b, size_t n, const float *x)
{
	const struct nn_step step = {.kind = NN_MAP, .width = n, .map = {f, a, b}};
	float *y = malloc(n * sizeof(*y));

	assert_non_null(y);
	run_steps(n, &step, 1, x, y);
	for (size_t i = 0; i < n; i++) {
		const double want = in_double(f, (double)a, (double)b, (double)x[i]);

		if (!is_close(y[i], want, fmin(1, fabs((double)x[i])), 5e-7))
			fail_msg("function %d (%g, %g) of %.9g is %.9g, not %.9g", (int)f,
				(double)a, (double)b, (double)x[i], (double)y[i], want);
	}
	free(y);
}

static const struct {
	float a, b;
} parameters[NN_MAP_COUNT] = {
	[NN_MAP_IS_INFINITE] = {1, 1},
	[NN_MAP_LEAKY_RELU] = {0.01f, 0},
	[NN_MAP_ELU] = {1.5f, 0},
	[NN_MAP_SELU] = {1.67326324f, 1.05070098f},
	[NN_MAP_CELU] = {0.7f, 0},
	[NN_MAP_HARD_SIGMOID] = {0.2f, 0.5f},
	[NN_MAP_THRESHOLDED] = {1, 0},
	[NN_MAP_SHRINK] = {0.5f, 0.25f},
	[NN_MAP_SWISH] = {1.5f, 0},
};

static void every_function_is_what_its_definition_says(void **state)
{
	enum { POINTS = 4001 };
	float x[POINTS];

	(void)state;
	for (size_t i = 0; i < POINTS; i++)
		x[i] = ((float)i - 2000) / 125; /* -16 to 16 */
	for (int f = 0; f < NN_MAP_COUNT; f++)
		compare((enum nn_map)f, parameters[f].a, parameters[f].b, POINTS, x);
}

static void every_function_holds_at_the_edges(void **state)
{
	static const float edges[] = {0, -0.0f, NAN, INFINITY, -INFINITY, 1, -1, 0.5f, -0.5f, 1.5f,
		2.5f, -1.5f, -2.5f, 1e-30f, -1e-30f, 1e-6f, -1e-6f, 88, -88, 104, -104, 3e4f, -3e4f,
		1e9f, -1e9f, 1e12f, -1e12f};

	(void)state;
	for (int f = 0; f < NN_MAP_COUNT; f++)
		compare((enum nn_map)f, parameters[f].a, parameters[f].b, ARRAY_LEN(edges), edges);
	compare(NN_MAP_IS_INFINITE, 1, 0, ARRAY_LEN(edges), edges);
	compare(NN_MAP_IS_INFINITE, 0, 1, ARRAY_LEN(edges), edges);
}

static void sigmoid_and_softplus_keep_small_values(void **state)
{
	static const float x[] = {-20, -50, -80, -87};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(x); i++) {
		const struct nn_step s[] = {{.kind = NN_MAP, .width = 1, .map = {NN_MAP_SIGMOID}},
			{.kind = NN_MAP, .width = 1, .map = {NN_MAP_SOFTPLUS}}};
		float y;

		run_steps(1, &s[0], 1, &x[i], &y);
		assert_true(is_close(y, exp((double)x[i]), 0, 1e-6));
		run_steps(1, &s[1], 1, &x[i], &y);
		assert_true(is_close(y, exp((double)x[i]), 0, 1e-6));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_function_is_what_its_definition_says),
		cmocka_unit_test(every_function_holds_at_the_edges),
		cmocka_unit_test(sigmoid_and_softplus_keep_small_values),
	};

	return cmocka_run_group_tests_name("nn_maps", tests, NULL, NULL);
}
