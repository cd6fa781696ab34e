/* What folding makes of programs, and that they still give the same. */
#include "tests/unit/nn/steps.h"

#include "lib/base/buf.h"
#include "lib/base/rng.h"
#include "lib/nn/program_parts.h"

#define WIDEST 64

static float some[WIDEST * WIDEST]; /* normal numbers, for weights */

static void run(const struct nn_program *p, const float *x, float *y)
{
	CLEANUP(nn_scratch_free) struct nn_scratch *s = NULL;

	assert_int_equal(nn_scratch_new(&s, p, 1), 0);
	nn_run_row(p, nn_kernels_choose("scalar", NULL), s, x, y);
}

/* The largest difference that folding makes, beside values of about 1. */
static double difference(const struct nn_program *folded, const struct nn_program *plain)
{
	const size_t n = nn_program_outputs(plain);
	float x[WIDEST], got[WIDEST], want[WIDEST];
	double worst = 0;
	struct rng rng;

	rng_init(&rng, 5, 0);
	assert_int_equal(nn_program_outputs(folded), n);
	for (int row = 0; row < 50; row++) {
		for (size_t i = 0; i < nn_program_inputs(plain); i++)
			x[i] = (float)(1 + 2 * rng_normal(&rng));
		run(folded, x, got);
		run(plain, x, want);
		for (size_t i = 0; i < n; i++)
			if (got[i] != want[i] && !(isnan(got[i]) && isnan(want[i])))
				worst = fmax(worst, fabs((double)got[i] - (double)want[i]) /
							    fmax(1, fabs((double)want[i])));
	}
	return worst;
}

enum exactness { CLOSE, EXACT };

/* The steps become this listing, and give the same. */
static void becomes(size_t inputs, const struct nn_step *steps, size_t count,
	enum exactness exactness, const char *listing)
{
	CLEANUP(nn_program_free) struct nn_program *folded = NULL, *plain = NULL;
	CLEANUP(buf_deinit) struct buf out;
	struct err err = {""};

