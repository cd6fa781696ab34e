#include "lib/base/timestamp.h"

#include "lib/base/calendar.h"

#define DAY_MS INT64_C(86400000)
#define LAST_MS INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

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

	ms = ms < 0 ? 0 : ms > LAST_MS ? LAST_MS : ms;
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

static bool read_date(struct text *t, int64_t *days)
{
	int year, month, day;

	if (!read_int(t, 4, &year) || !skip(t, '-') || !read_int(t, 2, &month) || !skip(t, '-') ||
		!read_int(t, 2, &day))
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

static bool read_clock(struct text *t, int64_t *out_ms)
{
	int hours, minutes, seconds = 0, ms = 0;

	if (!read_int(t, 2, &hours) || !skip(t, ':') || !read_int(t, 2, &minutes))
		return false;
	if (skip(t, ':') && (!read_int(t, 2, &seconds) || !read_fraction(t, &ms)))
		return false;
	if (hours > 23 || minutes > 59 || seconds > 59)
		return false;
	*out_ms = ((int64_t)hours * 60 + minutes) * 60000 + seconds * 1000 + ms;
	return true;
}

/* Z, +hh:mm, +hhmm or +hh: the end of the text. */
static bool read_offset(struct text *t, int64_t *out_ms)
{
	bool is_west;
	int hours, minutes = 0;

	*out_ms = 0;
	if (skip(t, 'Z'))
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
	int64_t days, clock_ms, offset_ms = 0;
	bool zone;

	if (!read_date(&t, &days) || (!skip(&t, 'T') && !skip(&t, ' ')) ||
		!read_clock(&t, &clock_ms))
		return false;
	zone = t.at < t.end;
	if (zone && !read_offset(&t, &offset_ms))
		return false;
	*out_ms = days * DAY_MS + clock_ms - offset_ms;
	*has_zone = zone;
	return true;
}
