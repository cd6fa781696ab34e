/* Rows of doubles: what their rounding takes away is there for those that ask. */
#include <errno.h>

#include "lib/base/buf.h"
#include "lib/base/rng.h"
#include "tests/unit/nn/steps.h"

static struct nn_program *build(
	size_t inputs, const struct nn_step *steps, size_t count, size_t result)
{
	struct nn_program *p = NULL;
	struct err err = {""};

	if (nn_program_build(&p, inputs, steps, count, result, &err) < 0)
		fail_msg("%s", err.text);
	return p;
}

static const struct nn_step low_of_three = {.kind = NN_LOW, .width = 3};

static void what_rounding_takes_away_is_the_low_part(void **state)
{
	CLEANUP(nn_program_free) struct nn_program *p = build(3, &low_of_three, 1, 1);
	CLEANUP(nn_scratch_free) struct nn_scratch *s = NULL;
	const double x[] = {0.1, 1700000000.25, -3};
	float y[3];

	(void)state;
	assert_true(nn_program_has_low(p));
	assert_int_equal(nn_scratch_new(&s, p, 1), 0);
	nn_run_row_double(p, nn_kernels_choose(NULL, NULL), s, x, y);
	assert_true(y[0] == (float)(0.1 - (double)0.1f) && y[0] != 0);
	assert_true(y[1] == (float)(1700000000.25 - (double)1700000000.25f) && y[1] != 0);
	assert_true(y[2] == 0);
}

static void floats_have_no_low_part(void **state)
{
	CLEANUP(nn_program_free) struct nn_program *p = build(3, &low_of_three, 1, 1);
	CLEANUP(nn_scratch_free) struct nn_scratch *s = NULL;
	float y[6] = {1, 1, 1, 1, 1, 1};

	(void)state;
	assert_int_equal(nn_scratch_new(&s, p, 2), 0);
	nn_run_rows_double(p, nn_kernels_choose(NULL, NULL), s, 2,
		(const double[]){0.1, 0.2, 0.3, 0.4, 0.5, 0.6}, y);
	nn_run_rows(p, nn_kernels_choose(NULL, NULL), s, 2,
		(const float[]){0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f}, y);
	for (size_t i = 0; i < 6; i++)
		assert_true(y[i] == 0);
}

static void what_is_no_finite_float_has_no_low_part(void **state)
{
	CLEANUP(nn_program_free) struct nn_program *p = build(3, &low_of_three, 1, 1);
	CLEANUP(nn_scratch_free) struct nn_scratch *s = NULL;
	float y[3] = {1, 1, 1};

	(void)state;
	assert_int_equal(nn_scratch_new(&s, p, 1), 0);
	nn_run_row_double(p, nn_kernels_choose(NULL, NULL), s,
		(const double[]){1e300, -(double)INFINITY, (double)NAN}, y);
	assert_true(y[0] == 0 && y[1] == 0 && y[2] == 0);
}

/* (x - minus + (low - low_minus)) * times, then a matrix: what a scaler in double becomes. */
static struct nn_program *scaled(void)
{
	static const float minus[] = {101325, 1.7e9f, 0}, low_minus[] = {0, 0.25f, 0},
			   times[] = {0.02f, 1, 3}, weights[] = {1, -2, 0.5f, 3, 0.25f, 1},
			   bias[] = {0.5f, -1};
	const struct nn_step steps[] = {
		{.kind = NN_COLUMNS, .width = 3, .from = {0}, .columns = {.minus = minus}},
		{.kind = NN_LOW, .width = 3},
		{.kind = NN_COLUMNS, .width = 3, .from = {2}, .columns = {.minus = low_minus}},
		{.kind = NN_PAIR, .width = 3, .from = {1, 3}, .pair = NN_PAIR_ADD},
		{.kind = NN_COLUMNS, .width = 3, .from = {4}, .columns = {.times = times}},
		{.kind = NN_AFFINE, .width = 2, .from = {5}, .affine = {weights, bias, NN_LINEAR}},
	};

	return build(3, steps, ARRAY_LEN(steps), ARRAY_LEN(steps));
}

