/* Ranges of columns, for the files that work out bounds; nothing else includes this.
 *
 * Arithmetic of intervals, in double. Where infinities leave nothing to say (inf - inf) a range
 * becomes everything; products of 0 with infinity are NaN in a row, and NaN is left aside. */
#pragma once

#include <math.h>
#include <stdbool.h>

#include "lib/nn/steps.h"

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
