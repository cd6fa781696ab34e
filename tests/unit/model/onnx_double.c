/* Graphs with inputs of doubles: they give what they give in double, digits of large numbers too.
 */
#include "tests/unit/model/graph_maker.h"

#define ROWS 9

/* How many standard deviations the rows are out; not a number that floats hold. */
static const double out[ROWS] = {0, 0.3, -0.7, 1.1, -2.3, 9.7, -30.1, 77.7, -100.3};

static size_t input(struct maker *m, int declared, int64_t columns)
{
	maker_init(m, 17);
	return maker_input_of(m, "x", declared, DIMS(-1, columns));
}

static size_t cast(struct maker *m, size_t x, int to)
{
	size_t y = maker_node(m, "Cast", VALUES(x));

	maker_set_int(m, "to", to);
	return y;
}

static struct nn_program *translated(struct maker *m, size_t y)
{
	struct nn_program *p = NULL;
	struct err err = {""};

	maker_output(m, y, "y");
	if (maker_translate(m, &p, &err) < 0)
		fail_msg("%s", err.text);
	return p;
}

static void run(const struct nn_program *p, size_t rows, const double *x, float *y)
{
	CLEANUP(nn_scratch_free) struct nn_scratch *s = NULL;

	assert_int_equal(nn_scratch_new(&s, p, 2), 0);
	nn_run_rows_double(p, nn_kernels_choose("scalar", NULL), s, rows, x, y);
}

static double as_it_is(double v)
{
	return v;
}

static double as_float(double v)
{
	return (double)(float)v;
}

/* The graph, of one column of numbers such as `made` makes, gives (x - mean) / sd times `sign`,
 * within `most` (of 1 or of it). */
static void scales_numbers_by(struct maker *m, size_t y, double (*made)(double v), double mean,
	double sd, double sign, double most)
{
	CLEANUP(nn_program_free) struct nn_program *p = translated(m, y);
	double x[ROWS];
	float got[ROWS];

	for (size_t i = 0; i < ROWS; i++)
		x[i] = made(mean + sd * out[i]);
	run(p, ROWS, x, got);
	for (size_t i = 0; i < ROWS; i++) {
		double want = sign * (x[i] - mean) / sd;

		if (!(fabs((double)got[i] - want) <= most * fmax(1, fabs(want))))
			fail_msg("row %zu gives %.9g, not %.9g", i, (double)got[i], want);
	}
}

static void scales_by(struct maker *m, size_t y, double mean, double sd, double sign, double most)
{
	scales_numbers_by(m, y, as_it_is, mean, sd, sign, most);
}

static size_t subtract_and_divide(struct maker *m, size_t x, double mean, double sd)
{
	x = maker_node(m, "Sub", VALUES(x, maker_doubles(m, &mean, 1)));
	return maker_node(m, "Div", VALUES(x, maker_doubles(m, &sd, 1)));
}

static void a_scaler_in_double_keeps_the_digits_of_large_numbers(void **state)
{
	static const double means[] = {101325, 101325.7, 1.7e9, 1700000000.3, 300, 0};
	static const double sds[] = {50, 50.3, 3600, 3600.1, 2, 7};
	struct maker m;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(means); i++) {
		size_t x = input(&m, ONNX_TYPE_DOUBLE, 1);

		x = cast(&m, subtract_and_divide(&m, x, means[i], sds[i]), ONNX_TYPE_FLOAT);
		scales_by(&m, x, means[i], sds[i], 1, 3e-7);
	}
}

static void floats_are_scaled_in_double_where_they_are_cast_to_it(void **state)
{
	static const double means[] = {101325.7, 100000.123, 300.05, 0.1};
	static const double sds[] = {50.3, 0.3, 0.03, 7.7};
	struct maker m;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(means); i++) {
		size_t x = cast(&m, input(&m, ONNX_TYPE_FLOAT, 1), ONNX_TYPE_DOUBLE);

		x = cast(&m, subtract_and_divide(&m, x, means[i], sds[i]), ONNX_TYPE_FLOAT);
		scales_numbers_by(&m, x, as_float, means[i], sds[i], 1, 3e-7);
	}
}

static void large_integers_keep_their_digits(void **state)
{
	struct maker m;
	size_t x = cast(&m, input(&m, ONNX_TYPE_INT64, 1), ONNX_TYPE_DOUBLE);

	(void)state;
	x = subtract_and_divide(&m, x, 1700000000, 3600.1);
	scales_numbers_by(&m, x, rint, 1700000000, 3600.1, 1, 3e-7);

	x = input(&m, ONNX_TYPE_INT64, 1);
	x = maker_node(&m, "Sub", VALUES(x, maker_ints(&m, INTS(1700000000))));
	x = cast(&m, x, ONNX_TYPE_FLOAT);
	scales_numbers_by(&m, x, rint, 1700000000, 1, 1, 3e-7);
}

