/* Random programs: folded they give what they give unfolded, in batches what single rows give,
 * within the bounds that are said; and what is no program is refused. */
#include "tests/unit/nn/steps.h"

#include <errno.h>

#include "lib/base/rng.h"
#include "lib/nn/program_parts.h"

enum { STEPS = 24, WIDEST = 12, ROWS = 7, PROGRAMS = 1500 };

struct random_program {
	struct rng rng;
	size_t inputs, count;
	struct nn_step steps[STEPS];
	float numbers[STEPS][6][WIDEST * WIDEST];
	struct nn_column columns[STEPS][WIDEST];
};

static size_t below(struct rng *rng, size_t n)
{
	return (size_t)(rng_uniform(rng) * (double)n) % n;
}

static size_t width(const struct random_program *p, size_t value)
{
	return value == 0 ? p->inputs : p->steps[value - 1].width;
}

/* Half of the numbers are such that they do nothing. */
static const float *numbers(struct random_program *p, int which, size_t n, float nothing)
{
	float *v = p->numbers[p->count][which];

	for (size_t i = 0; i < n; i++)
		v[i] = below(&p->rng, 2) ? nothing : (float)(0.5 + 1.5 * rng_uniform(&p->rng));
	return v;
}

static const float *weights(struct random_program *p, size_t rows, size_t columns)
{
	float *v = p->numbers[p->count][0];

	for (size_t i = 0; i < rows * columns; i++)
		v[i] = (float)(rng_normal(&p->rng) / sqrt((double)columns));
	return v;
}

/* A value of this width or, with 0, of any. Late values are likelier. */
static size_t pick(struct random_program *p, size_t wanted)
{
	size_t value = 0;

	for (int tries = 0; tries < 40; tries++) {
		const size_t back = below(&p->rng, 1 + below(&p->rng, p->count + 1));

		value = p->count - back;
		if (wanted == 0 || width(p, value) == wanted)
			return value;
	}
	return SIZE_MAX;
}

static void put_columns(struct random_program *p, struct nn_step *s)
{
	struct rng *rng = &p->rng;

	s->width = width(p, s->from[0]);
	if (below(rng, 2))
		s->columns.minus = numbers(p, 0, s->width, 0);
	if (below(rng, 2))
		s->columns.over = numbers(p, 1, s->width, 1);
	if (below(rng, 2))
		s->columns.times = numbers(p, 2, s->width, 1);
	if (below(rng, 2))
		s->columns.plus = numbers(p, 3, s->width, 0);
	if (below(rng, 4) == 0)
		s->columns.low = numbers(p, 4, s->width, -INFINITY);
	if (below(rng, 4) == 0)
		s->columns.high = numbers(p, 5, s->width, INFINITY);
}

static void put_copy(struct random_program *p, struct nn_step *s)
{
	const size_t value = pick(p, 0);

	s->width = 1 + below(&p->rng, WIDEST);
	for (size_t c = 0; c < s->width; c++) {
		const size_t from = below(&p->rng, 3) ? value : pick(p, 0);

		p->columns[p->count][c] = (struct nn_column){
			(uint32_t)from, (uint32_t)below(&p->rng, width(p, from))};
	}
	s->copy.columns = p->columns[p->count];
}

static const enum nn_map smooth_maps[] = {NN_MAP_RELU, NN_MAP_SIGMOID, NN_MAP_TANH, NN_MAP_NEGATE,
	NN_MAP_ABS, NN_MAP_RELU, NN_MAP_SIGMOID, NN_MAP_SOFTPLUS, NN_MAP_ERF, NN_MAP_SOFTSIGN};
static const enum nn_pair smooth_pairs[] = {
	NN_PAIR_ADD, NN_PAIR_SUBTRACT, NN_PAIR_MULTIPLY, NN_PAIR_MAX, NN_PAIR_MIN, NN_PAIR_PRELU};
static const enum nn_map jumping_maps[] = {NN_MAP_FLOOR, NN_MAP_SIGN, NN_MAP_ROUND, NN_MAP_EXP,
	NN_MAP_NOT, NN_MAP_IS_NAN, NN_MAP_LOG, NN_MAP_NEGATE, NN_MAP_RELU};
static const enum nn_pair jumping_pairs[] = {NN_PAIR_LESS, NN_PAIR_EQUAL, NN_PAIR_OR, NN_PAIR_ADD,
	NN_PAIR_SUBTRACT, NN_PAIR_MULTIPLY, NN_PAIR_MAX, NN_PAIR_MIN, NN_PAIR_PRELU};

