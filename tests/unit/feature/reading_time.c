/* When something happened, as a source reads it. */
#include "tests/unit/feature/reader.h"

static void reads_times_in_milliseconds_and_iso(void **state)
{
	struct bench *b = *state;

	assert_int_equal(
		read_as(b, START, "line/unit/U/start", "{\"ts\":1733904005123}"), REFUSAL_NONE);
	assert_int_equal(b->r.time_ms, 1733904005123);
	assert_true(b->r.has_own_time);
	assert_int_equal(
		read_as(b, START, "line/unit/U/start", "{\"ts\":1733904005123.9}"), REFUSAL_NONE);
	assert_int_equal(b->r.time_ms, 1733904005123);
	assert_int_equal(read_as(b, END, "line/end",
				 "{\"serial\":1,\"ts\":\"1970-01-01T01:00:01.5+01:00\"}"),
		REFUSAL_NONE);
	assert_int_equal(b->r.time_ms, 1500);
	assert_int_equal(read_as(b, MILL, "line/mill/L1", "7"), REFUSAL_NONE);
	assert_int_equal(b->r.time_ms, NOW);
	assert_false(b->r.has_own_time);
}

static void says_what_is_wrong_with_a_time(void **state)
{
	static const struct {
		const char *ts, *text;
	} rows[] = {
		{"\"abc\"", "\"abc\""},
		{"-1", "-1"},
		{"1e300", "1e+300"},
		{"null", "null"},
		{"{}", "an object"},
		{"\"1234567890123456789012345678901234567890X\"",
			"\"1234567890123456789012345678901234567890...\""},
	};
	struct bench *b = *state;
	char payload[200], text[300];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(payload, sizeof(payload), "{\"ts\":%s}", rows[i].ts);
		assert_int_equal(read_as(b, START, "line/unit/U/start", payload), REFUSAL_BAD_TIME);
		snprintf(text, sizeof(text),
			"source \"start\": /ts is %s, milliseconds since 1970 are wanted",
			rows[i].text);
		assert_string_equal(b->err.text, text);
	}
	assert_int_equal(read_as(b, START, "line/unit/U/start", "{}"), REFUSAL_BAD_TIME);
	assert_string_equal(b->err.text,
		"source \"start\": /ts is missing, milliseconds since 1970 are wanted");
	assert_int_equal(read_as(b, END, "line/end", "{\"serial\":1,\"ts\":\"5.1.2026\"}"),
		REFUSAL_BAD_TIME);
	assert_string_equal(
		b->err.text, "source \"end\": /ts is \"5.1.2026\", an ISO 8601 time is wanted");
}

static void shifts_times_of_either_kind(void **state)
{
	struct bench *b = *state;
	struct source *start = &b->plan.sources[START], *mill = &b->plan.sources[MILL];

	start->shift_ms = -20000;
	assert_int_equal(
		read_as(b, START, "line/unit/U/start", "{\"ts\":1733904005123}"), REFUSAL_NONE);
	assert_int_equal(b->r.time_ms, 1733903985123);
	assert_int_equal(
		read_as(b, START, "line/unit/U/start", "{\"ts\":19999}"), REFUSAL_BAD_TIME);
	assert_string_equal(
		b->err.text, "source \"start\": /ts is 19999, milliseconds since 1970 are wanted");
	assert_int_equal(read_as(b, START, "line/unit/U/start", "{\"ts\":20000}"), REFUSAL_NONE);
	assert_int_equal(b->r.time_ms, 0);
	mill->shift_ms = 1500;
	assert_int_equal(read_as(b, MILL, "line/mill/L1", "7"), REFUSAL_NONE);
	assert_int_equal(b->r.time_ms, NOW + 1500);
	assert_false(b->r.has_own_time);
}

static void a_time_of_receipt_stays_a_time_when_shifted(void **state)
{
	struct bench *b = *state;
	struct source *mill = &b->plan.sources[MILL];

	mill->shift_ms = -NOW; /* a clock that was never set, and a shift back */
	assert_int_equal(read_as(b, MILL, "line/mill/L1", "7"), REFUSAL_NONE);
	assert_int_equal(b->r.time_ms, 0);
	mill->shift_ms--;
	assert_int_equal(read_as(b, MILL, "line/mill/L1", "7"), REFUSAL_BAD_TIME);
	assert_string_equal(b->err.text,
		"source \"mill\": the time of receipt, shifted by -1800000000001 ms, is not in "
		"the years 1970 to 9999");
	mill->shift_ms = INT64_MAX;
	assert_int_equal(read_as(b, MILL, "line/mill/L1", "7"), REFUSAL_BAD_TIME);
}

static void an_element_may_have_the_time_of_the_whole(void **state)
{
	struct bench *b = *state;

	read_elements_of_lab(b);
	assert_int_equal(
		read_as(b, LAB, "line/lot/L", "{\"ts\":5,\"v\":[{\"ts\":6}]}"), REFUSAL_NONE);
	assert_int_equal(b->r.time_ms, 5);
	assert_int_equal(read_as(b, LAB, "line/lot/L", "{\"v\":[{\"ts\":6}]}"), REFUSAL_BAD_TIME);
	assert_string_equal(
		b->err.text, "source \"lab\": #/ts is missing, milliseconds since 1970 are wanted");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(reads_times_in_milliseconds_and_iso),
		TEST(says_what_is_wrong_with_a_time),
		TEST(shifts_times_of_either_kind),
		TEST(a_time_of_receipt_stays_a_time_when_shifted),
		TEST(an_element_may_have_the_time_of_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
