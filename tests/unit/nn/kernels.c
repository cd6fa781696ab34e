/* Every kernel set against the scalar one, at awkward sizes, with guards behind the output. */
#include "lib/nn/kernels.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/err.h"
#include "lib/base/rng.h"

#define GUARD 16
#define GUARD_VALUE 12345.5f
#define SIZE_MAX_TRIED 130 /* beyond two panels */
#define GEMM_COLUMNS_TRIED 72

/* Memory with nothing behind it but guards. */
struct guarded {
	size_t n;
	float *v;
};

static struct guarded guarded_new(size_t n)
{
	struct guarded g = {.n = n};

	g.v = aligned_alloc(NN_ALIGNMENT, nn_padded(n + GUARD) * sizeof(float));
	assert_non_null(g.v);
	for (size_t i = 0; i < nn_padded(n + GUARD); i++)
		g.v[i] = GUARD_VALUE;
	return g;
}

static void guarded_free_at(struct guarded *g)
{
	for (size_t i = g->n; i < g->n + GUARD; i++)
		assert_true(g->v[i] == GUARD_VALUE);
	free(g->v);
}

/* n floats from -2 to 2 that end exactly where their memory ends: the sanitizer sees a read beyond.
 * Millions are made, so it is but a linear congruence (Knuth, TAOCP 2, 3.3.4) from a random seed.
 */
static float *random_floats(struct rng *rng, size_t n)
{
	float *v = malloc((n ? n : 1) * sizeof(*v));
	uint32_t state = (uint32_t)rng_u64(rng);

	assert_non_null(v);
	for (size_t i = 0; i < n; i++) {
		state = state * 1664525 + 1013904223;
		v[i] = (float)(int32_t)state * 0x1p-30f;
	}
	return v;
}

static void assert_near(const char *what, float got, float want, size_t terms)
{
	const float allowed = 4e-7f * (float)(terms + 8) * (1 + fabsf(want));

	if (!(fabsf(got - want) <= allowed))
		fail_msg("%s: got %.9g, the scalar set has %.9g", what, (double)got, (double)want);
}

struct layer {
	struct nn_affine a;
	float *packed, *bias;
};

static struct layer layer_new(
	struct rng *rng, size_t inputs, size_t outputs, enum nn_activation activation)
{
	float *weights = random_floats(rng, inputs * outputs), *bias = random_floats(rng, outputs);
	struct layer l;

	l.packed = aligned_alloc(
		NN_ALIGNMENT, nn_padded(nn_packed_floats(inputs, outputs)) * sizeof(float));
	l.bias = aligned_alloc(NN_ALIGNMENT, nn_padded(outputs) * sizeof(float));
	assert_true(l.packed && l.bias);
	nn_pack(l.packed, inputs, outputs, weights);
	for (size_t i = 0; i < nn_padded(outputs); i++)
		l.bias[i] = i < outputs ? bias[i] : 0;
	l.a = (struct nn_affine){inputs, outputs, l.packed, l.bias, activation};
	free(weights);
	free(bias);
	return l;
}

static void layer_deinit_at(struct layer *l)
{
	free(l->packed);
	free(l->bias);
}

/* Calls `check` for every set that runs here, the scalar one among them. */
static void for_each_set(void (*check)(const struct nn_kernels *k, const struct nn_kernels *scalar))
{
	const struct nn_kernels *scalar = nn_kernels_choose("scalar", NULL);
	size_t tried = 0;

	assert_non_null(scalar);
	for (const struct nn_kernels *const *k = nn_kernels_all(); *k; k++) {
		struct err err;

		if (!nn_kernels_choose((*k)->name, &err)) {
			print_message("# left out: %s\n", err.text);
			continue;
		}
		check(*k, scalar);
		tried++;
	}
	assert_true(tried >= 1);
}

