/* What is no program, and what is said of it. */
#include "tests/unit/nn/steps.h"

#include <errno.h>

static const float ones[] = {1, 1, 1, 1}, nan_at_2[] = {1, 1, NAN, 1},
		   inf_at_1[] = {1, INFINITY, 1, 1}, zero_at_3[] = {1, 1, 1, 0};

static void refused(
	size_t inputs, const struct nn_step *steps, size_t count, size_t result, const char *text)
{
	struct nn_program *p = NULL;
	struct err err = {""};

	assert_int_equal(nn_program_build(&p, inputs, steps, count, result, &err), -EINVAL);
	assert_string_equal(err.text, text);
	assert_null(p);
	assert_int_equal(nn_program_build(&p, inputs, steps, count, result, NULL), -EINVAL);
}

/* One step on an input of 4 columns. */
static void one_refused(struct nn_step s, const char *text)
{
	refused(4, &s, 1, 1, text);
}

static void sizes_have_limits(void **state)
{
	enum { MANY = 100001, WIDE = 65536 };
	struct nn_step *steps = calloc(MANY, sizeof(*steps));
	float *wide = calloc(WIDE, sizeof(*wide));

	(void)state;
	assert_true(steps && wide);
	for (size_t i = 0; i < MANY; i++)
		steps[i] = (struct nn_step){.kind = NN_CONSTANT, .width = 4, .constant = {ones}};
	refused(0, steps, 1, 1, "a program of 0 inputs, allowed are 1 to 65536");
	refused(65537, steps, 1, 1, "a program of 65537 inputs, allowed are 1 to 65536");
	refused(4, steps, MANY, 1, "a program of 100001 steps, allowed are 100000");
	refused(4, steps, 2, 3, "the result is value 3 of a program with 2 steps");
	steps[1].width = 0;
	refused(4, steps, 2, 2, "step 1 (constant): makes 0 columns, allowed are 1 to 65536");
	steps[1].width = 65537;
	refused(4, steps, 2, 2, "step 1 (constant): makes 65537 columns, allowed are 1 to 65536");
	for (size_t i = 0; i < 200; i++)
		steps[i] = (struct nn_step){.kind = NN_CONSTANT, .width = WIDE, .constant = {wide}};
	refused(4, steps, 200, 1,
		"step 127 (constant): 8388612 columns together with those before, allowed are "
		"8388608");
	/* refused before a weight is looked at */
	steps[1] = (struct nn_step){
		.kind = NN_AFFINE, .width = 2000, .from = {1}, .affine = {wide, wide, NN_LINEAR}};
	refused(4, steps, 2, 2,
		"step 1 (affine): 131072000 weights together with those before, allowed are "
		"67108864");
	free(steps);
	free(wide);
}

static void steps_read_what_was_made_before(void **state)
{
	const struct nn_column ahead[] = {{1, 0}}, beside[] = {{0, 4}};

	(void)state;
	one_refused((struct nn_step){.kind = NN_MAP, .width = 4, .from = {1}},
		"step 0 (map): reads value 1, which is not made yet");
	one_refused((struct nn_step){.kind = NN_PAIR, .width = 4, .from = {0, 7}},
		"step 0 (pair): reads value 7, which is not made yet");
	one_refused((struct nn_step){.kind = NN_SELECT, .width = 4, .from = {0, 0, 1}},
		"step 0 (select): reads value 1, which is not made yet");
	one_refused((struct nn_step){.kind = NN_COPY, .width = 1, .copy = {ahead}},
		"step 0 (copy): reads value 1, which is not made yet");
	one_refused((struct nn_step){.kind = NN_COPY, .width = 1, .copy = {beside}},
		"step 0 (copy): reads column 4 of value 0, which has 4");
}

static void widths_fit(void **state)
{
	const struct nn_step apart[] = {
		{.kind = NN_CONSTANT, .width = 3, .constant = {ones}},
		{.kind = NN_PAIR, .width = 4, .from = {0, 1}},
	};

	(void)state;
	one_refused((struct nn_step){.kind = NN_MAP, .width = 3},
		"step 0 (map): 3 columns of a value with 4");
	one_refused((struct nn_step){.kind = NN_COLUMNS, .width = 5},
		"step 0 (columns): 5 columns of a value with 4");
	refused(4, apart, 2, 2, "step 1 (pair): operand 1 has 3 columns, allowed are 1 and 4");
	refused(1, &(struct nn_step){.kind = NN_PAIR, .width = 4}, 1, 1,
		"step 0 (pair): makes 4 columns of operands with one");
	one_refused(
		(struct nn_step){
			.kind = NN_REDUCE, .width = 1, .reduce = {NN_REDUCE_SUM, {1, 3, 1}}},
		"step 0 (reduce): groups of 1 x 3 x 1 in a value with 4 columns");
	one_refused((struct nn_step){.kind = NN_REDUCE,
			    .width = 1,
			    .reduce = {NN_REDUCE_SUM, {SIZE_MAX / 4 + 2, 4, 1}}},
		"step 0 (reduce): groups of 4611686018427387905 x 4 x 1 in a value with 4 columns");
	one_refused(
		(struct nn_step){
			.kind = NN_REDUCE, .width = 1, .reduce = {NN_REDUCE_SUM, {2, 2, 1}}},
		"step 0 (reduce): makes 1 columns, its groups give 2");
	one_refused(
		(struct nn_step){
			.kind = NN_GROUP, .width = 2, .group = {NN_GROUP_SOFTMAX, 0, {2, 2, 1}}},
		"step 0 (group): makes 2 columns, its groups give 4");
}

