/* Points in time: milliseconds since 1970-01-01T00:00:00Z, and ISO 8601. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/macros.h"

#define TIMESTAMP_TEXT_MAX 32
#define TIMESTAMP_MAX_MS INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

/* "2026-11-22T16:03:51.123Z"; years 1970 to 9999, outside of that the nearest bound. */
size_t timestamp_print(char out[TIMESTAMP_TEXT_MAX], int64_t ms);

/* ISO 8601, a date and a time of day:
 *   extended  2026-11-22T16:03:51.123Z   'T', 't' or ' ' between; seconds may be left out
 *   basic     20261122T160351.123+0100   'T' or 't' between; seconds may be left out
 * Seconds may have a fraction, after '.' or ','; what is beyond milliseconds is cut. At the end
 * stands Z, z, +hh:mm, +hhmm, +hh or nothing: *has_zone says whether a zone was there, without one
 * the time is read as UTC. Hours alone ("T16Z") are a time only between 'T' and a zone: a text that
 * was cut short would look the same. 24:00:00 is the end of the day, and :60, the leap second, is
 * the second after it: with a zone only at 23:59:60 UTC, without one at the minutes at which that
 * can be (14, 29, 44, 59). False when it is anything else, or no real date. */
bool timestamp_parse(const char *s, size_t len, int64_t *out_ms, bool *has_zone);

/* The offset from UTC alone: Z, z, +hh:mm, +hhmm or +hh. */
bool timestamp_parse_offset(const char *s, size_t len, int64_t *out_ms);

/* Times of any clock with a span added or taken away: a + b, at most INT64_MAX; */
static inline int64_t later_ms(int64_t a, int64_t b)
{
	int64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

/* a - b, at least INT64_MIN. */
static inline int64_t earlier_ms(int64_t a, int64_t b)
{
	int64_t difference;

	return __builtin_sub_overflow(a, b, &difference) ? INT64_MIN : difference;
}