	buf_init(&out);
	if (nn_program_build(&folded, inputs, steps, count, count, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(nn_program_prepare(&plain, inputs, steps, count, count, NULL), 0);
	nn_program_show(folded, &out);
	assert_string_equal(buf_text(&out), listing);
	assert_true(difference(folded, plain) <= (exactness == EXACT ? 0 : 2e-6));
}

static const float ones[] = {1, 1, 1, 1}, twos[] = {2, 2, 2, 2},
		   halves[] = {0.5f, 0.5f, 0.5f, 0.5f}, mean[] = {0.1f, 0.2f, 0.3f, 0.4f},
		   sd[] = {0.7f, 3, 1.1f, 0.9f}, zeros[4];

static struct nn_step constant(size_t n, const float *v)
{
	return (struct nn_step){.kind = NN_CONSTANT, .width = n, .constant = {v}};
}

static struct nn_step pair(enum nn_pair f, size_t n, size_t a, size_t b)
{
	return (struct nn_step){.kind = NN_PAIR, .width = n, .from = {a, b}, .pair = f};
}

static struct nn_step map(enum nn_map f, size_t n, size_t from)
{
	return (struct nn_step){.kind = NN_MAP, .width = n, .from = {from}, .map = {.f = f}};
}

static struct nn_step affine(size_t n, size_t from, const float *bias)
{
	return (struct nn_step){
		.kind = NN_AFFINE, .width = n, .from = {from}, .affine = {some, bias, NN_LINEAR}};
}

static struct nn_step copy(size_t n, const struct nn_column *columns)
{
	return (struct nn_step){.kind = NN_COPY, .width = n, .copy = {columns}};
}

static void an_mlp_of_single_steps_becomes_its_layers(void **state)
{
	const struct nn_step steps[] = {
		constant(4, mean),
		constant(4, sd),
		constant(1, twos),
		pair(NN_PAIR_SUBTRACT, 4, 0, 1),
		pair(NN_PAIR_DIVIDE, 4, 4, 2),
		affine(3, 5, zeros),
		pair(NN_PAIR_ADD, 3, 6, 3),
		map(NN_MAP_RELU, 3, 7),
		affine(2, 8, zeros),
		pair(NN_PAIR_ADD, 2, 3, 9),
		constant(1, zeros),
		pair(NN_PAIR_MAX, 2, 10, 11),
		affine(1, 12, mean),
		map(NN_MAP_SIGMOID, 1, 13),
	};
	CLEANUP(nn_program_free) struct nn_program *p = NULL;
	struct nn_layer layer;

	(void)state;
	becomes(4, steps, ARRAY_LEN(steps), CLOSE,
		"  0  input 4\n"
		"  1  columns 4 of 0, - 0.1 0.2 0.3 0.4\n"
		"  2  affine 3 x 4 of 1, relu\n"
		"  3  affine 2 x 3 of 2, relu\n"
		"  4  affine 1 x 2 of 3, sigmoid\n"
		"result 4\n");
	assert_int_equal(
		nn_program_build(&p, 4, steps, ARRAY_LEN(steps), ARRAY_LEN(steps), NULL), 0);
	assert_int_equal(nn_program_layer_count(p), 3);
	nn_program_layer(p, 0, &layer);
	assert_int_equal(layer.activation, NN_RELU);
	assert_true(layer.bias[0] == 2);
	assert_true(layer.weights[1] == (float)((double)some[1] / 3));
	assert_memory_equal(nn_program_mean(p), mean, sizeof(mean));
	assert_memory_equal(nn_program_sd(p), ones, sizeof(ones));
}

static void a_subtraction_from_the_input_stays_one(void **state)
{
	const float far[] = {1e6f, 1e6f, 1e6f, 1e6f};
	const struct nn_step subtracts[] = {
		{.kind = NN_COLUMNS, .width = 4, .columns = {.minus = far, .times = twos}},
		affine(1, 1, ones),
	};
	const struct nn_step adds[] = {
		{.kind = NN_COLUMNS, .width = 4, .columns = {.times = twos, .plus = mean}},
		affine(1, 1, ones),
	};

	(void)state;
	becomes(4, subtracts, 2, CLOSE,
		"  0  input 4\n"
		"  1  columns 4 of 0, - 1e+06\n"
		"  2  affine 1 x 4 of 1\n"
		"result 2\n");
	becomes(4, adds, 2, CLOSE,
		"  0  input 4\n"
		"  1  affine 1 x 4 of 0\n"
		"result 1\n");
}

static void a_subtraction_from_filled_gaps_stays_one(void **state)
{
	const struct nn_step steps[] = {
		map(NN_MAP_IS_NAN, 4, 0),
		constant(4, mean),
		{.kind = NN_SELECT, .width = 4, .from = {1, 2, 0}},
		{.kind = NN_COLUMNS,
			.width = 4,
			.from = {3},
			.columns = {.minus = mean, .over = twos}},
		affine(1, 4, ones),
	};

	(void)state;
	becomes(4, steps, 5, CLOSE,
		"  0  input 4\n"
		"  1  map 4 of 0, is nan\n"
		"  2  constant 4: 0.1 0.2 0.3 0.4\n"
		"  3  select 4 of 1, 2, 0\n"
		"  4  columns 4 of 3, - 0.1 0.2 0.3 0.4\n"
		"  5  affine 1 x 4 of 4\n"
		"result 5\n");
}

static void a_large_summand_is_not_carried(void **state)
{
	const float large[] = {-100, 0, 0, 0};
	const struct nn_step steps[] = {
		{.kind = NN_COLUMNS, .width = 4, .columns = {.times = twos, .plus = large}},
		affine(1, 1, ones),
	};

	(void)state;
	becomes(4, steps, 2, EXACT,
		"  0  input 4\n"
		"  1  columns 4 of 0, * 2, + -100 0 0 0\n"
		"  2  affine 1 x 4 of 1\n"
		"result 2\n");
}

static void what_stands_behind_a_matrix_goes_into_it(void **state)
{
	const struct nn_step steps[] = {
		affine(4, 0, ones),
		{.kind = NN_COLUMNS,
			.width = 4,
			.from = {1},
			.columns = {.minus = mean, .over = sd, .times = twos, .plus = ones}},
		{.kind = NN_COLUMNS, .width = 4, .from = {2}, .columns = {.times = sd}},
		map(NN_MAP_SIGMOID, 4, 3),
	};

	(void)state;
	becomes(5, steps, 4, CLOSE,
		"  0  input 5\n"
		"  1  affine 4 x 5 of 0, sigmoid\n"
		"result 1\n");
}

static void a_matrix_that_others_read_stays_as_it_is(void **state)
{
	const struct nn_step steps[] = {
		affine(4, 0, ones),
		{.kind = NN_COLUMNS, .width = 4, .from = {1}, .columns = {.times = sd}},
		map(NN_MAP_RELU, 4, 1),
		pair(NN_PAIR_ADD, 4, 2, 3),
	};

	(void)state;
	becomes(5, steps, 4, EXACT,
		"  0  input 5\n"
		"  1  affine 4 x 5 of 0\n"
		"  2  columns 4 of 1, * 0.7 3 1.1 0.9\n"
		"  3  map 4 of 1, relu\n"
		"  4  pair 4 of 2, 3, add\n"
		"result 4\n");
}

static void nothing_moves_across_limits(void **state)
{
	const struct nn_step behind[] = {
		{.kind = NN_COLUMNS,
			.width = 4,
			.columns = {.times = twos, .low = mean, .high = sd}},
		affine(1, 1, ones),
	};
	const struct nn_step before[] = {
		affine(4, 0, ones),
		{.kind = NN_COLUMNS,
			.width = 4,
			.from = {1},
			.columns = {.times = twos, .low = mean, .high = sd}},
		{.kind = NN_COLUMNS, .width = 4, .from = {2}, .columns = {.times = sd}},
	};

	(void)state;
	becomes(4, behind, 2, EXACT,
		"  0  input 4\n"
		"  1  columns 4 of 0, * 2, at least 0.1 0.2 0.3 0.4, at most 0.7 3 1.1 0.9\n"
		"  2  affine 1 x 4 of 1\n"
		"result 2\n");
	becomes(4, before, 3, CLOSE,
		"  0  input 4\n"
		"  1  affine 4 x 4 of 0\n"
		"  2  columns 4 of 1, at least 0.1 0.2 0.3 0.4, at most 0.7 3 1.1 0.9\n"
		"  3  columns 4 of 2, * 0.7 3 1.1 0.9\n"
		"result 3\n");
}

static void nothing_is_carried_on_a_difference_of_columns(void **state)
{
	const struct nn_column left[] = {{0, 0}, {0, 1}}, right[] = {{0, 2}, {0, 3}};
	const struct nn_step steps[] = {
		copy(2, left),
		copy(2, right),
		pair(NN_PAIR_SUBTRACT, 2, 1, 2),
		{.kind = NN_COLUMNS, .width = 2, .from = {3}, .columns = {.times = twos}},
		affine(1, 4, ones),
	};
	const float whole[] = {1, -1, 0, 0, 0, 0, 1, -1};
	const struct nn_step as_matrix[] = {
		{.kind = NN_AFFINE, .width = 2, .affine = {whole, zeros, NN_LINEAR}},
		{.kind = NN_COLUMNS, .width = 2, .from = {1}, .columns = {.over = sd}},
		affine(1, 2, ones),
	};

	(void)state;
	becomes(4, steps, 5, EXACT,
		"  0  input 4\n"
		"  1  copy 2 of 0:0-1\n"
		"  2  copy 2 of 0:2-3\n"
		"  3  pair 2 of 1, 2, subtract\n"
		"  4  columns 2 of 3, * 2\n"
		"  5  affine 1 x 2 of 4\n"
		"result 5\n");
	becomes(4, as_matrix, 3, EXACT,
		"  0  input 4\n"
		"  1  affine 2 x 4 of 0\n"
		"  2  columns 2 of 1, / 0.7 3\n"
		"  3  affine 1 x 2 of 2\n"
		"result 3\n");
}

static void pieces_scaled_one_by_one_become_one_step(void **state)
{
	const struct nn_column c[4][1] = {{{0, 0}}, {{0, 1}}, {{0, 2}}, {{0, 3}}};
	const struct nn_column together[] = {{7, 0}, {5, 0}, {6, 0}, {4, 0}};
	const struct nn_step steps[] = {
		copy(1, c[0]),
		copy(1, c[1]),
		copy(1, c[2]),
		copy(1, c[3]),
		{.kind = NN_COLUMNS,
			.width = 1,
			.from = {2},
			.columns = {.minus = mean, .over = sd}},
		{.kind = NN_COLUMNS, .width = 1, .from = {3}, .columns = {.times = sd}},
		{.kind = NN_COLUMNS, .width = 1, .from = {1}, .columns = {.plus = ones}},
		copy(4, together),
		affine(2, 8, ones),
	};

	(void)state;
	becomes(4, steps, 8, EXACT,
		"  0  input 4\n"
		"  1  columns 4 of 0, - -1 0.1 0 0, / 1 0.7 1 1, * 1 1 0.7 1\n"
		"result 1\n");
	becomes(4, steps, 9, CLOSE,
		"  0  input 4\n"
		"  1  columns 4 of 0, - -1 0.1 0 0\n"
		"  2  affine 2 x 4 of 1\n"
		"result 2\n");
}

static void pieces_of_two_values_become_one_step_when_it_saves_two(void **state)
{
	const struct nn_column left[] = {{0, 0}, {0, 1}}, right[] = {{0, 2}, {0, 3}};
	const struct nn_column four[] = {{3, 0}, {4, 0}, {5, 1}, {6, 0}}, two[] = {{3, 0}, {6, 0}};
	struct nn_step steps[] = {
		copy(2, left),
		copy(2, right),
		{.kind = NN_COLUMNS, .width = 2, .from = {1}, .columns = {.minus = mean}},
		{.kind = NN_COLUMNS, .width = 2, .from = {2}, .columns = {.times = sd}},
		{.kind = NN_COLUMNS, .width = 2, .from = {2}, .columns = {.over = sd}},
		map(NN_MAP_ABS, 4, 0),
		copy(4, four),
	};

	(void)state;
	becomes(4, steps, 7, EXACT,
		"  0  input 4\n"
		"  1  map 4 of 0, abs\n"
		"  2  copy 4 of 0:0, 0:2-3, 1:0\n"
		"  3  columns 4 of 2, - 0.1 0 0 0, / 1 1 3 1, * 1 0.7 1 1\n"
		"result 3\n");
	steps[6] = copy(2, two);
	becomes(4, steps, 7, EXACT,
		"  0  input 4\n"
		"  1  copy 2 of 0:0-1\n"
		"  2  columns 2 of 1, - 0.1 0.2\n"
		"  3  map 4 of 0, abs\n"
		"  4  copy 2 of 2:0, 3:0\n"
		"result 4\n");
}

static void columns_that_are_chosen_go_into_the_matrix(void **state)
{
	const struct nn_column chosen[] = {{0, 3}, {0, 1}, {1, 1}, {0, 3}};
	const struct nn_step steps[] = {
		constant(2, sd),
		copy(4, chosen),
		{.kind = NN_COLUMNS, .width = 4, .from = {2}, .columns = {.over = twos}},
		affine(2, 3, ones),
	};
	const struct nn_step shifted[] = {
		constant(2, sd),
		copy(2, chosen),
		{.kind = NN_COLUMNS,
			.width = 2,
			.from = {2},
			.columns = {.minus = mean, .over = sd}},
		affine(2, 3, ones),
	};

	(void)state;
	becomes(4, steps, 4, CLOSE,
		"  0  input 4\n"
		"  1  affine 2 x 4 of 0\n"
		"result 1\n");
	becomes(4, shifted, 4, CLOSE,
		"  0  input 4\n"
		"  1  columns 4 of 0, - 0 0.2 0 0.1\n"
		"  2  affine 2 x 4 of 1\n"
		"result 2\n");
	becomes(5, shifted, 4, CLOSE, /* too wide for two columns */
		"  0  input 5\n"
		"  1  copy 2 of 0:3, 0:1\n"
		"  2  columns 2 of 1, - 0.1 0.2\n"
		"  3  affine 2 x 2 of 2\n"
		"result 3\n");
}

static void copies_of_copies_and_of_everything_go(void **state)
{
	const struct nn_column first[] = {{0, 3}, {0, 2}, {0, 1}, {0, 0}},
			       second[] = {{1, 3}, {1, 2}, {1, 1}, {1, 0}},
			       third[] = {{1, 1}, {2, 1}};
	const struct nn_step steps[] = {copy(4, first), copy(4, second), copy(2, third)};

	(void)state;
	becomes(4, steps, 2, EXACT,
		"  0  input 4\n"
		"result 0\n");
	becomes(4, steps, 3, EXACT,
		"  0  input 4\n"
		"  1  copy 2 of 0:2, 0:1\n"
		"result 1\n");
}

static void what_depends_on_constants_alone_is_worked_out(void **state)
{
	const struct nn_column columns[] = {{2, 0}, {1, 1}, {0, 0}, {2, 2}};
	const struct nn_step steps[] = {
		constant(4, mean),
		affine(3, 1, ones),
		map(NN_MAP_EXP, 3, 2),
		copy(4, columns),
		{.kind = NN_REDUCE, .width = 1, .from = {3}, .reduce = {NN_REDUCE_SUM, {1, 3, 1}}},
		pair(NN_PAIR_POWER, 4, 4, 5),
		pair(NN_PAIR_LESS, 4, 1, 5),
		{.kind = NN_SELECT, .width = 4, .from = {7, 6, 1}},
	};
	CLEANUP(nn_program_free) struct nn_program *some_left = NULL, *none_left = NULL;
	size_t left = 0;

	(void)state;
	assert_int_equal(nn_program_build(&some_left, 4, steps, ARRAY_LEN(steps), 8, NULL), 0);
	for (size_t i = 0; i < nn_program_step_count(some_left); i++) {
		struct nn_step s;

		nn_program_step(some_left, i, &s);
		left += s.kind != NN_CONSTANT;
	}
	assert_int_equal(left, 3); /* copy, power, select */
	assert_int_equal(nn_program_build(&none_left, 4, steps, ARRAY_LEN(steps), 7, NULL), 0);
	assert_int_equal(nn_program_step_count(none_left), 1);
}

static void column_steps_join_where_the_order_stays(void **state)
{
	const struct nn_step joins[] = {
		constant(1, twos),
		constant(4, mean),
		pair(NN_PAIR_ADD, 4, 0, 2),
		pair(NN_PAIR_DIVIDE, 4, 3, 1),
		pair(NN_PAIR_SUBTRACT, 4, 2, 4),
		pair(NN_PAIR_MAX, 4, 5, 2),
		pair(NN_PAIR_MIN, 4, 6, 1),
		constant(4, sd),
		pair(NN_PAIR_MAX, 4, 7, 8),
	};
	const struct nn_step by_zero[] = {
		constant(1, zeros),
		pair(NN_PAIR_DIVIDE, 4, 0, 1),
	};
	const struct nn_step two[] = {
		{.kind = NN_COLUMNS, .width = 4, .columns = {.times = sd}},
		{.kind = NN_COLUMNS, .width = 4, .from = {1}, .columns = {.over = sd}},
		{.kind = NN_COLUMNS,
			.width = 4,
			.from = {2},
			.columns = {.over = ones, .times = ones, .plus = zeros}},
	};

	(void)state;
	becomes(4, joins, ARRAY_LEN(joins), EXACT,
		"  0  input 4\n"
		"  1  columns 4 of 0, - -0.1 -0.2 -0.3 -0.4, / 2, * -1, + 0.1 0.2 0.3 0.4, "
		"at least 0.7 3 1.1 0.9, at most 2 3 2 2\n"
		"result 1\n");
	becomes(4, by_zero, ARRAY_LEN(by_zero), EXACT,
		"  0  input 4\n"
		"  1  constant 1: 0\n"
		"  2  pair 4 of 0, 1, divide\n"
		"result 2\n");
	becomes(4, two, ARRAY_LEN(two), EXACT,
		"  0  input 4\n"
		"  1  columns 4 of 0, * 0.7 3 1.1 0.9\n"
		"  2  columns 4 of 1, / 0.7 3 1.1 0.9\n"
		"result 2\n");
}

static void functions_in_parts_become_functions(void **state)
{
	const struct nn_step sigmoid[] = {
		constant(1, ones),
		map(NN_MAP_NEGATE, 4, 0),
		map(NN_MAP_EXP, 4, 2),
		pair(NN_PAIR_ADD, 4, 1, 3),
		pair(NN_PAIR_DIVIDE, 4, 1, 4),
	};
	const struct nn_step swish[] = {
		map(NN_MAP_SIGMOID, 4, 0),
		pair(NN_PAIR_MULTIPLY, 4, 0, 1),
	};
	const struct nn_step prelu[] = {
		constant(4, halves),
		pair(NN_PAIR_PRELU, 4, 0, 1),
	};
	const struct nn_step half_more[] = {
		constant(1, halves),
		map(NN_MAP_NEGATE, 4, 0),
		map(NN_MAP_EXP, 4, 2),
		pair(NN_PAIR_ADD, 4, 1, 3),
		map(NN_MAP_RECIPROCAL, 4, 4),
	};

	(void)state;
	becomes(4, sigmoid, ARRAY_LEN(sigmoid), EXACT,
		"  0  input 4\n"
		"  1  map 4 of 0, sigmoid\n"
		"result 1\n");
	becomes(4, swish, ARRAY_LEN(swish), EXACT,
		"  0  input 4\n"
		"  1  map 4 of 0, swish 1\n"
		"result 1\n");
	becomes(4, prelu, ARRAY_LEN(prelu), EXACT,
		"  0  input 4\n"
		"  1  map 4 of 0, leaky relu 0.5\n"
		"result 1\n");
	becomes(4, half_more, ARRAY_LEN(half_more), EXACT,
		"  0  input 4\n"
		"  1  columns 4 of 0, * -1\n"
		"  2  map 4 of 1, exp\n"
		"  3  columns 4 of 2, - -0.5\n"
		"  4  map 4 of 3, reciprocal\n"
		"result 4\n");
}

static void weights_that_would_lose_digits_are_left(void **state)
{
	const float tiny[] = {1e-30f, 1, 1, 1}, huge[] = {1e30f, 0.5f, 1, 1};
	float w[4] = {1e-15f, 1, 1, 1};
	const struct nn_step steps[] = {
		{.kind = NN_COLUMNS, .width = 4, .columns = {.times = tiny}},
		{.kind = NN_AFFINE, .width = 1, .from = {1}, .affine = {w, ones, NN_LINEAR}},
	};
	const struct nn_step overflows[] = {
		{.kind = NN_AFFINE, .width = 1, .affine = {huge, ones, NN_LINEAR}},
		{.kind = NN_COLUMNS, .width = 1, .from = {1}, .columns = {.times = huge}},
	};

	(void)state;
	becomes(4, steps, 2, EXACT,
		"  0  input 4\n"
		"  1  columns 4 of 0, * 1e-30 1 1 1\n"
		"  2  affine 1 x 4 of 1\n"
		"result 2\n");
	becomes(4, overflows, 2, EXACT,
		"  0  input 4\n"
		"  1  affine 1 x 4 of 0\n"
		"  2  columns 1 of 1, * 1e+30\n"
		"result 2\n");
}

static void the_program_of_a_trained_network_is_left_as_it_is(void **state)
{
	const struct nn_layer layers[] = {
		{4, 2, some, ones, NN_RELU}, {2, 1, some, ones, NN_SIGMOID}};
	CLEANUP(nn_program_free) struct nn_program *p = NULL;
	CLEANUP(buf_deinit) struct buf out;

	(void)state;
	buf_init(&out);
	assert_int_equal(nn_program_new(&p, layers, 2, mean, sd, NULL), 0);
	nn_program_show(p, &out);
	assert_string_equal(buf_text(&out),
		"  0  input 4\n"
		"  1  columns 4 of 0, - 0.1 0.2 0.3 0.4, / 0.7 3 1.1 0.9\n"
		"  2  affine 2 x 4 of 1, relu\n"
		"  3  affine 1 x 2 of 2, sigmoid\n"
		"result 3\n");
}

static int fill(void **state)
{
	struct rng rng;

	(void)state;
	rng_init(&rng, 1, 0);
	for (size_t i = 0; i < ARRAY_LEN(some); i++)
		some[i] = (float)rng_normal(&rng);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_mlp_of_single_steps_becomes_its_layers),
		cmocka_unit_test(a_subtraction_from_the_input_stays_one),
		cmocka_unit_test(a_subtraction_from_filled_gaps_stays_one),
		cmocka_unit_test(a_large_summand_is_not_carried),
		cmocka_unit_test(what_stands_behind_a_matrix_goes_into_it),
		cmocka_unit_test(a_matrix_that_others_read_stays_as_it_is),
		cmocka_unit_test(nothing_moves_across_limits),
		cmocka_unit_test(nothing_is_carried_on_a_difference_of_columns),
		cmocka_unit_test(pieces_scaled_one_by_one_become_one_step),
		cmocka_unit_test(pieces_of_two_values_become_one_step_when_it_saves_two),
		cmocka_unit_test(columns_that_are_chosen_go_into_the_matrix),
		cmocka_unit_test(copies_of_copies_and_of_everything_go),
		cmocka_unit_test(what_depends_on_constants_alone_is_worked_out),
		cmocka_unit_test(column_steps_join_where_the_order_stays),
		cmocka_unit_test(functions_in_parts_become_functions),
		cmocka_unit_test(weights_that_would_lose_digits_are_left),
		cmocka_unit_test(the_program_of_a_trained_network_is_left_as_it_is),
	};

	return cmocka_run_group_tests_name("nn_fold", tests, fill, NULL);
}
