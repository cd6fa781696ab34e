/* JSON read strictly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/json.h"

static void expect_refused(const char *text, size_t len, int flags, const char *sentence)
{
	/* on the heap without a NUL behind it: reading past the end is seen by a sanitizer */
	char *copy = malloc(len ? len : 1);
	cJSON *tree = NULL;
	struct err err = {.text = "nothing"};

	memcpy(copy, text, len);
	assert_int_equal(json_parse(&tree, copy, len, flags, &err), -EINVAL);
	free(copy);
	assert_null(tree);
	assert_string_equal(err.text, sentence);
}

static void expect_text(const char *text, int flags, const char *expected)
{
	size_t len = strlen(text);
	char *copy = malloc(len), *printed;
	cJSON *tree = NULL;
	struct err err = {.text = ""};

	memcpy(copy, text, len);
	if (json_parse(&tree, copy, len, flags, &err) < 0)
		fail_msg("%s", err.text);
	assert_memory_equal(copy, text, len); /* comments are blanked in a copy */
	free(copy);
	printed = cJSON_PrintUnformatted(tree);
	assert_string_equal(printed, expected);
	cJSON_free(printed);
	json_free(tree);
}

static void reads_every_kind_of_value(void **state)
{
	(void)state;
	expect_text("{}", 0, "{}");
	expect_text(" [ ]\r\n", 0, "[]");
	expect_text("218.4", 0, "218.4");
	expect_text("-0.5e-3", 0, "-0.0005");
	expect_text("\"ON\"", 0, "\"ON\"");
	expect_text(
		"[true,false,null,[[[]]],{\"a\":{}}]", 0, "[true,false,null,[[[]]],{\"a\":{}}]");
	expect_text("{\"a\":1,\"b\":{\"a\":2},\"c\":[{\"a\":3},{\"a\":4}]}", 0,
		"{\"a\":1,\"b\":{\"a\":2},\"c\":[{\"a\":3},{\"a\":4}]}");
	expect_text("\"\\u00e9\\ud83d\\ude00\\n\\/\"", 0, "\"\xC3\xA9\xF0\x9F\x98\x80\\n/\"");
}

