/* Ids and tags: put together of text, captures of the topic, keys, and what a payload holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/feature/reading.h"

/* The texts of a plan are its own to free; here nobody frees or writes them. */
#define FIXED(text) ((char *)(uintptr_t)(text))

#define LITERAL(bytes) ((struct id_part){.kind = ID_LITERAL, .text = FIXED(bytes)})
#define CAPTURE(index) ((struct id_part){.kind = ID_CAPTURE, .capture = (index)})
#define KEY ((struct id_part){.kind = ID_KEY})
#define POINTER(at) ((struct id_part){.kind = ID_POINTER, .pointer = {.text = FIXED(at)}})
#define OF_WHOLE(at) \
	((struct id_part){.kind = ID_POINTER, .pointer = {.text = FIXED(at), .in_whole = true}})

struct bench {
	struct source source; /* of units; topic t/{a}/{b} */
	struct id_part id[4], tag[4];
	struct reading r; /* of the last element */
	struct err err;
};

static int set_up(void **state)
{
	static struct bench b;

	b = (struct bench){.source = {.name = FIXED("s"), .decoder = &decoder_json}};
	b.source.id.parts = b.id;
	b.source.tag.parts = b.tag;
	if (topic_template_new(&b.source.topic, "t/{a}/{b}", NULL) < 0)
		return -1;
	*state = &b;
	return 0;
}

static int tear_down(void **state)
{
	topic_template_free(((struct bench *)*state)->source.topic);
	return 0;
}

static void set_id(struct bench *b, size_t count, const struct id_part *parts)
{
	memcpy(b->id, parts, count * sizeof(*parts));
	b->source.id.count = count;
}

static void set_tag(struct bench *b, size_t count, const struct id_part *parts)
{
	memcpy(b->tag, parts, count * sizeof(*parts));
	b->source.tag.count = count;
}

#define ID(...)                                                                     \
	set_id(b, sizeof((struct id_part[]){__VA_ARGS__}) / sizeof(struct id_part), \
		(const struct id_part[]){__VA_ARGS__})
#define TAG(...)                                                                     \
	set_tag(b, sizeof((struct id_part[]){__VA_ARGS__}) / sizeof(struct id_part), \
		(const struct id_part[]){__VA_ARGS__})

/* Reads all elements; the result of the last. Nothing of the document is used after it. */
static enum refusal read_last(struct bench *b, const char *topic, const char *payload)
{
	const struct message m = {
		.topic = topic, .payload = payload, .payload_len = strlen(payload)};
	struct topic_capture captures[TOPIC_CAPTURES_MAX];
	CLEANUP(document_deinit) struct document d = {0};
	enum refusal why = REFUSAL_NO_VALUE;
	struct element e;

	assert_true(topic_match(b->source.topic, topic, captures));
	assert_int_equal(document_init(&d, &b->source, &m, &b->err), REFUSAL_NONE);
	for (bool more = document_first(&d, &e); more; more = document_next(&d, &e))
		why = reading_init(&b->r, &b->source, &e, captures, 1000, &b->err);
	return why;
}

static void is_put_together_of_its_parts(void **state)
{
	struct bench *b = *state;

	ID(POINTER("/order"), LITERAL("-"), CAPTURE(1), LITERAL("."));
	assert_int_equal(read_last(b, "t/x/yy", "{\"order\":17}"), REFUSAL_NONE);
	assert_string_equal(b->r.id, "17-yy.");
	assert_int_equal(read_last(b, "t/x/zz", "{\"order\":\"A 1\"}"), REFUSAL_NONE);
	assert_string_equal(b->r.id, "A 1-zz.");
	ID(CAPTURE(0), CAPTURE(1));
	assert_int_equal(read_last(b, "t/x/yy", "{}"), REFUSAL_NONE);
	assert_string_equal(b->r.id, "xyy");
}

static void a_source_without_an_id_has_none(void **state)
{
	struct bench *b = *state;

	b->source.kind = SOURCE_STREAM;
	strcpy(b->r.id, "old");
	strcpy(b->r.tag, "old");
	assert_int_equal(read_last(b, "t/x/y", "{}"), REFUSAL_NONE);
	assert_string_equal(b->r.id, "");
	assert_string_equal(b->r.tag, "");
}

static void the_key_of_an_element_is_its_name_or_its_index(void **state)
{
	struct bench *b = *state;

	b->source.each = FIXED("/v");
	ID(LITERAL("U"), KEY);
	assert_int_equal(read_last(b, "t/x/y", "{\"v\":{\"a\":1,\"bc\":2}}"), REFUSAL_NONE);
	assert_string_equal(b->r.id, "Ubc");
	assert_int_equal(
		read_last(b, "t/x/y", "{\"v\":[5,6,7,8,9,10,11,12,13,14,15]}"), REFUSAL_NONE);
	assert_string_equal(b->r.id, "U10");
	assert_int_equal(read_last(b, "t/x/y", "{\"v\":[5]}"), REFUSAL_NONE);
	assert_string_equal(b->r.id, "U0");
}

