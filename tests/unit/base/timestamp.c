/* Points in time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/base/timestamp.h"

static void prints_and_reads_back(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
		{0, "1970-01-01T00:00:00.000Z"},
		{951782399999, "2000-02-28T23:59:59.999Z"},
		{951782400000, "2000-02-29T00:00:00.000Z"},
		{1795363431123, "2026-11-22T16:03:51.123Z"},
		{4107542400000, "2100-03-01T00:00:00.000Z"},
		{253402300799999, "9999-12-31T23:59:59.999Z"},
	};
	char text[TIMESTAMP_TEXT_MAX];
	bool has_zone;
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(timestamp_print(text, cases[i].ms), 24);
		assert_string_equal(text, cases[i].text);
		assert_true(timestamp_parse(text, 24, &ms, &has_zone));
		assert_true(ms == cases[i].ms);
		assert_true(has_zone);
	}
	timestamp_print(text, -1);
	assert_string_equal(text, "1970-01-01T00:00:00.000Z");
	timestamp_print(text, INT64_MAX);
	assert_string_equal(text, "9999-12-31T23:59:59.999Z");
}

static void every_day_follows_the_one_before(void **state)
{
	char text[TIMESTAMP_TEXT_MAX];
	bool has_zone;
	int64_t ms;

	(void)state;
	for (int64_t day = 0; day < 200000; day++) {
		timestamp_print(text, day * 86400000);
		assert_true(timestamp_parse(text, 24, &ms, &has_zone));
		assert_true(ms == day * 86400000);
	}
}

static void reads_what_machines_send(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
		bool has_zone;
	} cases[] = {
		{"2026-01-05T10:00:00.123Z", 1767607200123, true},
		{"2026-01-05T10:00:00.000+01:00", 1767603600000, true},
		{"2026-01-05 10:00:00-0530", 1767627000000, true},
		{"2026-01-05T10:00:00+02", 1767600000000, true},
		{"2026-01-05T10:00", 1767607200000, false},
		{"2026-01-05T10:00:00,5", 1767607200500, false},
		{"2026-01-05T10:00:00.123999999Z", 1767607200123, true},
		{"2019-01-01T00:00:00", 1546300800000, false},
		{"1969-12-31T23:59:59.999Z", -1, true},
		/* lower case, as RFC 3339 allows */
		{"2026-01-05t10:00:00z", 1767607200000, true},
		/* basic format */
		{"20260105T100000Z", 1767607200000, true},
		{"20260105T100000.123+0100", 1767603600123, true},
		{"20260105t100000,5+01:00", 1767603600500, true},
		{"20260105T1000-0530", 1767627000000, true},
		{"20260105T1000", 1767607200000, false},
		{"20260105T100059", 1767607259000, false},
		/* hours alone */
		{"2026-01-05T10Z", 1767607200000, true},
		{"2026-01-05T10+02", 1767600000000, true},
		{"20260105T10Z", 1767607200000, true},
		{"20260105T10-0530", 1767627000000, true},
		/* the end of the day */
		{"2026-01-05T24:00:00Z", 1767657600000, true},
		{"2026-01-05T24:00", 1767657600000, false},
		{"2026-12-31T24:00:00.000+01:00", 1798758000000, true},
		{"20260228T240000Z", 1772323200000, true},
		{"2026-01-05T24Z", 1767657600000, true},
		/* leap seconds */
		{"2016-12-31T23:59:60Z", 1483228800000, true},
		{"2016-12-31T23:59:60.250Z", 1483228800250, true},
		{"2017-01-01T00:59:60+01:00", 1483228800000, true},
		{"2016-12-31T18:59:60-05:00", 1483228800000, true},
		{"20170101T052960+0530", 1483228800000, true},
		{"2017-01-01T05:44:60+05:45", 1483228800000, true},
		{"2017-01-01T00:59:60", 1483232400000, false},
	};
	bool has_zone;
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_true(timestamp_parse(cases[i].text, strlen(cases[i].text), &ms, &has_zone));
		assert_true(ms == cases[i].ms);
		assert_int_equal(has_zone, cases[i].has_zone);
	}
}

static void refuses_what_is_no_real_time(void **state)
{
	static const char *const cases[] = {
		"",
		"2026",
		"2026-01-05",
		"20260105",
		"2026-13-01T00:00",
		"2026-00-01T00:00",
		"2026-02-29T00:00",
		"2100-02-29T00:00",
		"2026-04-31T00:00",
		"2026-01-00T00:00",
		"20260229T000000Z",
		"20261301T000000Z",
		"2026-01-05T10:60",
		"20260105T1060Z",
		"2026-01-05T10:00:61",
		"2026-01-05T25:00",
		"2026-01-05T10:00:00.",
		"2026-01-05T10:00Zx",
		"2026-01-05T10:00:00+1",
		"2026-01-05T10:00:00+01:",
		"2026-01-05T10:00:00+24:00",
		"2026-01-05T10:00:00 Z",
		"2026-1-05T10:00",
		"26-01-05T10:00",
		"+2026-01-05T10:00",
		" 2026-01-05T10:00",
		/* one format for date and time of day */
		"2026-01-05T100000Z",
		"20260105T10:00:00Z",
		"2026-0105T10:00:00Z",
		"202601-05T100000Z",
		"20260105 100000Z",
		"2026-01-05T10:0000Z",
		"20260105T100Z",
		"20260105T10000Z",
		/* ordinal dates and weeks */
		"2026-005T10:00:00Z",
		"2026005T100000Z",
		"2026-W02-1T10:00:00Z",
		/* hours alone, where it may be a text that was cut short */
		"2026-01-05T10",
		"20260105T10",
		"2026-01-05 10Z",
		"2026-01-05T10.5Z",
		"2026-01-05T10:Z",
		/* a day ends at 24:00 sharp */
		"2026-01-05T24:00:01Z",
		"2026-01-05T24:01Z",
		"2026-01-05T24:00:00.001Z",
		"2026-02-29T24:00Z",
		/* no leap seconds */
		"2026-01-05T10:00:60",
		"2016-12-31T22:59:60Z",
		"2016-12-31T23:58:60Z",
		"2016-12-31T23:59:60+01:00",
		"2016-12-31T24:00:60Z",
		"2016-12-31T23:60:60Z",
	};
	bool has_zone = true;
	int64_t ms = 77;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (timestamp_parse(cases[i], strlen(cases[i]), &ms, &has_zone))
			fail_msg("%s is taken for a time", cases[i]);
	assert_true(ms == 77 && has_zone); /* untouched */
}

static void reads_offsets_alone(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} rows[] = {
		{"Z", 0}, {"z", 0}, {"+01:00", 3600000}, {"-0530", -19800000}, {"+02", 7200000}};
	static const char *const bad[] = {"", "ZZ", "+", "+1", "01:00", "+24", "+01:60", "+01:00Z"};
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(timestamp_parse_offset(rows[i].text, strlen(rows[i].text), &ms));
		assert_true(ms == rows[i].ms);
	}
	ms = 77;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(timestamp_parse_offset(bad[i], strlen(bad[i]), &ms));
	assert_true(ms == 77); /* untouched */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_and_reads_back),
		cmocka_unit_test(every_day_follows_the_one_before),
		cmocka_unit_test(reads_what_machines_send),
		cmocka_unit_test(refuses_what_is_no_real_time),
		cmocka_unit_test(reads_offsets_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
