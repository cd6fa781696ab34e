/* Rules for the clocks of a year. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/time_zone_rule.h"
#include "lib/base/timestamp.h"

static int32_t offset_at(const char *rule, const char *local)
{
	struct time_zone_rule r;
	struct err err = {""};
	int64_t local_ms;
	bool has_zone;

	if (time_zone_rule_parse(&r, rule, strlen(rule), &err) < 0)
		fail_msg("%s: %s", rule, err.text);
	assert_true(timestamp_parse(local, strlen(local), &local_ms, &has_zone));
	return time_zone_rule_offset(&r, local_ms / 1000, INT64_MIN);
}

#define MINUTES(h, m) (((h)*60 + (m)) * 60)

static const struct {
	const char *rule, *local;
	int32_t offset_s;
} rows[] = {
	{"UTC0", "2026-07-01T00:00:00", 0},
	{"<+0545>-5:45", "2026-07-01T00:00:00", MINUTES(5, 45)},
	{"LMT0:53:28", "2026-07-01T00:00:00", -3208},
	/* north: the skipped hour has the offset before, of the hour that is twice the first is
	   meant */
	{"CET-1CEST,M3.5.0,M10.5.0/3", "2026-01-01T00:00:00", MINUTES(1, 0)},
	{"CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T02:59:59", MINUTES(1, 0)},
	{"CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T03:00:00", MINUTES(2, 0)},
	{"CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T02:59:59", MINUTES(2, 0)},
	{"CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T03:00:00", MINUTES(1, 0)},
	{"CET-1CEST,M3.5.0,M10.5.0/3", "1965-07-01T00:00:00", MINUTES(2, 0)},
	/* south, by half an hour */
	{"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-01-01T00:00:00", MINUTES(11, 0)},
	{"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-04-05T01:59:59", MINUTES(11, 0)},
	{"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-04-05T02:00:00", MINUTES(10, 30)},
	{"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-10-04T02:29:59", MINUTES(10, 30)},
	{"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-10-04T02:30:00", MINUTES(11, 0)},
	/* Ireland: by the rule winter is the exception */
	{"IST-1GMT0,M10.5.0,M3.5.0/1", "2026-01-01T00:00:00", 0},
	{"IST-1GMT0,M10.5.0,M3.5.0/1", "2026-03-29T02:00:00", MINUTES(1, 0)},
	{"IST-1GMT0,M10.5.0,M3.5.0/1", "2026-10-25T01:59:59", MINUTES(1, 0)},
	{"IST-1GMT0,M10.5.0,M3.5.0/1", "2026-10-25T02:00:00", 0},
	/* times before the day and behind it */
	{"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-28T23:59:59", MINUTES(-2, 0)},
	{"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T00:00:00", MINUTES(-1, 0)},
	{"EET-2EEST,M3.4.4/50,M10.4.4/50", "2026-03-28T02:59:59", MINUTES(2, 0)},
	{"EET-2EEST,M3.4.4/50,M10.4.4/50", "2026-03-28T03:00:00", MINUTES(3, 0)},
	{"EET-2EEST,M3.4.4/50,M10.4.4/50", "2026-10-24T01:59:59", MINUTES(3, 0)},
	{"EET-2EEST,M3.4.4/50,M10.4.4/50", "2026-10-24T02:00:00", MINUTES(2, 0)},
	/* over New Year: -167 h of Jan 1, +167 h of Dec 26 */
	{"AAA0BBB,0/-167,J100", "2025-12-25T01:59:59", 0},
	{"AAA0BBB,0/-167,J100", "2025-12-25T02:00:00", MINUTES(1, 0)},
	{"AAA0BBB,J360/167,J10/0", "2026-01-02T01:00:00", MINUTES(1, 0)},
	{"AAA0BBB,J360/167,J10/0", "2026-01-01T22:59:59", 0},
	{"AAA0BBB,J360/167,J10/0", "2026-01-09T23:59:59", MINUTES(1, 0)},
	{"AAA0BBB,J360/167,J10/0", "2026-01-10T00:00:00", 0},
	/* J60 is always March 1, 59 is so but in leap years */
	{"AAA0BBB,J60/0,J300", "2024-02-29T23:59:59", 0},
	{"AAA0BBB,J60/0,J300", "2024-03-01T01:00:00", MINUTES(1, 0)},
	{"AAA0BBB,J60/0,J300", "2026-03-01T01:00:00", MINUTES(1, 0)},
	{"AAA0BBB,J59/0,J300", "2024-02-28T01:00:00", MINUTES(1, 0)},
	{"AAA0BBB,59/0,300", "2024-02-29T01:00:00", MINUTES(1, 0)},
	{"AAA0BBB,59/0,300", "2024-02-28T23:59:59", 0},
	{"AAA0BBB,59/0,300", "2026-02-28T23:59:59", 0},
	{"AAA0BBB,59/0,300", "2026-03-01T01:00:00", MINUTES(1, 0)},
	/* the fifth is the last; the first weekday can be the first day */
	{"AAA0BBB,M2.5.0/0,M11.1.0/0", "2026-02-22T01:00:00", MINUTES(1, 0)},
	{"AAA0BBB,M2.5.0/0,M11.1.0/0", "2026-02-21T23:59:59", 0},
	{"AAA0BBB,M2.5.0/0,M11.1.0/0", "2026-10-31T23:59:59", MINUTES(1, 0)},
	{"AAA0BBB,M2.5.0/0,M11.1.0/0", "2026-11-01T00:00:00", 0},
	/* summer for ever, in both ways of RFC 9636, and where it ends as it begins */
	{"EST5EDT,0/0,J365/25", "2026-01-01T00:00:00", MINUTES(-4, 0)},
	{"EST5EDT,0/0,J365/25", "2026-07-01T00:00:00", MINUTES(-4, 0)},
	{"EST5EDT,0/0,J365/25", "2024-12-31T23:59:59", MINUTES(-4, 0)},
	{"XXX3EDT4,0/0,J365/23", "2026-01-01T00:00:00", MINUTES(-4, 0)},
	{"XXX3EDT4,0/0,J365/23", "2025-12-31T23:30:00", MINUTES(-4, 0)},
	{"AAA0BBB,10/0,10/1", "2026-01-05T00:00:00", MINUTES(1, 0)},
	{"AAA0BBB,10/0,10/1", "2026-07-01T00:00:00", MINUTES(1, 0)},
};

