/* When something happened, by what its message says. */
#pragma once

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/feature/plan.h"

struct time_zone;

/* Reads what stands where the time should be; NULL when nothing does. TIME_S, _MS, _US and _NS are
 * JSON numbers or texts that hold such a number; what is finer than a millisecond is cut, of
 * seconds rounded. Whole numbers in texts are read exactly; a JSON number has 53 bits, and whole
 * milliseconds written in nanoseconds are still read as these. TIME_ISO is text as
 * timestamp_parse reads it; without a zone of its own it is in `zone` (NULL: UTC). The shift is
 * added. False when it is anything else, or not in the years 1970 to 9999, shifted or not. `format`
 * is not TIME_OF_RECEIPT: those times are in no message. */
bool event_time_read(const cJSON *item, enum time_format format, const struct time_zone *zone,
	int64_t shift_ms, int64_t *out_ms);

/* Adds the shift to a time. False when either is not in the years 1970 to 9999. */
bool event_time_shift(int64_t ms, int64_t shift_ms, int64_t *out_ms);

/* For sentences: "milliseconds since 1970 are wanted". */
const char *event_time_wanted(enum time_format format);
