/* Errors as values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "lib/base/err.h"

static void returns_the_code_and_keeps_the_sentence(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(err_set(&err, -EINVAL, "%s is %d", "depth", 65), -EINVAL);
	assert_string_equal(err.text, "depth is 65");
	assert_int_equal(err_set(NULL, -EIO, "nobody reads this"), -EIO);
}

static void takes_its_own_text_as_an_argument(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, -EINVAL, "the cause");
	err_set(&err, -EINVAL, "because of %s, %s", err.text, err.text);
	assert_string_equal(err.text, "because of the cause, the cause");
}

static void puts_a_prefix_before_what_is_there(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, -EINVAL, "no value");
	assert_int_equal(err_prefix(&err, -ENOENT, "%s:%d", "a.json", 3), -ENOENT);
	assert_string_equal(err.text, "a.json:3: no value");
	assert_int_equal(err_prefix(NULL, -EIO, "x"), -EIO);
}

static void cuts_a_long_sentence_between_two_characters(void **state)
{
	struct err err;
	char text[2 * sizeof(err.text)];

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t start = 1016; start < 1026;
		start++) { /* an e acute on every place near the cut */
		memset(text, 'x', sizeof(text));
		memcpy(text + start, "\xC3\xA9", 2);
		text[sizeof(text) - 1] = '\0';
		err_set(&err, -EINVAL, "%s", text);
		assert_string_equal(err.text + strlen(err.text) - 3, "...");
		assert_true(strlen(err.text) >= sizeof(err.text) - 3);
		assert_true((err.text[strlen(err.text) - 4] & 0xC0) != 0xC0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(returns_the_code_and_keeps_the_sentence),
		cmocka_unit_test(takes_its_own_text_as_an_argument),
		cmocka_unit_test(puts_a_prefix_before_what_is_there),
		cmocka_unit_test(cuts_a_long_sentence_between_two_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
