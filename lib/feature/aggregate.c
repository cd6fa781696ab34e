/* What a feature takes of the samples of its window. */
#include "lib/feature/aggregate.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/feature/percentile.h"
#include "lib/feature/points.h"

#define PLACES_FIRST 64

struct aggregate {
	struct point *points;             /* [0] the held one, then the samples */
	struct weighed *sorted, *scratch; /* of the same size */
	size_t places;
	size_t count; /* without the held one */
	int64_t from_ms, to_ms;
	bool has_held, is_weighted, is_sorted;
};

/* Nothing is lost when it fails: what has grown is just larger than `places` says. */
static int grow(struct aggregate *a)
{
	size_t places = a->places ? a->places * 2 : PLACES_FIRST;
	void *grown;

	grown = reallocarray(a->points, places, sizeof(*a->points));
	if (!grown)
		return -ENOMEM;
	a->points = grown;
	grown = reallocarray(a->sorted, places, sizeof(*a->sorted));
	if (!grown)
		return -ENOMEM;
	a->sorted = grown;
	grown = reallocarray(a->scratch, places, sizeof(*a->scratch));
	if (!grown)
		return -ENOMEM;
	a->scratch = grown;
	a->places = places;
	return 0;
}

int aggregate_new(struct aggregate **out)
{
	CLEANUP(aggregate_free) struct aggregate *a = calloc(1, sizeof(*a));

	if (!a || grow(a) < 0)
		return -ENOMEM;
	*out = TAKE(a);
	return 0;
}

void aggregate_free(struct aggregate *a)
{
	if (!a)
		return;
	free(a->points);
	free(a->sorted);
	free(a->scratch);
	free(a);
}

void aggregate_begin(
	struct aggregate *a, int64_t from_ms, int64_t to_ms, bool weighted, const double *held)
{
	assert(from_ms <= to_ms);
	a->count = 0;
	a->from_ms = from_ms;
	a->to_ms = to_ms;
	a->is_weighted = weighted;
	a->is_sorted = false;
	a->has_held = held != NULL;
	a->points[0] = (struct point){.time_ms = from_ms, .number = held ? *held : 0};
}

int aggregate_push(struct aggregate *a, int64_t time_ms, double number)
{
	assert(time_ms >= a->from_ms && time_ms <= a->to_ms);
	assert(a->count == 0 || time_ms >= a->points[a->count].time_ms);
	assert(isfinite(number));
	if (a->count + 1 == a->places && grow(a) < 0)
		return -ENOMEM;
	a->has_held = a->has_held && time_ms > a->from_ms;
	a->points[++a->count] = (struct point){.time_ms = time_ms, .number = number};
	a->is_sorted = false;
	return 0;
}

size_t aggregate_count(const struct aggregate *a)
{
	return a->count;
}

static struct points inside(const struct aggregate *a)
{
	return (struct points){.at = a->points + 1, .n = a->count};
}

/* With the held one, weighted where that is wanted. */
static struct points all_of(const struct aggregate *a)
{
	struct points p = {
		.at = a->has_held ? a->points : a->points + 1,
		.n = a->count + a->has_held,
		.to_ms = a->to_ms,
	};

	if (a->is_weighted && p.n > 0)
		p.whole_ms = (uint64_t)a->to_ms - (uint64_t)p.at[0].time_ms;
	return p;
}

static bool take_last(struct aggregate *a, double *out)
{
	struct points p = all_of(a);

	if (p.n == 0)
		return false;
	*out = p.at[p.n - 1].number;
	return true;
}

static bool take_first(struct aggregate *a, double *out)
{
	struct points p = all_of(a);

	if (p.n == 0)
		return false;
	*out = p.at[0].number;
	return true;
}

static bool take_mean(struct aggregate *a, double *out)
{
	struct points p = all_of(a);

	if (p.n == 0)
		return false;
	*out = points_mean(&p);
	return true;
}

static bool take_min(struct aggregate *a, double *out)
{
	struct points p = all_of(a);

	*out = INFINITY;
	for (size_t i = 0; i < p.n; i++)
		*out = fmin(*out, p.at[i].number);
	return p.n > 0;
}

static bool take_max(struct aggregate *a, double *out)
{
	struct points p = all_of(a);

	*out = -INFINITY;
	for (size_t i = 0; i < p.n; i++)
		*out = fmax(*out, p.at[i].number);
	return p.n > 0;
}

static bool take_sd(struct aggregate *a, double *out)
{
	struct points p = all_of(a);

	if (p.n < 2)
		return false;
	*out = points_sd(&p);
	return true;
}

static bool take_sum(struct aggregate *a, double *out)
{
	struct points p = inside(a);

	if (p.n == 0)
		return false;
	*out = points_sum(&p);
	return true;
}

static bool take_count(struct aggregate *a, double *out)
{
	*out = (double)a->count;
	return true;
}

static bool take_slope(struct aggregate *a, double *out)
{
	struct points p = all_of(a);

	if (p.n < 2 || p.at[0].time_ms == p.at[p.n - 1].time_ms)
		return false;
	*out = points_slope(&p);
	return true;
}

static void sort(struct aggregate *a, const struct points *p)
{
	if (a->is_sorted)
		return;
	for (size_t i = 0; i < p->n; i++)
		a->sorted[i] = (struct weighed){p->at[i].number, points_weight(p, i)};
	percentile_sort(a->sorted, a->scratch, p->n);
	a->is_sorted = true;
}

static bool percentile(struct aggregate *a, unsigned twentieths, double *out)
{
	struct points p = all_of(a);

	if (p.n == 0)
		return false;
	sort(a, &p);
	*out = p.whole_ms > 0 ? percentile_weighted(a->sorted, p.n, p.whole_ms, twentieths)
			      : percentile_plain(a->sorted, p.n, twentieths);
	return true;
}

static bool take_median(struct aggregate *a, double *out)
{
	return percentile(a, 10, out);
}

static bool take_p05(struct aggregate *a, double *out)
{
	return percentile(a, 1, out);
}

static bool take_p95(struct aggregate *a, double *out)
{
	return percentile(a, 19, out);
}

static const struct {
	const char *name;
	bool (*take)(struct aggregate *a, double *out);
} takes[] = {
	[TAKE_LAST] = {"last", take_last},
	[TAKE_FIRST] = {"first", take_first},
	[TAKE_MEAN] = {"mean", take_mean},
	[TAKE_MIN] = {"min", take_min},
	[TAKE_MAX] = {"max", take_max},
	[TAKE_SD] = {"sd", take_sd},
	[TAKE_SUM] = {"sum", take_sum},
	[TAKE_COUNT] = {"count", take_count},
	[TAKE_SLOPE] = {"slope", take_slope},
	[TAKE_MEDIAN] = {"median", take_median},
	[TAKE_P05] = {"p05", take_p05},
	[TAKE_P95] = {"p95", take_p95},
};
_Static_assert(ARRAY_LEN(takes) == TAKE_COUNT_OF, "a row for each take");

const char *take_name(enum take take)
{
	return takes[take].name;
}

int take_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(takes); i++)
		if (strcmp(takes[i].name, name) == 0)
			return (int)i;
	return -1;
}

bool aggregate_take(struct aggregate *a, enum take take, double *out)
{
	double result;

	if (!takes[take].take(a, &result) || !isfinite(result))
		return false;
	*out = result;
	return true;
}
