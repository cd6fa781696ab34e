/* Names, topics, and which known name was meant. */
#include "tests/unit/config/folder.h"

#include "lib/config/names.h"

static void assert_suggests(const char *word, const char *const *known, const char *expected)
{
	CLEANUP(suggestion_deinit) struct suggestion s;

	suggestion_init(&s, word);
	for (; *known; known++)
		suggestion_add(&s, *known);
	assert_string_equal(suggestion_text(&s), expected);
}

static void suggests_the_nearest_name(void **state)
{
	static const char *const known[] = {"deadline", "ready", "again", NULL};

	(void)state;
	assert_suggests("deadlin", known, "did you mean \"deadline\"?");
	assert_suggests("daedline", known, "did you mean \"deadline\"?");
	assert_suggests("Ready", known, "did you mean \"ready\"?");
	assert_suggests("agian", known, "did you mean \"again\"?");
}

static void lists_all_names_when_none_is_near(void **state)
{
	static const char *const known[] = {"deadline", "ready", "again", NULL};
	static const char *const none[] = {NULL};
	static const char *const one_letter[] = {"a", NULL};
	char endless[200];

	(void)state;
	memset(endless, 'a', sizeof(endless));
	endless[sizeof(endless) - 1] = '\0';
	assert_suggests("timeout", known, "allowed are deadline, ready, again");
	assert_suggests(endless, known, "allowed are deadline, ready, again");
	assert_suggests("x", one_letter, "allowed are a");
	assert_suggests("deadline", none, "there are none");
}

static void names_begin_with_a_letter_and_are_short(void **state)
{
	char longest[50];

	(void)state;
	memset(longest, 'a', sizeof(longest));
	longest[48] = '\0';
	assert_true(name_is_valid("oven_temp_2"));
	assert_true(name_is_valid(longest));
	longest[48] = 'a';
	longest[49] = '\0';
	assert_false(name_is_valid(longest));
	assert_false(name_is_valid(""));
	assert_false(name_is_valid("2nd"));
	assert_false(name_is_valid("Oven"));
	assert_false(name_is_valid("oven-temp"));
	assert_false(name_is_valid("of\xc3\xa9n"));
	assert_true(name_is_valid_dashed("press-3"));
	assert_false(name_is_valid_dashed("-press"));
}

static void dash_and_underscore_fall_together(void **state)
{
	(void)state;
	assert_true(names_fall_together("press-3", "press_3"));
	assert_true(names_fall_together("press", "press"));
	assert_false(names_fall_together("press-3", "press_33"));
	assert_false(names_fall_together("press-3", "press-4"));
}

static void one_publishes_below_plain_topics_only(void **state)
{
	(void)state;
	assert_true(name_is_topic("acme/north/press-3"));
	assert_true(name_is_topic("/acme"));
	assert_false(name_is_topic(""));
	assert_false(name_is_topic("acme/"));
	assert_false(name_is_topic("acme/+/x"));
	assert_false(name_is_topic("acme/#"));
	assert_false(name_is_topic("$SYS/x"));
	assert_false(name_is_topic("a\nb"));
}

static void hosts_have_no_scheme_and_no_spaces(void **state)
{
	(void)state;
	assert_true(name_is_host("broker.plant.local"));
	assert_true(name_is_host("fe80::1"));
	assert_false(name_is_host("mqtt://broker"));
	assert_false(name_is_host("my broker"));
	assert_false(name_is_host(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(suggests_the_nearest_name),
		cmocka_unit_test(lists_all_names_when_none_is_near),
		cmocka_unit_test(names_begin_with_a_letter_and_are_short),
		cmocka_unit_test(dash_and_underscore_fall_together),
		cmocka_unit_test(one_publishes_below_plain_topics_only),
		cmocka_unit_test(hosts_have_no_scheme_and_no_spaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