static void check_row(const struct nn_kernels *k, const struct nn_kernels *scalar)
{
	struct rng rng;

	rng_init(&rng, 1, 0);
	for (size_t inputs = 1; inputs <= SIZE_MAX_TRIED; inputs++)
		for (size_t outputs = 1; outputs <= SIZE_MAX_TRIED; outputs++) {
			CLEANUP(layer_deinit)
			struct layer l =
				layer_new(&rng, inputs, outputs, (enum nn_activation)(outputs % 3));
			CLEANUP(guarded_free) struct guarded y = guarded_new(nn_padded(outputs));
			CLEANUP(guarded_free) struct guarded want = guarded_new(nn_padded(outputs));
			float *x = random_floats(&rng, inputs);

			k->affine_row(&l.a, x, y.v);
			scalar->affine_row(&l.a, x, want.v);
			for (size_t o = 0; o < outputs; o++)
				assert_near(k->name, y.v[o], want.v[o], inputs);
			free(x);
		}
}

static void one_row_is_what_the_scalar_set_says(void **state)
{
	(void)state;
	for_each_set(check_row);
}

/* Rows through a layer, each as alone; nothing is written between them. */
static void check_rows_of(
	const struct nn_kernels *k, struct rng *rng, size_t inputs, size_t outputs, size_t rows)
{
	const size_t padded = nn_padded(outputs);
	const size_t x_stride = inputs + rows % 3, y_stride = padded + rows % 2 * NN_LANES;
	CLEANUP(layer_deinit)
	struct layer l = layer_new(rng, inputs, outputs, (enum nn_activation)(rows % 3));
	CLEANUP(guarded_free) struct guarded y = guarded_new((rows - 1) * y_stride + padded);
	CLEANUP(guarded_free) struct guarded alone = guarded_new(padded);
	float *x = random_floats(rng, (rows - 1) * x_stride + inputs);

	k->affine_rows(&l.a, rows, x, x_stride, y.v, y_stride);
	for (size_t r = 0; r < rows; r++) {
		k->affine_row(&l.a, x + r * x_stride, alone.v);
		assert_memory_equal(y.v + r * y_stride, alone.v, outputs * sizeof(float));
		for (size_t i = r * y_stride + padded; i < (r + 1) * y_stride; i++)
			assert_true(y.v[i] == GUARD_VALUE);
	}
	free(x);
}

static void check_rows(const struct nn_kernels *k, const struct nn_kernels *scalar)
{
	static const size_t long_rows[] = {383, 384, 385, 590, 769, 1537};
	struct rng rng;

	(void)scalar;
	rng_init(&rng, 2, 0);
	for (size_t inputs = 1; inputs <= SIZE_MAX_TRIED; inputs++)
		for (size_t outputs = 1; outputs <= SIZE_MAX_TRIED; outputs++)
			check_rows_of(k, &rng, inputs, outputs, 1 + (inputs * 5 + outputs) % 13);
	for (size_t i = 0; i < ARRAY_LEN(long_rows); i++)
		for (size_t outputs = 1; outputs <= 64; outputs += 9)
			for (size_t rows = 1; rows <= 13; rows++)
				check_rows_of(k, &rng, long_rows[i], outputs, rows);
}

static void a_row_among_others_has_the_bits_it_has_alone(void **state)
{
	(void)state;
	for_each_set(check_rows);
}

static void check_large_layer(const struct nn_kernels *k, const struct nn_kernels *scalar)
{
	struct rng rng;

	rng_init(&rng, 3, 0);
	CLEANUP(layer_deinit) struct layer l = layer_new(&rng, 590, 512, NN_RELU);
	CLEANUP(guarded_free) struct guarded y = guarded_new(512);
	CLEANUP(guarded_free) struct guarded want = guarded_new(512);
	float *x = random_floats(&rng, 590);

	k->affine_row(&l.a, x, y.v);
	scalar->affine_row(&l.a, x, want.v);
	for (size_t o = 0; o < 512; o++)
		assert_near(k->name, y.v[o], want.v[o], 590);
	free(x);
}

static void a_large_layer_is_what_the_scalar_set_says(void **state)
{
	(void)state;
	for_each_set(check_large_layer);
}

static void check_nan(const struct nn_kernels *k, const struct nn_kernels *scalar)
{
	const float x[3] = {1, NAN, 2};
	struct rng rng;

	(void)scalar;
	rng_init(&rng, 4, 0);
	for (size_t outputs = 1; outputs <= 2; outputs++) {
		CLEANUP(layer_deinit) struct layer l = layer_new(&rng, 3, outputs, NN_RELU);
		CLEANUP(guarded_free) struct guarded y = guarded_new(NN_LANES);

		k->affine_row(&l.a, x, y.v);
		for (size_t o = 0; o < outputs; o++)
			assert_true(isnan(y.v[o]));
	}
}

