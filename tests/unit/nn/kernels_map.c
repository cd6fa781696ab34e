/* The functions of a column that a kernel set has in vectors, against their definition in double
 * and against plain C. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/err.h"
#include "lib/nn/kernels.h"
#include "lib/nn/rows.h"

#define ALLOWED 3e-7     /* relative */
#define SMALLEST 1.5e-45 /* the distance of two floats near 0; factors may be such */

static double sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

static double d_exp(double x, double a, double b)
{
	(void)a;
	(void)b;
	return exp(x);
}

static double d_sigmoid(double x, double a, double b)
{
	(void)a;
	(void)b;
	return sigmoid(x);
}

static double d_tanh(double x, double a, double b)
{
	(void)a;
	(void)b;
	return tanh(x);
}

static double d_erf(double x, double a, double b)
{
	(void)a;
	(void)b;
	return erf(x);
}

static double d_softplus(double x, double a, double b)
{
	(void)a;
	(void)b;
	return fmax(x, 0) + log1p(exp(-fabs(x)));
}

static double d_elu(double x, double a, double b)
{
	(void)b;
	return x < 0 ? a * expm1(x) : x;
}

static double d_selu(double x, double a, double b)
{
	return b * (x > 0 ? x : a * expm1(x));
}

static double d_gelu(double x, double a, double b)
{
	(void)a;
	(void)b;
	return x * 0.5 * erfc(-x / sqrt(2));
}

static double d_gelu_tanh(double x, double a, double b)
{
	(void)a;
	(void)b;
	return x * sigmoid(2 * sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x));
}

static double d_swish(double x, double a, double b)
{
	(void)b;
	return x * sigmoid(a * x);
}

static double d_mish(double x, double a, double b)
{
	(void)a;
	(void)b;
	return x * tanh(d_softplus(x, 0, 0));
}

static const struct function {
	enum nn_map f;
	const char *name;
	float a, b;
	double (*truth)(double x, double a, double b);
	/* Allowed beside the relative error, times |x|: where 1 is added to what may be nearly -1,
	 * as ONNX defines it. */
	double absolute;
} functions[] = {
	{NN_MAP_EXP, "exp", 0, 0, d_exp, 0},
	{NN_MAP_SIGMOID, "sigmoid", 0, 0, d_sigmoid, 0},
	{NN_MAP_TANH, "tanh", 0, 0, d_tanh, 0},
	{NN_MAP_ERF, "erf", 0, 0, d_erf, 0},
	{NN_MAP_SOFTPLUS, "softplus", 0, 0, d_softplus, 0},
	{NN_MAP_ELU, "elu", 0.7f, 0, d_elu, 0},
	{NN_MAP_SELU, "selu", 1.6732632f, 1.050701f, d_selu, 0},
	{NN_MAP_GELU, "gelu", 0, 0, d_gelu, 1e-7},
	{NN_MAP_GELU_TANH, "gelu_tanh", 0, 0, d_gelu_tanh, 1e-7},
	{NN_MAP_SWISH, "swish", 0.5f, 0, d_swish, 0},
	{NN_MAP_MISH, "mish", 0, 0, d_mish, 0},
};

static void for_each_map(void (*check)(const struct nn_kernels *k, const struct function *f))
{
	for (const struct nn_kernels *const *k = nn_kernels_all(); *k; k++)
		if (nn_kernels_choose((*k)->name, NULL) && (*k)->map)
			for (size_t i = 0; i < ARRAY_LEN(functions); i++)
				check(*k, &functions[i]);
}

static void assert_right(const struct nn_kernels *k, const struct function *f, float x, float y)
{
	const double want = f->truth((double)x, (double)f->a, (double)f->b);
	const double allowed = ALLOWED * fabs(want) + f->absolute * fabs((double)x) +
			       SMALLEST * (1 + fabs((double)x));

	if (fabs(want) > 3.4028235e38 && isinf(y) && (y > 0) == (want > 0))
		return;
	if (!(fabs((double)y - want) <= allowed))
		fail_msg("%s, %s(%.9g): got %.9g, it is %.17g", k->name, f->name, (double)x,
			(double)y, want);
}

