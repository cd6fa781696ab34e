/* Times as messages carry them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/time_zone.h"
#include "lib/base/timestamp.h"
#include "lib/feature/event_time.h"

#define AT 1767607200123 /* 2026-01-05T10:00:00.123Z */
#define LAST TIMESTAMP_MAX_MS
#define REFUSED (-1)

/* In the JSON of the rows ' stands for ". */
static cJSON *json(const char *text)
{
	char copy[128];
	cJSON *tree = NULL;

	assert_true(strlen(text) < sizeof(copy));
	strcpy(copy, text);
	for (char *at = copy; *at; at++)
		*at = *at == '\'' ? '"' : *at;
	assert_int_equal(json_parse(&tree, copy, strlen(copy), 0, NULL), 0);
	return tree;
}

struct row {
	enum time_format format;
	const char *json;
	int64_t ms;
};

static void check(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		CLEANUP(json_free) cJSON *item = json(rows[i].json);
		int64_t ms = REFUSED;
		bool is_read = event_time_read(item, rows[i].format, NULL, 0, &ms);

		if (is_read != (rows[i].ms != REFUSED) || ms != rows[i].ms)
			fail_msg("%s %s gives %lld", rows[i].json,
				event_time_wanted(rows[i].format), (long long)ms);
	}
}

static void reads_numbers_of_every_unit(void **state)
{
	static const struct row rows[] = {
		{TIME_MS, "1767607200123", AT},
		{TIME_MS, "1767607200123.999", AT},
		{TIME_MS, "0", 0},
		{TIME_MS, "0.9", 0},
		{TIME_MS, "1.767607200123e12", AT},
		{TIME_S, "1767607200", AT - 123},
		{TIME_S, "1767607200.123", AT},
		{TIME_S, "1767607200.1234", AT},
		{TIME_S, "1767607200.1226", AT}, /* rounded */
		{TIME_S, "0.0004", 0},
		{TIME_US, "1767607200123000", AT},
		{TIME_US, "1767607200123999", AT}, /* cut */
		{TIME_US, "1767607200123999.7", AT},
		{TIME_NS, "1767607200123999000", AT},
		{TIME_NS, "999999", 0},
		{TIME_NS, "1000000", 1},
	};

	(void)state;
	check(rows, ARRAY_LEN(rows));
}

static void reads_texts_that_hold_a_number(void **state)
{
	static const struct row rows[] = {
		{TIME_MS, "'1767607200123'", AT},
		{TIME_MS, "'1767607200123.9'", AT},
		{TIME_S, "'1767607200'", AT - 123},
		{TIME_S, "'1767607200.1226'", AT},
		{TIME_US, "'1767607200123999'", AT},
		{TIME_NS, "'1767607200123999999'", AT}, /* as a double it would be 124 ms */
		{TIME_NS, "'1767607200124000000'", AT + 1},
		{TIME_NS, "'1.767607200123e18'", AT},
		{TIME_NS, "'9223372036854775807'", 9223372036854},
		{TIME_NS, "'9223372036855000000'", 9223372036855}, /* more than 64 bits */
		{TIME_MS, "''", REFUSED},
		{TIME_MS, "' 1767607200123'", REFUSED},
		{TIME_MS, "'+1767607200123'", REFUSED},
		{TIME_MS, "'0123'", REFUSED},
		{TIME_MS, "'1767607200123 ms'", REFUSED},
		{TIME_MS, "'2026-01-05T10:00:00Z'", REFUSED},
		{TIME_S, "'nan'", REFUSED},
	};

	(void)state;
	check(rows, ARRAY_LEN(rows));
}

/* A double holds nanoseconds of today to the next 256. */
static void whole_milliseconds_in_nanoseconds_stay_what_they_were(void **state)
{
	(void)state;
	for (int64_t ms = AT; ms < AT + 20000; ms++) {
		cJSON number = {.type = cJSON_Number, .valuedouble = (double)(ms * 1000000)};
		int64_t got;

		assert_true(event_time_read(&number, TIME_NS, NULL, 0, &got));
		assert_true(got == ms);
		number.valuedouble = (double)(ms * 1000000 + 999000);
		assert_true(event_time_read(&number, TIME_NS, NULL, 0, &got));
		assert_true(got == ms);
	}
	for (int64_t ms = LAST; ms > LAST - 20000; ms--) {
		cJSON number = {.type = cJSON_Number, .valuedouble = (double)ms * 1e6};
		int64_t got;

		assert_true(event_time_read(&number, TIME_NS, NULL, 0, &got));
		assert_true(got == ms);
	}
}

static void reads_iso_texts(void **state)
{
	static const struct row rows[] = {
		{TIME_ISO, "'2026-01-05T10:00:00.123Z'", AT},
		{TIME_ISO, "'20260105T110000.123+0100'", AT},
		{TIME_ISO, "'2026-01-05 10:00:00.1239'", AT},
		{TIME_ISO, "'1970-01-01T00:00:00Z'", 0},
		{TIME_ISO, "'1969-12-31T23:00:00-02:00'", 3600000},
		{TIME_ISO, "'9999-12-31T23:59:59.999Z'", LAST},
		{TIME_ISO, "'5.1.2026'", REFUSED},
		{TIME_ISO, "'2026-02-29T10:00:00Z'", REFUSED},
		{TIME_ISO, "'1767607200123'", REFUSED},
		{TIME_ISO, "1767607200123", REFUSED},
		{TIME_ISO, "''", REFUSED},
	};

	(void)state;
	check(rows, ARRAY_LEN(rows));
}

