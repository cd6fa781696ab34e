/* CSV: which fields are quoted, and how. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/csv_write.h"

static void quotes_what_must_be_quoted(void **state)
{
	static const char *const pairs[][2] = {
		{"", ""},
		{"plain text", "plain text"},
		{"a,b", "\"a,b\""},
		{"a\nb", "\"a\nb\""},
		{"a\rb", "\"a\rb\""},
		{"\"", "\"\"\"\""},
		{"a\"b\"c", "\"a\"\"b\"\"c\""},
		{" a", "\" a\""},
		{"a ", "\"a \""},
		{"\xc3\xbc;'\t", "\xc3\xbc;'\t"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		CLEANUP(buf_deinit) struct buf b;

		buf_init(&b);
		buf_add(&b, "x,");
		csvw_text(&b, pairs[i][0]);
		assert_string_equal(buf_text(&b) + 2, pairs[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_what_must_be_quoted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