/* Every size from the smallest to those where nothing happens any more, of both signs. */
static void check_values(const struct nn_kernels *k, const struct function *f)
{
	enum { N = 1 << 16, EACH_BITS = 1009 };
	static float x[N], y[N];
	uint32_t bits = 0;

	do {
		size_t n = 0;

		for (; n < N && bits < 0x7f800000; n++, bits += EACH_BITS) {
			const uint32_t one = bits ^ (n % 2 ? 0x80000000 : 0);

			memcpy(&x[n], &one, sizeof(one));
		}
		assert_true(k->map(f->f, f->a, f->b, n, x, y));
		for (size_t i = 0; i < n; i++)
			assert_right(k, f, x[i], y[i]);
	} while (bits < 0x7f800000);
}

static void values_are_right_to_two_units_in_the_last_place(void **state)
{
	(void)state;
	for_each_map(check_values);
}

/* Where rounding to a whole number, a change of formula or the end of the range is near. */
static void check_dense_values(const struct nn_kernels *k, const struct function *f)
{
	enum { N = 1 << 16 };
	static float x[N], y[N];

	for (float from = -112; from < 112; from += 1.75f) {
		for (size_t i = 0; i < N; i++)
			x[i] = from + 1.75f * (float)i / N;
		assert_true(k->map(f->f, f->a, f->b, N, x, y));
		for (size_t i = 0; i < N; i += 7)
			assert_right(k, f, x[i], y[i]);
	}
}

static void values_in_between_are_right_too(void **state)
{
	(void)state;
	for_each_map(check_dense_values);
}

static void check_special(const struct nn_kernels *k, const struct function *f)
{
	const struct nn_kernels *scalar = nn_kernels_choose("scalar", NULL);
	const float x[] = {NAN, -NAN, INFINITY, -INFINITY, 0.0f, -0.0f};
	float y[ARRAY_LEN(x)], want[ARRAY_LEN(x)];

	assert_true(k->map(f->f, f->a, f->b, ARRAY_LEN(x), x, y));
	nn_map_row(scalar, f->f, f->a, f->b, ARRAY_LEN(x), x, want);
	for (size_t i = 0; i < ARRAY_LEN(x); i++)
		if (isnan(want[i]) ? !isnan(y[i])
				   : !(fabsf(y[i] - want[i]) <= 1e-7f) && y[i] != want[i])
			fail_msg("%s, %s(%g): got %g, plain C has %g", k->name, f->name,
				(double)x[i], (double)y[i], (double)want[i]);
}

static void nan_and_infinities_come_out_as_in_plain_c(void **state)
{
	(void)state;
	for_each_map(check_special);
}

/* At every place of rows of every length, with a guard behind; in place too. */
static void check_places(const struct nn_kernels *k, const struct function *f)
{
	enum { N = 70 };
	float all[N], want[N], y[N + 1];

	for (size_t i = 0; i < N; i++)
		all[i] = (float)i * 0.37f - 12;
	assert_true(k->map(f->f, f->a, f->b, N, all, want));
	for (size_t n = 1; n <= N; n++) {
		float *x = malloc(n * sizeof(*x)); /* the sanitizer sees a read beyond */

		assert_non_null(x);
		memcpy(x, all + N - n, n * sizeof(*x));
		y[n] = 12345.5f;
		assert_true(k->map(f->f, f->a, f->b, n, x, y));
		assert_memory_equal(y, want + N - n, n * sizeof(*y));
		assert_true(y[n] == 12345.5f);
		assert_true(k->map(f->f, f->a, f->b, n, x, x));
		assert_memory_equal(x, y, n * sizeof(*y));
		free(x);
	}
}

static void a_column_has_the_same_bits_wherever_it_stands(void **state)
{
	(void)state;
	for_each_map(check_places);
}

static void what_a_set_lacks_runs_in_plain_c(void **state)
{
	const float x[2] = {-3, 4};
	float y[2] = {0};

	(void)state;
	for (const struct nn_kernels *const *k = nn_kernels_all(); *k; k++) {
		if (!nn_kernels_choose((*k)->name, NULL))
			continue;
		if ((*k)->map)
			assert_false((*k)->map(NN_MAP_ABS, 0, 0, 2, x, y));
		nn_map_row(*k, NN_MAP_ABS, 0, 0, 2, x, y);
		assert_true(y[0] == 3 && y[1] == 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_right_to_two_units_in_the_last_place),
		cmocka_unit_test(values_in_between_are_right_too),
		cmocka_unit_test(nan_and_infinities_come_out_as_in_plain_c),
		cmocka_unit_test(a_column_has_the_same_bits_wherever_it_stands),
		cmocka_unit_test(what_a_set_lacks_runs_in_plain_c),
	};

	return cmocka_run_group_tests_name("nn_maps", tests, NULL, NULL);
}
