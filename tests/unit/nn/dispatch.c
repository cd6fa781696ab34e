/* Which kernels are chosen on a processor without AVX2. Runs under an emulator of one; where it
 * is run on a newer processor it says so and fails. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "lib/base/err.h"
#include "lib/nn/kernels.h"

static void an_old_processor_gets_the_scalar_set(void **state)
{
	struct err err = {""};

	(void)state;
	assert_string_equal(nn_kernels_choose(NULL, &err)->name, "scalar");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_old_processor_gets_the_scalar_set),
		cmocka_unit_test(its_kernels_run_there),
	};

	return cmocka_run_group_tests_name("nn_dispatch", tests, NULL, NULL);
}
