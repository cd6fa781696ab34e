/* Functions of one and two columns that are something simpler: column-wise numbers where one
 * operand is constant, and functions that the file writes out in parts. */
#include <math.h>

#include "lib/nn/fold_list.h"

/* The constant number of a column. */
static float number(const struct fold *f, size_t constant, size_t column)
{
	const struct nn_step *s = fold_maker(f, constant);

	return s->constant.values[s->width == 1 ? 0 : column];
}

static bool is_everywhere(const struct fold *f, size_t value, float number_wanted)
{
	if (!fold_is(f, value, NN_CONSTANT))
		return false;
	for (size_t c = 0; c < fold_width(f, value); c++)
		if (number(f, value, c) != number_wanted)
			return false;
	return true;
}

/* x f c as numbers of a column; false where it is none, or a number would not be allowed. */
static bool stage_of_second(enum nn_pair f, float c, struct fold_stage *s)
{
	*s = fold_nothing;
	switch (f) {
	case NN_PAIR_ADD:
		s->plus = c;
		return isfinite(c);
	case NN_PAIR_SUBTRACT:
		s->minus = c;
		return isfinite(c);
	case NN_PAIR_MULTIPLY:
		s->times = c;
		return isfinite(c);
	case NN_PAIR_DIVIDE:
		s->over = c;
		return isfinite(c) && c != 0;
	case NN_PAIR_MAX:
		s->low = c;
		return !isnan(c);
	case NN_PAIR_MIN:
		s->high = c;
		return !isnan(c);
	default:
		return false;
	}
}

/* c f x */
static bool stage_of_first(enum nn_pair f, float c, struct fold_stage *s)
{
	switch (f) {
	case NN_PAIR_SUBTRACT:
		*s = fold_nothing;
		s->times = -1;
		s->plus = c;
		return isfinite(c);
	case NN_PAIR_DIVIDE:
		return false;
	default: /* the order of operands does not matter to those that are left */
		return stage_of_second(f, c, s);
	}
}

/* The step with a constant operand as NN_COLUMNS; false when it is none. */
static bool as_columns(struct fold *f, const struct nn_step *s, size_t *out)
{
	const bool is_first = fold_is(f, s->from[0], NN_CONSTANT);
	const size_t constant = s->from[is_first ? 0 : 1], x = s->from[is_first ? 1 : 0];

	if (!fold_is(f, constant, NN_CONSTANT) || fold_width(f, x) != s->width)
		return false;
	for (size_t c = 0; c < s->width; c++)
		if (!(is_first ? stage_of_first : stage_of_second)(
			    s->pair, number(f, constant, c), &f->stages[c]))
			return false;
	*out = fold_put_joined(f, x, s->width);
	return true;
}

static size_t put_map(struct fold *f, size_t from, enum nn_map function, float a)
{
	const struct nn_step s = {.kind = NN_MAP,
		.width = fold_width(f, from),
		.from = {from},
		.map = {.f = function, .a = a}};

	return fold_append(f, &s);
}

static bool is_map(const struct fold *f, size_t value, enum nn_map function)
{
	return fold_is(f, value, NN_MAP) && fold_maker(f, value)->map.f == function;
}

/* Whether all columns of a column-wise step do this. */
static bool does(const struct fold *f, size_t value, struct fold_stage want)
{
	if (!fold_is(f, value, NN_COLUMNS))
		return false;
	for (size_t c = 0; c < fold_width(f, value); c++) {
		const struct fold_stage s = fold_stage_of(fold_maker(f, value), c);

		if (s.minus != want.minus || s.over != want.over || s.times != want.times ||
			s.plus != want.plus || s.low != want.low || s.high != want.high)
			return false;
	}
	return true;
}

/* 1 / (1 + exp(-x)): the value x; SIZE_MAX when it is none. */
static size_t inside_sigmoid(const struct fold *f, size_t denominator)
{
	struct fold_stage plus_one = fold_nothing, negation = fold_nothing;
	size_t exp, negated;

	plus_one.minus = -1;
	negation.times = -1;
	if (!does(f, denominator, plus_one))
		return SIZE_MAX;
	exp = fold_maker(f, denominator)->from[0];
	if (!is_map(f, exp, NN_MAP_EXP))
		return SIZE_MAX;
	negated = fold_maker(f, exp)->from[0];
	return does(f, negated, negation) ? fold_maker(f, negated)->from[0] : SIZE_MAX;
}

static size_t put_reciprocal(struct fold *f, size_t from)
{
	const size_t x = inside_sigmoid(f, from);

	return x == SIZE_MAX ? put_map(f, from, NN_MAP_RECIPROCAL, 0)
			     : put_map(f, x, NN_MAP_SIGMOID, 0);
}

size_t fold_put_map(struct fold *f, struct nn_step s)
{
	if (s.map.f == NN_MAP_RECIPROCAL)
		return put_reciprocal(f, s.from[0]);
	if (s.map.f != NN_MAP_NEGATE)
		return fold_append(f, &s);
	for (size_t c = 0; c < s.width; c++) {
		f->stages[c] = fold_nothing;
		f->stages[c].times = -1;
	}
	return fold_put_joined(f, s.from[0], s.width);
}

size_t fold_put_pair(struct fold *f, struct nn_step s)
{
	const size_t a = s.from[0], b = s.from[1];
	size_t made;

	if (s.pair == NN_PAIR_DIVIDE && is_everywhere(f, a, 1) && fold_width(f, b) == s.width)
		return put_reciprocal(f, b);
	if (s.pair == NN_PAIR_MULTIPLY && is_map(f, b, NN_MAP_SIGMOID) &&
		fold_maker(f, b)->from[0] == a)
		return put_map(f, a, NN_MAP_SWISH, 1);
	if (s.pair == NN_PAIR_MULTIPLY && is_map(f, a, NN_MAP_SIGMOID) &&
		fold_maker(f, a)->from[0] == b)
		return put_map(f, b, NN_MAP_SWISH, 1);
	if (s.pair == NN_PAIR_PRELU && fold_is(f, b, NN_CONSTANT) && fold_width(f, a) == s.width &&
		is_everywhere(f, b, number(f, b, 0)))
		return put_map(f, a, NN_MAP_LEAKY_RELU, number(f, b, 0));
	return as_columns(f, &s, &made) ? made : fold_append(f, &s);
}
