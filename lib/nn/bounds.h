/* Ranges of columns, and a program whose columns have them: for the files that work out bounds;
 * nothing else includes this.
 *
 * Arithmetic of intervals, in double. Where infinities leave nothing to say (inf - inf) a range
 * becomes everything; products of 0 with infinity are NaN in a row, and NaN is left aside. */
#pragma once

#include <math.h>
#include <stdbool.h>

#include "lib/nn/program_parts.h"

struct range {
	double low, high;
};

static inline struct range range_of(double low, double high)
{
	return (struct range){
		isnan(low) ? -(double)INFINITY : low, isnan(high) ? (double)INFINITY : high};
}

static inline struct range range_everything(void)
{
	return range_of(-(double)INFINITY, (double)INFINITY);
}

static inline struct range range_hull(struct range a, struct range b)
{
	return range_of(fmin(a.low, b.low), fmax(a.high, b.high));
}

static inline struct range range_add(struct range a, struct range b)
{
	return range_of(a.low + b.low, a.high + b.high);
}

static inline struct range range_negate(struct range a)
{
	return range_of(-a.high, -a.low);
}

static inline struct range range_larger(struct range a, struct range b)
{
	return range_of(fmax(a.low, b.low), fmax(a.high, b.high));
}

static inline struct range range_smaller(struct range a, struct range b)
{
	return range_of(fmin(a.low, b.low), fmin(a.high, b.high));
}

struct range range_multiply(struct range a, struct range b);
struct range range_divide(struct range a, struct range b);
struct range range_absolute(struct range a);
struct range range_square(struct range a);
struct range range_map(enum nn_map f, float a, float b, struct range x);
/* A pair whose operands are taken to have nothing to do with each other. */
struct range range_pair(enum nn_pair f, struct range a, struct range b);

/* Columns of a program; ranges of those before the one that is looked at are known. */
struct bounds {
	const struct nn_program *p;
	size_t *first; /* [values] of its columns among the ranges */
	struct range *ranges;
	size_t looks; /* that are left for finding parts: then nothing more is found */
};

static inline struct range bounds_at(const struct bounds *b, struct nn_column c)
{
	return b->ranges[b->first[c.value] + c.column];
}

/* Column c of an operand, which may have a single one. */
static inline struct nn_column bounds_operand(const struct bounds *b, size_t value, size_t c)
{
	return (struct nn_column){
		(uint32_t)value, nn_program_width(b->p, value) == 1 ? 0 : (uint32_t)c};
}

static inline struct range bounds_in(const struct bounds *b, size_t value, size_t c)
{
	return bounds_at(b, bounds_operand(b, value, c));
}

static inline const struct nn_step *bounds_maker(const struct bounds *b, struct nn_column c)
{
	return c.value > 0 ? &b->p->steps[c.value - 1] : NULL;
}

/* Column `i` of the group that makes column c of a reduction. */
static inline struct nn_column bounds_in_group(const struct nn_step *s, size_t c, size_t i)
{
	const struct nn_groups g = s->reduce.groups;

	return (struct nn_column){(uint32_t)s->from[0],
		(uint32_t)(((c / g.inner) * g.size + i) * g.inner + c % g.inner)};
}

/* Where a copied column comes from. */
struct nn_column bounds_origin(const struct bounds *b, struct nn_column c);
static inline bool bounds_is_same(struct nn_column x, struct nn_column y)
{
	return x.value == y.value && x.column == y.column;
}
/* Whether `whole` is known never to be less than `part`. */
bool bounds_is_part(struct bounds *b, struct nn_column part, struct nn_column whole);
/* x / divisor, where x may be a part of the divisor. */
struct range bounds_quotient(struct bounds *b, struct nn_column x, struct nn_column divisor);
/* Whether y is 1 / divisor. */
bool bounds_is_reciprocal(const struct bounds *b, struct nn_column y, struct nn_column *divisor);
