/* Which kernels are chosen on older processors: test_nn_dispatch scalar|avx2, the set to expect.
 * Runs under an emulator of such a processor; where it is run on a newer one it says so and fails.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "lib/base/err.h"
#include "lib/nn/kernels.h"

static const char *expected;

static void the_best_set_that_it_has_is_chosen(void **state)
{
	struct err err = {""};

	(void)state;
	assert_string_equal(nn_kernels_choose(NULL, &err)->name, expected);
	assert_string_equal(nn_kernels_choose("scalar", &err)->name, "scalar");
}

static void a_better_set_is_refused(void **state)
{
	struct err err = {""};

	(void)state;
	assert_null(nn_kernels_choose("avx512", &err));
	assert_string_equal(
		err.text, "kernels \"avx512\" need AVX-512F, which this processor lacks");
	if (strcmp(expected, "avx2") == 0)
		return;
	assert_null(nn_kernels_choose("avx2", &err));
	assert_string_equal(
		err.text, "kernels \"avx2\" need AVX2 and FMA, which this processor lacks");
}

static void its_kernels_run_there(void **state)
{
	const float weights[9 * 3] = {[0] = 2, [4] = 3, [26] = 5}, x[3] = {1, 10, 100};
	_Alignas(NN_ALIGNMENT) float packed[16 * 3], bias[16] = {1}, y[16];
	const struct nn_affine a = {3, 9, packed, bias, NN_LINEAR};

	(void)state;
	nn_pack(packed, 3, 9, weights);
	nn_kernels_choose(NULL, NULL)->affine_row(&a, x, y);
	assert_float_equal(y[0], 3, 0);
	assert_float_equal(y[1], 30, 0);
	assert_float_equal(y[8], 500, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_best_set_that_it_has_is_chosen),
		cmocka_unit_test(a_better_set_is_refused),
		cmocka_unit_test(its_kernels_run_there),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: test_nn_dispatch scalar|avx2\n");
		return 64;
	}
	expected = argv[1];
	return cmocka_run_group_tests_name("nn_dispatch", tests, NULL, NULL);
}
