/* Which rows are held out, and folds of rows, both with the same share of defects everywhere.
 * The same rows and seed give the same split. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/base/macros.h"

/* is_out [n] becomes 1 for `share` of each class, rounded, at least one and not all of a class
 * that has two rows or more; else 0. -ENOMEM. */
MUST_CHECK int split_hold_out(
	uint8_t *is_out, size_t n, const uint8_t *y, double share, uint64_t seed);
/* fold [n] becomes 0 .. folds-1; the rows of each class are dealt out evenly. -ENOMEM. */
MUST_CHECK int split_folds(
	uint8_t *fold, size_t n, const uint8_t *y, unsigned folds, uint64_t seed);
