/* Tables for people: widths, sides, and what must not reach a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "tools/text_table.h"

static const char *const headings[] = {"id", "name", "why"};

static void expect(struct text_table *t, const char *expected)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	assert_true(text_table_print(t, f));
	fclose(f);
	assert_string_equal(text, expected);
	free(text);
}

static void columns_are_as_wide_as_what_is_in_them(void **state)
{
	CLEANUP(text_table_deinit) struct text_table t;

	(void)state;
	text_table_init(&t, headings, 3);
	t.is_number[0] = true;
	expect(&t, "id  name  why\n");
	text_table_addf(&t, "%d", 7);
	text_table_add(&t, "a longer name");
	text_table_add(&t, "x");
	text_table_add(&t, "1234");
	text_table_add(&t, "");
	text_table_add(&t, "");
	expect(&t, "  id  name           why\n"
		   "   7  a longer name  x\n"
		   "1234                 \n");
}

static void letters_count_not_bytes(void **state)
{
	CLEANUP(text_table_deinit) struct text_table t;

	(void)state;
	text_table_init(&t, headings, 2);
	text_table_add(&t, "\xc3\xbc\xe2\x82\xac");
	text_table_add(&t, "x");
	expect(&t, "id  name\n\xc3\xbc\xe2\x82\xac  x\n");
}

static void control_characters_are_made_visible(void **state)
{
	CLEANUP(text_table_deinit) struct text_table t;

	(void)state;
	text_table_init(&t, headings, 2);
	text_table_add(&t, "\x1b[31m\n");
	text_table_add(&t, "\xff\xc2\x9b");
	expect(&t, "id            name\n\\x1b[31m\\x0a  \\xff\\xc2\\x9b\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_as_wide_as_what_is_in_them),
		cmocka_unit_test(letters_count_not_bytes),
		cmocka_unit_test(control_characters_are_made_visible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
