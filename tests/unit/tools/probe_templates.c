/* Topics grouped into templates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/probe_templates.h"
#include "tools/recording.h"

#define NOW_MS INT64_C(1767600000000)

struct bench {
	struct probe_topics *topics;
	struct probe_templates *templates;
};

static int make_bench(void **state)
{
	static struct bench b;

	b = (struct bench){0};
	assert_int_equal(probe_topics_new(&b.topics), 0);
	*state = &b;
	return 0;
}

static int free_bench(void **state)
{
	struct bench *b = *state;

	probe_templates_free(b->templates);
	probe_topics_free(b->topics);
	return 0;
}

static void say(struct bench *b, int64_t at_ms, const char *payload, const char *topic)
{
	const struct recorded m = {.t_ms = NOW_MS + at_ms,
		.topic = topic,
		.payload = payload,
		.payload_len = strlen(payload),
		.qos = 1};

	assert_int_equal(probe_topics_add(b->topics, &m), 0);
}

PRINTF_LIKE(4, 5)
static void sayf(struct bench *b, int64_t at_ms, const char *payload, const char *fmt, ...)
{
	char topic[700];
	va_list args;

	va_start(args, fmt);
	vsnprintf(topic, sizeof(topic), fmt, args);
	va_end(args);
	say(b, at_ms, payload, topic);
}

/* The templates, in order. */
static void expect(struct bench *b, size_t count, const char *const *texts)
{
	assert_int_equal(probe_templates_new(&b->templates, b->topics), 0);
	for (size_t i = 0; i < probe_templates_count(b->templates); i++) {
		if (i >= count)
			fail_msg("one too many: %s", probe_templates_at(b->templates, i)->text);
		assert_string_equal(probe_templates_at(b->templates, i)->text, texts[i]);
	}
	assert_int_equal(probe_templates_count(b->templates), count);
}
#define EXPECT(b, ...)                                      \
	do {                                                \
		const char *const texts_[] = {__VA_ARGS__}; \
		expect(b, ARRAY_LEN(texts_), texts_);       \
	} while (0)

static void a_name_beside_an_id_says_what_it_is(void **state)
{
	struct bench *b = *state;

	say(b, 0, "{\"x\":1}", "p3/unit/U7/start");
	say(b, 1, "{\"visc\":1}", "lab/lot/R0001");
	say(b, 2, "{\"x\":1}", "p3/unit/status");
	EXPECT(b, "lab/lot/{lot}", "p3/unit/status", "p3/unit/{unit}/start");
	assert_int_equal(probe_template_find(probe_templates_at(b->templates, 2), CAPTURE_UNIT), 2);
}

static void ids_that_come_one_after_the_other_are_units(void **state)
{
	struct bench *b = *state;

	for (int i = 0; i < 10; i++) {
		sayf(b, i * 1000, "{\"x\":1}", "cell/A%06d/a", i);
		sayf(b, i * 1000 + 300, "{\"y\":1}", "cell/A%06d/b", i);
	}
	EXPECT(b, "cell/{unit}/a", "cell/{unit}/b");
	assert_int_equal(probe_templates_at(b->templates, 0)->levels[1].value_count, 10);
	assert_int_equal(probe_templates_at(b->templates, 0)->levels[1].coming, COMES_BURSTS);
}

static void ids_that_come_all_the_time_are_machines(void **state)
{
	struct bench *b = *state;

	for (int i = 0; i < 30; i++)
		sayf(b, i * 1000, "{\"x\":1}", "cell/A%06d/a", i % 3);
	EXPECT(b, "cell/{cell}/a");
	assert_int_equal(probe_templates_at(b->templates, 0)->levels[1].capture, CAPTURE_OTHER);
}

static void last_levels_with_one_kind_of_value_are_tags(void **state)
{
	struct bench *b = *state;

	say(b, 0, "218.4", "plant/oven/temp");
	say(b, 1, "41", "plant/oven/humidity");
	say(b, 2, "true", "plant/oven/door");
	say(b, 3, "{\"a\":1,\"b\":2,\"c\":3}", "plant/oven/config");
	EXPECT(b, "plant/oven/config", "plant/oven/{tag}");
	assert_int_equal(probe_templates_at(b->templates, 1)->payload, PAYLOAD_NUMBER);
}

