/* What a source makes of a message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/feature/reading.h"
#include "tests/unit/feature/line.h"

struct bench {
	struct plan plan;
	struct document d;
	struct reading r;
	struct err err;
};

static int set_up(void **state)
{
	static struct bench b;

	b = (struct bench){0};
	test_plan(&b.plan);
	*state = &b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	document_deinit(&b->d);
	plan_deinit(&b->plan);
	return 0;
}

static enum refusal read_as(struct bench *b, size_t source, const char *topic, const char *payload)
{
	struct topic_capture captures[TOPIC_CAPTURES_MAX];
	struct message m = {.topic = topic, .payload = payload, .payload_len = strlen(payload)};

	struct element e;
	enum refusal why;

	document_deinit(&b->d);
	assert_true(topic_match(b->plan.sources[source].topic, topic, captures));
	why = document_init(&b->d, &b->plan.sources[source], &m, &b->err);
	if (why != REFUSAL_NONE)
		return why;
	assert_true(document_first(&b->d, &e));
	return reading_init(&b->r, &b->plan.sources[source], &e, captures, NOW, &b->err);
}

static bool value_of(
	struct bench *b, size_t source, const char *field, struct value *v, enum value_refusal *why)
{
	struct field_at at = field_find(&b->plan.sources[source], field);

	return reading_value(&b->r, &b->plan.sources[source], &at, v, why);
}

static enum refusal read_serial(struct bench *b, const char *serial)
{
	char payload[300];

	snprintf(payload, sizeof(payload), "{\"serial\":%s,\"ts\":\"2026-01-05T10:00:00Z\"}",
		serial);
	return read_as(b, END, "line/end", payload);
}

static void takes_ids_from_topics_and_payloads(void **state)
{
	struct bench *b = *state;

	assert_int_equal(read_as(b, START, "line/unit/U 7/start", "{\"ts\":1}"), REFUSAL_NONE);
	assert_string_equal(b->r.id, "U 7");
	assert_string_equal(b->r.tag, "");
	assert_int_equal(read_as(b, PROC, "line/proc/U7/temp", "{\"ts\":1}"), REFUSAL_NONE);
	assert_string_equal(b->r.tag, "temp");
	assert_int_equal(read_serial(b, "4711"), REFUSAL_NONE);
	assert_string_equal(b->r.id, "4711");
	assert_int_equal(read_serial(b, "9007199254740991"), REFUSAL_NONE);
	assert_string_equal(b->r.id, "9007199254740991");
	assert_int_equal(read_serial(b, "\"4711\""), REFUSAL_NONE);
	assert_string_equal(b->r.id, "4711");
}

static void says_what_is_wrong_with_an_id(void **state)
{
	static const struct {
		const char *serial, *found;
	} rows[] = {
		{"9007199254740992", "9007199254740992"},
		{"1.5", "1.5"},
		{"\"\"", "\"\""},
		{"true", "true"},
		{"null", "null"},
		{"[1]", "an array"},
	};
	struct bench *b = *state;
	char text[400], payload[200], topic[200] = "line/unit/", longest[130];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(read_serial(b, rows[i].serial), REFUSAL_BAD_ID);
		snprintf(text, sizeof(text),
			"source \"end\": the unit at /serial is %s, text of 1 to 128 bytes or an "
			"integer below 2^53 is wanted",
			rows[i].found);
		assert_string_equal(b->err.text, text);
	}
	assert_int_equal(read_as(b, END, "line/end", "{}"), REFUSAL_BAD_ID);
	assert_string_equal(b->err.text,
		"source \"end\": the unit at /serial is missing, text of 1 to 128 bytes or an "
		"integer below 2^53 is wanted");
	assert_int_equal(read_as(b, LAB, "line/lot/", "{\"ts\":1}"), REFUSAL_BAD_ID);
	assert_string_equal(b->err.text,
		"source \"lab\": the lot in the topic has 0 bytes, 1 to 128 are allowed");
	assert_int_equal(read_as(b, PROC, "line/proc/U1/", "{\"ts\":1}"), REFUSAL_BAD_ID);
	assert_string_equal(b->err.text,
		"source \"proc\": the tag in the topic has 0 bytes, 1 to 128 are allowed");
	memset(longest, 'x', 129);
	longest[129] = '\0';
	strcat(strcat(topic, longest), "/start");
	assert_int_equal(read_as(b, START, topic, "{\"ts\":1}"), REFUSAL_BAD_ID);
	assert_string_equal(b->err.text,
		"source \"start\": the unit in the topic has 129 bytes, 1 to 128 are allowed");
	snprintf(payload, sizeof(payload), "\"%s\"", longest);
	assert_int_equal(read_serial(b, payload), REFUSAL_BAD_ID);
	snprintf(payload, sizeof(payload), "\"%s\"", longest + 1);
	assert_int_equal(read_serial(b, payload), REFUSAL_NONE);
	assert_string_equal(b->r.id, longest + 1);
}

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

static void says_whose_payload_is_bad(void **state)
{
	struct bench *b = *state;

	assert_int_equal(read_as(b, MILL, "line/mill/L1", "abc"), REFUSAL_BAD_PAYLOAD);
	assert_string_equal(
		b->err.text, "source \"mill\": the payload is \"abc\", a finite number is wanted");
	assert_int_equal(read_as(b, START, "line/unit/U/start", "{\"ts\":1"), REFUSAL_BAD_PAYLOAD);
	assert_memory_equal(b->err.text, "source \"start\": 1:", 18);
	assert_null(b->d.tree);
}

static void finds_values_by_field_member_tag_and_payload(void **state)
{
	struct bench *b = *state;
	enum value_refusal why;
	struct value v;

	assert_int_equal(read_as(b, START, "line/unit/U/start",
				 "{\"ts\":1,\"material\":{\"type\":\"L\"},\"thickness\":null}"),
		REFUSAL_NONE);
	assert_true(value_of(b, START, "type", &v, &why));
	assert_string_equal(v.text, "L");
	assert_false(value_of(b, START, "lot", &v, &why));
	assert_false(value_of(b, START, "thickness", &v, &why));
	assert_false(value_of(b, START, "ts", &v, &why)); /* not among its fields */

	assert_int_equal(
		read_as(b, LAB, "line/lot/L", "{\"ts\":1,\"a/b\":2,\"ok\":true}"), REFUSAL_NONE);
	assert_true(value_of(b, LAB, "a/b", &v, &why));
	assert_float_equal(v.number, 2, 0);
	assert_true(value_of(b, LAB, "ok", &v, &why));
	assert_float_equal(v.number, 1, 0);

	assert_int_equal(read_as(b, PROC, "line/proc/U/temp", "{\"ts\":1,\"v\":3}"), REFUSAL_NONE);
	assert_true(value_of(b, PROC, "temp", &v, &why));
	assert_float_equal(v.number, 3, 0);
	assert_false(value_of(b, PROC, "speed", &v, &why));

	assert_int_equal(read_as(b, MILL, "line/mill/L", "4.5\n"), REFUSAL_NONE);
	assert_true(value_of(b, MILL, "value", &v, &why));
	assert_float_equal(v.number, 4.5, 0);
	assert_false(value_of(b, MILL, "other", &v, &why));
}