static void says_where_and_what_is_allowed(void **state)
{
	static const struct {
		const char *text, *sentence;
	} cases[] = {
		{"", "1:1: found the end, allowed is a value"},
		{"{\"a\":", "1:6: found the end, allowed is a value"},
		{"{\"a\":1", "1:7: found the end, allowed is ',' or '}'"},
		{"[1", "1:3: found the end, allowed is ',' or ']'"},
		{"[1,]", "1:4: found ']', allowed is a value"},
		{"[1}", "1:3: found '}', allowed is ',' or ']'"},
		{"{\"a\":1,}", "1:8: found '}', allowed is a key in quotes"},
		{"{,}", "1:2: found ',', allowed is a key in quotes"},
		{"{a:1}", "1:2: found 'a', allowed is a key in quotes"},
		{"{\"a\" 1}", "1:6: found '1', allowed is a ':' behind the key"},
		{"{\"a\"}", "1:5: found '}', allowed is a ':' behind the key"},
		{"{} {}", "1:4: found '{', allowed is nothing behind the document"},
		{"[tru]",
			"1:2: found tru, allowed are true, false, null, numbers and quoted texts"},
		{"NaN", "1:1: found NaN, allowed are true, false, null, numbers and quoted texts"},
		{"\xEF\xBB\xBF{}", "1:1: found byte 0xEF, allowed is a value"},
		{"{\n  \"\xC3\xA9\": 'x'\n}", "2:8: found ''', allowed is a value"},
		{"// no\n1", "1:1: found '/', allowed is a value"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		expect_refused(cases[i].text, strlen(cases[i].text), 0, cases[i].sentence);
}

static void refuses_numbers_that_are_none(void **state)
{
	static const char *const cases[] = {"-", "01", "-01", "1.", "1.e5", "1e", "1e+", "0x10",
		"1.2.3", "1-2", "-NaN", "-Infinity", "1_0", "1e5e5"};
	char sentence[128], text[100];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		snprintf(sentence, sizeof(sentence),
			"1:1: %s is not a number, allowed are such as -1, 0.5 and 6.02e23",
			cases[i]);
		expect_refused(cases[i], strlen(cases[i]), 0, sentence);
	}
	expect_refused("[\n\n             1e999]", 22, 0, "3:14: 1e999 is not a finite number");
	expect_refused("-1.8E308", 8, 0, "1:1: -1.8E308 is not a finite number");
	expect_text("1e-999", 0, "0");
	memset(text, '1', sizeof(text));
	expect_refused(text, 64, 0, "1:1: found a number of 64 characters, allowed are 63");
	text[63] = '\0';
	expect_text(text, 0, "1.1111111111111112e+62");
}

static void refuses_texts_that_are_none(void **state)
{
	(void)state;
	expect_refused("\"abc", 4, 0,
		"1:5: found the end, allowed in a text are characters, escapes and a closing '\"'");
	expect_refused("\"a\tb\"", 5, 0,
		"1:3: found byte 0x09, allowed in a text are characters, escapes and a closing "
		"'\"'");
	expect_refused("\"a\nb\"", 5, 0,
		"1:3: found the end of the line, allowed in a text are characters, escapes and a "
		"closing '\"'");
	expect_refused("\"a\0b\"", 5, 0,
		"1:3: found byte 0x00, allowed in a text are characters, escapes and a closing "
		"'\"'");
	expect_refused("\"\\x\"", 4, 0,
		"1:3: found 'x', allowed behind a backslash are \" \\ / b f n r t and uXXXX");
	expect_refused(
		"\"\\u12g4\"", 8, 0, "1:2: found \\u without four hexadecimal digits behind it");
	expect_refused("\"\\u0000\"", 8, 0, "1:2: found \\u0000, which no text may hold");
	expect_refused("\"\\ud83d\"", 8, 0,
		"1:2: found \\ud83d alone, allowed are pairs of surrogates such as "
		"\\ud83d\\ude00");
	expect_refused("\"\\ud83d\\u0041\"", 14, 0,
		"1:2: found \\ud83d alone, allowed are pairs of surrogates such as "
		"\\ud83d\\ude00");
	expect_refused("\"\\ude00\"", 8, 0,
		"1:2: found \\ude00 alone, allowed are pairs of surrogates such as "
		"\\ud83d\\ude00");
}

static void refuses_bytes_that_are_not_utf8(void **state)
{
	static const char *const cases[] = {"\x80", "\xC0\xAF", "\xC1\xBF", "\xC3", "\xC3(",
		"\xE0\x80\x80", "\xED\xA0\x80", "\xE2\x82", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80",
		"\xF5\x80\x80\x80", "\xFF"};
	char text[16], sentence[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int n = snprintf(text, sizeof(text), "\"%s\"", cases[i]);

		snprintf(sentence, sizeof(sentence), "1:2: found byte 0x%02X, which is not UTF-8",
			(unsigned char)cases[i][0]);
		expect_refused(text, (size_t)n, 0, sentence);
		expect_refused(text, (size_t)n - 1, 0, sentence);
	}
	expect_text("\"\xC2\x80\xEF\xBF\xBF\xF4\x8F\xBF\xBF\"", 0,
		"\"\xC2\x80\xEF\xBF\xBF\xF4\x8F\xBF\xBF\"");
}

static void refuses_duplicate_keys(void **state)
{
	(void)state;
	expect_refused(
		"{\n\"x\":1,\n\"topic\":2, \"topic\":3}", 31, 0, "3:12: duplicate key \"topic\"");
	expect_refused("[{\"a\":{\"b\":1,\"b\":2}}]", 21, 0, "1:14: duplicate key \"b\"");
	expect_refused("{\"\":1,\"\":2}", 11, 0, "1:7: duplicate key \"\"");
	/* the same key, written otherwise */
	expect_refused("{\"a\xC3\xA9/\":1,\"\\u0061\\u00e9\\/\":2}", 29, 0,
		"1:10: duplicate key \"\\u0061\\u00e9\\/\"");
	expect_refused("{\"\\ud83d\\ude00\":1,\"\xF0\x9F\x98\x80\":2}", 27, 0,
		"1:19: duplicate key \"\xF0\x9F\x98\x80\"");
	expect_text("{\"a\":1,\"A\":2,\"b\":{\"a\":3},\"\\\"\":4,\"\\\\\":5}", 0,
		"{\"a\":1,\"A\":2,\"b\":{\"a\":3},\"\\\"\":4,\"\\\\\":5}");
}

static void finds_duplicates_among_many_keys(void **state)
{
	CLEANUP(buf_deinit) struct buf b;
	CLEANUP(json_free) cJSON *tree = NULL;
	struct err err;
	char expected[64];

	(void)state;
	buf_init(&b);
	buf_add(&b, "{");
	for (int i = 0; i < 100000; i++)
		buf_addf(&b, "\"k%d\":%d,\n", i, i);
	buf_add(&b, "\"k77\":0,\"k5\":0");
	buf_add(&b, "}");
	assert_int_equal(json_parse(&tree, b.data, b.len, 0, &err), -EINVAL);
	snprintf(expected, sizeof(expected), "100001:1: duplicate key \"k77\"");
	assert_string_equal(err.text, expected);
	b.len -= strlen("\"k77\":0,\"k5\":0}");
	buf_add(&b, "\"last\":0}");
	assert_int_equal(json_parse(&tree, b.data, b.len, 0, &err), 0);
	assert_int_equal(cJSON_GetArraySize(tree), 100001);
}

static void allows_64_levels_and_not_one_more(void **state)
{
	char text[140];

	(void)state;
	memset(text, '[', 64);
	memset(text + 64, ']', 64);
	text[128] = '\0';
	expect_text(text, 0, text);
	memset(text, '[', 140);
	expect_refused(text, 140, 0, "1:65: found a value 65 levels deep, allowed are 64");
}

static void takes_comments_for_white_space_where_allowed(void **state)
{
	(void)state;
	expect_text("// a line file\n{ // \"a\": 0\n \"url\": \"mqtt://x\" // end\n}//",
		JSON_COMMENTS, "{\"url\":\"mqtt://x\"}");
	expect_text("[1,// \xFF is no UTF-8 here\n//\n2]//", JSON_COMMENTS, "[1,2]");
	expect_refused("[1, /* 2 */ 3]", 14, JSON_COMMENTS, "1:5: found '/', allowed is a value");
	expect_refused("[1] / /", 7, JSON_COMMENTS,
		"1:5: found '/', allowed is nothing behind the document");
	expect_refused("{} // a\0b", 9, JSON_COMMENTS, "1:4: found a NUL byte in this comment");
	expect_refused("// one\n{\"a\":1, // two\n\"a\":2}", 28, JSON_COMMENTS,
		"3:1: duplicate key \"a\"");
}

static void cuts_long_words_in_its_sentences(void **state)
{
	char text[200], sentence[200];

	(void)state;
	memset(text, 'x', sizeof(text));
	snprintf(sentence, sizeof(sentence),
		"1:1: found %.64s, allowed are true, false, null, numbers and quoted texts", text);
	expect_refused(text, sizeof(text), 0, sentence);
}

/* Cut anywhere and with any byte replaced, a document is either read or refused: sanitizers see
 * the rest. */
static void survives_every_cut_and_every_byte(void **state)
{
	static const char text[] = "{\"timestamp\":1650006388943,\"values\":{\"tag0\":-12.5e-1,"
				   "\"\\u00e9\":[true,null]},"
				   "\"errors\":{\"a\\\\\":\"\\ud83d\\ude00 \xC3\xA9\"}}";
	const size_t len = sizeof(text) - 1;
	char copy[sizeof(text)];

	(void)state;
	for (size_t at = 0; at <= len; at++) {
		for (int byte = 0; byte < 256; byte++) {
			char *exact = malloc(len);
			cJSON *tree = NULL;

			memcpy(copy, text, len);
			copy[at < len ? at : 0] = (char)byte;
			memcpy(exact, copy, len);
			if (json_parse(&tree, exact, byte % 2 ? len : at, byte & 2, NULL) == 0)
				json_free(tree);
			free(exact);
		}
	}
}

static cJSON *parse(const char *text)
{
	cJSON *tree = NULL;

	assert_int_equal(json_parse(&tree, text, strlen(text), 0, NULL), 0);
	return tree;
}

static void finds_values_by_pointer(void **state)
{
	/* the examples of RFC 6901 */
	CLEANUP(json_free)
	cJSON *tree =
		parse("{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,"
		      "\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8,\"~1\":9}");
	static const struct {
		const char *pointer;
		int value;
	} cases[] = {{"/", 0}, {"/a~1b", 1}, {"/c%d", 2}, {"/e^f", 3}, {"/g|h", 4}, {"/i\\j", 5},
		{"/k\"l", 6}, {"/ ", 7}, {"/m~0n", 8}, {"/~01", 9}};
	static const char *const absent[] = {"/foo/2", "/foo/-", "/foo/01", "/foo/", "/foo/0/x",
		"/fo", "/fooo", "/FOO", "foo", "/foo/4294967296", "/foo/99999999999999999999",
		"/a~1b/c"};

	(void)state;
	assert_ptr_equal(json_at(tree, ""), tree);
	assert_string_equal(json_at(tree, "/foo/0")->valuestring, "bar");
	assert_string_equal(json_at(tree, "/foo/1")->valuestring, "baz");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(json_at(tree, cases[i].pointer)->valueint, cases[i].value);
	for (size_t i = 0; i < ARRAY_LEN(absent); i++)
		assert_null(json_at(tree, absent[i]));
	assert_null(json_at(NULL, "/a"));
}

static void knows_sound_pointers(void **state)
{
	(void)state;
	assert_true(json_pointer_is_valid(""));
	assert_true(json_pointer_is_valid("/"));
	assert_true(json_pointer_is_valid("/a~0b~1/0"));
	assert_false(json_pointer_is_valid("a"));
	assert_false(json_pointer_is_valid("/a~"));
	assert_false(json_pointer_is_valid("/a~2"));
}

static void turns_scalars_into_values(void **state)
{
	CLEANUP(json_free) cJSON *tree = parse("[1.5,\"K\",true,false,null,[],{}]");
	static const char *const kinds[] = {
		"a number", "a text", "true", "false", "null", "an array", "an object"};
	struct value v;

	(void)state;
	assert_true(json_value(json_at(tree, "/0"), &v));
	assert_true(v.kind == VALUE_NUMBER && v.number == 1.5);
	assert_true(json_value(json_at(tree, "/1"), &v));
	assert_int_equal(v.kind, VALUE_TEXT);
	assert_string_equal(v.text, "K");
	assert_true(json_value(json_at(tree, "/2"), &v));
	assert_true(v.kind == VALUE_NUMBER && v.number == 1);
	assert_true(json_value(json_at(tree, "/3"), &v));
	assert_true(v.kind == VALUE_NUMBER && v.number == 0);
	assert_true(json_value(json_at(tree, "/4"), &v));
	assert_int_equal(v.kind, VALUE_MISSING);
	assert_true(json_value(NULL, &v));
	assert_int_equal(v.kind, VALUE_MISSING);
	assert_false(json_value(json_at(tree, "/5"), &v));
	assert_false(json_value(json_at(tree, "/6"), &v));
	for (int i = 0; i < 7; i++)
		assert_string_equal(json_kind(cJSON_GetArrayItem(tree, i)), kinds[i]);
	assert_string_equal(json_kind(NULL), "nothing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_kind_of_value),
		cmocka_unit_test(says_where_and_what_is_allowed),
		cmocka_unit_test(refuses_numbers_that_are_none),
		cmocka_unit_test(refuses_texts_that_are_none),
		cmocka_unit_test(refuses_bytes_that_are_not_utf8),
		cmocka_unit_test(refuses_duplicate_keys),
		cmocka_unit_test(finds_duplicates_among_many_keys),
		cmocka_unit_test(allows_64_levels_and_not_one_more),
		cmocka_unit_test(takes_comments_for_white_space_where_allowed),
		cmocka_unit_test(cuts_long_words_in_its_sentences),
		cmocka_unit_test(survives_every_cut_and_every_byte),
		cmocka_unit_test(finds_values_by_pointer),
		cmocka_unit_test(knows_sound_pointers),
		cmocka_unit_test(turns_scalars_into_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