static void events_are_never_tags(void **state)
{
	struct bench *b = *state;

	say(b, 0, "{\"serial\":\"U7\"}", "p3/oven_in");
	say(b, 1, "{\"serial\":\"U7\"}", "p3/oven_out");
	say(b, 2, "{\"serial\":\"U7\"}", "p3/paint_in");
	say(b, 3, "{\"serial\":\"U7\"}", "p3/paint_out");
	EXPECT(b, "p3/oven_in", "p3/oven_out", "p3/paint_in", "p3/paint_out");
}

static void events_among_tags_stay_events(void **state)
{
	struct bench *b = *state;

	say(b, 0, "1", "p3/speed");
	say(b, 1, "2", "p3/start");
	say(b, 2, "3", "p3/temp");
	EXPECT(b, "p3/start", "p3/{tag}");
}

/* "zone1" behind "part" is no piece: it never ends. */
static void a_name_makes_no_unit_of_what_comes_all_the_time(void **state)
{
	struct bench *b = *state;

	for (int i = 0; i < 40; i++)
		sayf(b, i * 1000, "{\"a\":1,\"b\":2}", "p3/part/zone%d/x", i % 4);
	EXPECT(b, "p3/part/{zone}/x");
}

static void an_id_that_payloads_name_is_one_in_topics_too(void **state)
{
	struct bench *b = *state;

	say(b, 0, "{\"lot\":\"PA6-1\"}", "m4/hopper");
	say(b, 10, "{\"lot\":\"PA6-2\"}", "m4/hopper");
	say(b, 20, "{\"visc\":3.5,\"h2o\":0.1}", "lab/PA6-1");
	say(b, 30, "{\"visc\":3.7,\"h2o\":0.1}", "lab/PA6-3"); /* of the same pattern */
	EXPECT(b, "lab/{lot}", "m4/hopper");
}

/* A device that says its number in topic and payload is no lot and no unit. */
static void a_number_of_a_device_is_no_id(void **state)
{
	static const char *const payloads[] = {
		"{\"serial\":\"D100001\"}", "{\"serial\":\"D100002\"}", "{\"serial\":\"D100003\"}"};
	struct bench *b = *state;

	for (int i = 0; i < 40; i++)
		sayf(b, i * 1000, payloads[i % 3], "dev/D%d/x", 100001 + i % 3);
	EXPECT(b, "dev/{dev}/x");
}

static void units_and_tags_may_vary_in_one_topic(void **state)
{
	struct bench *b = *state;

	for (int i = 0; i < 20; i++) {
		sayf(b, i * 100, "{\"lot\":\"R1\",\"ts_ms\":1}", "m/part/M%05d/start", i);
		sayf(b, i * 100 + 9, "{\"ts_ms\":1,\"value\":2}", "m/part/M%05d/value/speed", i);
		sayf(b, i * 100 + 10, "{\"ts_ms\":1,\"value\":2}", "m/part/M%05d/value/temp", i);
	}
	EXPECT(b, "m/part/{unit}/start", "m/part/{unit}/value/{tag}");
}

static void two_machines_stay_two_templates(void **state)
{
	struct bench *b = *state;

	for (int i = 0; i < 10; i++)
		sayf(b, i, "{\"a\":1,\"b\":2,\"c\":3}", "plant/press-%d", i % 2);
	EXPECT(b, "plant/press-0", "plant/press-1");
}

static void many_machines_are_one_template_named_after_them(void **state)
{
	struct bench *b = *state;

	for (int i = 0; i < 40; i++)
		sayf(b, i, "{\"a\":1,\"b\":2}", "plant/press-%d/state", i % 4);
	EXPECT(b, "plant/{press}/state");
}

static void a_level_that_is_empty_is_one(void **state)
{
	struct bench *b = *state;

	say(b, 0, "1", "/neuron//x");
	EXPECT(b, "/neuron//x");
}

static void measures_rate_and_rhythm(void **state)
{
	struct bench *b = *state;
	const struct probe_template *t;

	for (int i = 0; i < 100; i++) {
		say(b, i * 100, "1", "a/steady");
		if (i % 9 == 0 || i % 31 == 0)
			say(b, i * 100, "{\"x\":1}", "b/unsteady");
	}
	EXPECT(b, "a/steady", "b/unsteady");
	t = probe_templates_at(b->templates, 0);
	assert_int_equal(t->regularity, REGULARITY_REGULAR);
	assert_float_equal(t->interval_ms, 100, 0.001);
	assert_float_equal(t->per_second, 100 / 9.9, 0.001);
	assert_int_equal(probe_templates_at(b->templates, 1)->regularity, REGULARITY_IRREGULAR);
}

