/* The bounds of every column of a program: step by step, and where one column is known to be a part
 * of another (a value and the sum of its group, x and x + 1). */
#include "lib/nn/bounds.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/nn/program_parts.h"

#define PARTS_DEEP 8         /* steps that are looked through for a part */
#define LOOKS_MAX (1u << 25) /* in all, so that time stays bounded */
#define ROUNDING 1e-6        /* by which 0 and 1 may be missed */

struct bounds {
	const struct nn_program *p;
	size_t *first; /* [values] of its columns among the ranges */
	struct range *ranges;
	size_t looks; /* that are left for finding parts: then nothing more is found */
};

static void bounds_deinit_at(struct bounds *b)
{
	free(b->first);
	free(b->ranges);
}

static struct range range_at(const struct bounds *b, struct nn_column c)
{
	return b->ranges[b->first[c.value] + c.column];
}

/* Column c of an operand, which may have a single one. */
static struct nn_column operand(const struct bounds *b, size_t value, size_t c)
{
	return (struct nn_column){
		(uint32_t)value, nn_program_width(b->p, value) == 1 ? 0 : (uint32_t)c};
}

static struct range range_in(const struct bounds *b, size_t value, size_t c)
{
	return range_at(b, operand(b, value, c));
}

static const struct nn_step *maker(const struct bounds *b, struct nn_column c)
{
	return c.value > 0 ? &b->p->steps[c.value - 1] : NULL;
}

/* Where a copied column comes from. */
static struct nn_column origin(const struct bounds *b, struct nn_column c)
{
	while (c.value > 0 && maker(b, c)->kind == NN_COPY)
		c = maker(b, c)->copy.columns[c.column];
	return c;
}

static bool is_same(struct nn_column a, struct nn_column b)
{
	return a.value == b.value && a.column == b.column;
}

/* Column `i` of the group that makes column c of a reduction. */
static struct nn_column in_group(const struct nn_step *s, size_t c, size_t i)
{
	const struct nn_groups g = s->reduce.groups;

	return (struct nn_column){(uint32_t)s->from[0],
		(uint32_t)(((c / g.inner) * g.size + i) * g.inner + c % g.inner)};
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
		const struct nn_column member = in_group(s, c, i);

		if (!may_look(b))
			return false;
		if (all_positive && range_at(b, member).low < 0)
			return false;
		is_in = is_in || is_same(origin(b, member), a);
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

	whole = origin(b, whole);
	s = maker(b, whole);
	if (is_same(part, whole))
		return true;
	if (!s || deep == 0 || !may_look(b))
		return false;
	if (s->kind == NN_REDUCE)
		return (s->reduce.f == NN_REDUCE_SUM || s->reduce.f == NN_REDUCE_MAX ||
			       s->reduce.f == NN_REDUCE_LOG_SUM_EXP) &&
		       is_in_group(b, s, whole.column, part, s->reduce.f == NN_REDUCE_SUM);
	if (s->kind == NN_COLUMNS)
		return only_adds(s, whole.column) &&
		       is_part(b, part, operand(b, s->from[0], whole.column), deep - 1);
	if (s->kind == NN_PAIR && (s->pair == NN_PAIR_ADD || s->pair == NN_PAIR_MAX)) {
		const struct nn_column x = operand(b, s->from[0], whole.column),
				       y = operand(b, s->from[1], whole.column);
		const bool adds = s->pair == NN_PAIR_ADD;

		return ((!adds || range_at(b, y).low >= 0) && is_part(b, part, x, deep - 1)) ||
		       ((!adds || range_at(b, x).low >= 0) && is_part(b, part, y, deep - 1));
	}
	return false;
}

/* A quotient, also by one of two divisors. */
static struct range quotient(
	struct bounds *b, struct nn_column x, struct nn_column divisor, int deep)
{
	const struct nn_column from = origin(b, divisor);
	const struct nn_step *s = maker(b, from);

	if (range_at(b, x).low >= 0 && is_part(b, origin(b, x), divisor, PARTS_DEEP))
		return range_of(0, 1);
	if (s && s->kind == NN_SELECT && deep > 0 && may_look(b))
		return range_hull(quotient(b, x, operand(b, s->from[1], from.column), deep - 1),
			quotient(b, x, operand(b, s->from[2], from.column), deep - 1));
	return range_divide(range_at(b, x), range_at(b, divisor));
}