/* With matrices only what does not jump: the rounding of a matrix would decide. */
static void put_step(struct random_program *p, bool has_matrices)
{
	struct rng *rng = &p->rng;
	struct nn_step s = {.from = {pick(p, 0)}};

	s.width = width(p, s.from[0]);
	switch (below(rng, has_matrices ? 12 : 9)) {
	case 0:
		s.kind = NN_CONSTANT;
		s.width = 1 + below(rng, WIDEST);
		s.constant.values = numbers(p, 0, s.width, 1);
		break;
	case 1:
	case 2:
		s.kind = NN_COLUMNS;
		put_columns(p, &s);
		break;
	case 3:
		s.kind = NN_MAP;
		s.map.f = has_matrices ? smooth_maps[below(rng, ARRAY_LEN(smooth_maps))]
				       : jumping_maps[below(rng, ARRAY_LEN(jumping_maps))];
		break;
	case 4:
	case 5:
		s.kind = NN_PAIR;
		s.from[1] = pick(p, below(rng, 2) ? 1 : s.width);
		s.pair = has_matrices ? smooth_pairs[below(rng, ARRAY_LEN(smooth_pairs))]
				      : jumping_pairs[below(rng, ARRAY_LEN(jumping_pairs))];
		if (s.from[1] == SIZE_MAX)
			return;
		break;
	case 6:
		s.kind = has_matrices ? NN_GROUP : NN_REDUCE;
		if (has_matrices)
			s.group.groups = (struct nn_groups){1, s.width, 1};
		else
			s.reduce.groups = (struct nn_groups){s.width, 1, 1};
		break;
	case 7:
	case 8:
		s.kind = NN_COPY;
		put_copy(p, &s);
		break;
	default:
		s.kind = NN_AFFINE;
		s.width = 1 + below(rng, WIDEST);
		s.affine.weights = weights(p, s.width, width(p, s.from[0]));
		s.affine.bias = numbers(p, 1, s.width, 0);
		s.affine.activation = (enum nn_activation)below(rng, 3);
	}
	p->steps[p->count++] = s;
}

static void make(struct random_program *p, uint64_t seed, bool has_matrices)
{
	rng_init(&p->rng, seed, 0);
	p->count = 0;
	p->inputs = 1 + below(&p->rng, WIDEST);
	while (p->count < STEPS)
		put_step(p, has_matrices);
}

static bool is_between(float v, double low, double high)
{
	const double slack = isfinite(v) ? 1e-5 * fmax(1, fabs((double)v)) : 0;

	return isnan(v) || ((double)v >= low - slack && (double)v <= high + slack);
}

