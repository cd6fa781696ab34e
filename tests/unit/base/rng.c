/* Random numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "lib/base/rng.h"

/* xoshiro256++ from the state 1, 2, 3, 4: the first outputs of the authors' C code. */
static void follows_the_published_sequence(void **state)
{
	struct rng r = {{1, 2, 3, 4}};
	static const uint64_t expected[] = {41943041, 58720359, 3588806011781223, 3591011842654386,
		9228616714210784205u, 9973669472204895162u};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(expected); i++)
		assert_true(rng_u64(&r) == expected[i]);
}

static void repeats_for_a_seed_and_differs_between_streams(void **state)
{
	struct rng a, b, c;
	int same = 0;

	(void)state;
	rng_init(&a, 7, 0);
	rng_init(&b, 7, 0);
	rng_init(&c, 7, 1);
	for (int i = 0; i < 1000; i++) {
		uint64_t v = rng_u64(&a);

		assert_true(v == rng_u64(&b));
		same += v == rng_u64(&c);
	}
	assert_int_equal(same, 0);
}

static void is_uniform_below_a_bound(void **state)
{
	struct rng r;
	int counts[10] = {0};

	(void)state;
	rng_init(&r, 1, 0);
	for (int i = 0; i < 100000; i++) {
		double u = rng_uniform(&r);

		assert_true(u >= 0 && u < 1);
		counts[rng_below(&r, 10)]++;
	}
	for (int i = 0; i < 10; i++)
		assert_in_range(counts[i], 9600, 10400);
	assert_int_equal(rng_below(&r, 1), 0);
}

static void is_normal(void **state)
{
	struct rng r;
	double sum = 0, squares = 0;
	int beyond_two = 0;
	const int n = 200000;

	(void)state;
	rng_init(&r, 3, 0);
	for (int i = 0; i < n; i++) {
		double v = rng_normal(&r);

		sum += v;
		squares += v * v;
		beyond_two += fabs(v) > 2;
	}
	assert_true(fabs(sum / n) < 0.01);
	assert_true(fabs(squares / n - 1) < 0.01);
	assert_in_range(beyond_two, 8800, 9400); /* 4.55 % */
}

/* One value's bits, so that another processor or C library that rounds otherwise is noticed. */
static void gives_the_same_normals_everywhere(void **state)
{
	struct rng r;
	uint64_t bits, mixed = 0;

	(void)state;
	rng_init(&r, 42, 0);
	for (int i = 0; i < 1000; i++) {
		double v = rng_normal(&r);

		memcpy(&bits, &v, sizeof(bits));
		mixed = mixed * 31 + bits;
	}
	assert_true(mixed == UINT64_C(0x36175e35b4400ee0));
}

static void shuffles_into_every_order(void **state)
{
	struct rng r;
	int counts[6] = {0};

	(void)state;
	rng_init(&r, 5, 0);
	for (int i = 0; i < 60000; i++) {
		uint32_t v[] = {0, 1, 2};

		rng_shuffle(&r, v, 3);
		assert_int_equal(v[0] + v[1] + v[2], 3);
		counts[v[0] * 2 + (v[1] > v[2])]++;
	}
	for (int i = 0; i < 6; i++)
		assert_in_range(counts[i], 9600, 10400);
	rng_shuffle(&r, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_published_sequence),
		cmocka_unit_test(repeats_for_a_seed_and_differs_between_streams),
		cmocka_unit_test(is_uniform_below_a_bound),
		cmocka_unit_test(is_normal),
		cmocka_unit_test(gives_the_same_normals_everywhere),
		cmocka_unit_test(shuffles_into_every_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
