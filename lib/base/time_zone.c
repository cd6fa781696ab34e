#include "lib/base/time_zone.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/time_zone_inside.h"
#include "lib/base/timestamp.h"

int time_zone_fixed(struct time_zone **out, const char *text, struct err *err)
{
	struct time_zone *z;
	int64_t offset_ms = 0;

	if (strcmp(text, "UTC") != 0 && !timestamp_parse_offset(text, strlen(text), &offset_ms))
		return err_set(err, -EINVAL,
			"\"%s\" is no offset from UTC, allowed are UTC, Z and +hh:mm", text);
	z = calloc(1, sizeof(*z));
	if (!z)
		return err_set(err, -ENOMEM, "no memory for a time zone");
	z->first_offset_s = (int32_t)(offset_ms / 1000);
	z->last_change_s = INT64_MIN;
	*out = z;
	return 0;
}

static int32_t offset_at(const struct time_zone *z, int64_t local_s)
{
	size_t low = 0, high = z->count; /* how many changes are behind: from low to high */

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (z->changes[middle].wall_s <= local_s)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == z->count && z->has_rule)
		return time_zone_rule_offset(&z->rule, local_s, z->last_change_s);
	return low > 0 ? z->changes[low - 1].offset_s : z->first_offset_s;
}

int64_t time_zone_to_utc_ms(const struct time_zone *z, int64_t local_ms)
{
	int64_t local_s = local_ms / 1000 - (local_ms % 1000 < 0), utc_ms;

	if (__builtin_sub_overflow(local_ms, offset_at(z, local_s) * INT64_C(1000), &utc_ms))
		return local_ms < 0 ? INT64_MIN : INT64_MAX;
	return utc_ms;
}

void time_zone_free(struct time_zone *z)
{
	free(z);
}