static void compare(const struct random_program *p, struct rng *rng, double tolerance)
{
	CLEANUP(nn_program_free) struct nn_program *folded = NULL, *plain = NULL;
	CLEANUP(nn_scratch_free) struct nn_scratch *few = NULL, *one = NULL, *plain_one = NULL;
	const struct nn_kernels *k = nn_kernels_choose("scalar", NULL);
	float x[ROWS * WIDEST], rows[ROWS * WIDEST], row[WIDEST], want[WIDEST];
	double low[WIDEST], high[WIDEST];
	struct err err = {""};

	if (nn_program_build(&folded, p->inputs, p->steps, p->count, p->count, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(
		nn_program_prepare(&plain, p->inputs, p->steps, p->count, p->count, NULL), 0);
	assert_int_equal(nn_scratch_new(&few, folded, 3), 0);
	assert_int_equal(nn_scratch_new(&one, folded, 1), 0);
	assert_int_equal(nn_scratch_new(&plain_one, plain, 1), 0);
	assert_int_equal(nn_program_bounds(folded, low, high), 0);
	for (size_t i = 0; i < ROWS * p->inputs; i++)
		x[i] = (float)rng_normal(rng);
	nn_run_rows(folded, k, few, ROWS, x, rows);
	for (size_t r = 0; r < ROWS; r++) {
		const size_t outputs = nn_program_outputs(plain);

		nn_run_row(folded, k, one, x + r * p->inputs, row);
		nn_run_row(plain, k, plain_one, x + r * p->inputs, want);
		assert_memory_equal(row, rows + r * outputs, outputs * sizeof(*row));
		for (size_t i = 0; i < outputs; i++) {
			if (!is_between(row[i], low[i], high[i]))
				fail_msg("%.9g, not in %g to %g", (double)row[i], low[i], high[i]);
			if (!is_close(row[i], (double)want[i], tolerance > 0 ? 1 : 0, tolerance))
				fail_msg("%.9g, not %.9g", (double)row[i], (double)want[i]);
		}
	}
}

static void without_matrices_folding_changes_no_bit(void **state)
{
	struct random_program *p = malloc(sizeof(*p));
	struct rng rng;

	(void)state;
	assert_non_null(p);
	rng_init(&rng, 1, 1);
	for (uint64_t seed = 0; seed < PROGRAMS; seed++) {
		make(p, seed, false);
		compare(p, &rng, 0);
	}
	free(p);
}

static void with_matrices_folding_changes_little(void **state)
{
	struct random_program *p = malloc(sizeof(*p));
	struct rng rng;

	(void)state;
	assert_non_null(p);
	rng_init(&rng, 2, 1);
	for (uint64_t seed = 0; seed < PROGRAMS; seed++) {
		make(p, seed, true);
		compare(p, &rng, 1e-5);
	}
	free(p);
}

/* One thing of a good program is made any number. */
static void spoil(struct random_program *p)
{
	static const size_t odd[] = {
		0, 1, 2, 3, 7, 12, 13, 70000, UINT32_MAX, SIZE_MAX, SIZE_MAX / 2};
	struct nn_step *s = &p->steps[below(&p->rng, p->count)];
	const size_t v = odd[below(&p->rng, ARRAY_LEN(odd))];

	switch (below(&p->rng, 7)) {
	case 0:
		s->from[below(&p->rng, 3)] = v;
		break;
	case 1:
		if (v <= WIDEST || v > 65536) /* else its numbers would not be there */
			s->width = v <= s->width ? v : v > WIDEST ? v : s->width;
		break;
	case 2:
		if (s->kind == NN_REDUCE)
			s->reduce.groups.inner = v;
		if (s->kind == NN_GROUP)
			s->group.groups.outer = v;
		break;
	case 3:
		if (s->kind == NN_REDUCE)
			s->reduce.groups.size = v;
		if (s->kind == NN_GROUP)
			s->group.groups.size = v;
		break;
	case 4:
		if (s->kind == NN_MAP)
			s->map.f = (enum nn_map)v;
		if (s->kind == NN_PAIR)
			s->pair = (enum nn_pair)v;
		if (s->kind == NN_REDUCE)
			s->reduce.f = (enum nn_reduce)v;
		if (s->kind == NN_GROUP)
			s->group.f = (enum nn_group)v;
		if (s->kind == NN_AFFINE)
			s->affine.activation = (enum nn_activation)v;
		break;
	case 5:
		if (s->kind == NN_COPY)
			p->columns[s - p->steps][0].value = (uint32_t)v;
		break;
	default:
		if (s->kind == NN_COPY)
			p->columns[s - p->steps][0].column = (uint32_t)v;
	}
}

static void what_is_no_program_is_refused(void **state)
{
	struct random_program *p = malloc(sizeof(*p));
	size_t refused = 0;

	(void)state;
	assert_non_null(p);
	for (uint64_t seed = 0; seed < 2 * PROGRAMS; seed++) {
		CLEANUP(nn_program_free) struct nn_program *program = NULL;
		CLEANUP(nn_scratch_free) struct nn_scratch *s = NULL;
		float x[WIDEST] = {1, 2, 3}, y[WIDEST];
		struct err err = {""};
		int r;

		make(p, seed, seed % 2);
		spoil(p);
		r = nn_program_build(&program, p->inputs, p->steps, p->count, p->count, &err);
		assert_true(r == 0 || r == -EINVAL);
		if (r < 0) {
			assert_int_equal(strncmp(err.text, "step ", 5), 0);
			refused++;
			continue;
		}
		assert_int_equal(nn_scratch_new(&s, program, 1), 0);
		nn_run_row(program, nn_kernels_choose("scalar", NULL), s, x, y);
	}
	assert_in_range(refused, PROGRAMS / 4, 2 * PROGRAMS - PROGRAMS / 4);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_matrices_folding_changes_no_bit),
		cmocka_unit_test(with_matrices_folding_changes_little),
		cmocka_unit_test(what_is_no_program_is_refused),
	};

	return cmocka_run_group_tests_name("nn_random", tests, NULL, NULL);
}
