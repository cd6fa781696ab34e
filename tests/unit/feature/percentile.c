/* Percentiles of numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/macros.h"
#include "lib/base/rng.h"
#include "lib/feature/percentile.h"

#define MAX 3000

static int compare(const void *a, const void *b)
{
	const struct weighed *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

/* Numbers of all sizes and both signs, some of them equal; or of few different ones. */
static double number_of(struct rng *rng, unsigned kind)
{
	double v = rng_normal(rng);

	switch (kind) {
	case 0:
		return ldexp(v, (int)rng_below(rng, 2000) - 1000);
	case 1:
		return 1e9 + v;
	case 2:
		return (double)rng_below(rng, 5) - 2;
	default:
		return 7;
	}
}

static void sorts_whatever_there_is(void **state)
{
	static const size_t sizes[] = {0, 1, 2, 3, 63, 64, 65, 66, 1000, MAX};
	static struct weighed v[MAX], expected[MAX], scratch[MAX];
	struct rng rng;

	(void)state;
	rng_init(&rng, 1, 0);
	for (size_t i = 0; i < 4 * ARRAY_LEN(sizes); i++) {
		size_t n = sizes[i / 4];

		/* the weight belongs to the number */
		for (size_t k = 0; k < n; k++) {
			v[k].number = number_of(&rng, (unsigned)i % 4);
			memcpy(&v[k].weight, &v[k].number, sizeof(v[k].weight));
		}
		memcpy(expected, v, n * sizeof(*v));
		qsort(expected, n, sizeof(*v), compare);
		percentile_sort(v, scratch, n);
		for (size_t k = 0; k < n; k++) {
			assert_true(v[k].number == expected[k].number);
			assert_memory_equal(&v[k].weight, &v[k].number, sizeof(v[k].weight));
		}
	}
}

static void interpolates_between_the_nearest_ranks(void **state)
{
	static const struct weighed v[] = {{-8, 1}, {2, 1}, {4, 1}, {10, 1}};

	(void)state;
	assert_float_equal(percentile_plain(v, 4, 10), 3, 0);
	assert_float_equal(percentile_plain(v, 4, 1), -6.5, 1e-15);
	assert_float_equal(percentile_plain(v, 4, 19), 9.1, 1e-15);
	assert_float_equal(percentile_plain(v, 3, 10), 2, 0);
	assert_float_equal(percentile_plain(v, 1, 19), -8, 0);
}

static void interpolates_between_the_largest_numbers(void **state)
{
	static const struct weighed v[] = {{-1.5e308, 1}, {1.5e308, 1}};

	(void)state;
	assert_true(fabs(percentile_plain(v, 2, 1) + 1.35e308) < 1e294);
	assert_true(percentile_plain(v, 2, 10) == 0);
}

static void weighs_each_number(void **state)
{
	static const struct weighed v[] = {{1, 4}, {2, 1}, {3, 5}, {4, 10}};

	(void)state;
	assert_float_equal(percentile_weighted(v, 4, 20, 1), 1, 0);
	assert_float_equal(percentile_weighted(v, 4, 20, 3), 1, 0);
	assert_float_equal(percentile_weighted(v, 4, 20, 4), 1.5, 0); /* exactly there */
	assert_float_equal(percentile_weighted(v, 4, 20, 9), 3, 0);
	assert_float_equal(percentile_weighted(v, 4, 20, 10), 3.5, 0);
	assert_float_equal(percentile_weighted(v, 4, 20, 11), 4, 0);
	assert_float_equal(percentile_weighted(v, 4, 20, 19), 4, 0);
}

static void leaves_out_what_has_no_weight(void **state)
{
	static const struct weighed v[] = {{0, 0}, {1, 10}, {2, 0}, {2, 0}, {5, 10}, {9, 0}};

	(void)state;
	assert_float_equal(percentile_weighted(v, 6, 20, 1), 1, 0);
	assert_float_equal(percentile_weighted(v, 6, 20, 10), 3, 0);
	assert_float_equal(percentile_weighted(v, 6, 20, 19), 5, 0);
}

/* A whole that is no multiple of 20, and one that times 20 would not fit. */
static void compares_weights_exactly(void **state)
{
	static const struct weighed odd[] = {{1, 1}, {2, 20}}, even[] = {{1, 1}, {2, 19}};
	static const struct weighed huge[] = {{1, UINT64_MAX / 2}, {2, UINT64_MAX / 2}};

	(void)state;
	assert_float_equal(percentile_weighted(odd, 2, 21, 1), 2, 0);
	assert_float_equal(percentile_weighted(even, 2, 20, 1), 1.5, 0);
	assert_float_equal(percentile_weighted(huge, 2, UINT64_MAX - 1, 10), 1.5, 0);
	assert_float_equal(percentile_weighted(huge, 2, UINT64_MAX - 1, 9), 1, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorts_whatever_there_is),
		cmocka_unit_test(interpolates_between_the_nearest_ranks),
		cmocka_unit_test(interpolates_between_the_largest_numbers),
		cmocka_unit_test(weighs_each_number),
		cmocka_unit_test(leaves_out_what_has_no_weight),
		cmocka_unit_test(compares_weights_exactly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