/* The divisor when y is 1 / divisor. */
static bool is_reciprocal(const struct bounds *b, struct nn_column y, struct nn_column *divisor)
{
	const struct nn_column from = origin(b, y);
	const struct nn_step *s = maker(b, from);

	if (!s || s->kind != NN_MAP || s->map.f != NN_MAP_RECIPROCAL)
		return false;
	*divisor = (struct nn_column){(uint32_t)s->from[0], from.column};
	return true;
}

static struct range product(struct bounds *b, struct nn_column x, struct nn_column y)
{
	struct nn_column divisor;

	if (is_reciprocal(b, y, &divisor))
		return quotient(b, x, divisor, PARTS_DEEP);
	if (is_reciprocal(b, x, &divisor))
		return quotient(b, y, divisor, PARTS_DEEP);
	if (is_same(origin(b, x), origin(b, y)))
		return range_square(range_at(b, x));
	return range_multiply(range_at(b, x), range_at(b, y));
}

static struct range pair(struct bounds *b, const struct nn_step *s, size_t c)
{
	const struct nn_column x = operand(b, s->from[0], c), y = operand(b, s->from[1], c);
	struct range r = range_pair(s->pair, range_at(b, x), range_at(b, y));

	if (s->pair == NN_PAIR_DIVIDE)
		return quotient(b, x, y, PARTS_DEEP);
	if (s->pair == NN_PAIR_MULTIPLY)
		return product(b, x, y);
	if (s->pair == NN_PAIR_SUBTRACT && r.high > 0 && is_part(b, origin(b, x), y, PARTS_DEEP))
		r.high = 0;
	if (s->pair == NN_PAIR_SUBTRACT && r.low < 0 && is_part(b, origin(b, y), x, PARTS_DEEP))
		r.low = 0;
	return r;
}

static struct range activated(enum nn_activation f, struct range r)
{
	if (f == NN_LINEAR)
		return r;
	return range_map(f == NN_RELU ? NN_MAP_RELU : NN_MAP_SIGMOID, 0, 0, r);
}

static struct range number(float v)
{
	return range_of((double)v, (double)v);
}

/* The weights of one output times what they meet. */
static struct range weighted(const struct range *x, size_t n, const float *weights, float bias)
{
	double low = (double)bias, high = low;

	for (size_t i = 0; i < n; i++) {
		const double w = (double)weights[i];

		if (w == 0)
			continue;
		low += w * (w > 0 ? x[i].low : x[i].high);
		high += w * (w > 0 ? x[i].high : x[i].low);
	}
	return range_of(low, high);
}

/* The columns add up to 1, none is negative: the least weight and the largest. */
static struct range mixed(size_t n, const float *weights, float bias)
{
	struct range r = number(weights[0]);

	for (size_t i = 1; i < n; i++)
		r = range_hull(r, number(weights[i]));
	return range_add(r, number(bias));
}

static bool adds_to_one(const struct bounds *b, size_t value)
{
	const struct nn_step *s = value > 0 ? &b->p->steps[value - 1] : NULL;

	return s && s->kind == NN_GROUP && s->group.f == NN_GROUP_SOFTMAX &&
	       s->group.groups.size == s->width;
}

static struct range affine(const struct bounds *b, const struct nn_step *s, size_t c)
{
	const size_t n = nn_program_width(b->p, s->from[0]);
	const float *weights = s->affine.weights + c * n, bias = s->affine.bias[c];

	return activated(s->affine.activation,
		adds_to_one(b, s->from[0])
			? mixed(n, weights, bias)
			: weighted(b->ranges + b->first[s->from[0]], n, weights, bias));
}

static struct range columns(const struct bounds *b, const struct nn_step *s, size_t c)
{
	struct range r = range_in(b, s->from[0], c);

	if (s->columns.minus)
		r = range_add(r, number(-s->columns.minus[c]));
	if (s->columns.over)
		r = range_divide(r, number(s->columns.over[c]));
	if (s->columns.times)
		r = range_multiply(r, number(s->columns.times[c]));
	if (s->columns.plus)
		r = range_add(r, number(s->columns.plus[c]));
	if (s->columns.low)
		r = range_larger(r, number(s->columns.low[c]));
	if (s->columns.high)
		r = range_smaller(r, number(s->columns.high[c]));
	return r;
}