static void a_large_number_is_subtracted_without_losing_digits(void **state)
{
	CLEANUP(nn_program_free) struct nn_program *p = scaled();
	CLEANUP(nn_scratch_free) struct nn_scratch *s = NULL;
	const double x[] = {101325.1234567, 1.7e9 + 1.375, 0.1},
		     z[] = {0.1234567 * 0.02, 1.375 - 0.25, 0.3};
	float y[2];

	(void)state;
	assert_int_equal(nn_scratch_new(&s, p, 1), 0);
	nn_run_row_double(p, nn_kernels_choose("scalar", NULL), s, x, y);
	assert_true(is_close(y[0], z[0] - 2 * z[1] + 0.5 * z[2] + 0.5, 1, 3e-7));
	assert_true(is_close(y[1], 3 * z[0] + 0.25 * z[1] + z[2] - 1, 1, 3e-7));
}

static void folding_leaves_the_two_subtractions_alone(void **state)
{
	CLEANUP(nn_program_free) struct nn_program *p = scaled();
	CLEANUP(buf_deinit) struct buf text = {0};

	(void)state;
	nn_program_show(p, &text);
	assert_string_equal(buf_text(&text), "  0  input 3\n"
					     "  1  columns 3 of 0, - 101325 1.7e+09 0\n"
					     "  2  low 3\n"
					     "  3  columns 3 of 2, - 0 0.25 0\n"
					     "  4  pair 3 of 1, 3, add\n"
					     "  5  columns 3 of 4, * 0.02 1 3\n"
					     "  6  affine 2 x 3 of 5\n"
					     "result 6\n");
}

static void batches_give_the_bits_of_single_rows(void **state)
{
	enum { ROWS = 11 };
	CLEANUP(nn_program_free) struct nn_program *p = scaled();
	CLEANUP(nn_scratch_free) struct nn_scratch *one = NULL, *some = NULL;
	double x[ROWS * 3];
	float y[ROWS * 2], alone[2];
	struct rng rng;

	(void)state;
	rng_init(&rng, 5, 0);
	for (size_t i = 0; i < ARRAY_LEN(x); i++)
		x[i] = (i % 3 == 0 ? 101325 : i % 3 == 1 ? 1.7e9 : 0) + 50 * rng_normal(&rng);
	assert_int_equal(nn_scratch_new(&one, p, 1), 0);
	assert_int_equal(nn_scratch_new(&some, p, 4), 0);
	for (const struct nn_kernels *const *k = nn_kernels_all(); *k; k++) {
		if (!nn_kernels_choose((*k)->name, NULL))
			continue;
		nn_run_rows_double(p, *k, some, ROWS, x, y);
		for (size_t r = 0; r < ROWS; r++) {
			nn_run_row_double(p, *k, one, x + 3 * r, alone);
			assert_memory_equal(alone, y + 2 * r, sizeof(alone));
		}
	}
}

static void without_low_part_doubles_are_what_they_round_to(void **state)
{
	static const float minus[] = {101325, 3}, weights[] = {1, 2}, bias[] = {0};
	const struct nn_step steps[] = {
		{.kind = NN_COLUMNS, .width = 2, .from = {0}, .columns = {.minus = minus}},
		{.kind = NN_AFFINE, .width = 1, .from = {1}, .affine = {weights, bias, NN_LINEAR}},
	};
	CLEANUP(nn_program_free) struct nn_program *p = build(2, steps, 2, 2);
	CLEANUP(nn_scratch_free) struct nn_scratch *s = NULL;
	const double x[] = {101325.1234567, 0.1};
	float exact, rounded;

	(void)state;
	assert_false(nn_program_has_low(p));
	assert_int_equal(nn_scratch_new(&s, p, 1), 0);
	nn_run_row_double(p, nn_kernels_choose(NULL, NULL), s, x, &exact);
	nn_run_row(p, nn_kernels_choose(NULL, NULL), s, (const float[]){(float)x[0], (float)x[1]},
		&rounded);
	assert_memory_equal(&exact, &rounded, sizeof(exact));
}

static void a_low_part_is_as_wide_as_the_input(void **state)
{
	struct nn_program *p = NULL;
	struct err err = {""};

	(void)state;
	assert_int_equal(nn_program_build(&p, 2, &low_of_three, 1, 1, &err), -EINVAL);
	assert_string_equal(err.text, "step 0 (low): 3 columns of 2 inputs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_rounding_takes_away_is_the_low_part),
		cmocka_unit_test(floats_have_no_low_part),
		cmocka_unit_test(what_is_no_finite_float_has_no_low_part),
		cmocka_unit_test(a_large_number_is_subtracted_without_losing_digits),
		cmocka_unit_test(folding_leaves_the_two_subtractions_alone),
		cmocka_unit_test(batches_give_the_bits_of_single_rows),
		cmocka_unit_test(without_low_part_doubles_are_what_they_round_to),
		cmocka_unit_test(a_low_part_is_as_wide_as_the_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
