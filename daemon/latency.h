/* How long units took: a histogram whose buckets grow with the value (about 6 % wide), so that
 * percentiles cost a fixed 2 KiB whatever comes. */
#pragma once

#include <stdint.h>

#define LATENCY_BUCKETS 512

struct latency {
	uint64_t count;
	int64_t max_us;
	uint32_t buckets[LATENCY_BUCKETS];
};

struct latency_figures {
	int64_t p50_us, p95_us, p99_us, max_us; /* 0 when nothing was measured */
};

void latency_add(struct latency *l, int64_t us);
struct latency_figures latency_figures(const struct latency *l);
void latency_clear(struct latency *l);
