/* What a time zone is made of; for lib/base/time_zone*.c alone. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/time_zone_rule.h"

/* A new offset. */
struct time_zone_change {
	int64_t wall_s; /* holds from this local time on: the later of those that the clock shows
			   at the change, before it and after it; ascending */
	int32_t offset_s;
};

struct time_zone {
	int32_t first_offset_s; /* before the first change */
	bool has_rule;          /* from the last change on; without changes always */
	struct time_zone_rule rule;
	int64_t last_change_s; /* UTC; INT64_MIN without changes */
	size_t count;
	struct time_zone_change changes[];
};
