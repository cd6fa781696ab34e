/* What a source makes of a message. */
#include "tests/unit/feature/reader.h"

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

static void a_scalar_element_is_the_field_value(void **state)
{
	struct bench *b = *state;
	enum value_refusal why;
	struct value v;

	read_elements_of_lab(b);
	assert_int_equal(read_as(b, LAB, "line/lot/L", "{\"ts\":5,\"v\":[7]}"), REFUSAL_NONE);
	assert_true(value_of(b, LAB, "value", &v, &why));
	assert_float_equal(v.number, 7, 0);
	assert_false(value_of(b, LAB, "visc", &v, &why));
	assert_int_equal(read_as(b, LAB, "line/lot/L", "{\"ts\":5,\"v\":[\"x\"]}"), REFUSAL_NONE);
	assert_true(value_of(b, LAB, "value", &v, &why));
	assert_string_equal(v.text, "x");
	assert_int_equal(read_as(b, LAB, "line/lot/L", "{\"ts\":5,\"v\":[null]}"), REFUSAL_NONE);
	assert_false(value_of(b, LAB, "value", &v, &why));
	assert_int_equal(read_as(b, LAB, "line/lot/L", "{\"ts\":5,\"v\":[[7]]}"), REFUSAL_NONE);
	assert_false(value_of(b, LAB, "value", &v, &why));
	assert_int_equal(
		read_as(b, LAB, "line/lot/L", "{\"ts\":5,\"v\":[{\"value\":8}]}"), REFUSAL_NONE);
	assert_true(value_of(b, LAB, "value", &v, &why));
	assert_float_equal(v.number, 8, 0);
}

static void the_value_of_a_tag_is_at_value_or_the_element_itself(void **state)
{
	struct bench *b = *state;
	struct source *proc = &b->plan.sources[PROC];
	enum value_refusal why;
	struct value v;

	free(proc->value.text);
	proc->value.text = NULL;
	proc->time_format = TIME_OF_RECEIPT;
	assert_int_equal(
		read_as(b, PROC, "line/proc/U/temp", "{\"value\":3,\"v\":4}"), REFUSAL_NONE);
	assert_true(value_of(b, PROC, "temp", &v, &why));
	assert_float_equal(v.number, 3, 0);
	assert_int_equal(read_as(b, PROC, "line/proc/U/temp", "4.5"), REFUSAL_NONE);
	assert_true(value_of(b, PROC, "temp", &v, &why));
	assert_float_equal(v.number, 4.5, 0);
	assert_false(value_of(b, PROC, "value", &v, &why));
	assert_int_equal(read_as(b, PROC, "line/proc/U/temp", "{\"v\":4}"), REFUSAL_NONE);
	assert_false(value_of(b, PROC, "temp", &v, &why));
	assert_int_equal(read_as(b, PROC, "line/proc/U/temp", "[4]"), REFUSAL_NONE);
	assert_false(value_of(b, PROC, "temp", &v, &why));
}

static void has_no_field_that_it_does_not_name(void **state)
{
	struct bench *b = *state;
	struct field_at at = field_find(&b->plan.sources[START], "nowhere");

	assert_int_equal(at.kind, FIELD_NOWHERE);
	assert_int_equal(
		read_as(b, START, "line/unit/U/start", "{\"ts\":1,\"nowhere\":2}"), REFUSAL_NONE);
	assert_null(reading_item(&b->r, &b->plan.sources[START], &at));
	at = field_find(&b->plan.sources[START], "lot");
	assert_int_equal(at.kind, FIELD_POINTER);
	assert_string_equal(at.name, "lot");
	assert_string_equal(at.pointer->text, "/material/lot");
}

static struct condition is_text(const char *at, bool in_whole, const char *text)
{
	struct condition c = {
		.at = {strdup(at), in_whole}, .values = {calloc(1, sizeof(struct scalar)), 1}};

	c.values.v[0] = (struct scalar){.kind = SCALAR_TEXT, .text = strdup(text)};
	return c;
}

static void an_element_of_bad_quality_is_refused(void **state)
{
	struct bench *b = *state;
	struct source *start = &b->plan.sources[START];

	start->quality = calloc(1, sizeof(*start->quality));
	*start->quality = is_text("/q", false, "GOOD");
	assert_int_equal(
		read_as(b, START, "line/unit/U/start", "{\"ts\":1,\"q\":\"GOOD\"}"), REFUSAL_NONE);
	assert_int_equal(read_as(b, START, "line/unit/U/start", "{\"ts\":1,\"q\":\"BAD\"}"),
		REFUSAL_QUALITY);
	assert_string_equal(b->err.text, "source \"start\": the quality at /q is \"BAD\"");
	start->quality->at.in_whole = true;
	assert_int_equal(read_as(b, START, "line/unit/U/start", "{\"ts\":1}"), REFUSAL_QUALITY);
	assert_string_equal(b->err.text, "source \"start\": the quality at #/q is missing");
}

static void the_first_thing_that_is_wrong_is_said(void **state)
{
	struct bench *b = *state;
	struct source *end = &b->plan.sources[END];

	end->quality = calloc(1, sizeof(*end->quality));
	*end->quality = is_text("/q", false, "GOOD");
	end->when = calloc(1, sizeof(*end->when));
	end->when_count = 1;
	end->when[0] = is_text("/kind", false, "end");
	assert_int_equal(read_as(b, END, "line/end", "{}"), REFUSAL_UNMATCHED);
	assert_string_equal(b->err.text, "source \"end\" does not want it: /kind is missing");
	assert_int_equal(read_as(b, END, "line/end", "{\"kind\":\"end\"}"), REFUSAL_BAD_ID);
	assert_int_equal(
		read_as(b, END, "line/end", "{\"kind\":\"end\",\"serial\":1}"), REFUSAL_BAD_TIME);
	assert_int_equal(read_as(b, END, "line/end",
				 "{\"kind\":\"end\",\"serial\":1,\"ts\":\"2026-01-05T10:00:00Z\"}"),
		REFUSAL_QUALITY);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(takes_ids_from_topics_and_payloads),
		TEST(says_what_is_wrong_with_an_id),
		TEST(says_whose_payload_is_bad),
		TEST(finds_values_by_field_member_tag_and_payload),
		TEST(calls_arrays_and_objects_the_wrong_type),
		TEST(finds_no_members_in_a_payload_that_is_no_object),
		TEST(a_scalar_element_is_the_field_value),
		TEST(the_value_of_a_tag_is_at_value_or_the_element_itself),
		TEST(has_no_field_that_it_does_not_name),
		TEST(an_element_of_bad_quality_is_refused),
		TEST(the_first_thing_that_is_wrong_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
