/* The zones installed on this machine. What was expected was computed with Python's zoneinfo; years
 * to come hold as long as a zone's rule is the one it was computed with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/time_zone.h"
#include "lib/base/timestamp.h"

struct row {
	const char *zone, *local, *utc;
};

static const struct row past[] = {
	{"Europe/Berlin", "1990-01-15T12:00:00", "1990-01-15T11:00:00Z"},
	{"Europe/Berlin", "1990-03-25T01:59:59", "1990-03-25T00:59:59Z"},
	{"Europe/Berlin", "1990-03-25T02:30:00", "1990-03-25T01:30:00Z"},
	{"Europe/Berlin", "1990-03-25T03:00:00", "1990-03-25T01:00:00Z"},
	{"Europe/Berlin", "1990-09-30T02:30:00", "1990-09-30T00:30:00Z"},
	{"Europe/Berlin", "1990-09-30T03:00:00", "1990-09-30T02:00:00Z"},
	{"Europe/Berlin", "1995-09-24T02:30:00", "1995-09-24T00:30:00Z"},
	{"Europe/Berlin", "1996-10-27T02:30:00", "1996-10-27T00:30:00Z"},
	{"Europe/Berlin", "1996-10-27T03:00:00", "1996-10-27T02:00:00Z"},
	{"Europe/Berlin", "2007-07-01T00:00:00", "2007-06-30T22:00:00Z"},
	{"Europe/Berlin", "2025-10-26T02:59:59", "2025-10-26T00:59:59Z"},
	{"Europe/Berlin", "2025-10-26T03:00:00", "2025-10-26T02:00:00Z"},
	{"America/New_York", "1990-04-01T02:30:00", "1990-04-01T07:30:00Z"},
	{"America/New_York", "1990-10-28T01:30:00", "1990-10-28T05:30:00Z"},
	{"America/New_York", "2006-04-02T03:00:00", "2006-04-02T07:00:00Z"},
	{"America/New_York", "2006-10-29T01:59:59", "2006-10-29T05:59:59Z"},
	{"America/New_York", "2007-03-11T01:59:59", "2007-03-11T06:59:59Z"},
	{"America/New_York", "2007-03-11T02:00:00", "2007-03-11T07:00:00Z"},
	{"America/New_York", "2007-03-11T03:00:00", "2007-03-11T07:00:00Z"},
	{"America/New_York", "2007-11-04T00:59:59", "2007-11-04T04:59:59Z"},
	{"America/New_York", "2007-11-04T01:30:00", "2007-11-04T05:30:00Z"},
	{"America/New_York", "2007-11-04T02:00:00", "2007-11-04T07:00:00Z"},
	{"America/New_York", "2025-12-24T18:00:00", "2025-12-24T23:00:00Z"},
	{"Asia/Kolkata", "1990-01-01T00:00:00", "1989-12-31T18:30:00Z"},
	{"Asia/Kolkata", "2011-06-15T05:29:59", "2011-06-14T23:59:59Z"},
	{"Asia/Kolkata", "2025-12-31T23:59:59", "2025-12-31T18:29:59Z"},
	{"Australia/Lord_Howe", "1990-03-04T01:45:00", "1990-03-03T14:45:00Z"},
	{"Australia/Lord_Howe", "1990-03-04T02:00:00", "1990-03-03T15:30:00Z"},
	{"Australia/Lord_Howe", "2008-04-06T01:45:00", "2008-04-05T14:45:00Z"},
	{"Australia/Lord_Howe", "2008-04-06T02:00:00", "2008-04-05T15:30:00Z"},
	{"Australia/Lord_Howe", "2008-10-05T01:59:59", "2008-10-04T15:29:59Z"},
	{"Australia/Lord_Howe", "2008-10-05T02:15:00", "2008-10-04T15:45:00Z"},
	{"Australia/Lord_Howe", "2008-10-05T02:30:00", "2008-10-04T15:30:00Z"},
	{"Australia/Lord_Howe", "2025-01-01T00:00:00", "2024-12-31T13:00:00Z"},
	{"Australia/Lord_Howe", "2025-07-01T00:00:00", "2025-06-30T13:30:00Z"},
	{"Pacific/Apia", "2011-04-02T03:30:00", "2011-04-02T13:30:00Z"},
	{"Pacific/Apia", "2011-09-24T03:30:00", "2011-09-24T14:30:00Z"},
	{"Pacific/Apia", "2011-12-29T23:59:59", "2011-12-30T09:59:59Z"},
	{"Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T22:00:00Z"},
	{"Pacific/Apia", "2011-12-31T00:00:00", "2011-12-30T10:00:00Z"},
	{"Pacific/Apia", "2012-04-01T03:30:00", "2012-03-31T13:30:00Z"},
	{"Pacific/Apia", "2012-04-01T04:00:00", "2012-03-31T15:00:00Z"},
	{"Pacific/Apia", "2021-01-01T00:00:00", "2020-12-31T10:00:00Z"},
	{"Pacific/Apia", "2025-01-01T00:00:00", "2024-12-31T11:00:00Z"},
	{"Africa/Casablanca", "1990-06-01T12:00:00", "1990-06-01T12:00:00Z"},
	{"Africa/Casablanca", "2008-06-01T00:00:00", "2008-06-01T00:00:00Z"},
	{"Africa/Casablanca", "2012-07-20T02:30:00", "2012-07-20T01:30:00Z"},
	{"Africa/Casablanca", "2012-08-20T02:30:00", "2012-08-20T02:30:00Z"},
	{"Africa/Casablanca", "2012-09-30T02:30:00", "2012-09-30T01:30:00Z"},
	{"Africa/Casablanca", "2018-10-28T02:30:00", "2018-10-28T01:30:00Z"},
	{"Africa/Casablanca", "2019-05-05T02:30:00", "2019-05-05T01:30:00Z"},
	{"Africa/Casablanca", "2019-06-09T02:30:00", "2019-06-09T02:30:00Z"},
	{"Africa/Casablanca", "2024-03-10T02:30:00", "2024-03-10T01:30:00Z"},
	{"Africa/Casablanca", "2024-03-20T12:00:00", "2024-03-20T12:00:00Z"},
	{"Africa/Casablanca", "2024-04-14T02:30:00", "2024-04-14T02:30:00Z"},
	{"Africa/Casablanca", "2025-02-23T02:30:00", "2025-02-23T01:30:00Z"},
	{"Africa/Casablanca", "2025-04-06T02:30:00", "2025-04-06T02:30:00Z"},
	{"Africa/Casablanca", "2025-12-01T00:00:00", "2025-11-30T23:00:00Z"},
};

static const struct {
	const char *zone, *rule;
} rules[] = {
	{"Europe/Berlin", "\nCET-1CEST,M3.5.0,M10.5.0/3\n"},
	{"America/New_York", "\nEST5EDT,M3.2.0,M11.1.0\n"},
	{"Asia/Kolkata", "\nIST-5:30\n"},
	{"Australia/Lord_Howe", "\n<+1030>-10:30<+11>-11,M10.1.0,M4.1.0\n"},
	{"Pacific/Apia", "\n<+13>-13\n"},
};

static const struct row years_to_come[] = {
	{"Europe/Berlin", "2030-03-31T02:30:00", "2030-03-31T01:30:00Z"},
	{"Europe/Berlin", "2037-10-25T02:30:00", "2037-10-25T00:30:00Z"},
	{"Europe/Berlin", "2037-10-25T03:00:00", "2037-10-25T02:00:00Z"},
	{"Europe/Berlin", "2038-01-19T04:14:08", "2038-01-19T03:14:08Z"},
	{"Europe/Berlin", "2038-03-28T02:30:00", "2038-03-28T01:30:00Z"},
	{"Europe/Berlin", "2038-10-31T02:30:00", "2038-10-31T00:30:00Z"},
	{"Europe/Berlin", "2038-10-31T03:00:00", "2038-10-31T02:00:00Z"},
	{"Europe/Berlin", "2052-02-29T12:00:00", "2052-02-29T11:00:00Z"},
	{"Europe/Berlin", "2060-03-28T01:59:59", "2060-03-28T00:59:59Z"},
	{"Europe/Berlin", "2060-03-28T03:00:00", "2060-03-28T01:00:00Z"},
	{"Europe/Berlin", "2060-10-31T02:59:59", "2060-10-31T00:59:59Z"},
	{"America/New_York", "2030-03-10T02:30:00", "2030-03-10T07:30:00Z"},
	{"America/New_York", "2038-03-14T02:00:00", "2038-03-14T07:00:00Z"},
	{"America/New_York", "2038-11-07T01:59:59", "2038-11-07T05:59:59Z"},
	{"America/New_York", "2038-11-07T02:00:00", "2038-11-07T07:00:00Z"},
	{"America/New_York", "2060-07-04T12:00:00", "2060-07-04T16:00:00Z"},
	{"America/New_York", "2060-11-07T01:30:00", "2060-11-07T05:30:00Z"},
	{"America/New_York", "2060-11-07T02:00:00", "2060-11-07T07:00:00Z"},
	{"Asia/Kolkata", "2060-12-31T23:59:59", "2060-12-31T18:29:59Z"},
	{"Australia/Lord_Howe", "2030-04-07T01:45:00", "2030-04-06T14:45:00Z"},
	{"Australia/Lord_Howe", "2039-04-03T01:30:00", "2039-04-02T14:30:00Z"},
	{"Australia/Lord_Howe", "2039-10-02T02:15:00", "2039-10-01T15:45:00Z"},
	{"Australia/Lord_Howe", "2060-01-01T00:00:00", "2059-12-31T13:00:00Z"},
	{"Australia/Lord_Howe", "2060-04-04T01:59:59", "2060-04-03T14:59:59Z"},
	{"Australia/Lord_Howe", "2060-04-04T02:00:00", "2060-04-03T15:30:00Z"},
	{"Pacific/Apia", "2060-01-01T00:00:00", "2059-12-31T11:00:00Z"},
};

static char bytes[1 << 16];

/* The length of the zone's file, which is then in `bytes`; 0 when there is none. */
static size_t read_zone(const char *name)
{
	char path[128];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
	f = fopen(path, "rb");
	if (!f)
		return 0;
	len = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	return len;
}

