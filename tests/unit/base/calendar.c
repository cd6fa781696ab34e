/* Days and dates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/calendar.h"
#include "lib/base/macros.h"

static void turns_dates_into_days_and_back(void **state)
{
	static const struct {
		int64_t year;
		int month, day;
		int64_t days;
	} rows[] = {
		{1970, 1, 1, 0},
		{1969, 12, 31, -1},
		{2000, 2, 29, 11016},
		{2000, 3, 1, 11017},
		{2100, 3, 1, 47541},
		{1600, 2, 29, -135081},
		{0, 1, 1, -719528},
		{-1, 12, 31, -719529},
		{-400, 3, 1, -865565},
		{9999, 12, 31, 2932896},
	};
	int64_t year;
	int month, day;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(
			calendar_days(rows[i].year, rows[i].month, rows[i].day), rows[i].days);
		calendar_date(rows[i].days, &year, &month, &day);
		assert_int_equal(year, rows[i].year);
		assert_int_equal(month, rows[i].month);
		assert_int_equal(day, rows[i].day);
	}
}

static void counts_every_day_of_eight_centuries(void **state)
{
	int64_t days = calendar_days(1600, 1, 1), year;
	int month, day;

	(void)state;
	for (int64_t y = 1600; y < 2400; y++)
		for (int m = 1; m <= 12; m++)
			for (int d = 1; d <= calendar_month_length(y, m); d++, days++) {
				assert_int_equal(calendar_days(y, m, d), days);
				calendar_date(days, &year, &month, &day);
				assert_true(year == y && month == m && day == d);
			}
}

static void knows_the_lengths_of_february(void **state)
{
	(void)state;
	assert_int_equal(calendar_month_length(2024, 2), 29);
	assert_int_equal(calendar_month_length(2026, 2), 28);
	assert_int_equal(calendar_month_length(1900, 2), 28);
	assert_int_equal(calendar_month_length(2000, 2), 29);
	assert_int_equal(calendar_month_length(-4, 2), 29);
	assert_int_equal(calendar_month_length(2024, 12), 31);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(turns_dates_into_days_and_back),
		cmocka_unit_test(counts_every_day_of_eight_centuries),
		cmocka_unit_test(knows_the_lengths_of_february),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
