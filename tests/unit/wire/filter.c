/* Topic filters among themselves (MQTT 5, 4.7). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

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
		{"a/+", "a/$b"},
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

static void filters_meet_where_one_topic_suits_both(void **state)
{
	/* the third takes both, and is as narrow as one filter can be */
	static const char *const sets[][3] = {
		{"a/+/c", "a/b/+", "a/+/+"},
		{"a/b", "a/b", "a/b"},
		{"a/+", "a/b", "a/+"},
		{"a/#", "a/+/c", "a/#"},
		{"a/#", "a", "a/#"},
		{"+/b", "a/b/#", "+/b/#"},
		{"+/b/#", "a/+/c", "+/+/#"},
		{"a/#", "+/b", "+/#"},
		{"#", "a/b", "#"},
		{"$a/+/c", "$a/b/+", "$a/+/+"},
		{"+//c", "a/+/c", "+/+/c"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		for (int turn = 0; turn < 2; turn++) {
			const char *a = sets[i][turn], *b = sets[i][!turn];
			char *joined = filter_join(a, b);

			if (!filter_meets(a, b))
				fail_msg("\"%s\" meets \"%s\"", a, b);
			assert_string_equal(joined, sets[i][2]);
			assert_true(filter_covers(joined, a) && filter_covers(joined, b));
			free(joined);
		}
	}
}

static void filters_that_share_no_topic_do_not_meet(void **state)
{
	static const char *const pairs[][2] = {
		{"a/+/c", "a/b/d"},
		{"a/+", "a/b/c"},
		{"a/b/#", "a/c"},
		{"a/b/#", "a"},
		{"+/b", "a/c"},
		{"a", "a/+"},
		{"+/a", "$SYS/a"},
		{"#", "$SYS/#"},
		{"ab", "a"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		if (filter_meets(pairs[i][0], pairs[i][1]) ||
			filter_meets(pairs[i][1], pairs[i][0]))
			fail_msg("\"%s\" does not meet \"%s\"", pairs[i][0], pairs[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_filter_covers_what_it_takes_all_of),
		cmocka_unit_test(a_filter_does_not_cover_what_goes_beyond_it),
		cmocka_unit_test(wildcards_stand_alone_and_the_hash_is_last),
		cmocka_unit_test(filters_meet_where_one_topic_suits_both),
		cmocka_unit_test(filters_that_share_no_topic_do_not_meet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
