/* Days and dates of the Gregorian calendar, carried on before its beginning. Days count from
 * 1970-01-01. After H. Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The date must be a real one (calendar_month_length); any year within +-10^9. */
int64_t calendar_days(int64_t year, int month, int day);
void calendar_date(int64_t days, int64_t *year, int *month, int *day);
bool calendar_is_leap(int64_t year);
int calendar_month_length(int64_t year, int month); /* month 1 to 12 */
