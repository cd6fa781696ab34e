/* JSON written flat. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/base/json.h"

static void writes_one_flat_object(void **state)
{
	CLEANUP(buf_deinit) struct buf b;

	(void)state;
	buf_init(&b);
	jsonw_begin(&b);
	jsonw_int(&b, "v", 1);
	jsonw_text(&b, "line", "press-3");
	jsonw_text(&b, "class", NULL);
	jsonw_real(&b, "p_defect", 0.1743);
	jsonw_real(&b, "threshold", 1);
	jsonw_int(&b, "ts_ms", INT64_MIN);
	jsonw_key(&b, "lots");
	jsonw_begin(&b);
	jsonw_text(&b, "resin", "L{7");
	jsonw_end(&b);
	jsonw_key(&b, "empty");
	jsonw_begin(&b);
	jsonw_end(&b);
	jsonw_text(&b, "open", "{");
	jsonw_text(&b, "end", "");
	jsonw_end(&b);
	assert_string_equal(buf_text(&b),
		"{\"v\":1,\"line\":\"press-3\",\"class\":\"\",\"p_defect\":0.1743,"
		"\"threshold\":1.0,\"ts_ms\":-9223372036854775808,\"lots\":{\"resin\":\"L{7\"},"
		"\"empty\":{},\"open\":\"{\",\"end\":\"\"}");
}

static void escapes_what_cannot_stand_in_a_text(void **state)
{
	CLEANUP(buf_deinit) struct buf b;

	(void)state;
	buf_init(&b);
	jsonw_raw_text(&b, "a\"b\\c\b\f\n\r\t\x01\x1F\0/\x7F\xC3\xA9", 17);
	assert_string_equal(
		buf_text(&b), "\"a\\\"b\\\\c\\b\\f\\n\\r\\t\\u0001\\u001f\\u0000/\x7F\xC3\xA9\"");
}

static void replaces_bytes_that_are_not_utf8(void **state)
{
	CLEANUP(buf_deinit) struct buf b;

	(void)state;
	buf_init(&b);
	jsonw_raw_text(&b, "\xFFx\xC3", 3);
	assert_string_equal(buf_text(&b), "\"\xEF\xBF\xBDx\xEF\xBF\xBD\"");
}

static void writes_values(void **state)
{
	CLEANUP(buf_deinit) struct buf b;

	(void)state;
	buf_init(&b);
	jsonw_raw_value(&b, &(struct value){.kind = VALUE_NUMBER, .number = 5});
	jsonw_raw_value(&b, &(struct value){.kind = VALUE_TEXT, .text = "K\n"});
	jsonw_raw_value(&b, &(struct value){.kind = VALUE_MISSING});
	assert_string_equal(buf_text(&b), "5.0\"K\\n\"null");
}

/* Whatever bytes a text has, the strict reader takes what was written. */
static void writes_what_is_read_back(void **state)
{
	CLEANUP(buf_deinit) struct buf b;
	char text[3];

	(void)state;
	buf_init(&b);
	for (int i = 1; i < 65536; i++) { /* no NUL in front: \u0000 is refused on reading */
		cJSON *tree = NULL;

		text[0] = (char)(i & 0xFF ? i & 0xFF : 'x');
		text[1] = (char)(i >> 8 ? i >> 8 : 'x');
		buf_clear(&b);
		jsonw_raw_text(&b, text, 2);
		assert_int_equal(json_parse(&tree, b.data, b.len, 0, NULL), 0);
		if ((text[0] & 0x80) == 0 && (text[1] & 0x80) == 0)
			assert_memory_equal(tree->valuestring, text, 2);
		json_free(tree);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_one_flat_object),
		cmocka_unit_test(escapes_what_cannot_stand_in_a_text),
		cmocka_unit_test(replaces_bytes_that_are_not_utf8),
		cmocka_unit_test(writes_values),
		cmocka_unit_test(writes_what_is_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
