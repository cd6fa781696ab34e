/* Topic templates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/feature/topic.h"

static bool matches(const char *template, const char *topic)
{
	CLEANUP(topic_template_free) struct topic_template *t = NULL;
	struct topic_capture captures[TOPIC_CAPTURES_MAX];

	assert_int_equal(topic_template_new(&t, template, NULL), 0);
	return topic_match(t, topic, captures);
}

static void matches_levels_as_mqtt_does(void **state)
{
	static const struct {
		const char *template, *topic;
		bool wanted;
	} rows[] = {
		{"a/b", "a/b", true},
		{"a/b", "a/bc", false},
		{"a/bc", "a/b", false},
		{"a/b", "a", false},
		{"a/b", "a/b/", false},
		{"a/b", "a/b/c", false},
		{"a/+/c", "a/b/c", true},
		{"a/+/c", "a//c", true},
		{"a/+/c", "a/b/d/c", false},
		{"a/+", "a", false},
		{"a/+", "a/", true},
		{"+", "a", true},
		{"+", "/a", false},
		{"+/+", "/a", true},
		{"/+", "/a", true},
		{"a/#", "a", true},
		{"a/#", "a/b/c", true},
		{"a/#", "ab", false},
		{"#", "a/b", true},
		{"a/b/#", "a", false},
		{"#", "$SYS/broker", false},
		{"+/broker", "$SYS/broker", false},
		{"{x}/broker", "$SYS/broker", false},
		{"$SYS/#", "$SYS/broker", true},
		{"a/{unit}/c", "a/b/c", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (matches(rows[i].template, rows[i].topic) != rows[i].wanted)
			fail_msg("\"%s\" and \"%s\"", rows[i].template, rows[i].topic);
}

static void captures_whole_levels_by_name(void **state)
{
	CLEANUP(topic_template_free) struct topic_template *t = NULL;
	struct topic_capture c[TOPIC_CAPTURES_MAX];

	(void)state;
	assert_int_equal(topic_template_new(&t, "acme/{area}/+/unit/{unit}/#", NULL), 0);
	assert_string_equal(topic_template_text(t), "acme/{area}/+/unit/{unit}/#");
	assert_string_equal(topic_template_filter(t), "acme/+/+/unit/+/#");
	assert_int_equal(topic_template_captures(t), 2);
	assert_string_equal(topic_template_capture_name(t, 1), "unit");
	assert_int_equal(topic_template_find_capture(t, "area"), 0);
	assert_int_equal(topic_template_find_capture(t, "lot"), -1);
	assert_true(topic_match(t, "acme/north/x/unit/U 7/start/now", c));
	assert_int_equal(c[0].len, 5);
	assert_memory_equal(c[0].text, "north", 5);
	assert_int_equal(c[1].len, 3);
	assert_memory_equal(c[1].text, "U 7", 3);
	assert_true(topic_match(t, "acme/north/x/unit/", c));
	assert_int_equal(c[1].len, 0);
}

static void refuses_templates_that_mean_nothing(void **state)
{
	static const struct {
		const char *template, *text;
	} rows[] = {
		{"", "the topic is empty"},
		{"$share/group/a/{unit}",
			"topic \"$share/group/a/{unit}\" is a shared subscription, whose messages "
			"come on another topic; allowed is the topic alone"},
		{"a/#/b", "topic \"a/#/b\" goes on after #, which is allowed only at the end"},
		{"a/b+", "topic \"a/b+\": \"b+\" has a wildcard or brace beside other text, which "
			 "are allowed only as a whole level"},
		{"a/x{unit}", "topic \"a/x{unit}\": \"x{unit}\" has a wildcard or brace beside "
			      "other text, which are allowed only as a whole level"},
		{"a/{Unit}", "topic \"a/{Unit}\": \"{Unit}\" is no capture, {name} with a name "
			     "like [a-z][a-z0-9_]* is allowed"},
		{"{}", "topic \"{}\": \"{}\" is no capture, {name} with a name like "
		       "[a-z][a-z0-9_]* is allowed"},
		{"{a}/{a}", "topic \"{a}/{a}\" captures {a} twice, each name may stand once"},
		{"{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}",
			"topic \"{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}\" has more than 8 captures"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct topic_template *t = NULL;
		struct err err;

		assert_int_equal(topic_template_new(&t, rows[i].template, &err), -EINVAL);
		assert_null(t);
		assert_string_equal(err.text, rows[i].text);
	}
}

static void refuses_a_topic_longer_than_mqtt_allows(void **state)
{
	struct topic_template *t = NULL;
	char *text = malloc(65537);
	struct err err;

	(void)state;
	memset(text, '/', 65536);
	text[65536] = '\0';
	assert_int_equal(topic_template_new(&t, text, &err), -EINVAL);
	assert_string_equal(err.text, "the topic has 65536 bytes, at most 65535 are allowed");
	text[65535] = '\0';
	assert_int_equal(topic_template_new(&t, text, &err), 0);
	assert_string_equal(topic_template_filter(t), text);
	topic_template_free(t);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches_levels_as_mqtt_does),
		cmocka_unit_test(captures_whole_levels_by_name),
		cmocka_unit_test(refuses_templates_that_mean_nothing),
		cmocka_unit_test(refuses_a_topic_longer_than_mqtt_allows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