static void functions_are_known(void **state)
{
	(void)state;
	one_refused((struct nn_step){.kind = NN_MAP, .width = 4, .map = {.f = NN_MAP_COUNT}},
		"step 0 (map): there is no function 43");
	one_refused((struct nn_step){.kind = NN_PAIR, .width = 4, .pair = NN_PAIR_COUNT},
		"step 0 (pair): there is no function 18");
	one_refused(
		(struct nn_step){
			.kind = NN_REDUCE, .width = 1, .reduce = {NN_REDUCE_COUNT, {1, 4, 1}}},
		"step 0 (reduce): there is no function 12");
	one_refused(
		(struct nn_step){
			.kind = NN_GROUP, .width = 4, .group = {NN_GROUP_COUNT, 0, {1, 4, 1}}},
		"step 0 (group): there is no function 4");
	one_refused((struct nn_step){.kind = NN_AFFINE,
			    .width = 1,
			    .affine = {ones, ones, (enum nn_activation)3}},
		"step 0 (affine): there is no activation 3");
	one_refused((struct nn_step){.kind = (enum nn_step_kind)10, .width = 1},
		"step 0 (?): there is no step of kind 10");
}

static struct nn_step columns(void)
{
	return (struct nn_step){.kind = NN_COLUMNS, .width = 4};
}

static void numbers_are_finite(void **state)
{
	struct nn_step s = {.kind = NN_AFFINE, .width = 1, .affine = {nan_at_2, ones, NN_LINEAR}};

	(void)state;
	one_refused(s, "step 0 (affine): weight 2 is NaN, not a finite number");
	s.width = 2;
	s.affine.weights = (const float[8]){1};
	s.affine.bias = inf_at_1;
	one_refused(s, "step 0 (affine): bias 1 is infinite, not a finite number");
	s = columns();
	s.columns.minus = nan_at_2;
	one_refused(s, "step 0 (columns): subtrahend 2 is NaN, not a finite number");
	s = columns();
	s.columns.over = zero_at_3;
	one_refused(s, "step 0 (columns): divisor 3 is 0");
	s.columns.over = inf_at_1;
	one_refused(s, "step 0 (columns): divisor 1 is infinite, not a finite number");
	s = columns();
	s.columns.times = inf_at_1;
	one_refused(s, "step 0 (columns): factor 1 is infinite, not a finite number");
	s = columns();
	s.columns.plus = nan_at_2;
	one_refused(s, "step 0 (columns): summand 2 is NaN, not a finite number");
	s = columns();
	s.columns.low = nan_at_2;
	one_refused(s, "step 0 (columns): lower limit 2 is NaN");
	s = columns();
	s.columns.high = nan_at_2;
	one_refused(s, "step 0 (columns): upper limit 2 is NaN");
}

static void constants_in_arithmetic_are_numbers(void **state)
{
	struct nn_step steps[] = {
		{.kind = NN_AFFINE, .width = 4, .affine = {(const float[16]){1}, ones, NN_LINEAR}},
		{.kind = NN_CONSTANT, .width = 4, .constant = {nan_at_2}},
		{.kind = NN_PAIR, .width = 4, .from = {0, 2}, .pair = NN_PAIR_ADD},
	};
	struct nn_program *p = NULL;

	(void)state;
	refused(4, steps, 3, 3, "step 2 (pair): constant 2 is NaN, not a finite number");
	steps[2].pair = NN_PAIR_EQUAL;
	assert_int_equal(nn_program_build(&p, 4, steps, 3, 3, NULL), 0);
	nn_program_free(TAKE(p));
	steps[2].pair = NN_PAIR_ADD;
	steps[1].constant.values = inf_at_1; /* a mask */
	assert_int_equal(nn_program_build(&p, 4, steps, 3, 3, NULL), 0);
	nn_program_free(p);
	steps[2].from[0] = 1; /* a bias */
	refused(4, steps, 3, 3, "step 2 (pair): constant 1 is infinite, not a finite number");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_have_limits),
		cmocka_unit_test(steps_read_what_was_made_before),
		cmocka_unit_test(widths_fit),
		cmocka_unit_test(functions_are_known),
		cmocka_unit_test(numbers_are_finite),
		cmocka_unit_test(constants_in_arithmetic_are_numbers),
	};

	return cmocka_run_group_tests_name("nn_check", tests, NULL, NULL);
}
