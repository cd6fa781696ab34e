/* Payloads taken apart into elements, and looking things up in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/feature/document.h"

/* The texts of a plan are its own to free; here nobody frees or writes them. */
#define FIXED(text) ((char *)(uintptr_t)(text))

struct bench {
	struct scalar scalars[4];
	struct condition when[2];
	struct source source;
	struct document d;
	struct err err;
};

static int set_up(void **state)
{
	static struct bench b;

	b = (struct bench){.source = {.name = FIXED("s"), .decoder = &decoder_json}};
	*state = &b;
	return 0;
}

static int tear_down(void **state)
{
	document_deinit(&((struct bench *)*state)->d);
	return 0;
}

static enum refusal take_apart(struct bench *b, const char *payload)
{
	const struct message m = {.topic = "t", .payload = payload, .payload_len = strlen(payload)};

	document_deinit(&b->d);
	return document_init(&b->d, &b->source, &m, &b->err);
}

/* All elements: what is in each, its index and the name it had. */
static void expect_elements(struct bench *b, const char *payload, const char *expected)
{
	CLEANUP(buf_deinit) struct buf got;
	struct element e;

	buf_init(&got);
	assert_int_equal(take_apart(b, payload), REFUSAL_NONE);
	for (bool more = document_first(&b->d, &e); more; more = document_next(&b->d, &e)) {
		char *text = cJSON_PrintUnformatted(e.item);

		buf_addf(&got, "%zu %s %s\n", e.index, e.item->string ? e.item->string : "-", text);
		assert_ptr_equal(e.whole, b->d.tree);
		cJSON_free(text);
	}
	assert_string_equal(buf_text(&got), expected);
}

static void a_payload_is_its_own_only_element(void **state)
{
	struct bench *b = *state;

	expect_elements(b, "{\"a\":[1,2]}", "0 - {\"a\":[1,2]}\n");
	expect_elements(b, "[1,2]", "0 - [1,2]\n");
	expect_elements(b, "7", "0 - 7\n");
}

static void an_array_is_taken_apart_in_order(void **state)
{
	struct bench *b = *state;

	b->source.each = FIXED("/v");
	expect_elements(b, "{\"v\":[3,\"x\",{\"a\":1},[2]],\"w\":9}",
		"0 - 3\n1 - \"x\"\n2 - {\"a\":1}\n3 - [2]\n");
	expect_elements(b, "{\"v\":[]}", "");
}

static void an_object_is_taken_apart_in_order(void **state)
{
	struct bench *b = *state;

	b->source.each = FIXED("/v");
	expect_elements(b, "{\"v\":{\"b\":1,\"a\":{\"c\":2}}}", "0 b 1\n1 a {\"c\":2}\n");
	expect_elements(b, "{\"v\":{}}", "");
	b->source.each = FIXED(""); /* the payload itself */
	expect_elements(b, "{\"a\":1,\"b\":2}", "0 a 1\n1 b 2\n");
	expect_elements(b, "[5]", "0 - 5\n");
}

static void says_what_is_there_instead_of_a_collection(void **state)
{
	static const struct {
		const char *payload, *found;
	} rows[] = {
		{"{}", "missing"},
		{"{\"v\":7}", "a number"},
		{"{\"v\":null}", "null"},
		{"{\"v\":\"x\"}", "a text"},
	};
	struct bench *b = *state;
	char text[200];

	b->source.each = FIXED("/v");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(take_apart(b, rows[i].payload), REFUSAL_BAD_PAYLOAD);
		snprintf(text, sizeof(text),
			"source \"s\": what \"each\" takes apart at \"/v\" is %s, an array or "
			"object is wanted",
			rows[i].found);
		assert_string_equal(b->err.text, text);
		assert_null(b->d.tree);
	}
}

static void says_whose_payload_cannot_be_read(void **state)
{
	struct bench *b = *state;

	b->source.decoder = &decoder_number;
	assert_int_equal(take_apart(b, "x"), REFUSAL_BAD_PAYLOAD);
	assert_string_equal(
		b->err.text, "source \"s\": the payload is \"x\", a finite number is wanted");
	assert_null(b->d.tree);
}

/* Only payloads and elements of this kind; `in_whole`: "kind" of the payload. */
static void want_kind(struct bench *b, size_t i, bool in_whole, const char *kind)
{
	b->scalars[i] = (struct scalar){.kind = SCALAR_TEXT, .text = FIXED(kind)};
	b->when[i] = (struct condition){.at = {.text = FIXED("/kind"), .in_whole = in_whole},
		.values = {&b->scalars[i], 1}};
	b->source.when = b->when;
	b->source.when_count = i + 1;
}

static void the_whole_payload_is_asked_before_it_is_taken_apart(void **state)
{
	struct bench *b = *state;

	b->source.each = FIXED("/v");
	want_kind(b, 0, true, "data");
	/* what is of another kind need not have what is to be taken apart */
	assert_int_equal(take_apart(b, "{\"kind\":\"meta\"}"), REFUSAL_UNMATCHED);
	assert_string_equal(b->err.text, "source \"s\" does not want it: #/kind is \"meta\"");
	assert_null(b->d.tree);
	assert_int_equal(take_apart(b, "{\"v\":[1]}"), REFUSAL_UNMATCHED);
	assert_string_equal(b->err.text, "source \"s\" does not want it: #/kind is missing");
	assert_int_equal(take_apart(b, "{\"kind\":\"data\"}"), REFUSAL_BAD_PAYLOAD);
	expect_elements(b, "{\"kind\":\"data\",\"v\":[1]}", "0 - 1\n");
}

