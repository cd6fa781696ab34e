/* Stratified splits. */
#include "lib/learn/split.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "lib/base/rng.h"

/* Streams of the seed, so that no split depends on another. */
enum {
	STREAM_HOLD_OUT = 101,
	STREAM_FOLDS = 103,
};

/* The rows of one class in random order. Returns how many. */
static size_t shuffled_class(
	uint32_t *rows, size_t n, const uint8_t *y, uint8_t class, uint64_t seed, uint64_t stream)
{
	struct rng rng;
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		if (y[i] == class)
			rows[count++] = (uint32_t)i;
	}
	rng_init(&rng, seed, stream + class);
	rng_shuffle(&rng, rows, count);
	return count;
}

static size_t share_of(size_t count, double share)
{
	size_t out = (size_t)llround((double)count * share);

	if (count < 2)
		return 0;
	if (out == 0)
		return 1;
	return out == count ? count - 1 : out;
}

int split_hold_out(uint8_t *is_out, size_t n, const uint8_t *y, double share, uint64_t seed)
{
	uint32_t *rows = malloc((n + 1) * sizeof(rows[0]));

	if (!rows)
		return -ENOMEM;
	for (uint8_t class = 0; class < 2; class ++) {
		size_t count = shuffled_class(rows, n, y, class, seed, STREAM_HOLD_OUT);
		size_t out = share_of(count, share);

		for (size_t i = 0; i < count; i++)
			is_out[rows[i]] = i < out;
	}
	free(rows);
	return 0;
}

int split_folds(uint8_t *fold, size_t n, const uint8_t *y, unsigned folds, uint64_t seed)
{
	uint32_t *rows = malloc((n + 1) * sizeof(rows[0]));
	size_t next = 0; /* goes on over the classes, so that the folds are of one size */

	if (!rows)
		return -ENOMEM;
	for (uint8_t class = 0; class < 2; class ++) {
		size_t count = shuffled_class(rows, n, y, class, seed, STREAM_FOLDS);

		for (size_t i = 0; i < count; i++)
			fold[rows[i]] = (uint8_t)(next++ % folds);
	}
	free(rows);
	return 0;
}
