/* Which topic filter takes everything that another one takes (MQTT 5, 4.7). */
#include "daemon/subscriptions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void a_filter_covers_what_it_takes_all_of(void **state)
{
	static const char *const pairs[][2] = {
		{"a/b", "a/b"},
		{"a/+", "a/b"},
		{"+/b", "a/b"},
		{"a/+", "a/+"},
		{"#", "a/b/c"},
		{"#", "#"},
		{"a/#", "a/b/c"},
		{"a/#", "a/+"},
		{"a/#", "a"},
		{"a/#", "a/#"},
		{"a/+/#", "a/b/#"},
		{"+", "a"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		if (!subscriptions_covers(pairs[i][0], pairs[i][1]))
			fail_msg("\"%s\" covers \"%s\"", pairs[i][0], pairs[i][1]);
	}
}

static void a_filter_does_not_cover_what_goes_beyond_it(void **state)
{
	static const char *const pairs[][2] = {
		{"a/b", "a/+"},
		{"a/b", "a/c"},
		{"a/+", "a/#"},
		{"a/+", "a/b/c"},
		{"a/+", "a"},
		{"a/+/c", "a/b/+"},
		{"a", "a/b"},
		{"ab", "a"},
		{"a", "ab"},
		{"a/#", "b/a"},
		{"a/b/#", "a"},
		{"+", "#"},
		{"+", "a/b"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		if (subscriptions_covers(pairs[i][0], pairs[i][1]))
			fail_msg("\"%s\" does not cover \"%s\"", pairs[i][0], pairs[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_filter_covers_what_it_takes_all_of),
		cmocka_unit_test(a_filter_does_not_cover_what_goes_beyond_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