static void relu_does_not_hide_a_nan(void **state)
{
	(void)state;
	for_each_set(check_nan);
}

static void check_sigmoid(const struct nn_kernels *k, const struct nn_kernels *scalar)
{
	(void)scalar;
	for (float z = -100; z <= 100; z += 0.37f) {
		CLEANUP(guarded_free) struct guarded w = guarded_new(NN_LANES);
		CLEANUP(guarded_free) struct guarded y = guarded_new(NN_LANES);
		struct nn_affine a = {1, 1, w.v, w.v, NN_SIGMOID};
		const float one = 1;
		float bias[NN_LANES] __attribute__((aligned(NN_ALIGNMENT))) = {0};

		memset(w.v, 0, NN_LANES * sizeof(float));
		w.v[0] = z;
		a.bias = bias;
		k->affine_row(&a, &one, y.v);
		assert_true(fabs((double)y.v[0] - 1 / (1 + exp(-(double)z))) <= 1.2e-7);
	}
}

static void the_sigmoid_is_right_to_a_float(void **state)
{
	(void)state;
	for_each_set(check_sigmoid);
}

/* c = a b from the definition, in double. */
static double product(size_t i, size_t j, size_t m, size_t n, size_t k, const float *a, int at,
	const float *b, int bt)
{
	double sum = 0;

	for (size_t p = 0; p < k; p++)
		sum += (double)(at ? a[p * m + i] : a[i * k + p]) *
		       (double)(bt ? b[j * k + p] : b[p * n + j]);
	return sum;
}

static void check_gemm_size(
	const struct nn_kernels *k, struct rng *rng, size_t m, size_t n, size_t depth)
{
	float *a = random_floats(rng, m * depth), *b = random_floats(rng, depth * n);

	for (int mode = 0; mode < 8; mode++) {
		const int at = mode & 1, bt = mode >> 1 & 1, accumulate = mode >> 2 & 1;
		CLEANUP(guarded_free) struct guarded c = guarded_new(m * n);

		for (size_t i = 0; i < m * n; i++)
			c.v[i] = accumulate ? (float)(i % 5) : NAN;
		k->gemm(m, n, depth, a, at, b, bt, c.v, accumulate);
		for (size_t i = 0; i < m; i++)
			for (size_t j = 0; j < n; j++) {
				const double before = accumulate ? (double)((i * n + j) % 5) : 0;

				assert_near(k->name, c.v[i * n + j],
					(float)(before + product(i, j, m, n, depth, a, at, b, bt)),
					depth);
			}
	}
	free(a);
	free(b);
}

static void check_gemm(const struct nn_kernels *k, const struct nn_kernels *scalar)
{
	static const size_t rows[] = {1, 2, 3, 4, 5, 8, 32, 33};
	static const size_t depths[] = {1, 2, 7, 32, 64};
	struct rng rng;

	(void)scalar;
	rng_init(&rng, 5, 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t n = 1; n <= GEMM_COLUMNS_TRIED; n++)
			for (size_t d = 0; d < ARRAY_LEN(depths); d++)
				check_gemm_size(k, &rng, rows[i], n, depths[d]);
	check_gemm_size(k, &rng, 5, 17, 255);
	check_gemm_size(k, &rng, 5, 17, 257);
	check_gemm_size(k, &rng, 3, 1, 600);
	check_gemm_size(k, &rng, 600, 1, 3);
}

static void products_are_right_in_every_form(void **state)
{
	(void)state;
	for_each_set(check_gemm);
}

