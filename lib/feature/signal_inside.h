/* What the files of the signal share; nobody else includes this. */
#pragma once

#include "lib/feature/signal.h"

struct signal {
	/* Those kept are samples[head .. head + count). There are more places than `capacity`, so
	 * that they are moved to the front only now and then. */
	struct sample *samples;
	size_t head, count, places;
	size_t capacity; /* so many may be kept; doubled when it is not enough, up to the limit */
	size_t limit;
	int64_t dropped_to_ms;
	uint64_t over;
	bool dropped_by_limit;
	bool is_text;
};

/* The i-th sample, oldest first. */
static inline struct sample *signal_sample(const struct signal *s, size_t i)
{
	return &s->samples[s->head + i];
}

void signal_clear(struct signal *s); /* as new */
/* Makes room for `capacity` samples or as many as the limit allows. -ENOMEM: nothing changed. */
MUST_CHECK int signal_reserve(struct signal *s, size_t capacity);
/* Puts a sample behind the first `at`; a text has `len` bytes. At the limit the oldest goes; that
 * is not this one: `at` is then at least 1. SIGNAL_ADDED or -ENOMEM: nothing changed. */
MUST_CHECK int signal_insert(
	struct signal *s, size_t at, int64_t time_ms, const struct value *v, size_t len);
