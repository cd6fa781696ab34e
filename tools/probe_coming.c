/* How the values of an id or name come over time. */
#include "tools/probe_coming.h"

#include <stdlib.h>

#define VALUES_MIN 3 /* fewer show no pattern */
#define SPREAD_MIN 0.3
#define SHARE_ONCE 0.8
#define COVER_BURST 0.34 /* of the time of listening, in the middle */
#define COVER_ALWAYS 0.5

static int by_length(const void *a, const void *b)
{
	const struct probe_span *x = a, *y = b;
	int64_t lx = x->last_ms - x->first_ms, ly = y->last_ms - y->first_ms;

	return (lx > ly) - (lx < ly);
}

enum probe_coming probe_coming_judge(
	struct probe_span *spans, size_t count, int64_t begin_ms, int64_t end_ms)
{
	int64_t earliest = INT64_MAX, latest = INT64_MIN;
	double window = (double)(end_ms - begin_ms), cover, spread;
	size_t n = 0, once = 0;

	for (size_t i = 0; i < count; i++) {
		if (spans[i].count == 0)
			continue;
		spans[n] = spans[i];
		once += spans[n].count == 1;
		earliest = spans[n].first_ms < earliest ? spans[n].first_ms : earliest;
		latest = spans[n].first_ms > latest ? spans[n].first_ms : latest;
		n++;
	}
	if (n < VALUES_MIN || window <= 0)
		return COMES_UNKNOWN;
	qsort(spans, n, sizeof(spans[0]), by_length);
	cover = (double)(spans[n / 2].last_ms - spans[n / 2].first_ms) / window;
	spread = (double)(latest - earliest) / window;
	if (cover > COVER_ALWAYS)
		return COMES_ALWAYS;
	if (spread < SPREAD_MIN)
		return COMES_UNKNOWN;
	if ((double)once >= SHARE_ONCE * (double)n)
		return COMES_ONCE;
	return cover <= COVER_BURST ? COMES_BURSTS : COMES_MIXED;
}

const char *probe_coming_name(enum probe_coming c)
{
	static const char *const names[] = {"unknown", "once", "bursts", "always", "mixed"};

	return names[c];
}

const char *probe_coming_sentence(enum probe_coming c)
{
	static const char *const sentences[] = {"", "each comes once",
		"each comes for a short while, one after the other", "each comes all the time",
		"each comes for a part of the time"};

	return sentences[c];
}
