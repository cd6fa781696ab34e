/* Where one column is known to be a part of another: a value and the sum of its group, x and x + 1.
 */
#include "lib/nn/bounds.h"

#define PARTS_DEEP 8 /* steps that are looked through for a part */

struct nn_column bounds_origin(const struct bounds *b, struct nn_column c)
{
	while (c.value > 0 && bounds_maker(b, c)->kind == NN_COPY)
		c = bounds_maker(b, c)->copy.columns[c.column];
	return c;
}

static bool may_look(struct bounds *b)
{
	if (b->looks == 0)
		return false;
	b->looks--;
	return true;
}

/* Whether a is in the group that makes column c; with `all_positive`, beside nothing negative. */
static bool is_in_group(
	struct bounds *b, const struct nn_step *s, size_t c, struct nn_column a, bool all_positive)
{
	bool is_in = false;

	for (size_t i = 0; i < s->reduce.groups.size; i++) {
		const struct nn_column member = bounds_in_group(s, c, i);

		if (!may_look(b))
			return false;
		if (all_positive && bounds_at(b, member).low < 0)
			return false;
		is_in = is_in || bounds_is_same(bounds_origin(b, member), a);
	}
	return is_in;
}

static bool only_adds(const struct nn_step *s, size_t c)
{
	return (!s->columns.minus || s->columns.minus[c] <= 0) &&
	       (!s->columns.plus || s->columns.plus[c] >= 0) &&
	       (!s->columns.times || s->columns.times[c] == 1) &&
	       (!s->columns.over || s->columns.over[c] == 1) &&
	       (!s->columns.high || s->columns.high[c] == INFINITY);
}

/* Whether `whole` is never less than `part`, an origin. */
static bool is_part(struct bounds *b, struct nn_column part, struct nn_column whole, int deep)
{
	const struct nn_step *s;

	whole = bounds_origin(b, whole);
	s = bounds_maker(b, whole);
	if (bounds_is_same(part, whole))
		return true;
	if (!s || deep == 0 || !may_look(b))
		return false;
	if (s->kind == NN_REDUCE)
		return (s->reduce.f == NN_REDUCE_SUM || s->reduce.f == NN_REDUCE_MAX ||
			       s->reduce.f == NN_REDUCE_LOG_SUM_EXP) &&
		       is_in_group(b, s, whole.column, part, s->reduce.f == NN_REDUCE_SUM);
	if (s->kind == NN_COLUMNS)
		return only_adds(s, whole.column) &&
		       is_part(b, part, bounds_operand(b, s->from[0], whole.column), deep - 1);
	if (s->kind == NN_PAIR && (s->pair == NN_PAIR_ADD || s->pair == NN_PAIR_MAX)) {
		const struct nn_column x = bounds_operand(b, s->from[0], whole.column),
				       y = bounds_operand(b, s->from[1], whole.column);
		const bool adds = s->pair == NN_PAIR_ADD;

		return ((!adds || bounds_at(b, y).low >= 0) && is_part(b, part, x, deep - 1)) ||
		       ((!adds || bounds_at(b, x).low >= 0) && is_part(b, part, y, deep - 1));
	}
	return false;
}

bool bounds_is_part(struct bounds *b, struct nn_column part, struct nn_column whole)
{
	return is_part(b, bounds_origin(b, part), whole, PARTS_DEEP);
}

/* Also by one of two divisors. */
static struct range quotient(
	struct bounds *b, struct nn_column x, struct nn_column divisor, int deep)
{
	const struct nn_column from = bounds_origin(b, divisor);
	const struct nn_step *s = bounds_maker(b, from);

	if (bounds_at(b, x).low >= 0 && bounds_is_part(b, x, divisor))
		return range_of(0, 1);
	if (s && s->kind == NN_SELECT && deep > 0 && may_look(b))
		return range_hull(
			quotient(b, x, bounds_operand(b, s->from[1], from.column), deep - 1),
			quotient(b, x, bounds_operand(b, s->from[2], from.column), deep - 1));
	return range_divide(bounds_at(b, x), bounds_at(b, divisor));
}

struct range bounds_quotient(struct bounds *b, struct nn_column x, struct nn_column divisor)
{
	return quotient(b, x, divisor, PARTS_DEEP);
}

bool bounds_is_reciprocal(const struct bounds *b, struct nn_column y, struct nn_column *divisor)
{
	const struct nn_column from = bounds_origin(b, y);
	const struct nn_step *s = bounds_maker(b, from);

	if (!s || s->kind != NN_MAP || s->map.f != NN_MAP_RECIPROCAL)
		return false;
	*divisor = (struct nn_column){(uint32_t)s->from[0], from.column};
	return true;
}
