/* Percentiles of numbers, where wanted by weight. They are given in twentieths of the whole: 1 is
 * the 5th percentile, 10 the median, 19 the 95th; so that all below is exact. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct weighed {
	double number; /* finite */
	uint64_t weight;
};

/* Ascending. `scratch` has room for as many. Takes time in proportion to `n`, whatever there is. */
void percentile_sort(struct weighed *v, struct weighed *scratch, size_t n);

/* Of n > 0 sorted numbers: linear between the two nearest ranks (Hyndman, Fan 1996, type 7). */
double percentile_plain(const struct weighed *v, size_t n, unsigned twentieths);
/* The first number whose cumulated weight exceeds that part of the whole; where it is equal, the
 * mean of that number and the next that has a weight. The weights add up to `whole`, not 0. */
double percentile_weighted(const struct weighed *v, size_t n, uint64_t whole, unsigned twentieths);
