/* A time zone as data: which offset from UTC the clocks on its walls showed, show and will show.
 * Knows no files and no environment: the bytes of a zone come in from outside. */
#pragma once

#include <stdint.h>

#include "lib/base/macros.h"

struct err;
struct time_zone; /* opaque */

/* One offset for all time: "Z", "UTC", or "+01:00", "-0530", "+02". -EINVAL, -ENOMEM. */
MUST_CHECK int time_zone_fixed(struct time_zone **out, const char *text, struct err *err);

/* From the bytes of a TZif file (RFC 9636, versions 1 to 4), as in /usr/share/zoneinfo; they need
 * not be kept. Of a file from version 2 on the 64-bit data and the rule behind them are used, of
 * one of version 1 the 32-bit data. Nothing in the bytes is trusted. -EINVAL says what is wrong
 * with them (also with files that count leap seconds: the times here do not), -ENOMEM. */
MUST_CHECK int time_zone_from_tzif(
	struct time_zone **out, const void *bytes, size_t len, struct err *err);

/* What a clock on the wall shows (in milliseconds, as if it were UTC) as UTC. When it shows a time
 * twice the first one is meant; a time that it skips is read with the offset before the change. */
int64_t time_zone_to_utc_ms(const struct time_zone *z, int64_t local_ms);

void time_zone_free(struct time_zone *z); /* NULL is fine */
CLEANUP_FOR(struct time_zone, time_zone_free)