/* One member more in a reduction. */
static struct range joined(enum nn_reduce f, struct range so_far, struct range x)
{
	switch (f) {
	case NN_REDUCE_MAX:
	case NN_REDUCE_LOG_SUM_EXP:
		return range_larger(so_far, x);
	case NN_REDUCE_MIN:
		return range_smaller(so_far, x);
	case NN_REDUCE_PRODUCT:
		return range_multiply(so_far, x);
	case NN_REDUCE_SUM_ABS:
		return range_add(so_far, range_absolute(x));
	case NN_REDUCE_SUM_SQUARES:
	case NN_REDUCE_NORM:
		return range_add(so_far, range_square(x));
	default:
		return range_add(so_far, x);
	}
}

static struct range first_of(enum nn_reduce f, struct range x)
{
	switch (f) {
	case NN_REDUCE_SUM_ABS:
	case NN_REDUCE_SUM_SQUARES:
	case NN_REDUCE_NORM:
		return joined(f, range_of(0, 0), x);
	default:
		return x;
	}
}

static struct range reduce(const struct bounds *b, const struct nn_step *s, size_t c)
{
	const enum nn_reduce f = s->reduce.f;
	const double n = (double)s->reduce.groups.size;
	struct range r = first_of(f, range_at(b, in_group(s, c, 0)));

	for (size_t i = 1; i < s->reduce.groups.size; i++)
		r = joined(f, r, range_at(b, in_group(s, c, i)));
	switch (f) {
	case NN_REDUCE_MEAN:
		return range_of(r.low / n, r.high / n);
	case NN_REDUCE_NORM:
		return range_map(NN_MAP_SQRT, 0, 0, r);
	case NN_REDUCE_LOG_SUM:
		return range_map(NN_MAP_LOG, 0, 0, r);
	case NN_REDUCE_LOG_SUM_EXP:
		return range_of(r.low, r.high + log(n));
	case NN_REDUCE_ARG_MAX:
	case NN_REDUCE_ARG_MIN:
		return range_of(0, n - 1);
	default:
		return r;
	}
}

static struct range group(const struct nn_step *s)
{
	const double far = sqrt((double)s->group.groups.size - 1);

	switch (s->group.f) {
	case NN_GROUP_LOG_SOFTMAX:
		return range_of(-(double)INFINITY, 0);
	case NN_GROUP_STANDARDISE: /* one column against all others */
		return range_of(-far, far);
	default:
		return range_of(0, 1);
	}
}

static struct range column(struct bounds *b, const struct nn_step *s, size_t c)
{
	switch (s->kind) {
	case NN_CONSTANT:
		return number(s->constant.values[c]);
	case NN_AFFINE:
		return affine(b, s, c);
	case NN_COLUMNS:
		return columns(b, s, c);
	case NN_MAP:
		return range_map(s->map.f, s->map.a, s->map.b, range_in(b, s->from[0], c));
	case NN_PAIR:
		return pair(b, s, c);
	case NN_SELECT:
		return range_hull(range_in(b, s->from[1], c), range_in(b, s->from[2], c));
	case NN_REDUCE:
		return reduce(b, s, c);
	case NN_GROUP:
		return group(s);
	case NN_COPY:
		return range_at(b, s->copy.columns[c]);
	}
	return range_everything();
}

int nn_program_bounds(const struct nn_program *p, double *low, double *high)
{
	CLEANUP(bounds_deinit) struct bounds b = {.p = p, .looks = LOOKS_MAX};
	size_t total = p->inputs;

	b.first = calloc(p->count + 1, sizeof(*b.first));
	for (size_t i = 0; b.first && i < p->count; i++) {
		b.first[i + 1] = total;
		total += p->steps[i].width;
	}
	b.ranges = calloc(total, sizeof(*b.ranges));
	if (!b.first || !b.ranges)
		return -ENOMEM;
	for (size_t c = 0; c < p->inputs; c++)
		b.ranges[c] = range_everything();
	for (size_t i = 0; i < p->count; i++)
		for (size_t c = 0; c < p->steps[i].width; c++)
			b.ranges[b.first[i + 1] + c] = column(&b, &p->steps[i], c);
	for (size_t c = 0; c < nn_program_outputs(p); c++) {
		const struct range r = b.ranges[b.first[p->result] + c];

		low[c] = r.low < 0 && r.low >= -ROUNDING ? 0 : r.low;
		high[c] = r.high > 1 && r.high <= 1 + ROUNDING ? 1 : r.high;
	}
	return 0;
}