static void a_text_without_a_zone_is_in_the_zone_of_the_source(void **state)
{
	static const struct {
		const char *json;
		int64_t ms;
	} rows[] = {
		{"'2026-01-05T11:00:00.123'", AT},
		{"'20260105T110000.123'", AT},
		{"'2026-01-05T10:00:00.123Z'", AT},
		{"'2026-01-05T12:00:00.123+02:00'", AT},
		{"'1970-01-01T01:00:00'", 0},
		{"'1970-01-01T00:59:59.999'", REFUSED},
		{"'9999-12-31T24:59:59.999'", REFUSED},
		{"'9999-12-31T24:00:00'", LAST + 1 - 3600000},
	};
	CLEANUP(time_zone_free) struct time_zone *zone = NULL;

	(void)state;
	assert_int_equal(time_zone_fixed(&zone, "+01:00", NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(json_free) cJSON *item = json(rows[i].json);
		int64_t ms = REFUSED;

		assert_int_equal(
			event_time_read(item, TIME_ISO, zone, 0, &ms), rows[i].ms != REFUSED);
		assert_true(ms == rows[i].ms);
	}
}

static void refuses_what_lies_outside_of_1970_to_9999(void **state)
{
	static const struct row rows[] = {
		{TIME_MS, "-1", REFUSED},
		{TIME_MS, "-0.5", REFUSED},
		{TIME_MS, "'-1'", REFUSED},
		{TIME_MS, "'-0.5'", REFUSED},
		{TIME_NS, "'-1'", REFUSED},
		{TIME_NS, "-1", REFUSED},
		{TIME_S, "-0.0001", REFUSED},
		{TIME_MS, "-0", 0},
		{TIME_MS, "253402300799999", LAST},
		{TIME_MS, "253402300799999.5", LAST},
		{TIME_MS, "253402300800000", REFUSED},
		{TIME_MS, "'253402300800000'", REFUSED},
		{TIME_MS, "1e308", REFUSED},
		{TIME_S, "253402300799.999", LAST},
		{TIME_S, "253402300799.9996", REFUSED},
		{TIME_S, "'253402300800'", REFUSED},
		{TIME_S, "'9223372036854775807'", REFUSED},
		{TIME_S, "'18446744073709552'", REFUSED}, /* as ms: 384 more than 2^64 */
		{TIME_S, "1e308", REFUSED},
		{TIME_US, "'253402300799999999'", LAST},
		{TIME_US, "'253402300800000000'", REFUSED},
		{TIME_NS, "253402300800000000000", REFUSED},
		{TIME_NS, "'253402300800000000000'", REFUSED},
		{TIME_ISO, "'1969-12-31T23:59:59.999Z'", REFUSED},
		{TIME_ISO, "'9999-12-31T24:00:00Z'", REFUSED},
		{TIME_ISO, "'0000-01-01T00:00:00Z'", REFUSED},
	};

	(void)state;
	check(rows, ARRAY_LEN(rows));
}

static void refuses_what_is_no_time_at_all(void **state)
{
	static const char *const texts[] = {"null", "true", "[1767607200123]", "{}"};
	int64_t ms = 77;

	(void)state;
	for (enum time_format f = TIME_OF_RECEIPT + 1; f <= TIME_ISO; f++) {
		for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
			CLEANUP(json_free) cJSON *item = json(texts[i]);

			assert_false(event_time_read(item, f, NULL, 0, &ms));
		}
		assert_false(event_time_read(NULL, f, NULL, 0, &ms));
	}
	assert_true(ms == 77); /* untouched */
}

static void adds_the_shift(void **state)
{
	static const struct {
		int64_t ms, shift_ms, shifted_ms;
	} rows[] = {
		{AT, -20000, AT - 20000},
		{AT, 1500, AT + 1500},
		{20000, -20000, 0},
		{19999, -20000, REFUSED},
		{-1, 1, REFUSED},
		{LAST, 1, REFUSED},
		{LAST, -1, LAST - 1},
		{LAST + 1, -1, REFUSED},
		{1, INT64_MAX, REFUSED},
		{0, INT64_MIN, REFUSED},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cJSON number = {.type = cJSON_Number, .valuedouble = (double)rows[i].ms};
		int64_t ms = REFUSED;

		assert_int_equal(event_time_shift(rows[i].ms, rows[i].shift_ms, &ms),
			rows[i].shifted_ms != REFUSED);
		assert_true(ms == rows[i].shifted_ms);
		ms = REFUSED;
		assert_int_equal(event_time_read(&number, TIME_MS, NULL, rows[i].shift_ms, &ms),
			rows[i].shifted_ms != REFUSED);
		assert_true(ms == rows[i].shifted_ms);
	}
}

static void says_what_is_wanted(void **state)
{
	(void)state;
	assert_string_equal(event_time_wanted(TIME_S), "seconds since 1970 are wanted");
	assert_string_equal(event_time_wanted(TIME_MS), "milliseconds since 1970 are wanted");
	assert_string_equal(event_time_wanted(TIME_US), "microseconds since 1970 are wanted");
	assert_string_equal(event_time_wanted(TIME_NS), "nanoseconds since 1970 are wanted");
	assert_string_equal(event_time_wanted(TIME_ISO), "an ISO 8601 time is wanted");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_numbers_of_every_unit),
		cmocka_unit_test(reads_texts_that_hold_a_number),
		cmocka_unit_test(whole_milliseconds_in_nanoseconds_stay_what_they_were),
		cmocka_unit_test(reads_iso_texts),
		cmocka_unit_test(a_text_without_a_zone_is_in_the_zone_of_the_source),
		cmocka_unit_test(refuses_what_lies_outside_of_1970_to_9999),
		cmocka_unit_test(refuses_what_is_no_time_at_all),
		cmocka_unit_test(adds_the_shift),
		cmocka_unit_test(says_what_is_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
