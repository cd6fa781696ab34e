/* Functions of two columns, the choice between two, column-wise numbers and copies. */
#include "tests/unit/nn/steps.h"

/* What is left when b is taken away as often as it goes into a, rounded down. */
static double modulo(double a, double b)
{
	const double left = fmod(a, b);

	return left != 0 && signbit(left) != signbit(b) ? b + left : left;
}

static double in_double(enum nn_pair f, double a, double b)
{
	switch (f) {
	case NN_PAIR_ADD:
		return a + b;
	case NN_PAIR_SUBTRACT:
		return a - b;
	case NN_PAIR_MULTIPLY:
		return a * b;
	case NN_PAIR_DIVIDE:
		return a / b;
	case NN_PAIR_POWER:
		return pow(a, b);
	case NN_PAIR_MAX:
		return isnan(a) || isnan(b) ? (double)NAN : fmax(a, b);
	case NN_PAIR_MIN:
		return isnan(a) || isnan(b) ? (double)NAN : fmin(a, b);
	case NN_PAIR_REMAINDER:
		return fmod(a, b);
	case NN_PAIR_MODULO:
		return modulo(a, b);
	case NN_PAIR_LESS:
		return a < b;
	case NN_PAIR_LESS_EQUAL:
		return a <= b;
	case NN_PAIR_GREATER:
		return a > b;
	case NN_PAIR_GREATER_EQUAL:
		return a >= b;
	case NN_PAIR_EQUAL:
		return a == b;
	case NN_PAIR_AND:
		return a != 0 && b != 0;
	case NN_PAIR_OR:
		return a != 0 || b != 0;
	case NN_PAIR_XOR:
		return (a != 0) != (b != 0);
	case NN_PAIR_PRELU:
		return a < 0 ? a * b : a;
	case NN_PAIR_COUNT:
		break;
	}
	return (double)NAN;
}

static const float edges[] = {0, -0.0f, 1, -1, 2, -2, 3, -3, 0.5f, -0.5f, 7.25f, -7.25f, 1e-20f,
	-1e20f, NAN, INFINITY, -INFINITY};

enum { EDGES = ARRAY_LEN(edges) };

static void every_function_is_what_its_definition_says(void **state)
{
	enum { N = EDGES * EDGES };
	float x[2 * N], y[N];
	struct nn_column a[N], b[N];
	struct nn_step steps[3] = {
		{.kind = NN_COPY, .width = N, .copy = {a}},
		{.kind = NN_COPY, .width = N, .copy = {b}},
		{.kind = NN_PAIR, .width = N, .from = {1, 2}},
	};

	(void)state;
	for (uint32_t i = 0; i < N; i++) {
		x[i] = edges[i / EDGES];
		x[N + i] = edges[i % EDGES];
		a[i] = (struct nn_column){0, i};
		b[i] = (struct nn_column){0, N + i};
	}
	for (int f = 0; f < NN_PAIR_COUNT; f++) {
		steps[2].pair = (enum nn_pair)f;
		run_steps(2 * N, steps, 3, x, y);
		for (size_t i = 0; i < N; i++) {
			const double want =
				in_double(steps[2].pair, (double)x[i], (double)x[N + i]);

			if (!is_close(y[i], want, 0, 1e-7))
				fail_msg("function %d of %g and %g is %.9g, not %.9g", f,
					(double)x[i], (double)x[N + i], (double)y[i], want);
		}
	}
}

static void a_single_column_stands_for_all(void **state)
{
	static const struct nn_column one[] = {{0, 3}}, three[] = {{0, 0}, {0, 1}, {0, 2}};
	struct nn_step steps[] = {
		{.kind = NN_COPY, .width = 1, .copy = {one}},
		{.kind = NN_COPY, .width = 3, .copy = {three}},
		{.kind = NN_PAIR, .width = 3, .from = {1, 2}, .pair = NN_PAIR_SUBTRACT},
		{.kind = NN_PAIR, .width = 3, .from = {2, 1}, .pair = NN_PAIR_SUBTRACT},
	};
	const float x[] = {1, 2, 3, 10};
	float y[3];

	(void)state;
	run_steps(4, steps, 3, x, y);
	assert_memory_equal(y, ((float[]){9, 8, 7}), sizeof(y));
	run_steps(4, steps, 4, x, y);
	assert_memory_equal(y, ((float[]){-9, -8, -7}), sizeof(y));
}