static void looks_into_the_element_or_the_whole_payload(void **state)
{
	struct bench *b = *state;

	b->source.each = FIXED("/v");
	ID(OF_WHOLE("/id"), LITERAL("/"), POINTER("/id"));
	TAG(POINTER(""), LITERAL("!"));
	assert_int_equal(read_last(b, "t/x/y", "{\"id\":1,\"v\":[{\"id\":2}]}"), REFUSAL_BAD_ID);
	assert_string_equal(b->r.id, "1/2");
	ID(OF_WHOLE("/id"));
	assert_int_equal(read_last(b, "t/x/y", "{\"id\":1,\"v\":[\"p\",\"q\"]}"), REFUSAL_NONE);
	assert_string_equal(b->r.id, "1");
	assert_string_equal(b->r.tag, "q!");
}

static void says_where_a_part_should_be(void **state)
{
	struct bench *b = *state;

	ID(LITERAL("U"), OF_WHOLE("/id"));
	assert_int_equal(read_last(b, "t/x/y", "{\"id\":1.5}"), REFUSAL_BAD_ID);
	assert_string_equal(b->err.text,
		"source \"s\": the unit at #/id is 1.5, text of 1 to 128 bytes or an integer "
		"below 2^53 is wanted");
	b->source.kind = SOURCE_LOT;
	assert_int_equal(read_last(b, "t/x/y", "{\"id\":\"\"}"), REFUSAL_BAD_ID);
	assert_string_equal(b->err.text,
		"source \"s\": the lot at #/id is \"\", text of 1 to 128 bytes or an integer "
		"below 2^53 is wanted");
	ID(CAPTURE(1));
	assert_int_equal(read_last(b, "t/x/", "{}"), REFUSAL_BAD_ID);
	assert_string_equal(b->err.text,
		"source \"s\": the lot in the topic has 0 bytes, 1 to 128 are allowed");
}

static void is_never_empty(void **state)
{
	struct bench *b = *state;

	b->source.each = FIXED("/v");
	ID(KEY);
	assert_int_equal(read_last(b, "t/x/y", "{\"v\":{\"\":1}}"), REFUSAL_BAD_ID);
	assert_string_equal(b->err.text,
		"source \"s\": the unit is empty, text of 1 to 128 bytes or an integer below 2^53 "
		"is wanted");
	ID(LITERAL("U"));
	TAG(KEY);
	assert_int_equal(read_last(b, "t/x/y", "{\"v\":{\"\":1}}"), REFUSAL_BAD_ID);
	assert_string_equal(b->err.text,
		"source \"s\": the tag is empty, text of 1 to 128 bytes or an integer below 2^53 "
		"is wanted");
}

static void has_128_bytes_at_most_with_all_its_parts(void **state)
{
	struct bench *b = *state;
	char topic[300] = "t/", long_part[129], expected[130];

	memset(long_part, 'x', 128);
	long_part[128] = '\0';
	snprintf(expected, sizeof(expected), "%.127sz", long_part);
	ID(CAPTURE(0), LITERAL("z"));
	snprintf(topic, sizeof(topic), "t/%s/y", long_part + 1); /* 127 */
	assert_int_equal(read_last(b, topic, "{}"), REFUSAL_NONE);
	assert_string_equal(b->r.id, expected);
	snprintf(topic, sizeof(topic), "t/%s/y", long_part); /* 128, and one more */
	assert_int_equal(read_last(b, topic, "{}"), REFUSAL_BAD_ID);
	assert_string_equal(b->err.text, "source \"s\": the unit has more than 128 bytes");
	ID(CAPTURE(0));
	assert_int_equal(read_last(b, topic, "{}"), REFUSAL_NONE);
	assert_string_equal(b->r.id, long_part);
	TAG(CAPTURE(0), CAPTURE(1));
	assert_int_equal(read_last(b, topic, "{}"), REFUSAL_BAD_ID);
	assert_string_equal(b->err.text, "source \"s\": the tag has more than 128 bytes");
}

static void a_lots_name_is_text_or_a_whole_number(void **state)
{
	static const struct {
		struct value v;
		const char *id; /* NULL: none */
	} rows[] = {
		{{.kind = VALUE_TEXT, .text = "L 1"}, "L 1"},
		{{.kind = VALUE_TEXT, .text = ""}, NULL},
		{{.kind = VALUE_MISSING}, NULL},
		{{.kind = VALUE_NUMBER, .number = 0}, "0"},
		{{.kind = VALUE_NUMBER, .number = -7}, "-7"},
		{{.kind = VALUE_NUMBER, .number = 0.5}, NULL},
		{{.kind = VALUE_NUMBER, .number = 9007199254740991}, "9007199254740991"},
		{{.kind = VALUE_NUMBER, .number = -9007199254740991}, "-9007199254740991"},
		{{.kind = VALUE_NUMBER, .number = 9007199254740992}, NULL},
		{{.kind = VALUE_NUMBER, .number = -9007199254740992}, NULL},
		{{.kind = VALUE_NUMBER, .number = 1e300}, NULL},
	};
	char id[ID_BYTES_MAX + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(reading_id_of(&rows[i].v, id), rows[i].id != NULL);
		if (rows[i].id)
			assert_string_equal(id, rows[i].id);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(is_put_together_of_its_parts),
		TEST(a_source_without_an_id_has_none),
		TEST(the_key_of_an_element_is_its_name_or_its_index),
		TEST(looks_into_the_element_or_the_whole_payload),
		TEST(says_where_a_part_should_be),
		TEST(is_never_empty),
		TEST(has_128_bytes_at_most_with_all_its_parts),
		TEST(a_lots_name_is_text_or_a_whole_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