static void integers_are_divided_without_a_rest(void **state)
{
	struct maker m;
	size_t x = input(&m, ONNX_TYPE_INT64, 1);
	CLEANUP(nn_program_free) struct nn_program *p = NULL;
	const double numbers[] = {7, -7, 8};
	float y[3];

	(void)state;
	x = maker_node(&m, "Div", VALUES(x, maker_ints(&m, INTS(2))));
	p = translated(&m, cast(&m, x, ONNX_TYPE_FLOAT));
	run(p, 3, numbers, y);
	assert_true(y[0] == 3 && y[1] == -3 && y[2] == 4);
}

static void a_scaler_of_the_other_domain_does_so_too(void **state)
{
	struct maker m;
	size_t x = input(&m, ONNX_TYPE_DOUBLE, 1);

	(void)state;
	x = maker_node(&m, "Scaler", VALUES(x));
	maker_domain(&m, "ai.onnx.ml");
	maker_set_floats(&m, "offset", FLOATS(101325));
	maker_set_floats(&m, "scale", FLOATS(1 / 64.0f));
	scales_by(&m, x, 101325, 64, 1, 3e-7);
}

static void the_same_in_other_words_is_the_same(void **state)
{
	struct maker m;
	size_t x = input(&m, ONNX_TYPE_DOUBLE, 1);

	(void)state;
	x = maker_node(&m, "Mul", VALUES(x, maker_doubles(&m, DOUBLES(1 / 50.0))));
	x = maker_node(&m, "Add", VALUES(maker_doubles(&m, DOUBLES(-101325 / 50.0)), x));
	scales_by(&m, x, 101325, 50, 1, 3e-7);

	x = input(&m, ONNX_TYPE_DOUBLE, 1);
	x = maker_node(&m, "Sub", VALUES(maker_doubles(&m, DOUBLES(101325)), x));
	x = maker_node(&m, "Div", VALUES(x, maker_doubles(&m, DOUBLES(50))));
	scales_by(&m, x, 101325, 50, -1, 3e-7);

	x = input(&m, ONNX_TYPE_DOUBLE, 1);
	x = maker_node(&m, "Neg", VALUES(cast(&m, x, ONNX_TYPE_DOUBLE)));
	x = maker_node(&m, "Identity", VALUES(x));
	x = maker_node(&m, "Reshape", VALUES(x, maker_ints(&m, INTS(-1, 1))));
	x = maker_node(&m, "Add", VALUES(x, maker_doubles(&m, DOUBLES(101325))));
	x = maker_node(&m, "Div", VALUES(x, maker_doubles(&m, DOUBLES(-50))));
	scales_by(&m, x, 101325, 50, 1, 3e-7);
}

/* Column 0 is scaled, column 1 goes through, column 2 is left out; put together the other way. */
static void columns_are_taken_apart_and_put_together(void **state)
{
	static const double x[] = {3.3, 1, 101325.1234567, 4.4, 2, 101221.7654321};
	CLEANUP(nn_program_free) struct nn_program *p = NULL;
	struct maker m;
	size_t in = input(&m, ONNX_TYPE_DOUBLE, 3), a, b;
	float y[4];

	(void)state;
	a = maker_node(&m, "Gather", VALUES(in, maker_ints(&m, INTS(2))));
	maker_set_int(&m, "axis", 1);
	b = maker_node(&m, "Slice",
		VALUES(in, maker_ints(&m, INTS(0)), maker_ints(&m, INTS(1)),
			maker_ints(&m, INTS(1))));
	a = subtract_and_divide(&m, a, 101325, 50);
	a = maker_node(&m, "Concat", VALUES(a, b));
	maker_set_int(&m, "axis", 1);
	a = maker_node(&m, "Mul", VALUES(a, maker_doubles(&m, DOUBLES(1, 10))));
	p = translated(&m, cast(&m, a, ONNX_TYPE_FLOAT));
	run(p, 2, x, y);
	assert_float_equal(y[0], (101325.1234567 - 101325) / 50, 1e-9);
	assert_float_equal(y[1], 33, 4e-6);
	assert_float_equal(y[2], (101221.7654321 - 101325) / 50, 2e-7);
	assert_float_equal(y[3], 44, 4e-6);
}