static void calls_arrays_and_objects_the_wrong_type(void **state)
{
	struct bench *b = *state;
	enum value_refusal why;
	struct value v;

	assert_int_equal(read_as(b, START, "line/unit/U/start",
				 "{\"ts\":1,\"material\":{\"type\":{}},\"thickness\":[1]}"),
		REFUSAL_NONE);
	assert_true(value_of(b, START, "type", &v, &why));
	assert_int_equal(why, VALUE_REFUSAL_WRONG_TYPE);
	assert_int_equal(v.kind, VALUE_MISSING);
	assert_true(value_of(b, START, "thickness", &v, &why));
	assert_int_equal(why, VALUE_REFUSAL_WRONG_TYPE);
}

static void finds_no_members_in_a_payload_that_is_no_object(void **state)
{
	struct bench *b = *state;
	enum value_refusal why;
	struct value v;

	free(b->plan.sources[LAB].time.text);
	b->plan.sources[LAB].time.text = NULL;
	b->plan.sources[LAB].time_format = TIME_OF_RECEIPT;
	assert_int_equal(read_as(b, LAB, "line/lot/L", "[{\"visc\":1}]"), REFUSAL_NONE);
	assert_false(value_of(b, LAB, "visc", &v, &why));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(takes_ids_from_topics_and_payloads),
		TEST(says_what_is_wrong_with_an_id),
		TEST(reads_times_in_milliseconds_and_iso),
		TEST(says_what_is_wrong_with_a_time),
		TEST(says_whose_payload_is_bad),
		TEST(finds_values_by_field_member_tag_and_payload),
		TEST(calls_arrays_and_objects_the_wrong_type),
		TEST(finds_no_members_in_a_payload_that_is_no_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
