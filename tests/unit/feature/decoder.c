/* Payload decoders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/feature/decoder.h"

static void finds_decoders_by_the_names_of_formats(void **state)
{
	(void)state;
	assert_ptr_equal(decoder_find("json"), &decoder_json);
	assert_ptr_equal(decoder_find("number"), &decoder_number);
	assert_ptr_equal(decoder_find("text"), &decoder_text);
	assert_null(decoder_find("xml"));
	for (size_t i = 0; decoder_all()[i]; i++)
		assert_ptr_equal(decoder_find(decoder_all()[i]->name), decoder_all()[i]);
}

static void reads_a_json_document(void **state)
{
	CLEANUP(json_free) cJSON *tree = NULL;
	const char *payload = "{\"a\":{\"b\":2.5}}trailing";

	(void)state;
	assert_int_equal(decoder_json.decode(&tree, payload, 15, NULL), 0);
	assert_float_equal(json_at(tree, "/a/b")->valuedouble, 2.5, 0);
}

static void refuses_what_json_does_not_allow(void **state)
{
	static const char *const payloads[] = {
		"", "{\"a\":", "{\"a\":1,\"a\":2}", "{\"a\":1e999}", "{\"a\":NaN}", "{\"a\":1}x"};
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(payloads); i++) {
		cJSON *tree = NULL;

		assert_int_equal(decoder_json.decode(&tree, payloads[i], strlen(payloads[i]), &err),
			-EINVAL);
		assert_null(tree);
		assert_true(strncmp(err.text, "1:", 2) == 0);
	}
}

static void reads_a_bare_number(void **state)
{
	static const struct {
		const char *payload;
		double wanted;
	} rows[] = {{"218.4", 218.4}, {"-1e3\n", -1000}, {" 0 \r\n", 0}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(json_free) cJSON *tree = NULL;

		assert_int_equal(decoder_number.decode(
					 &tree, rows[i].payload, strlen(rows[i].payload), NULL),
			0);
		assert_float_equal(json_at(tree, "")->valuedouble, rows[i].wanted, 0);
	}
}

static void says_what_a_payload_is_that_is_no_number(void **state)
{
	static const struct {
		const char *payload, *text;
	} rows[] = {
		{"", "the payload is empty, a number is wanted"},
		{" \n", "the payload is empty, a number is wanted"},
		{"abc", "the payload is \"abc\", a finite number is wanted"},
		{"1e999", "the payload is \"1e999\", a finite number is wanted"},
		{"nan", "the payload is \"nan\", a finite number is wanted"},
		{"1,5", "the payload is \"1,5\", a finite number is wanted"},
		{"1\x01", "the payload is \"1?\", a finite number is wanted"},
		{"12345678901234567890123456789012345678901x",
			"the payload is \"1234567890123456789012345678901234567890\"..., a finite "
			"number is wanted"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cJSON *tree = NULL;
		struct err err;

		assert_int_equal(decoder_number.decode(
					 &tree, rows[i].payload, strlen(rows[i].payload), &err),
			-EINVAL);
		assert_null(tree);
		assert_string_equal(err.text, rows[i].text);
	}
}

static void reads_a_text_as_it_is(void **state)
{
	static const struct {
		const char *payload, *wanted;
	} rows[] = {
		{"OK", "OK"},
		{"OK\n", "OK"},
		{"OK\r\n", "OK"},
		{"OK\n\n", "OK\n"},
		{"OK\r", "OK\r"},
		{"\r", "\r"},
		{" a b\t", " a b\t"},
		{"\"quoted\" \\", "\"quoted\" \\"},
		{"218.4", "218.4"},
		{"gut \xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80",
			"gut \xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(json_free) cJSON *tree = NULL;
		const cJSON *item;

		assert_int_equal(
			decoder_text.decode(&tree, rows[i].payload, strlen(rows[i].payload), NULL),
			0);
		item = json_at(tree, "");
		assert_true(cJSON_IsString(item));
		assert_string_equal(item->valuestring, rows[i].wanted);
	}
}

static void reads_no_further_than_the_payload(void **state)
{
	CLEANUP(json_free) cJSON *tree = NULL;
	const char bytes[] = {'O', 'K', '!'};

	(void)state;
	assert_int_equal(decoder_text.decode(&tree, bytes, 2, NULL), 0);
	assert_string_equal(tree->valuestring, "OK");
}

static void says_what_a_payload_is_that_is_no_text(void **state)
{
#define ROW(payload, text)                         \
	{                                          \
		payload, sizeof(payload) - 1, text \
	}
	static const struct {
		const char *payload;
		size_t len;
		const char *text;
	} rows[] = {
		ROW("", "the payload is empty, text is wanted"),
		ROW("\n", "the payload is empty, text is wanted"),
		ROW("\r\n", "the payload is empty, text is wanted"),
		ROW("\0", "byte 1 of the payload is NUL, text without it is wanted"),
		ROW("OK\0\n", "byte 3 of the payload is NUL, text without it is wanted"),
		ROW("\xff\xd8", "byte 1 of the payload is 0xff and no UTF-8, text is wanted"),
		ROW("gr\xfcn", "byte 3 of the payload is 0xfc and no UTF-8, text is wanted"),
		ROW("ok \xe2\x82", "byte 4 of the payload is 0xe2 and no UTF-8, text is wanted"),
		ROW("\xed\xa0\x80", "byte 1 of the payload is 0xed and no UTF-8, text is wanted"),
	};
#undef ROW

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cJSON *tree = NULL;
		struct err err;

		assert_int_equal(
			decoder_text.decode(&tree, rows[i].payload, rows[i].len, &err), -EINVAL);
		assert_null(tree);
		assert_string_equal(err.text, rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_decoders_by_the_names_of_formats),
		cmocka_unit_test(reads_a_json_document),
		cmocka_unit_test(refuses_what_json_does_not_allow),
		cmocka_unit_test(reads_a_bare_number),
		cmocka_unit_test(says_what_a_payload_is_that_is_no_number),
		cmocka_unit_test(reads_a_text_as_it_is),
		cmocka_unit_test(reads_no_further_than_the_payload),
		cmocka_unit_test(says_what_a_payload_is_that_is_no_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
