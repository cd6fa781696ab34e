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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_decoders_by_the_names_of_formats),
		cmocka_unit_test(reads_a_json_document),
		cmocka_unit_test(refuses_what_json_does_not_allow),
		cmocka_unit_test(reads_a_bare_number),
		cmocka_unit_test(says_what_a_payload_is_that_is_no_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
