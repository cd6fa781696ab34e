/* What is known of a program's outputs. */
#include "tests/unit/nn/steps.h"

#include "lib/base/rng.h"
#include "lib/nn/bounds.h"
#include "lib/nn/rows.h"

static const float ones[] = {1, 1, 1, 1}, minus_ones[] = {-1, -1, -1, -1}, zeros[4],
		   halves[] = {0.5f, 0.5f, 0.5f, 0.5f}, thirds[] = {1 / 3.f, 1 / 3.f, 1 / 3.f};
static const float infinite = INFINITY;

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

static struct nn_step reduce(enum nn_reduce f, size_t n, size_t from)
{
	return (struct nn_step){
		.kind = NN_REDUCE, .width = 1, .from = {from}, .reduce = {f, {1, n, 1}}};
}

static struct nn_step softmax(size_t n, size_t from)
{
	return (struct nn_step){.kind = NN_GROUP,
		.width = n,
		.from = {from},
		.group = {NN_GROUP_SOFTMAX, 0, {1, n, 1}}};
}

static struct nn_step affine(size_t n, size_t from, const float *weights, const float *bias)
{
	return (struct nn_step){.kind = NN_AFFINE,
		.width = n,
		.from = {from},
		.affine = {weights, bias, NN_LINEAR}};
}

static void keeps(size_t inputs, const struct nn_step *steps, size_t count, float low, float high)
{
	CLEANUP(nn_program_free) struct nn_program *p = NULL;
	double lows[4], highs[4];
	struct err err = {""};

	if (nn_program_build(&p, inputs, steps, count, count, &err) < 0)
		fail_msg("%s", err.text);
	assert_in_range(nn_program_outputs(p), 1, 4);
	assert_int_equal(nn_program_bounds(p, lows, highs), 0);
	for (size_t i = 0; i < nn_program_outputs(p); i++)
		if (lows[i] != (double)low || highs[i] != (double)high)
			fail_msg("column %zu keeps %.9g to %.9g, not %g to %g", i, lows[i],
				highs[i], (double)low, (double)high);
}

#define KEEPS(inputs, steps, low, high) keeps(inputs, steps, ARRAY_LEN(steps), low, high)

static void probabilities_are_recognised(void **state)
{
	const struct nn_step sigmoid[] = {map(NN_MAP_SIGMOID, 4, 0)};
	const struct nn_step fused[] = {
		affine(1, 0, ones, ones),
		map(NN_MAP_SIGMOID, 1, 1),
	};
	const struct nn_step classes[] = {softmax(4, 0)};
	const struct nn_step clipped[] = {
		{.kind = NN_COLUMNS, .width = 4, .columns = {.low = zeros, .high = ones}}};
	const struct nn_step other[] = {
		constant(1, ones),
		map(NN_MAP_SIGMOID, 4, 0),
		pair(NN_PAIR_SUBTRACT, 4, 1, 2),
	};
	const struct nn_step hard[] = {
		{.kind = NN_MAP, .width = 4, .map = {NN_MAP_HARD_SIGMOID, 0.2f, 0.5f}}};
	const struct nn_step from_tanh[] = {
		map(NN_MAP_TANH, 4, 0),
		{.kind = NN_COLUMNS,
			.width = 4,
			.from = {1},
			.columns = {.times = halves, .plus = halves}},
	};
	const struct nn_step logit[] = {affine(1, 0, ones, ones)};

	(void)state;
	KEEPS(4, sigmoid, 0, 1);
	KEEPS(4, fused, 0, 1);
	KEEPS(4, classes, 0, 1);
	KEEPS(4, clipped, 0, 1);
	KEEPS(4, other, 0, 1);
	KEEPS(4, hard, 0, 1);
	KEEPS(4, from_tanh, 0, 1);
	KEEPS(4, logit, -infinite, infinite);
}

static void sigmoid_in_parts_is_a_probability(void **state)
{
	const struct nn_step negated[] = {
		constant(1, ones),
		map(NN_MAP_NEGATE, 4, 0),
		map(NN_MAP_EXP, 4, 2),
		pair(NN_PAIR_ADD, 4, 1, 3),
		map(NN_MAP_RECIPROCAL, 4, 4),
	};
	const struct nn_step two_sided[] = {
		/* x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)) */
		constant(1, zeros),
		pair(NN_PAIR_LESS, 4, 0, 1),
		map(NN_MAP_EXP, 4, 0),
		{.kind = NN_COLUMNS, .width = 4, .from = {3}, .columns = {.plus = ones}},
		pair(NN_PAIR_DIVIDE, 4, 3, 4),
		map(NN_MAP_SIGMOID, 4, 0),
		{.kind = NN_SELECT, .width = 4, .from = {2, 5, 6}},
	};
	const struct nn_step half[] = {
		map(NN_MAP_EXP, 4, 0),
		{.kind = NN_COLUMNS, .width = 4, .from = {1}, .columns = {.plus = minus_ones}},
		pair(NN_PAIR_DIVIDE, 4, 1, 2),
	};

	(void)state;
	KEEPS(4, negated, 0, 1);
	KEEPS(4, two_sided, 0, 1);
	KEEPS(4, half, -infinite, infinite);
}

