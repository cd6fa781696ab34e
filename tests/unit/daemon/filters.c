/* Which topic filter takes what another one takes, and lists of them (MQTT 5, 4.7). */
#include "daemon/filters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

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
		{"$SYS/+", "$SYS/a"},
		{"a/+", "a/$b"},
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
		{"#", "$SYS/a"},
		{"+/a", "$SYS/a"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		if (filter_covers(pairs[i][0], pairs[i][1]))
			fail_msg("\"%s\" does not cover \"%s\"", pairs[i][0], pairs[i][1]);
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

static void check(const struct filters *f, size_t count, const struct filter *wanted)
{
	assert_int_equal(f->count, count);
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(f->v[i].text, wanted[i].text);
		assert_int_equal(f->v[i].qos, wanted[i].qos);
	}
}

static void a_list_has_no_filter_that_another_covers(void **state)
{
	static const struct filter wanted[] = {{(char *)"x", 0}, {(char *)"a/#", 1}};
	CLEANUP(filters_deinit) struct filters f = {0};

	(void)state;
	assert_int_equal(filters_want(&f, "a/b", 0), 0);
	assert_int_equal(filters_want(&f, "x", 0), 0);
	assert_int_equal(filters_want(&f, "a/+/c", 1), 0);
	assert_int_equal(filters_want(&f, "a/#", 0), 0);
	assert_int_equal(filters_want(&f, "a/b/d", 0), 0);
	check(&f, ARRAY_LEN(wanted), wanted);
	assert_true(filters_take(&f, "a/b/q"));
	assert_false(filters_take(&f, "b"));
}

static void a_covered_filter_raises_the_qos_of_the_wider_one(void **state)
{
	static const struct filter wanted[] = {{(char *)"a/+", 1}};
	CLEANUP(filters_deinit) struct filters f = {0};

	(void)state;
	assert_int_equal(filters_want(&f, "a/+", 0), 0);
	assert_int_equal(filters_want(&f, "a/b", 1), 0);
	check(&f, ARRAY_LEN(wanted), wanted);
}

static void no_two_of_a_wide_list_meet(void **state)
{
	/* the first two join; what they become meets the fourth */
	static const char *const texts[] = {"a/+/c", "x/y", "a/b/+", "+/q/c", "a/z/z/z"};
	static const struct filter wanted[] = {
		{(char *)"x/y", 0}, {(char *)"+/+/+", 1}, {(char *)"a/z/z/z", 0}};
	CLEANUP(filters_deinit) struct filters f = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_int_equal(filters_want_wide(&f, texts[i], i == 2), 0);
	check(&f, ARRAY_LEN(wanted), wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_filter_covers_what_it_takes_all_of),
		cmocka_unit_test(a_filter_does_not_cover_what_goes_beyond_it),
		cmocka_unit_test(filters_meet_where_one_topic_suits_both),
		cmocka_unit_test(filters_that_share_no_topic_do_not_meet),
		cmocka_unit_test(a_list_has_no_filter_that_another_covers),
		cmocka_unit_test(a_covered_filter_raises_the_qos_of_the_wider_one),
		cmocka_unit_test(no_two_of_a_wide_list_meet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
