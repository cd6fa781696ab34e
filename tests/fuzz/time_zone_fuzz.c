/* Any bytes as a TZif file: a time zone, or a sentence why not; and every time has an offset then
 * that a zone can have. */
#include <stdint.h>
#include <stdlib.h>

#include "lib/base/err.h"
#include "lib/base/time_zone.h"
#include "tests/fuzz/fuzz.h"

#define DAY_MS INT64_C(86400000)
#define OFFSET_MS_MAX (26 * INT64_C(3600000))

static void convert(const struct time_zone *z)
{
	for (int64_t ms = -100 * 365 * DAY_MS; ms < 200 * 365 * DAY_MS; ms += 97 * DAY_MS) {
		int64_t utc_ms = time_zone_to_utc_ms(z, ms);

		if (utc_ms < ms - OFFSET_MS_MAX || utc_ms > ms + OFFSET_MS_MAX)
			abort();
	}
	(void)time_zone_to_utc_ms(z, INT64_MIN);
	(void)time_zone_to_utc_ms(z, INT64_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	CLEANUP(time_zone_free) struct time_zone *z = NULL;
	struct err err = {""};

	if (time_zone_from_tzif(&z, bytes, len, &err) == 0)
		convert(z);
	else if (!err.text[0] || z)
		abort(); /* refused without a sentence, or half done */
	return 0;
}
