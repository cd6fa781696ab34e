/* The rule by which a zone changes its clocks each year, as POSIX writes it into TZ and TZif files
 * carry it at their end: "CET-1CEST,M3.5.0,M10.5.0/3". */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/macros.h"

struct err;

/* A day of each year and a time of that day. */
struct time_zone_day {
	enum {
		DAY_OF_WEEK, /* Mm.w.d: the w-th (5: the last) weekday d (0: Sunday) of month m */
		DAY_JULIAN,  /* Jn: 1 to 365, February 29 is not counted */
		DAY_OF_YEAR, /* n: 0 to 365, February 29 is counted */
	} kind;
	int month, week, day;
	int32_t time_s; /* on the wall, before the change; -167 h to +167 h */
};

struct time_zone_rule {
	int32_t standard_s, summer_s; /* offsets from UTC; to the east they are positive */
	bool has_summer;              /* else standard time all year */
	struct time_zone_day start, end;
};

/* `text` as in TZ; names are checked and not kept. -EINVAL with what is wrong. */
MUST_CHECK int time_zone_rule_parse(
	struct time_zone_rule *out, const char *text, size_t len, struct err *err);

/* The offset at a local time, by the reading of time_zone_to_utc_ms. Changes of the rule up to
 * `past_s` (UTC) are known to lie behind. */
int32_t time_zone_rule_offset(const struct time_zone_rule *r, int64_t local_s, int64_t past_s);
