/* Reductions and softmax-like steps against their definitions in double, with the edges. */
#include "tests/unit/nn/steps.h"

#include "lib/base/rng.h"

enum { OUTER = 3, SIZE = 5, INNER = 2, WIDTH = OUTER * SIZE * INNER };

static const struct nn_groups shape = {OUTER, SIZE, INNER};

/* Place of a column within its group, and the group. */
static size_t column(size_t outer, size_t i, size_t inner)
{
	return (outer * SIZE + i) * INNER + inner;
}

static double reduced(enum nn_reduce f, size_t n, const double *v)
{
	double sum = 0, squares = 0, absolutes = 0, product = 1, exps = 0, high = v[0], low = v[0];
	size_t arg_max = 0, arg_min = 0;

	for (size_t i = 0; i < n; i++) {
		sum += v[i];
		squares += v[i] * v[i];
		absolutes += fabs(v[i]);
		product *= v[i];
		exps += exp(v[i]);
		high = isnan(high) || v[i] < high ? high : v[i];
		low = isnan(low) || v[i] > low ? low : v[i];
		arg_max = v[i] > v[arg_max] ? i : arg_max;
		arg_min = v[i] < v[arg_min] ? i : arg_min;
	}
	return (const double[NN_REDUCE_COUNT]){
		[NN_REDUCE_SUM] = sum,
		[NN_REDUCE_MEAN] = sum / (double)n,
		[NN_REDUCE_MAX] = high,
		[NN_REDUCE_MIN] = low,
		[NN_REDUCE_PRODUCT] = product,
		[NN_REDUCE_SUM_ABS] = absolutes,
		[NN_REDUCE_SUM_SQUARES] = squares,
		[NN_REDUCE_NORM] = sqrt(squares),
		[NN_REDUCE_LOG_SUM] = log(sum),
		[NN_REDUCE_LOG_SUM_EXP] = log(exps),
		[NN_REDUCE_ARG_MAX] = (double)arg_max,
		[NN_REDUCE_ARG_MIN] = (double)arg_min,
	}[f];
}

static void kept(enum nn_group f, double epsilon, size_t n, const double *v, double *out)
{
	double exps = 0, mean = 0, variance = 0;
	size_t best = 0;

	for (size_t i = 0; i < n; i++) {
		exps += exp(v[i]);
		mean += v[i] / (double)n;
		best = v[i] > v[best] ? i : best;
	}
	for (size_t i = 0; i < n; i++)
		variance += (v[i] - mean) * (v[i] - mean) / (double)n;
	for (size_t i = 0; i < n; i++)
		out[i] = f == NN_GROUP_SOFTMAX       ? exp(v[i]) / exps
			 : f == NN_GROUP_LOG_SOFTMAX ? v[i] - log(exps)
			 : f == NN_GROUP_HARD_MAX    ? (double)(i == best)
						     : (v[i] - mean) / sqrt(variance + epsilon);
}

static void fill(float x[WIDTH])
{
	struct rng rng;

	rng_init(&rng, 3, 0);
	for (size_t i = 0; i < WIDTH; i++)
		x[i] = (float)(2 * rng_normal(&rng));
}

static void every_reduction_is_what_its_definition_says(void **state)
{
	float x[WIDTH], y[OUTER * INNER];

	(void)state;
	fill(x);
	for (int f = 0; f < NN_REDUCE_COUNT; f++) {
		const struct nn_step s = {.kind = NN_REDUCE,
			.width = OUTER * INNER,
			.reduce = {(enum nn_reduce)f, shape}};

		run_steps(WIDTH, &s, 1, x, y);
		for (size_t o = 0; o < OUTER; o++)
			for (size_t i = 0; i < INNER; i++) {
				double v[SIZE];

				for (size_t c = 0; c < SIZE; c++)
					v[c] = (double)x[column(o, c, i)];
				if (!is_close(y[o * INNER + i], reduced(s.reduce.f, SIZE, v), 0,
					    1e-6))
					fail_msg("reduction %d of group %zu, %zu", f, o, i);
			}
	}
}