/* Experts, and a gate that says how much each counts. */
static void a_mean_with_weights_of_a_softmax_lies_between_its_members(void **state)
{
	static const struct nn_column turned[] = {{2, 1}, {2, 0}, {2, 2}, {2, 3}};
	struct nn_step steps[] = {
		map(NN_MAP_SIGMOID, 4, 0),
		softmax(4, 0),
		pair(NN_PAIR_MULTIPLY, 4, 1, 2),
		reduce(NN_REDUCE_SUM, 4, 3),
	};
	struct nn_step others[] = {
		map(NN_MAP_SIGMOID, 4, 0),
		softmax(4, 0),
		{.kind = NN_COPY, .width = 4, .copy = {turned}},
		pair(NN_PAIR_MULTIPLY, 4, 3, 1),
		reduce(NN_REDUCE_SUM, 4, 4),
	};

	(void)state;
	KEEPS(4, steps, 0, 1);
	/* weights that are not known to be all of them */
	KEEPS(4, others, 0, 4);
	steps[1] = map(NN_MAP_SIGMOID, 4, 0);
	KEEPS(4, steps, 0, 4);
}

static void softmax_in_parts_is_a_probability(void **state)
{
	const struct nn_column spread[] = {{5, 0}, {5, 0}, {5, 0}, {5, 0}};
	struct nn_step steps[] = {
		reduce(NN_REDUCE_MAX, 4, 0),
		pair(NN_PAIR_SUBTRACT, 4, 0, 1),
		map(NN_MAP_EXP, 4, 2),
		map(NN_MAP_ABS, 4, 3),
		reduce(NN_REDUCE_SUM, 4, 3),
		{.kind = NN_COPY, .width = 4, .copy = {spread}},
		pair(NN_PAIR_DIVIDE, 4, 3, 6),
	};
	const struct nn_step by_reciprocal[] = {
		map(NN_MAP_EXP, 4, 0),
		reduce(NN_REDUCE_SUM, 4, 1),
		map(NN_MAP_RECIPROCAL, 1, 2),
		pair(NN_PAIR_MULTIPLY, 4, 3, 1),
	};
	const struct nn_step by_log[] = {
		reduce(NN_REDUCE_LOG_SUM_EXP, 4, 0),
		pair(NN_PAIR_SUBTRACT, 4, 0, 1),
		map(NN_MAP_EXP, 4, 2),
	};

	(void)state;
	KEEPS(4, steps, 0, 1);
	keeps(4, steps, 3, 0, 1); /* exp(x - max) */
	KEEPS(4, by_reciprocal, 0, 1);
	KEEPS(4, by_log, 0, 1);
	steps[6].from[0] = 0; /* another value than what was summed */
	KEEPS(4, steps, -infinite, infinite);
	steps[6].from[0] = 3;
	steps[4].from[0] = 2; /* x - max is not positive: no share */
	KEEPS(4, steps, -infinite, infinite);
}

static void shares_of_probabilities_are_probabilities(void **state)
{
	const struct nn_step guarded[] = {
		/* p / (sum == 0 ? 1 : sum) */
		constant(1, zeros),
		constant(1, ones),
		map(NN_MAP_SIGMOID, 4, 0),
		reduce(NN_REDUCE_SUM, 4, 3),
		pair(NN_PAIR_EQUAL, 1, 4, 1),
		{.kind = NN_SELECT, .width = 1, .from = {5, 2, 4}},
		pair(NN_PAIR_DIVIDE, 4, 3, 6),
	};
	const struct nn_column first[] = {{1, 0}}, second[] = {{1, 1}};
	const struct nn_step two[] = {
		map(NN_MAP_EXP, 2, 0),
		{.kind = NN_COPY, .width = 1, .copy = {first}},
		{.kind = NN_COPY, .width = 1, .copy = {second}},
		pair(NN_PAIR_ADD, 1, 2, 3),
		pair(NN_PAIR_DIVIDE, 1, 3, 4),
	};
	const struct nn_column any[] = {{1, 0}, {0, 1}};
	const struct nn_step beside_any[] = {
		/* the other may be negative */
		map(NN_MAP_EXP, 2, 0),
		{.kind = NN_COPY, .width = 2, .copy = {any}},
		{.kind = NN_COPY, .width = 1, .copy = {first}},
		reduce(NN_REDUCE_SUM, 2, 2),
		pair(NN_PAIR_DIVIDE, 1, 3, 4),
	};

	(void)state;
	KEEPS(2, beside_any, -infinite, infinite);
	KEEPS(4, guarded, 0, 1);
	KEEPS(2, two, 0, 1);
}

