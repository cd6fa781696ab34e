/* Points in time: milliseconds since 1970-01-01T00:00:00Z, and ISO 8601. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/macros.h"

#define TIMESTAMP_TEXT_MAX 32

/* "2026-11-22T16:03:51.123Z"; years 1970 to 9999, outside of that the nearest bound. */
size_t timestamp_print(char out[TIMESTAMP_TEXT_MAX], int64_t ms);

/* Extended format: date, 'T' or ' ', hh:mm[:ss[(.|,)fraction]], then Z, +hh:mm, +hhmm, +hh or
 * nothing. Fractions beyond milliseconds are cut. *has_zone says whether a zone was there;
 * without one the time is read as UTC. False when it is anything else, or no real date. */
bool timestamp_parse(const char *s, size_t len, int64_t *out_ms, bool *has_zone);

/* The offset from UTC alone: Z, +hh:mm, +hhmm or +hh. */
bool timestamp_parse_offset(const char *s, size_t len, int64_t *out_ms);
