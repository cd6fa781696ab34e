/* Percentiles out of a histogram of fixed size. */
#include "daemon/latency.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void nothing_measured_is_all_zero(void **state)
{
	struct latency l = {0};
	struct latency_figures f = latency_figures(&l);

	(void)state;
	assert_int_equal(f.p50_us, 0);
	assert_int_equal(f.p99_us, 0);
	assert_int_equal(f.max_us, 0);
}

static void one_value_is_every_percentile(void **state)
{
	struct latency l = {0};
	struct latency_figures f;

	(void)state;
	latency_add(&l, 123456);
	f = latency_figures(&l);
	assert_int_equal(f.p50_us, 123456);
	assert_int_equal(f.p95_us, 123456);
	assert_int_equal(f.p99_us, 123456);
	assert_int_equal(f.max_us, 123456);
}

static void percentiles_are_within_a_bucket_of_the_truth(void **state)
{
	struct latency l = {0};
	struct latency_figures f;

	(void)state;
	for (int64_t us = 1; us <= 100000; us++)
		latency_add(&l, us);
	f = latency_figures(&l);
	assert_in_range(f.p50_us, 50000, 53200);
	assert_in_range(f.p95_us, 95000, 100000);
	assert_in_range(f.p99_us, 99000, 100000);
	assert_int_equal(f.max_us, 100000);
	latency_clear(&l);
	assert_int_equal(latency_figures(&l).max_us, 0);
}

static void small_values_are_exact(void **state)
{
	struct latency l = {0};

	(void)state;
	for (int64_t us = 0; us < 16; us++)
		latency_add(&l, us);
	assert_int_equal(latency_figures(&l).p50_us, 7);
}

static void takes_what_is_absurd(void **state)
{
	struct latency l = {0};

	(void)state;
	latency_add(&l, -5);
	latency_add(&l, INT64_MAX);
	assert_int_equal(l.count, 2);
	assert_true(latency_figures(&l).max_us == INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_measured_is_all_zero),
		cmocka_unit_test(one_value_is_every_percentile),
		cmocka_unit_test(percentiles_are_within_a_bucket_of_the_truth),
		cmocka_unit_test(small_values_are_exact),
		cmocka_unit_test(takes_what_is_absurd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
