/* Is a value a point in time, in which format, and how far from the time of receipt? */
#include "tools/probe_time.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/macros.h"
#include "lib/base/num.h"
#include "lib/base/timestamp.h"

#define YEAR_2000_S 946684800.0
#define YEAR_2100_S 4102444800.0
#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define ZONE_MAX_MIN (14 * 60)
#define ZONE_SLACK_MS (3 * MINUTE_MS) /* how far from a whole half hour */
#define AHEAD_MAX_MS (30 * 1000)      /* the daemon refuses what is a minute ahead of it */

enum probe_time_format probe_time_of_number(double v, int64_t *out_ms)
{
	static const struct {
		enum probe_time_format format;
		double per_second;
	} formats[] = {
		{PROBE_TIME_S, 1},
		{PROBE_TIME_MS, 1e3},
		{PROBE_TIME_US, 1e6},
		{PROBE_TIME_NS, 1e9},
	};

	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		double s = v / formats[i].per_second;

		if (s < YEAR_2000_S || s >= YEAR_2100_S)
			continue;
		*out_ms = llround(s * 1000);
		return formats[i].format;
	}
	return PROBE_TIME_NONE;
}

enum probe_time_format probe_time_of_text(const char *text, int64_t *out_ms)
{
	size_t len = strlen(text);
	bool has_zone;
	double v;

	if (len < 9 || len > 40) /* of the shortest number of seconds; of any ISO time */
		return PROBE_TIME_NONE;
	if (timestamp_parse(text, len, out_ms, &has_zone))
		return has_zone ? PROBE_TIME_ISO : PROBE_TIME_ISO_NO_ZONE;
	return num_parse(text, len, &v) ? probe_time_of_number(v, out_ms) : PROBE_TIME_NONE;
}

static void add_delay(struct probe_clock *c, int64_t delay_ms)
{
	if (c->stride == 0)
		c->stride = 1;
	if (c->seen++ % c->stride != 0)
		return;
	if (c->delay_count == PROBE_DELAYS) { /* keep every second one, take half as many */
		for (size_t i = 0; i < PROBE_DELAYS / 2; i++)
			c->delays[i] = c->delays[2 * i];
		c->delay_count = PROBE_DELAYS / 2;
		c->stride *= 2;
	}
	c->delays[c->delay_count++] = delay_ms;
}

void probe_clock_add(struct probe_clock *c, enum probe_time_format format, int64_t time_ms,
	int64_t receipt_ms, bool is_retained)
{
	c->formats[format]++;
	if (format != PROBE_TIME_NONE && !is_retained)
		add_delay(c, receipt_ms - time_ms);
}

void probe_clock_merge(struct probe_clock *c, const struct probe_clock *other)
{
	for (size_t i = 0; i < PROBE_TIME_FORMATS; i++)
		c->formats[i] += other->formats[i];
	for (size_t i = 0; i < other->delay_count; i++)
		add_delay(c, other->delays[i]);
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void measure(const struct probe_clock *c, struct probe_time *out)
{
	int64_t sorted[PROBE_DELAYS];
	size_t n = c->delay_count;

	out->has_delay = n > 0;
	if (n == 0)
		return;
	memcpy(sorted, c->delays, n * sizeof(sorted[0]));
	qsort(sorted, n, sizeof(sorted[0]), by_size);
	out->delay_ms = sorted[n / 2];
	out->spread_ms = sorted[n * 3 / 4] - sorted[n / 4];
}

/* Local time that is read as UTC is ahead by the zone's offset: all values by about the same. */
static int zone_of(const struct probe_time *t)
{
	int64_t half = HOUR_MS / 2, ahead = -t->delay_ms;
	int64_t steps = (ahead + (ahead < 0 ? -half : half) / 2) / half;
	int64_t zone_min = steps * 30;

	if (!t->has_delay || llabs(zone_min) < 60 || llabs(zone_min) > ZONE_MAX_MIN)
		return 0;
	if (llabs(ahead - steps * half) > ZONE_SLACK_MS || t->spread_ms > ZONE_SLACK_MS)
		return 0;
	return (int)zone_min;
}

bool probe_clock_judge(const struct probe_clock *c, bool is_named, struct probe_time *out)
{
	uint64_t all = 0;
	enum probe_time_format best = PROBE_TIME_NONE;

	*out = (struct probe_time){0};
	for (size_t i = 0; i < PROBE_TIME_FORMATS; i++) {
		all += c->formats[i];
		if (i != PROBE_TIME_NONE && c->formats[i] > c->formats[best])
			best = (enum probe_time_format)i;
	}
	if (best == PROBE_TIME_NONE || c->formats[best] * 10 < all * 9)
		return false;
	out->format = best;
	measure(c, out);
	if (!is_named && best < PROBE_TIME_ISO &&
		(!out->has_delay || llabs(out->delay_ms) > DAY_MS))
		return false;
	out->zone_min = zone_of(out);
	if (out->zone_min != 0)
		out->is_usable = true;
	else
		out->is_usable = !out->has_delay ||
				 (out->delay_ms <= DAY_MS && out->delay_ms >= -AHEAD_MAX_MS);
	return true;
}

const char *probe_time_format_name(enum probe_time_format format)
{
	static const char *const names[PROBE_TIME_FORMATS] = {
		[PROBE_TIME_NONE] = "",
		[PROBE_TIME_S] = "s",
		[PROBE_TIME_MS] = "ms",
		[PROBE_TIME_US] = "us",
		[PROBE_TIME_NS] = "ns",
		[PROBE_TIME_ISO] = "iso",
		[PROBE_TIME_ISO_NO_ZONE] = "iso",
	};

	return names[format];
}
