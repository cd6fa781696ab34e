/* The bounds of every column of a program, step by step. */
#include "lib/nn/bounds.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/nn/program_parts.h"

#define LOOKS_MAX (1u << 25) /* in all, so that time stays bounded */
#define ROUNDING 1e-6        /* by which 0 and 1 may be missed */

static void bounds_deinit_at(struct bounds *b)
{
	free(b->first);
	free(b->ranges);
}

static struct range product(struct bounds *b, struct nn_column x, struct nn_column y)
{
	struct nn_column divisor;

	if (bounds_is_reciprocal(b, y, &divisor))
		return bounds_quotient(b, x, divisor);
	if (bounds_is_reciprocal(b, x, &divisor))
		return bounds_quotient(b, y, divisor);
	if (bounds_is_same(bounds_origin(b, x), bounds_origin(b, y)))
		return range_square(bounds_at(b, x));
	return range_multiply(bounds_at(b, x), bounds_at(b, y));
}

static struct range pair(struct bounds *b, const struct nn_step *s, size_t c)
{
	const struct nn_column x = bounds_operand(b, s->from[0], c),
			       y = bounds_operand(b, s->from[1], c);
	struct range r = range_pair(s->pair, bounds_at(b, x), bounds_at(b, y));

	if (s->pair == NN_PAIR_DIVIDE)
		return bounds_quotient(b, x, y);
	if (s->pair == NN_PAIR_MULTIPLY)
		return product(b, x, y);
	if (s->pair == NN_PAIR_SUBTRACT && r.high > 0 && bounds_is_part(b, x, y))
		r.high = 0;
	if (s->pair == NN_PAIR_SUBTRACT && r.low < 0 && bounds_is_part(b, y, x))
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
	struct range r = bounds_in(b, s->from[0], c);

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

/* Is the member a product of weight `i` of weights that add up to 1, all of one value? The range of
 * what is weighted. */
static bool is_weighted(const struct bounds *b, struct nn_column member, size_t i, size_t *weights,
	struct range *out)
{
	const struct nn_column at = bounds_origin(b, member);
	const struct nn_step *s = bounds_maker(b, at);

	if (!s || s->kind != NN_PAIR || s->pair != NN_PAIR_MULTIPLY)
		return false;
	for (size_t side = 0; side < 2; side++) {
		const struct nn_column w =
			bounds_origin(b, bounds_operand(b, s->from[side], at.column));

		if (!adds_to_one(b, w.value) || w.column != i || (i > 0 && w.value != *weights))
			continue;
		*weights = w.value;
		*out = bounds_in(b, s->from[!side], at.column);
		return true;
	}
	return false;
}

/* A mean of columns with weights that add up to 1, as a gate of experts makes it, lies between
 * them. */
static bool is_mixture(const struct bounds *b, const struct nn_step *s, size_t c, struct range *out)
{
	const size_t n = s->reduce.groups.size;
	size_t weights = 0;
	struct range x;

	for (size_t i = 0; i < n; i++) {
		if (!is_weighted(b, bounds_in_group(s, c, i), i, &weights, &x))
			return false;
		*out = i == 0 ? x : range_hull(*out, x);
	}
	return n > 0 && nn_program_width(b->p, weights) == n;
}

static struct range reduce(const struct bounds *b, const struct nn_step *s, size_t c)
{
	const enum nn_reduce f = s->reduce.f;
	const double n = (double)s->reduce.groups.size;
	struct range r = first_of(f, bounds_at(b, bounds_in_group(s, c, 0)));

	if (f == NN_REDUCE_SUM && is_mixture(b, s, c, &r))
		return r;
	r = first_of(f, bounds_at(b, bounds_in_group(s, c, 0)));
	for (size_t i = 1; i < s->reduce.groups.size; i++)
		r = joined(f, r, bounds_at(b, bounds_in_group(s, c, i)));
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
		return range_map(s->map.f, s->map.a, s->map.b, bounds_in(b, s->from[0], c));
	case NN_PAIR:
		return pair(b, s, c);
	case NN_SELECT:
		return range_hull(bounds_in(b, s->from[1], c), bounds_in(b, s->from[2], c));
	case NN_REDUCE:
		return reduce(b, s, c);
	case NN_GROUP:
		return group(s);
	case NN_COPY:
		return bounds_at(b, s->copy.columns[c]);
	case NN_LOW:
		break;
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
