/* Topic filters among themselves (MQTT 5, 4.7). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/macros.h"
#include "lib/wire/filter.h"

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
		{"+/+", "/"},
		{"$SYS/#", "$SYS/broker"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		if (!filter_covers(pairs[i][0], pairs[i][1]))
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
		{"#", "$SYS/broker"},
		{"+/broker", "$SYS/broker"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		if (filter_covers(pairs[i][0], pairs[i][1]))
			fail_msg("\"%s\" does not cover \"%s\"", pairs[i][0], pairs[i][1]);
	}
}

static void wildcards_stand_alone_and_the_hash_is_last(void **state)
{
	static const char *const good[] = {"a", "a/b", "/", "+", "#", "a/+/b", "+/+", "a/#", "a b/",
		"{unit}/x", "$SYS/#"},
				 *const bad[] = {
					 "", "a+", "a/+b", "a#", "#/a", "a/#/b", "##", "a/##"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		if (!filter_is_valid(good[i]))
			fail_msg("\"%s\" is valid", good[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (filter_is_valid(bad[i]))
			fail_msg("\"%s\" is not valid", bad[i]);
	}
}

static void the_widest_of_several_stay_once_and_in_order(void **state)
{
	static const char *const cases[][2] = {
		{"", ""},
		{"a", "a"},
		{"a b c", "a b c"},
		{"a a b a", "a b"},
		{"a/b a/+ a/c", "a/+"},
		{"a/+ a/b x", "a/+ x"},
		{"a/+ +/b", "a/+ +/b"}, /* both stay: neither takes all of the other */
		{"a/1 a/2 a/# # b", "#"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[64], result[64] = "";
		const char *filters[8];
		size_t count = 0;

		strcpy(text, cases[i][0]);
		for (char *at = strtok(text, " "); at; at = strtok(NULL, " "))
			filters[count++] = at;
		count = filters_keep_widest(filters, count);
		for (size_t f = 0; f < count; f++) {
			strcat(result, f ? " " : "");
			strcat(result, filters[f]);
		}
		assert_string_equal(result, cases[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_filter_covers_what_it_takes_all_of),
		cmocka_unit_test(a_filter_does_not_cover_what_goes_beyond_it),
		cmocka_unit_test(wildcards_stand_alone_and_the_hash_is_last),
		cmocka_unit_test(the_widest_of_several_stay_once_and_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