static void retained_messages_count_but_keep_no_time(void **state)
{
	struct bench *b = *state;
	const struct recorded m = {
		.t_ms = NOW_MS, .topic = "a/b", .payload = "1", .payload_len = 1, .retained = true};

	assert_int_equal(probe_topics_add(b->topics, &m), 0);
	say(b, 1000, "2", "a/b");
	EXPECT(b, "a/b");
	assert_int_equal(probe_templates_at(b->templates, 0)->messages, 2);
	assert_int_equal(probe_templates_at(b->templates, 0)->retained, 1);
	assert_int_equal(probe_templates_at(b->templates, 0)->topics[0]->live.count, 1);
}

static void keeps_the_limit_of_topics_and_counts_what_is_beyond(void **state)
{
	struct bench *b = *state;
	struct probe_heard heard;
	char long_topic[PROBE_TOPIC_BYTES_MAX + 2], deep_topic[2 * PROBE_LEVELS_MAX + 2];

	memset(long_topic, 'a', sizeof(long_topic) - 1);
	long_topic[sizeof(long_topic) - 1] = '\0';
	memset(deep_topic, '/', sizeof(deep_topic) - 1);
	deep_topic[sizeof(deep_topic) - 1] = '\0';
	say(b, 0, "1", long_topic);
	say(b, 0, "1", deep_topic);
	for (int i = 0; i < PROBE_TOPICS_MAX; i++)
		sayf(b, i, "1", "unit/U%06d/x", i);
	say(b, 99999, "1", "one/more");
	probe_topics_heard(b->topics, &heard);
	assert_int_equal(probe_topics_count(b->topics), PROBE_TOPICS_MAX);
	assert_int_equal(heard.messages, PROBE_TOPICS_MAX + 3);
	assert_int_equal(heard.messages_over, 3);
	EXPECT(b, "unit/{unit}/x");
	assert_int_equal(probe_templates_at(b->templates, 0)->topic_count, PROBE_TOPICS_MAX);
}

static void says_what_payloads_are(void **state)
{
	static const struct {
		const char *payload;
		enum probe_payload kind;
	} cases[] = {
		{"", PAYLOAD_EMPTY},
		{" 218.4\n", PAYLOAD_NUMBER},
		{"true", PAYLOAD_SCALAR},
		{"\"ON\"", PAYLOAD_SCALAR},
		{"ON", PAYLOAD_TEXT},
		{"{\"a\":1", PAYLOAD_TEXT},
		{"{\"a\":1}", PAYLOAD_OBJECT},
		{"[1]", PAYLOAD_ARRAY},
		{"\x01\x02", PAYLOAD_BINARY},
		{"\xff\xfe", PAYLOAD_BINARY},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct probe_topic *t;

		sayf(b, 0, cases[i].payload, "t%zu", i);
		t = probe_topics_at(b->topics, i);
		assert_int_equal(probe_payload_of(t->payloads), cases[i].kind);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_bench, free_bench)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_name_beside_an_id_says_what_it_is),
		TEST(ids_that_come_one_after_the_other_are_units),
		TEST(ids_that_come_all_the_time_are_machines),
		TEST(last_levels_with_one_kind_of_value_are_tags),
		TEST(events_are_never_tags),
		TEST(events_among_tags_stay_events),
		TEST(a_name_makes_no_unit_of_what_comes_all_the_time),
		TEST(an_id_that_payloads_name_is_one_in_topics_too),
		TEST(a_number_of_a_device_is_no_id),
		TEST(units_and_tags_may_vary_in_one_topic),
		TEST(two_machines_stay_two_templates),
		TEST(many_machines_are_one_template_named_after_them),
		TEST(a_level_that_is_empty_is_one),
		TEST(measures_rate_and_rhythm),
		TEST(retained_messages_count_but_keep_no_time),
		TEST(keeps_the_limit_of_topics_and_counts_what_is_beyond),
		TEST(says_what_payloads_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