/* What else reads the columns reads them rounded, and what is scaled in double is so for all. */
static void other_readers_read_what_was_rounded(void **state)
{
	static const double x[] = {101325.1234567, 101325.0000001};
	CLEANUP(nn_program_free) struct nn_program *p = NULL;
	struct maker m;
	size_t in = input(&m, ONNX_TYPE_DOUBLE, 2), a, b;
	float y[4];

	(void)state;
	a = subtract_and_divide(&m, in, 101325, 1);
	b = maker_node(&m, "Abs", VALUES(in));
	a = maker_node(&m, "Abs", VALUES(a));
	b = maker_node(&m, "Concat", VALUES(a, b));
	maker_set_int(&m, "axis", 1);
	p = translated(&m, b);
	run(p, 1, x, y);
	assert_float_equal(y[0], 0.1234567, 1e-8);
	assert_float_equal(y[1], 0.0000001, 1e-11);
	assert_true(y[2] == 101325.1234567f && y[3] == 101325);
}

static void two_columns_of_doubles_meet_rounded(void **state)
{
	static const double x[] = {101325.1234567, 5};
	CLEANUP(nn_program_free) struct nn_program *p = NULL;
	struct maker m;
	size_t in = input(&m, ONNX_TYPE_DOUBLE, 2), a, b;
	float y[1];

	(void)state;
	a = maker_node(&m, "Gather", VALUES(in, maker_ints(&m, INTS(0))));
	maker_set_int(&m, "axis", 1);
	b = maker_node(&m, "Gather", VALUES(in, maker_ints(&m, INTS(1))));
	maker_set_int(&m, "axis", 1);
	a = subtract_and_divide(&m, a, 101325, 1);
	p = translated(&m, maker_node(&m, "Mul", VALUES(a, b)));
	run(p, 1, x, y);
	assert_float_equal(y[0], 5 * 0.1234567, 1e-7);
}

static void floats_are_as_they_were(void **state)
{
	static const double mean = 101325.1, sd = 50;
	struct maker m;

	(void)state;
	for (int i = 0; i < 3; i++) { /* rounded before, or after it came in */
		CLEANUP(nn_program_free) struct nn_program *p = NULL;
		size_t x = input(&m, i == 2 ? ONNX_TYPE_DOUBLE : ONNX_TYPE_FLOAT, 1);

		x = cast(&m, x, i == 2 ? ONNX_TYPE_FLOAT : ONNX_TYPE_DOUBLE);
		p = translated(&m, subtract_and_divide(&m, x, i == 1 ? 101325.5 : mean, sd));
		assert_false(nn_program_has_low(p));
		/* in double a constant that no float holds takes two subtractions */
		assert_int_equal(nn_program_step_count(p), i == 0 ? 2 : 1);
	}
}

static void numbers_that_lead_nowhere_do_no_harm(void **state)
{
	static const double x[] = {101325.5, 7.5, (double)INFINITY, (double)NAN};
	CLEANUP(nn_program_free) struct nn_program *p = NULL;
	struct maker m;
	size_t in = input(&m, ONNX_TYPE_DOUBLE, 4);
	float y[4];

	(void)state;
	in = maker_node(&m, "Mul", VALUES(in, maker_doubles(&m, DOUBLES(0, 1e30, 1, 1))));
	in = maker_node(&m, "Mul", VALUES(in, maker_doubles(&m, DOUBLES(1, 1e30, 1, 1))));
	in = maker_node(&m, "Add", VALUES(in, maker_doubles(&m, DOUBLES(3, 1, 101325, 7))));
	p = translated(&m, in);
	run(p, 1, x, y);
	assert_true(y[0] == 3 && isinf(y[1]) && isinf(y[2]) && isnan(y[3]));
}

static void a_division_by_zero_is_refused(void **state)
{
	struct maker m;
	size_t x = input(&m, ONNX_TYPE_DOUBLE, 1);

	(void)state;
	maker_output(&m, subtract_and_divide(&m, x, 1, 0), "y");
	maker_refuses(&m, "node 2 (Div): a division by 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scaler_in_double_keeps_the_digits_of_large_numbers),
		cmocka_unit_test(floats_are_scaled_in_double_where_they_are_cast_to_it),
		cmocka_unit_test(large_integers_keep_their_digits),
		cmocka_unit_test(integers_are_divided_without_a_rest),
		cmocka_unit_test(a_scaler_of_the_other_domain_does_so_too),
		cmocka_unit_test(the_same_in_other_words_is_the_same),
		cmocka_unit_test(columns_are_taken_apart_and_put_together),
		cmocka_unit_test(other_readers_read_what_was_rounded),
		cmocka_unit_test(two_columns_of_doubles_meet_rounded),
		cmocka_unit_test(floats_are_as_they_were),
		cmocka_unit_test(numbers_that_lead_nowhere_do_no_harm),
		cmocka_unit_test(a_division_by_zero_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
