/* Is a value a point in time, in which format, and how far from the time of receipt?
 *
 * A clock gathers what the values of one payload member say; the judgement comes at the end.
 * Numbers are taken for times between the years 2000 and 2100: the four formats cannot be mistaken
 * for each other there. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROBE_DELAYS 64 /* kept of each clock, thinned out evenly */

enum probe_time_format {
	PROBE_TIME_NONE,
	PROBE_TIME_S,
	PROBE_TIME_MS,
	PROBE_TIME_US,
	PROBE_TIME_NS,
	PROBE_TIME_ISO,         /* with a zone */
	PROBE_TIME_ISO_NO_ZONE, /* without one: read as UTC */
	PROBE_TIME_FORMATS,
};

struct probe_clock {
	uint64_t formats[PROBE_TIME_FORMATS]; /* how many values were which; NONE: no time */
	int64_t delays[PROBE_DELAYS];         /* receipt less time, ms; of messages not retained */
	size_t delay_count;
	uint64_t stride, seen; /* every stride-th delay is kept */
};

/* Could a number or text be a time? Only then a clock is worth its memory. */
enum probe_time_format probe_time_of_number(double v, int64_t *out_ms);
enum probe_time_format probe_time_of_text(const char *text, int64_t *out_ms);
/* PROBE_TIME_NONE counts as a value that is no time. */
void probe_clock_add(struct probe_clock *c, enum probe_time_format format, int64_t time_ms,
	int64_t receipt_ms, bool is_retained);
void probe_clock_merge(struct probe_clock *c, const struct probe_clock *other);

struct probe_time {
	enum probe_time_format format;
	bool has_delay;    /* false: all of it was retained, nothing is known */
	int64_t delay_ms;  /* the median; below zero: ahead of us */
	int64_t spread_ms; /* between the quartiles */
	int zone_min;      /* half hours that it runs ahead of UTC, as local time without its zone
			    * does; 0: none */
	bool is_usable;    /* near enough to the time of receipt to be the time of the event */
};

/* `is_named`: the member's name says that it is a time; others must keep time with us as well. Less
 * than an hour off is a wrong clock, no zone. False: no time. */
bool probe_clock_judge(const struct probe_clock *c, bool is_named, struct probe_time *out);
/* As "time_format" has it: "ms", "iso"; "" for NONE. */
const char *probe_time_format_name(enum probe_time_format format);
