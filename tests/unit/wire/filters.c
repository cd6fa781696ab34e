/* Lists of topic filters. */
#include "lib/wire/filters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

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
		cmocka_unit_test(a_list_has_no_filter_that_another_covers),
		cmocka_unit_test(a_covered_filter_raises_the_qos_of_the_wider_one),
		cmocka_unit_test(no_two_of_a_wide_list_meet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
