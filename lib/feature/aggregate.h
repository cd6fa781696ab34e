/* What a feature takes of the samples of its window: one number.
 *
 * Results are those of an exact computation within 1e-12 of their size (points.h, percentile.h).
 * The memory is used again from window to window, so that after a while nothing allocates. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/macros.h"

struct aggregate;

enum take {
	TAKE_LAST,
	TAKE_FIRST,
	TAKE_MEAN,
	TAKE_MIN,
	TAKE_MAX,
	TAKE_SD, /* n - 1 below the line; weighted: the whole weight */
	TAKE_SUM,
	TAKE_COUNT,
	TAKE_SLOPE, /* least squares, per second */
	TAKE_MEDIAN,
	TAKE_P05,
	TAKE_P95,
	TAKE_COUNT_OF, /* how many there are */
};

const char *take_name(enum take take); /* "last", "first", ... */
int take_find(const char *name);       /* an enum take, or -1 */

MUST_CHECK int aggregate_new(struct aggregate **out); /* -ENOMEM */
void aggregate_free(struct aggregate *a);             /* NULL is fine */
CLEANUP_FOR(struct aggregate, aggregate_free)

/* Begins a window from_ms <= to_ms. `held`, the value in force at its start, or NULL, counts as a
 * sample there, unless one that is pushed is of just that time; but not for sum and count.
 * `weighted`: mean, sd, median, p05 and p95 weigh each value by how long it held: until the next
 * one, the last until to_ms. Where none held for any time they do not. */
void aggregate_begin(
	struct aggregate *a, int64_t from_ms, int64_t to_ms, bool weighted, const double *held);
/* A sample of the window, finite; the oldest first. -ENOMEM: it was not taken. */
MUST_CHECK int aggregate_push(struct aggregate *a, int64_t time_ms, double number);

size_t aggregate_count(const struct aggregate *a); /* samples pushed */
/* False: of these samples there is no such number: there are none (but for count), fewer than two
 * for sd and slope, of one time for slope; or it is too large for a double. */
bool aggregate_take(struct aggregate *a, enum take take, double *out);