static void every_group_function_is_what_its_definition_says(void **state)
{
	float x[WIDTH], y[WIDTH];

	(void)state;
	fill(x);
	for (int f = 0; f < NN_GROUP_COUNT; f++) {
		const struct nn_step s = {.kind = NN_GROUP,
			.width = WIDTH,
			.group = {(enum nn_group)f, 1e-5f, shape}};

		run_steps(WIDTH, &s, 1, x, y);
		for (size_t o = 0; o < OUTER; o++)
			for (size_t i = 0; i < INNER; i++) {
				double v[SIZE], want[SIZE];

				for (size_t c = 0; c < SIZE; c++)
					v[c] = (double)x[column(o, c, i)];
				kept(s.group.f, (double)s.group.epsilon, SIZE, v, want);
				for (size_t c = 0; c < SIZE; c++)
					if (!is_close(y[column(o, c, i)], want[c], 0.1, 1e-6))
						fail_msg("function %d of group %zu, %zu", f, o, i);
			}
	}
}

static float reduce_row(enum nn_reduce f, size_t n, const float *x)
{
	const struct nn_step s = {.kind = NN_REDUCE, .width = 1, .reduce = {f, {1, n, 1}}};
	float y;

	run_steps(n, &s, 1, x, &y);
	return y;
}

static void reductions_hold_at_the_edges(void **state)
{
	const float nan[] = {1, NAN, 3}, far[] = {1000, 1000, -1000},
		    below[] = {-INFINITY, -INFINITY};
	const float above[] = {INFINITY, 1}, ties[] = {2, 5, 5, 2};

	(void)state;
	assert_true(isnan(reduce_row(NN_REDUCE_MAX, 3, nan)));
	assert_true(isnan(reduce_row(NN_REDUCE_MIN, 3, nan)));
	assert_true(isnan(reduce_row(NN_REDUCE_SUM, 3, nan)));
	assert_true(reduce_row(NN_REDUCE_ARG_MAX, 3, nan) == 2);
	assert_true(reduce_row(NN_REDUCE_ARG_MAX, 4, ties) == 1);
	assert_true(reduce_row(NN_REDUCE_ARG_MIN, 4, ties) == 0);
	assert_true(is_close(reduce_row(NN_REDUCE_LOG_SUM_EXP, 3, far), 1000 + log(2), 0, 1e-7));
	assert_true(reduce_row(NN_REDUCE_LOG_SUM_EXP, 2, below) == -INFINITY);
	assert_true(reduce_row(NN_REDUCE_LOG_SUM_EXP, 2, above) == INFINITY);
}

static void group_row(enum nn_group f, size_t n, const float *x, float *y)
{
	const struct nn_step s = {.kind = NN_GROUP, .width = n, .group = {f, 0, {1, n, 1}}};

	run_steps(n, &s, 1, x, y);
}

static void softmax_holds_at_the_edges(void **state)
{
	const float far[] = {1000, 999, -INFINITY}, below[] = {-INFINITY, -INFINITY},
		    above[] = {INFINITY, 0}, nan[] = {NAN, 0};
	float y[3];

	(void)state;
	group_row(NN_GROUP_SOFTMAX, 3, far, y);
	assert_true(is_close(y[0], 1 / (1 + exp(-1.0)), 0, 1e-7));
	assert_true(is_close(y[1], 1 / (1 + exp(1.0)), 0, 1e-7));
	assert_true(y[2] == 0);
	group_row(NN_GROUP_LOG_SOFTMAX, 3, far, y);
	assert_true(is_close(y[1], -log(1 + exp(1.0)), 0, 1e-7));
	assert_true(y[2] == -INFINITY);
	group_row(NN_GROUP_SOFTMAX, 2, below, y);
	assert_true(isnan(y[0]) && isnan(y[1]));
	group_row(NN_GROUP_SOFTMAX, 2, above, y);
	assert_true(isnan(y[0]));
	group_row(NN_GROUP_SOFTMAX, 2, nan, y);
	assert_true(isnan(y[0]) && isnan(y[1]));
}

/* Three columns far from 0 and close to each other. */
static void standardising_does_not_cancel(void **state)
{
	const float x[] = {10000, 10001, 10002};
	float y[3];

	(void)state;
	group_row(NN_GROUP_STANDARDISE, 3, x, y);
	assert_true(is_close(y[0], -sqrt(1.5), 0, 1e-6));
	assert_true(is_close(y[2], sqrt(1.5), 0, 1e-6));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reduction_is_what_its_definition_says),
		cmocka_unit_test(every_group_function_is_what_its_definition_says),
		cmocka_unit_test(reductions_hold_at_the_edges),
		cmocka_unit_test(softmax_holds_at_the_edges),
		cmocka_unit_test(standardising_does_not_cancel),
	};

	return cmocka_run_group_tests_name("nn_groups", tests, NULL, NULL);
}