static void check(const struct row *row, size_t len)
{
	CLEANUP(time_zone_free) struct time_zone *z = NULL;
	char got[TIMESTAMP_TEXT_MAX], wanted[TIMESTAMP_TEXT_MAX];
	struct err err = {""};
	int64_t local_ms, utc_ms;
	bool has_zone;

	if (time_zone_from_tzif(&z, bytes, len, &err) < 0)
		fail_msg("%s: %s", row->zone, err.text);
	assert_true(timestamp_parse(row->local, strlen(row->local), &local_ms, &has_zone));
	assert_true(timestamp_parse(row->utc, strlen(row->utc), &utc_ms, &has_zone));
	timestamp_print(wanted, utc_ms + 123);
	timestamp_print(got, time_zone_to_utc_ms(z, local_ms + 123));
	if (strcmp(got, wanted) != 0)
		fail_msg("%s at %s is %s, not %s", row->zone, row->local, wanted, got);
}

static void agrees_with_python_about_the_past(void **state)
{
	size_t checked = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(past); i++) {
		size_t len = read_zone(past[i].zone);

		if (len == 0)
			continue;
		check(&past[i], len);
		checked++;
	}
	if (checked == 0)
		skip();
}

static bool has_its_rule(const char *zone, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		size_t n = strlen(rules[i].rule);

		if (strcmp(rules[i].zone, zone) == 0)
			return len > n && memcmp(bytes + len - n, rules[i].rule, n) == 0;
	}
	return false;
}

static void agrees_with_python_about_years_to_come(void **state)
{
	size_t checked = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(years_to_come); i++) {
		size_t len = read_zone(years_to_come[i].zone);

		if (!has_its_rule(years_to_come[i].zone, len))
			continue;
		check(&years_to_come[i], len);
		checked++;
	}
	if (checked == 0)
		skip();
}

static void refuses_zones_that_count_leap_seconds(void **state)
{
	struct time_zone *z = NULL;
	size_t len = read_zone("right/UTC");
	struct err err;

	(void)state;
	if (len == 0)
		skip();
	assert_true(time_zone_from_tzif(&z, bytes, len, &err) < 0);
	assert_null(z);
	assert_string_equal(
		err.text, "the time zone counts leap seconds, which times of messages do not");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_python_about_the_past),
		cmocka_unit_test(agrees_with_python_about_years_to_come),
		cmocka_unit_test(refuses_zones_that_count_leap_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
