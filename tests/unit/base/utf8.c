/* UTF-8, checked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/macros.h"
#include "lib/base/utf8.h"

static void takes_sound_text(void **state)
{
	static const char text[] = "a\t\n\x7f \xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80";

	(void)state;
	assert_true(utf8_is_text("", 0));
	assert_true(utf8_is_text(text, sizeof(text) - 1));
}

static void refuses_what_is_none(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = {
		{"\0", 1},               /* NUL */
		{"ab\0c", 4},            /* NUL within */
		{"\xff", 1},             /* never in UTF-8 */
		{"\x80", 1},             /* a continuation alone */
		{"a\xc3", 2},            /* cut off */
		{"\xc0\x80", 2},         /* overlong */
		{"\xed\xa0\x80", 3},     /* a surrogate */
		{"\xf4\x90\x80\x80", 4}, /* beyond U+10FFFF */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (utf8_is_text(cases[i].bytes, cases[i].len))
			fail_msg("case %zu is no text", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_sound_text),
		cmocka_unit_test(refuses_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