static void means_of_probabilities_are_probabilities(void **state)
{
	const struct nn_step mean[] = {
		map(NN_MAP_SIGMOID, 4, 0),
		reduce(NN_REDUCE_MEAN, 4, 1),
	};
	const struct nn_step weighted[] = {
		map(NN_MAP_SIGMOID, 3, 0),
		affine(1, 1, thirds, zeros), /* three thirds are a little more than 1 */
	};
	const struct nn_step of_classes[] = {
		softmax(4, 0),
		affine(1, 1, ones, zeros),
	};
	const struct nn_step too_much[] = {
		map(NN_MAP_SIGMOID, 4, 0),
		affine(1, 1, halves, zeros),
	};

	(void)state;
	KEEPS(4, mean, 0, 1);
	KEEPS(3, weighted, 0, 1);
	KEEPS(4, of_classes, 1, 1);
	KEEPS(4, too_much, 0, 2);
}

static void powers_of_negative_numbers_may_be_anything(void **state)
{
	const struct range cube = range_pair(NN_PAIR_POWER, range_of(-2, 1), range_of(3, 3));
	const struct range square = range_pair(NN_PAIR_POWER, range_of(-2, 1), range_of(2, 2));

	(void)state;
	assert_true(cube.low <= -8 && cube.high >= 1);
	assert_true(square.low == 0 && square.high == 4);
}

static struct range random_range(struct rng *rng, bool is_positive)
{
	const double a = 3 * rng_normal(rng), b = 3 * rng_normal(rng);
	const struct range r = range_of(fmin(a, b), fmax(a, b));

	return is_positive ? range_absolute(r) : r;
}

static double within(struct rng *rng, struct range r)
{
	const double at = rng_uniform(rng);

	return at < 0.1 ? r.low : at > 0.9 ? r.high : r.low + at * (r.high - r.low);
}

static bool is_inside(struct range r, float v)
{
	const double slack = 1e-6 * fmax(1, fabs((double)v));

	return isnan(v) || ((double)v >= r.low - slack && (double)v <= r.high + slack);
}

static void expect_inside(
	const struct nn_kernels *k, enum nn_map f, float a, float b, struct range x, float at)
{
	const struct range r = range_map(f, a, b, x);
	float y;

	nn_map_row(k, f, a, b, 1, &at, &y);
	if (!is_inside(r, y))
		fail_msg("%s: function %d (%g, %g) of %g in %g to %g is %g, not in %g to %g",
			k->name, (int)f, (double)a, (double)b, (double)at, x.low, x.high, (double)y,
			r.low, r.high);
}

static void functions_stay_within_the_bounds_that_are_said(void **state)
{
	struct rng rng;

	(void)state;
	rng_init(&rng, 4, 0);
	for (int turn = 0; turn < 200000; turn++) {
		const enum nn_map f = (enum nn_map)(turn % NN_MAP_COUNT);
		const float a = (float)(rng_uniform(&rng) * 3 - 0.5), b = (float)rng_uniform(&rng);
		const struct range x = random_range(&rng, rng_uniform(&rng) < 0.5);
		const float at = (float)within(&rng, x);

		for (const struct nn_kernels *const *k = nn_kernels_all(); *k; k++)
			if (nn_kernels_choose((*k)->name, NULL))
				expect_inside(*k, f, a, b, x, at);
	}
	for (int turn = 0; turn < 200000; turn++) {
		const enum nn_pair f = (enum nn_pair)(turn % NN_PAIR_COUNT);
		const struct range p = random_range(&rng, rng_uniform(&rng) < 0.5),
				   q = random_range(&rng, rng_uniform(&rng) < 0.5);
		const struct range r = range_pair(f, p, q);
		const float a = (float)within(&rng, p), b = (float)within(&rng, q);
		float y;

		nn_pair_row(f, 1, (struct nn_operand){&a, 1}, (struct nn_operand){&b, 1}, &y);
		if (!is_inside(r, y))
			fail_msg("function %d of %g and %g is %g, not in %g to %g", (int)f,
				(double)a, (double)b, (double)y, r.low, r.high);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(probabilities_are_recognised),
		cmocka_unit_test(sigmoid_in_parts_is_a_probability),
		cmocka_unit_test(a_mean_with_weights_of_a_softmax_lies_between_its_members),
		cmocka_unit_test(softmax_in_parts_is_a_probability),
		cmocka_unit_test(shares_of_probabilities_are_probabilities),
		cmocka_unit_test(means_of_probabilities_are_probabilities),
		cmocka_unit_test(powers_of_negative_numbers_may_be_anything),
		cmocka_unit_test(functions_stay_within_the_bounds_that_are_said),
	};

	return cmocka_run_group_tests_name("nn_bounds", tests, NULL, NULL);
}
