#include "lib/feature/event_time.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "lib/base/num.h"
#include "lib/base/time_zone.h"
#include "lib/base/timestamp.h"

/* How much of a number makes a second, where the format is a number. */
static const struct {
	int64_t per_s;
	const char *wanted;
} formats[] = {
	[TIME_S] = {1, "seconds since 1970 are wanted"},
	[TIME_MS] = {1000, "milliseconds since 1970 are wanted"},
	[TIME_US] = {1000000, "microseconds since 1970 are wanted"},
	[TIME_NS] = {1000000000, "nanoseconds since 1970 are wanted"},
	[TIME_ISO] = {0, "an ISO 8601 time is wanted"},
};

static bool from_double(double v, int64_t per_s, int64_t *out_ms)
{
	double per_ms = (double)per_s / 1000, ms = round(v / per_ms);

	/* Cut, but not what is whole milliseconds once they are a double: nanoseconds of today
	 * are multiples of 256 then, and 123 ms would become 122. */
	if (per_s > 1 && ms * per_ms > v)
		ms -= 1;
	if (!(v >= 0) || ms > (double)TIMESTAMP_MAX_MS)
		return false;
	*out_ms = (int64_t)ms;
	return true;
}

static bool from_int(int64_t v, int64_t per_s, int64_t *out_ms)
{
	if (v < 0)
		return false;
	if (per_s == 1)
		return !__builtin_mul_overflow(v, 1000, out_ms);
	*out_ms = v / (per_s / 1000);
	return true;
}

static bool from_number(const cJSON *item, int64_t per_s, int64_t *out_ms)
{
	const char *text = item->valuestring;
	double v = item->valuedouble;
	int64_t whole;

	if (cJSON_IsString(item)) {
		if (!num_parse(text, strlen(text), &v))
			return false;
		if (num_parse_int(text, strlen(text), &whole))
			return from_int(whole, per_s, out_ms);
	}
	return from_double(v, per_s, out_ms);
}

static bool from_iso(const cJSON *item, const struct time_zone *zone, int64_t *out_ms)
{
	bool has_zone;

	if (!cJSON_IsString(item) ||
		!timestamp_parse(item->valuestring, strlen(item->valuestring), out_ms, &has_zone))
		return false;
	if (!has_zone && zone)
		*out_ms = time_zone_to_utc_ms(zone, *out_ms);
	return true;
}

static bool is_in_bounds(int64_t ms)
{
	return ms >= 0 && ms <= TIMESTAMP_MAX_MS;
}

bool event_time_shift(int64_t ms, int64_t shift_ms, int64_t *out_ms)
{
	int64_t shifted_ms;

	if (!is_in_bounds(ms) || __builtin_add_overflow(ms, shift_ms, &shifted_ms) ||
		!is_in_bounds(shifted_ms))
		return false;
	*out_ms = shifted_ms;
	return true;
}

bool event_time_read(const cJSON *item, enum time_format format, const struct time_zone *zone,
	int64_t shift_ms, int64_t *out_ms)
{
	int64_t ms;

	assert(format != TIME_OF_RECEIPT);
	if (!cJSON_IsNumber(item) && !cJSON_IsString(item))
		return false;
	if (format == TIME_ISO ? !from_iso(item, zone, &ms)
			       : !from_number(item, formats[format].per_s, &ms))
		return false;
	return event_time_shift(ms, shift_ms, out_ms);
}

const char *event_time_wanted(enum time_format format)
{
	assert(format != TIME_OF_RECEIPT);
	return formats[format].wanted;
}
