#include "daemon/latency.h"

#include <string.h>

#define STEP_BITS 4 /* 16 buckets for each doubling */
#define STEPS (1 << STEP_BITS)

/* Values below 16 have a bucket each. */
static unsigned bucket_of(uint64_t us)
{
	unsigned top, at;

	if (us < STEPS)
		return (unsigned)us;
	top = 63 - (unsigned)__builtin_clzll(us);
	at = ((top - STEP_BITS + 1) << STEP_BITS) +
	     (unsigned)((us >> (top - STEP_BITS)) & (STEPS - 1));
	return at < LATENCY_BUCKETS ? at : LATENCY_BUCKETS - 1;
}

/* The smallest value that falls behind the bucket. */
static int64_t end_of(unsigned bucket)
{
	unsigned top = bucket >> STEP_BITS;

	if (top == 0)
		return (int64_t)bucket + 1;
	return ((int64_t)(bucket & (STEPS - 1)) + STEPS + 1) << (top - 1);
}

void latency_add(struct latency *l, int64_t us)
{
	if (us < 0)
		us = 0;
	l->buckets[bucket_of((uint64_t)us)]++;
	l->count++;
	if (us > l->max_us)
		l->max_us = us;
}

static int64_t percentile(const struct latency *l, unsigned percent)
{
	uint64_t rank = (l->count * percent + 99) / 100, seen = 0;

	for (unsigned i = 0; i < LATENCY_BUCKETS && l->count; i++) {
		seen += l->buckets[i];
		if (seen >= rank)
			return end_of(i) - 1 < l->max_us ? end_of(i) - 1 : l->max_us;
	}
	return l->max_us;
}

struct latency_figures latency_figures(const struct latency *l)
{
	return (struct latency_figures){
		.p50_us = percentile(l, 50),
		.p95_us = percentile(l, 95),
		.p99_us = percentile(l, 99),
		.max_us = l->max_us,
	};
}

void latency_clear(struct latency *l)
{
	memset(l, 0, sizeof(*l));
}