static void each_element_is_asked_by_itself(void **state)
{
	struct bench *b = *state;
	struct element e;

	b->source.each = FIXED("/v");
	want_kind(b, 0, false, "data");
	want_kind(b, 1, true, "all");
	assert_int_equal(
		take_apart(b, "{\"kind\":\"all\",\"v\":[{\"kind\":\"data\"},{\"kind\":\"meta\"},"
			      "{\"kind\":\"data\"}]}"),
		REFUSAL_NONE);
	assert_true(document_first(&b->d, &e));
	assert_true(element_is_wanted(&e, &b->source, &b->err));
	assert_true(document_next(&b->d, &e));
	assert_false(element_is_wanted(&e, &b->source, &b->err));
	assert_string_equal(b->err.text, "source \"s\" does not want it: /kind is \"meta\"");
	assert_true(document_next(&b->d, &e));
	assert_true(element_is_wanted(&e, &b->source, NULL));
	assert_false(document_next(&b->d, &e));
}

static void looks_up_in_the_element_and_in_the_whole(void **state)
{
	struct bench *b = *state;
	const struct payload_pointer own = {.text = FIXED("/a")}, itself = {.text = FIXED("")},
				     of_whole = {.text = FIXED("/a"), .in_whole = true},
				     nothing = {.text = FIXED("/n")}, gone = {.text = FIXED("/b")};
	struct element e;

	b->source.each = FIXED("/v");
	assert_int_equal(take_apart(b, "{\"a\":1,\"v\":[{\"a\":2,\"n\":null}]}"), REFUSAL_NONE);
	assert_true(document_first(&b->d, &e));
	assert_float_equal(element_at(&e, &own)->valuedouble, 2, 0);
	assert_float_equal(element_at(&e, &of_whole)->valuedouble, 1, 0);
	assert_ptr_equal(element_at(&e, &itself), e.item);
	assert_null(element_at(&e, &nothing));
	assert_null(element_at(&e, &gone));
}

static bool meets(struct bench *b, const char *payload, bool is_not)
{
	const struct condition c = {
		.at = {.text = FIXED("/a")}, .is_not = is_not, .values = {b->scalars, 4}};
	struct element e;

	assert_int_equal(take_apart(b, payload), REFUSAL_NONE);
	assert_true(document_first(&b->d, &e));
	return element_meets(&e, &c);
}

static void conditions_compare_by_type_and_value(void **state)
{
	static const struct {
		const char *payload;
		bool is, is_not;
	} rows[] = {
		{"{\"a\":1}", true, false},
		{"{\"a\":1.0}", true, false},
		{"{\"a\":2}", false, true},
		{"{\"a\":\"1\"}", false, true},
		{"{\"a\":\"x\"}", true, false},
		{"{\"a\":\"X\"}", false, true},
		{"{\"a\":true}", true, false},
		{"{\"a\":false}", false, true},
		{"{\"a\":\"\"}", true, false},
		{"{\"a\":[1]}", false, true},
		{"{\"a\":{}}", false, true},
		{"{\"a\":null}", false, false}, /* what is not there is neither */
		{"{}", false, false},
		{"7", false, false},
	};
	struct bench *b = *state;

	b->scalars[0] = (struct scalar){.kind = SCALAR_NUMBER, .number = 1};
	b->scalars[1] = (struct scalar){.kind = SCALAR_TEXT, .text = FIXED("x")};
	b->scalars[2] = (struct scalar){.kind = SCALAR_BOOL, .number = 1};
	b->scalars[3] = (struct scalar){.kind = SCALAR_TEXT, .text = FIXED("")};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(meets(b, rows[i].payload, false), rows[i].is);
		assert_int_equal(meets(b, rows[i].payload, true), rows[i].is_not);
	}
	b->scalars[2].number = 0;
	assert_true(meets(b, "{\"a\":false}", false));
	assert_false(meets(b, "{\"a\":true}", false));
}

static void says_what_it_found(void **state)
{
	static const struct {
		const char *payload, *found;
	} rows[] = {
		{"{\"a\":\"x\"}", "\"x\""},
		{"{\"a\":\"1234567890123456789012345678901234567890\"}",
			"\"1234567890123456789012345678901234567890\""},
		{"{\"a\":\"12345678901234567890123456789012345678901\"}",
			"\"1234567890123456789012345678901234567890...\""},
		{"{\"a\":-0.5}", "-0.5"},
		{"{\"a\":1}", "1"},
		{"{\"a\":true}", "true"},
		{"{\"a\":false}", "false"},
		{"{\"a\":null}", "null"},
		{"{\"a\":[]}", "an array"},
		{"{\"a\":{}}", "an object"},
		{"{}", "missing"},
	};
	const struct payload_pointer own = {.text = FIXED("/a")},
				     whole = {.text = FIXED(""), .in_whole = true};
	struct bench *b = *state;
	char text[ELEMENT_TEXT_MAX];
	struct element e;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(take_apart(b, rows[i].payload), REFUSAL_NONE);
		assert_true(document_first(&b->d, &e));
		assert_string_equal(element_found(text, &e, &own), rows[i].found);
		assert_string_equal(element_found(text, &e, &whole), "an object");
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_payload_is_its_own_only_element),
		TEST(an_array_is_taken_apart_in_order),
		TEST(an_object_is_taken_apart_in_order),
		TEST(says_what_is_there_instead_of_a_collection),
		TEST(says_whose_payload_cannot_be_read),
		TEST(the_whole_payload_is_asked_before_it_is_taken_apart),
		TEST(each_element_is_asked_by_itself),
		TEST(looks_up_in_the_element_and_in_the_whole),
		TEST(conditions_compare_by_type_and_value),
		TEST(says_what_it_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
