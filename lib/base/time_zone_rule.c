#include "lib/base/time_zone_rule.h"

#include <errno.h>

#include "lib/base/calendar.h"
#include "lib/base/err.h"

#define DAY_S INT64_C(86400)
#define HOUR_S 3600

struct text {
	const char *at, *end;
};

static bool skip(struct text *t, char c)
{
	if (t->at == t->end || *t->at != c)
		return false;
	t->at++;
	return true;
}

/* At most three digits. */
static bool read_number(struct text *t, int low, int high, int *out)
{
	const char *first = t->at;
	int v = 0;

	for (; t->at < t->end && t->at - first < 3 && *t->at >= '0' && *t->at <= '9'; t->at++)
		v = v * 10 + (*t->at - '0');
	if (t->at == first || v < low || v > high)
		return false;
	*out = v;
	return true;
}

/* [+-]h[hh][:mm[:ss]] */
static bool read_time(struct text *t, int hours_max, int32_t *out_s)
{
	bool is_negative = skip(t, '-');
	int hours, minutes = 0, seconds = 0;

	if (!is_negative)
		skip(t, '+');
	if (!read_number(t, 0, hours_max, &hours))
		return false;
	if (skip(t, ':') && (!read_number(t, 0, 59, &minutes) ||
				    (skip(t, ':') && !read_number(t, 0, 59, &seconds))))
		return false;
	*out_s = (hours * HOUR_S + minutes * 60 + seconds) * (is_negative ? -1 : 1);
	return true;
}

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Three letters or more, or <...> with digits and signs too. */
static bool skip_name(struct text *t)
{
	bool is_quoted = skip(t, '<');
	const char *first = t->at;

	while (t->at < t->end &&
		(is_letter(*t->at) || (is_quoted && ((*t->at >= '0' && *t->at <= '9') ||
							    *t->at == '+' || *t->at == '-'))))
		t->at++;
	return t->at - first >= 3 && (!is_quoted || skip(t, '>'));
}

static bool read_day(struct text *t, struct time_zone_day *d)
{
	d->time_s = 2 * HOUR_S;
	if (skip(t, 'M')) {
		d->kind = DAY_OF_WEEK;
		if (!read_number(t, 1, 12, &d->month) || !skip(t, '.') ||
			!read_number(t, 1, 5, &d->week) || !skip(t, '.') ||
			!read_number(t, 0, 6, &d->day))
			return false;
	} else if (skip(t, 'J')) {
		d->kind = DAY_JULIAN;
		if (!read_number(t, 1, 365, &d->day))
			return false;
	} else {
		d->kind = DAY_OF_YEAR;
		if (!read_number(t, 0, 365, &d->day))
			return false;
	}
	return !skip(t, '/') || read_time(t, 167, &d->time_s);
}

/* The offset as TZ has it says what to add for UTC: to the west it is positive. */
static bool read_offset(struct text *t, int32_t *out_s)
{
	int32_t west_s;

	if (!read_time(t, 24, &west_s))
		return false;
	*out_s = -west_s;
	return true;
}

static bool read_rule(struct text *t, struct time_zone_rule *r)
{
	if (!skip_name(t) || !read_offset(t, &r->standard_s))
		return false;
	r->has_summer = t->at < t->end;
	if (!r->has_summer)
		return true;
	if (!skip_name(t))
		return false;
	r->summer_s = r->standard_s + HOUR_S;
	if (!skip(t, ',') && (!read_offset(t, &r->summer_s) || !skip(t, ',')))
		return false;
	return read_day(t, &r->start) && skip(t, ',') && read_day(t, &r->end) && t->at == t->end;
}

int time_zone_rule_parse(struct time_zone_rule *out, const char *text, size_t len, struct err *err)
{
	struct time_zone_rule r = {0};
	struct text t = {text, text + len};

	if (!read_rule(&t, &r))
		return err_set(err, -EINVAL,
			"the rule of the zone is not understood from its byte %zu on, wanted is "
			"one such as \"CET-1CEST,M3.5.0,M10.5.0/3\"",
			(size_t)(t.at - text) + 1);
	*out = r;
	return 0;
}

/* Of the w-th weekday of a month. */
static int64_t weekday_of_month(int64_t year, const struct time_zone_day *d)
{
	int64_t first = calendar_days(year, d->month, 1);
	int first_weekday = (int)((first + 4) % 7); /* day 0 was a Thursday; -6 to 6 */
	int day = (d->day - first_weekday + 7) % 7 + (d->week - 1) * 7;

	return first + (day < calendar_month_length(year, d->month) ? day : day - 7);
}

/* The local time, on the clock before the change. */
static int64_t change_s(const struct time_zone_day *d, int64_t year)
{
	int64_t days;

	switch (d->kind) {
	case DAY_OF_WEEK:
		days = weekday_of_month(year, d);
		break;
	case DAY_JULIAN:
		days = calendar_days(year, 1, 1) + d->day - 1 +
		       (d->day >= 60 && calendar_is_leap(year));
		break;
	default:
		days = calendar_days(year, 1, 1) + d->day;
		break;
	}
	return days * DAY_S + d->time_s;
}

int32_t time_zone_rule_offset(const struct time_zone_rule *r, int64_t local_s, int64_t past_s)
{
	int32_t larger_s = r->standard_s > r->summer_s ? r->standard_s : r->summer_s;
	int64_t year;
	int month, day;

	if (!r->has_summer)
		return r->standard_s;
	calendar_date(local_s / DAY_S, &year, &month, &day);
	/* A change can lie a week before its year or behind it, and summer can last over New
	 * Year or, where it ends when the next begins, for ever. */
	for (int64_t y = year - 2; y <= year + 1; y++) {
		int64_t start = change_s(&r->start, y) - r->standard_s;
		int64_t end = change_s(&r->end, y) - r->summer_s;

		if (end <= start)
			end = change_s(&r->end, y + 1) - r->summer_s;
		if ((start <= past_s || start + larger_s <= local_s) && end > past_s &&
			end + larger_s > local_s)
			return r->summer_s;
	}
	return r->standard_s;
}
