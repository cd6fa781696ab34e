#include "lib/base/timestamp.h"

#include "lib/base/calendar.h"

#define DAY_MS INT64_C(86400000)

/* `v` in exactly `digits` digits, leading zeros included. */
static char *put(char *at, int v, int digits, char after)
{
	for (int i = digits - 1; i >= 0; i--, v /= 10)
		at[i] = (char)('0' + v % 10);
	at[digits] = after;
	return at + digits + 1;
}

size_t timestamp_print(char out[TIMESTAMP_TEXT_MAX], int64_t ms)
{
	int64_t year;
	int month, day, left;
	char *at = out;

	ms = ms < 0 ? 0 : ms > TIMESTAMP_MAX_MS ? TIMESTAMP_MAX_MS : ms;
	calendar_date(ms / DAY_MS, &year, &month, &day);
	left = (int)(ms % DAY_MS);
	at = put(at, (int)year, 4, '-');
	at = put(at, month, 2, '-');
	at = put(at, day, 2, 'T');
	at = put(at, left / 3600000, 2, ':');
	at = put(at, left / 60000 % 60, 2, ':');
	at = put(at, left / 1000 % 60, 2, '.');
	at = put(at, left % 1000, 3, 'Z');
	*at = '\0';
	return (size_t)(at - out);
}

struct text {
	const char *at, *end;
};

static bool is_next(const struct text *t, char c)
{
	return t->at < t->end && *t->at == c;
}

static bool skip(struct text *t, char c)
{
	if (!is_next(t, c))
		return false;
	t->at++;
	return true;
}

static bool read_digit(struct text *t, int *digit)
{
	if (t->at == t->end || *t->at < '0' || *t->at > '9')
		return false;
	*digit = *t->at++ - '0';
	return true;
}

static bool read_int(struct text *t, int digits, int *out)
{
	int v = 0, digit;

	for (int i = 0; i < digits; i++) {
		if (!read_digit(t, &digit))
			return false;
		v = v * 10 + digit;
	}
	*out = v;
	return true;
}

static bool read_date(struct text *t, bool *is_basic, int64_t *days)
{
	int year, month, day;

	if (!read_int(t, 4, &year))
		return false;
	*is_basic = !skip(t, '-');
	if (!read_int(t, 2, &month) || (!*is_basic && !skip(t, '-')) || !read_int(t, 2, &day))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > calendar_month_length(year, month))
		return false;
	*days = calendar_days(year, month, day);
	return true;
}

static bool read_fraction(struct text *t, int *ms)
{
	int digit, weight = 100;

	if (!skip(t, '.') && !skip(t, ','))
		return true;
	if (!read_digit(t, &digit))
		return false;
	do {
		*ms += digit * weight;
		weight /= 10;
	} while (read_digit(t, &digit));
	return true;
}

/* A time of day as it is written. */
struct clock {
	int hours, minutes, seconds, ms;
	bool has_minutes;
};

/* Is there one more part, of two digits? In basic format nothing stands before it. */
static bool is_more(struct text *t, bool is_basic)
{
	return is_basic ? t->at < t->end && *t->at >= '0' && *t->at <= '9' : skip(t, ':');
}

static bool read_clock(struct text *t, bool is_basic, struct clock *c)
{
	*c = (struct clock){0};
	if (!read_int(t, 2, &c->hours))
		return false;
	c->has_minutes = is_more(t, is_basic);
	if (c->has_minutes && !read_int(t, 2, &c->minutes))
		return false;
	if (c->has_minutes && is_more(t, is_basic) &&
		(!read_int(t, 2, &c->seconds) || !read_fraction(t, &c->ms)))
		return false;
	if (c->hours == 24)
		return c->minutes == 0 && c->seconds == 0 && c->ms == 0;
	return c->hours < 24 && c->minutes < 60 && c->seconds <= 60;
}

static int64_t clock_ms(const struct clock *c)
{
	return ((int64_t)c->hours * 60 + c->minutes) * 60000 + c->seconds * 1000 + c->ms;
}

/* Leap seconds are the last ones of a day in UTC; offsets from it are quarters of an hour. */
static bool can_be_leap_second(const struct clock *c, bool has_zone, int64_t offset_ms)
{
	if (!has_zone)
		return c->minutes % 15 == 14;
	return (clock_ms(c) - c->ms - offset_ms) % DAY_MS == 0;
}

/* Z, z, +hh:mm, +hhmm or +hh: the end of the text. */
static bool read_offset(struct text *t, int64_t *out_ms)
{
	bool is_west;
	int hours, minutes = 0;

	*out_ms = 0;
	if (skip(t, 'Z') || skip(t, 'z'))
		return t->at == t->end;
	is_west = is_next(t, '-');
	if (!is_west && !is_next(t, '+'))
		return false;
	t->at++;
	if (!read_int(t, 2, &hours))
		return false;
	if (t->at < t->end) {
		skip(t, ':');
		if (!read_int(t, 2, &minutes))
			return false;
	}
	if (hours > 23 || minutes > 59)
		return false;
	*out_ms = (hours * 60 + minutes) * (is_west ? -60000 : 60000);
	return t->at == t->end;
}

bool timestamp_parse_offset(const char *s, size_t len, int64_t *out_ms)
{
	struct text t = {s, s + len};
	int64_t offset_ms;

	if (!read_offset(&t, &offset_ms))
		return false;
	*out_ms = offset_ms;
	return true;
}

bool timestamp_parse(const char *s, size_t len, int64_t *out_ms, bool *has_zone)
{
	struct text t = {s, s + len};
	int64_t days, offset_ms = 0;
	bool is_basic, is_after_t, zone;
	struct clock c;

	if (!read_date(&t, &is_basic, &days))
		return false;
	is_after_t = skip(&t, 'T') || skip(&t, 't');
	if ((!is_after_t && (is_basic || !skip(&t, ' '))) || !read_clock(&t, is_basic, &c))
		return false;
	zone = t.at < t.end;
	if (zone && !read_offset(&t, &offset_ms))
		return false;
	if (!c.has_minutes && (!is_after_t || !zone))
		return false;
	if (c.seconds == 60 && !can_be_leap_second(&c, zone, offset_ms))
		return false;
	*out_ms = days * DAY_MS + clock_ms(&c) - offset_ms;
	*has_zone = zone;
	return true;
}
