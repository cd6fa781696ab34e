/* Sum, mean, standard deviation and slope of numbers at times.
 *
 * Exact within 1e-12 of their size also where noise stands upon a large constant, or where numbers
 * cancel out that are up to 1e15 times as large: sums carry along what rounding took from them.
 * The results may be infinite: too large for a double. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct point {
	int64_t time_ms;
	double number; /* finite */
};

struct points {
	const struct point *at; /* oldest first */
	size_t n;
	/* By how long each held: until the next one, the last one until `to_ms`. All of them
	 * together held for `whole_ms`; 0: each weighs 1. */
	uint64_t whole_ms;
	int64_t to_ms;
};

uint64_t points_weight(const struct points *p, size_t i);

double points_sum(const struct points *p);   /* not weighted */
double points_mean(const struct points *p);  /* n > 0 */
double points_sd(const struct points *p);    /* n > 1; n - 1 below the line, weighted the whole */
double points_slope(const struct points *p); /* per second, not weighted; of two times at least */