static void says_which_offset_holds(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int32_t got = offset_at(rows[i].rule, rows[i].local);

		if (got != rows[i].offset_s)
			fail_msg("%s at %s: %d, not %d", rows[i].rule, rows[i].local, got,
				rows[i].offset_s);
	}
}

/* A change known to lie behind does not wait until the clock has shown an hour twice. */
static void takes_changes_known_to_be_past_as_done(void **state)
{
	struct time_zone_rule r;
	int64_t change_s = 1792890000; /* 2026-10-25T01:00:00Z */

	(void)state;
	assert_int_equal(time_zone_rule_parse(&r, "CET-1CEST,M3.5.0,M10.5.0/3", 26, NULL), 0);
	assert_int_equal(time_zone_rule_offset(&r, change_s + 2 * 3600 - 1, change_s - 1), 7200);
	assert_int_equal(time_zone_rule_offset(&r, change_s + 2 * 3600 - 1, change_s), 3600);
	assert_int_equal(time_zone_rule_parse(&r, "IST-1GMT0,M10.5.0,M3.5.0/1", 26, NULL), 0);
	assert_int_equal(time_zone_rule_offset(&r, change_s + 3600 - 1, change_s - 1), 3600);
	assert_int_equal(time_zone_rule_offset(&r, change_s + 3600 - 1, change_s), 0);
}

static void refuses_rules_that_it_does_not_understand(void **state)
{
	static const struct {
		const char *rule;
		int at;
	} bad[] = {
		{"", 1},
		{"CE-1", 3},
		{"<+01-1", 7},
		{"<+0>-1", 4},
		{"CET", 4},
		{"CET-25", 7},
		{"CET-1:60", 9},
		{"CET-1CEST", 10},
		{"CET-1CEST,", 11},
		{"CET-1CEST,M3.5.0", 17},
		{"CET-1CEST,M13.5.0,M10.5.0", 14},
		{"CET-1CEST,M3.6.0,M10.5.0", 15},
		{"CET-1CEST,M3.0.0,M10.5.0", 15},
		{"CET-1CEST,M3.5.7,M10.5.0", 17},
		{"CET-1CEST,M3.5.0,M10.5.0/168", 29},
		{"CET-1CEST,M3.5.0/2:3:4:5,M10.5.0", 23},
		{"CET-1CEST,J0,J1", 13},
		{"CET-1CEST,366,1", 14},
		{"CET-1CEST,1000,1", 14},
		{"CET-1CEST,1,2,3", 14},
		{"CET-1CEST,1,2 ", 14},
	};
	struct time_zone_rule r = {.standard_s = 77};
	struct err err, wanted;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(
			time_zone_rule_parse(&r, bad[i].rule, strlen(bad[i].rule), &err), -EINVAL);
		(void)err_set(&wanted, 0,
			"the rule of the zone is not understood from its byte %d on, wanted is one "
			"such as \"CET-1CEST,M3.5.0,M10.5.0/3\"",
			bad[i].at);
		assert_string_equal(err.text, wanted.text);
	}
	assert_int_equal(r.standard_s, 77); /* untouched */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_which_offset_holds),
		cmocka_unit_test(takes_changes_known_to_be_past_as_done),
		cmocka_unit_test(refuses_rules_that_it_does_not_understand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
