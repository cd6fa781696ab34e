/* Times among values: their format, their delay, a zone that is missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/base/macros.h"
#include "tools/probe_time.h"

#define NOW_MS INT64_C(1767600000000) /* 2026-01-05T08:00:00Z */
#define HOUR_MS INT64_C(3600000)

static void knows_the_formats_of_numbers_and_texts(void **state)
{
	int64_t ms;

	(void)state;
	assert_int_equal(probe_time_of_number(1767600000.04, &ms), PROBE_TIME_S);
	assert_int_equal(ms, NOW_MS + 40);
	assert_int_equal(probe_time_of_number(1767600000040.0, &ms), PROBE_TIME_MS);
	assert_int_equal(probe_time_of_number(1767600000040000.0, &ms), PROBE_TIME_US);
	assert_int_equal(ms, NOW_MS + 40);
	assert_int_equal(probe_time_of_number(1767600000040000000.0, &ms), PROBE_TIME_NS);
	assert_int_equal(probe_time_of_number(218.4, &ms), PROBE_TIME_NONE);
	assert_int_equal(probe_time_of_text("2026-01-05T09:00:00+01:00", &ms), PROBE_TIME_ISO);
	assert_int_equal(ms, NOW_MS);
	assert_int_equal(probe_time_of_text("2026-01-05T09:00:00", &ms), PROBE_TIME_ISO_NO_ZONE);
	assert_int_equal(probe_time_of_text("1767600000040", &ms), PROBE_TIME_MS);
	assert_int_equal(probe_time_of_text("PANEL34543535", &ms), PROBE_TIME_NONE);
	assert_int_equal(probe_time_of_text("", &ms), PROBE_TIME_NONE);
}

/* Values whose time is `delay_ms` before their receipt, with some jitter. */
static struct probe_clock clock_with(enum probe_time_format format, int64_t delay_ms, int count)
{
	struct probe_clock c = {0};

	for (int i = 0; i < count; i++)
		probe_clock_add(
			&c, format, NOW_MS + i * 1000 - delay_ms - i % 7, NOW_MS + i * 1000, false);
	return c;
}

static void measures_the_delay_in_the_middle(void **state)
{
	struct probe_clock c = clock_with(PROBE_TIME_MS, 20, 1000);
	struct probe_time t;

	(void)state;
	assert_true(probe_clock_judge(&c, false, &t));
	assert_int_equal(t.format, PROBE_TIME_MS);
	assert_in_range(t.delay_ms, 20, 26);
	assert_true(t.is_usable && t.has_delay && t.zone_min == 0);
	assert_true(c.delay_count <= PROBE_DELAYS && c.stride > 1);
}

static void sees_a_zone_that_is_missing(void **state)
{
	struct probe_clock c = clock_with(PROBE_TIME_ISO_NO_ZONE, -2 * HOUR_MS, 20);
	struct probe_time t;

	(void)state;
	assert_true(probe_clock_judge(&c, true, &t));
	assert_int_equal(t.zone_min, 120);
	assert_true(t.is_usable);
	c = clock_with(PROBE_TIME_ISO_NO_ZONE, 5 * HOUR_MS, 20);
	assert_true(probe_clock_judge(&c, true, &t));
	assert_int_equal(t.zone_min, -300);
	c = clock_with(PROBE_TIME_ISO_NO_ZONE, -5 * HOUR_MS - HOUR_MS / 2, 20);
	assert_true(probe_clock_judge(&c, true, &t));
	assert_int_equal(t.zone_min, 330);
}

static void takes_a_wrong_clock_for_no_zone(void **state)
{
	struct probe_clock c = clock_with(PROBE_TIME_MS, -10 * 60 * 1000, 20);
	struct probe_time t;

	(void)state;
	assert_true(probe_clock_judge(&c, true, &t));
	assert_int_equal(t.zone_min, 0);
	assert_false(t.is_usable); /* ahead of us: it would be refused */
	c = clock_with(PROBE_TIME_MS, 1000 * HOUR_MS, 20);
	assert_true(probe_clock_judge(&c, true, &t));
	assert_false(t.is_usable);
}

/* A serial number of ten digits is no time in seconds. */
static void wants_a_name_or_our_time(void **state)
{
	struct probe_clock c = clock_with(PROBE_TIME_S, 10000 * HOUR_MS, 20);
	struct probe_time t;

	(void)state;
	assert_false(probe_clock_judge(&c, false, &t));
	assert_true(probe_clock_judge(&c, true, &t));
	c.formats[PROBE_TIME_NONE] = 5; /* of 25 */
	assert_false(probe_clock_judge(&c, true, &t));
}

static void learns_no_delay_from_retained_messages(void **state)
{
	struct probe_clock c = {0};
	struct probe_time t;

	(void)state;
	probe_clock_add(&c, PROBE_TIME_MS, NOW_MS, NOW_MS + 90 * HOUR_MS, true);
	assert_true(probe_clock_judge(&c, true, &t));
	assert_false(t.has_delay);
	assert_true(t.is_usable);
}

static void merges_clocks(void **state)
{
	struct probe_clock a = clock_with(PROBE_TIME_S, 100, 40),
			   b = clock_with(PROBE_TIME_S, 100, 60);
	struct probe_time t;

	(void)state;
	probe_clock_merge(&a, &b);
	assert_int_equal(a.formats[PROBE_TIME_S], 100);
	assert_true(probe_clock_judge(&a, true, &t));
	assert_in_range(t.delay_ms, 100, 106);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_formats_of_numbers_and_texts),
		cmocka_unit_test(measures_the_delay_in_the_middle),
		cmocka_unit_test(sees_a_zone_that_is_missing),
		cmocka_unit_test(takes_a_wrong_clock_for_no_zone),
		cmocka_unit_test(wants_a_name_or_our_time),
		cmocka_unit_test(learns_no_delay_from_retained_messages),
		cmocka_unit_test(merges_clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