static void select_takes_a_where_its_condition_is_not_zero(void **state)
{
	static const struct nn_column c[] = {{0, 0}, {0, 1}, {0, 2}}, a[] = {{0, 3}},
				      b[] = {{0, 4}, {0, 5}, {0, 6}};
	struct nn_step steps[] = {
		{.kind = NN_COPY, .width = 3, .copy = {c}},
		{.kind = NN_COPY, .width = 1, .copy = {a}},
		{.kind = NN_COPY, .width = 3, .copy = {b}},
		{.kind = NN_SELECT, .width = 3, .from = {1, 2, 3}},
		{.kind = NN_SELECT, .width = 3, .from = {2, 3, 1}},
	};
	const float x[] = {1, -0.0f, NAN, 5, 6, 7, 8};
	float y[3];

	(void)state;
	run_steps(7, steps, 4, x, y);
	assert_memory_equal(y, ((float[]){5, 7, 5}), sizeof(y));
	run_steps(7, steps, 5, x, y);
	assert_memory_equal(y, ((float[]){6, 7, 8}), sizeof(y));
}

static void columns_are_scaled_shifted_and_clipped_in_order(void **state)
{
	const float minus[] = {0.1f, 2, 3}, over[] = {0.3f, 2, -4}, times[] = {0.7f, 3, 5},
		    plus[] = {1e-3f, 0, 1}, low[] = {-INFINITY, -1, 2}, high[] = {3, INFINITY, 1};
	const float x[] = {0.2f, -9, 4}, none[] = {NAN, INFINITY, -INFINITY};
	struct nn_step s = {.kind = NN_COLUMNS, .width = 3};
	float y[3];

	(void)state;
	run_steps(3, &s, 1, x, y);
	assert_memory_equal(y, x, sizeof(y));
	s.columns.minus = minus;
	run_steps(3, &s, 1, x, y);
	for (size_t i = 0; i < 3; i++)
		assert_true(y[i] == x[i] - minus[i]);
	s.columns.over = over;
	s.columns.times = times;
	s.columns.plus = plus;
	run_steps(3, &s, 1, x, y);
	for (size_t i = 0; i < 3; i++) {
		float want = x[i] - minus[i];

		want /= over[i];
		want *= times[i];
		want += plus[i];
		assert_true(y[i] == want);
	}
	s.columns.low = low;
	s.columns.high = high;
	run_steps(3, &s, 1, x, y);
	assert_true(y[1] == -1);
	assert_true(y[2] == 1); /* the upper limit comes last */
	run_steps(3, &s, 1, none, y);
	assert_true(isnan(y[0]));
	assert_true(isinf(y[1]));
}

static void copies_take_columns_of_any_value(void **state)
{
	const float constants[] = {7, 8};
	const struct nn_column columns[] = {{1, 1}, {0, 2}, {2, 0}, {1, 0}, {0, 2}};
	const struct nn_step steps[] = {
		{.kind = NN_CONSTANT, .width = 2, .constant = {constants}},
		{.kind = NN_MAP, .width = 3, .map = {NN_MAP_NEGATE}},
		{.kind = NN_COPY, .width = 5, .copy = {columns}},
	};
	const float x[] = {1, 2, 3};
	float y[5];

	(void)state;
	run_steps(3, steps, 3, x, y);
	assert_memory_equal(y, ((float[]){8, 3, -1, 7, 3}), sizeof(y));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_function_is_what_its_definition_says),
		cmocka_unit_test(a_single_column_stands_for_all),
		cmocka_unit_test(select_takes_a_where_its_condition_is_not_zero),
		cmocka_unit_test(columns_are_scaled_shifted_and_clipped_in_order),
		cmocka_unit_test(copies_take_columns_of_any_value),
	};

	return cmocka_run_group_tests_name("nn_pairs", tests, NULL, NULL);
}