static void check_elementwise(const struct nn_kernels *k, const struct nn_kernels *scalar)
{
	const struct nn_adam step = {0.9f, 0.999f, 1e-8f, 1e-3f, 1.7f, 0.9999f};
	struct rng rng;

	rng_init(&rng, 6, 0);
	for (size_t n = 1; n <= SIZE_MAX_TRIED; n++) {
		float *g = random_floats(&rng, n), *p[2][3];

		for (size_t i = 0; i < 3; i++) {
			p[0][i] = random_floats(&rng, n);
			for (size_t j = 0; i == 2 && j < n; j++)
				p[0][i][j] = fabsf(p[0][i][j]);
			p[1][i] = malloc(n * sizeof(float));
			assert_non_null(p[1][i]);
			memcpy(p[1][i], p[0][i], n * sizeof(float));
		}
		k->adam(&step, n, g, p[0][0], p[0][1], p[0][2]);
		scalar->adam(&step, n, g, p[1][0], p[1][1], p[1][2]);
		for (size_t i = 0; i < 3; i++)
			assert_memory_equal(p[0][i], p[1][i], n * sizeof(float));

		k->scale(n, g, p[0][0], p[0][2], p[0][1]);
		scalar->scale(n, g, p[0][0], p[0][2], p[1][1]);
		assert_memory_equal(p[0][1], p[1][1], n * sizeof(float));
		for (size_t i = 0; i < 3; i++) {
			free(p[0][i]);
			free(p[1][i]);
		}
		free(g);
	}
}

static void scaling_and_adam_have_the_same_bits_in_every_set(void **state)
{
	(void)state;
	for_each_set(check_elementwise);
}

static void packing_makes_panels(void **state)
{
	enum { INPUTS = 3, OUTPUTS = 64 + 9 };
	float w[OUTPUTS * INPUTS], packed[INPUTS * (64 + 16)];

	(void)state;
	for (size_t i = 0; i < OUTPUTS * INPUTS; i++)
		w[i] = (float)(i + 1);
	assert_int_equal(nn_packed_floats(INPUTS, OUTPUTS), ARRAY_LEN(packed));
	nn_pack(packed, INPUTS, OUTPUTS, w);
	for (size_t i = 0; i < INPUTS; i++) {
		for (size_t o = 0; o < 64; o++)
			assert_true(packed[i * 64 + o] == w[o * INPUTS + i]);
		for (size_t o = 64; o < 64 + 16; o++)
			assert_true(packed[INPUTS * 64 + i * 16 + o - 64] ==
				    (o < OUTPUTS ? w[o * INPUTS + i] : 0));
	}
}

static void packing_leaves_a_single_output_as_it_is(void **state)
{
	const float w[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
	float packed[16];

	(void)state;
	assert_int_equal(nn_packed_floats(9, 1), 16);
	nn_pack(packed, 9, 1, w);
	assert_memory_equal(packed, w, sizeof(w));
	assert_true(packed[9] == 0 && packed[15] == 0);
}

static void a_set_is_chosen_by_name(void **state)
{
	struct err err = {""};

	(void)state;
	assert_string_equal(nn_kernels_choose("scalar", &err)->name, "scalar");
	assert_non_null(nn_kernels_choose(NULL, &err));
	assert_string_equal(err.text, "");
	assert_null(nn_kernels_choose("sse9", &err));
#if defined(__x86_64__)
	assert_string_equal(
		err.text, "there are no kernels \"sse9\", allowed are: avx512, avx2, scalar");
#elif defined(__aarch64__)
	assert_string_equal(err.text, "there are no kernels \"sse9\", allowed are: neon, scalar");
#else
	assert_string_equal(err.text, "there are no kernels \"sse9\", allowed are: scalar");
#endif
	assert_null(nn_kernels_choose("sse9", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_row_is_what_the_scalar_set_says),
		cmocka_unit_test(a_row_among_others_has_the_bits_it_has_alone),
		cmocka_unit_test(a_large_layer_is_what_the_scalar_set_says),
		cmocka_unit_test(relu_does_not_hide_a_nan),
		cmocka_unit_test(the_sigmoid_is_right_to_a_float),
		cmocka_unit_test(products_are_right_in_every_form),
		cmocka_unit_test(scaling_and_adam_have_the_same_bits_in_every_set),
		cmocka_unit_test(packing_makes_panels),
		cmocka_unit_test(packing_leaves_a_single_output_as_it_is),
		cmocka_unit_test(a_set_is_chosen_by_name),
	};

	return cmocka_run_group_tests_name("nn_kernels", tests, NULL, NULL);
}
