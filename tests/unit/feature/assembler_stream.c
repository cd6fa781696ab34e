/* Samples of streams: which are kept, which are refused and why, what is counted. */
#include "tests/unit/feature/flow.h"

#include "lib/feature/assembler_inside.h" /* to see what is kept */

/* The newest v and w, the text mode; a unit that starts at 1000 wants them. */
static void begin(struct flow *f)
{
	flow_stream(f, "v", F_TEMP, "v", TAKE_LAST);
	flow_stream(f, "w", F_TEMP, "w", TAKE_LAST);
	flow_stream(f, "mode", F_TEMP, "mode", TAKE_LAST)->is_text = true;
	flow_stream(f, "air", F_TAGS, "air", TAKE_LAST);
	flow_begin(f);
}

static void take_unit(struct flow *f, int64_t ms)
{
	flow_event(f, "in", "U1", ms);
	flow_expect_unit(f, "U1", "complete");
}

static size_t kept(const struct flow *f, const char *feature)
{
	return signal_count(
		f->a->signals[f->a->routes.slots[plan_find_feature(&f->plan, feature)]]);
}

static void a_unit_gets_what_was_in_force_whatever_the_order(void **state)
{
	struct flow *f = *state;

	begin(f);
	assert_int_equal(flow_sample(f, 900, 3), REFUSAL_NONE);
	assert_int_equal(flow_sample(f, 700, 1), REFUSAL_NONE);
	assert_int_equal(flow_sample(f, 1001, 4), REFUSAL_NONE);
	assert_int_equal(flow_sample(f, 800, 2), REFUSAL_NONE);
	take_unit(f, 1000);
	flow_expect_number(f, "v", 3);
	flow_expect_span(f, "v", 1, 900, 900);
	flow_expect_missing(f, "w", MISSING_NO_SAMPLE);
	flow_expect_missing(f, "mode", MISSING_NO_SAMPLE);
	assert_int_equal(flow_value(f, "w")->from_ms, 0);
}

static void all_fields_of_a_message_are_samples(void **state)
{
	struct flow *f = *state;

	begin(f);
	assert_int_equal(flow_send(f, "f/temp", 5, "\"v\":1,\"w\":2.5,\"mode\":\"on\",\"x\":9"),
		REFUSAL_NONE);
	take_unit(f, 5);
	flow_expect_number(f, "v", 1);
	flow_expect_number(f, "w", 2.5);
	flow_expect_text(f, "mode", "on");
	flow_expect_span(f, "mode", 1, 5, 5);
}

static void the_same_sample_again_is_a_duplicate(void **state)
{
	struct flow *f = *state;

	begin(f);
	assert_int_equal(flow_send(f, "f/temp", 5, "\"v\":1,\"mode\":\"on\""), REFUSAL_NONE);
	assert_int_equal(flow_send(f, "f/temp", 5, "\"v\":1"), REFUSAL_DUPLICATE);
	assert_string_equal(
		f->err.text, "source \"temp\": the same sample of the same time is there already");
	assert_int_equal(flow_send(f, "f/temp", 5, "\"mode\":\"on\""), REFUSAL_DUPLICATE);
	assert_int_equal(flow_send(f, "f/temp", 5, "\"v\":2,\"mode\":\"on\""), REFUSAL_NONE);
	assert_int_equal(flow_send(f, "f/temp", 5, "\"v\":1,\"mode\":\"on\""), REFUSAL_DUPLICATE);
	assert_int_equal(flow_send(f, "f/temp", 6, "\"v\":1,\"mode\":\"on\""), REFUSAL_NONE);
	assert_int_equal(kept(f, "v"), 3);
	assert_int_equal(kept(f, "mode"), 2);
	assert_int_equal(flow_counts(f).refused[REFUSAL_DUPLICATE], 3);
	assert_int_equal(flow_counts(f).used, 3);
	take_unit(f, 5);
	flow_expect_number(f, "v", 2); /* of equal times the later arrival */
}

static void without_times_of_their_own_equal_samples_are_two(void **state)
{
	struct flow *f = *state;

	begin(f);
	assert_int_equal(flow_message(f, "f/tag/air", "7", false), REFUSAL_NONE);
	assert_int_equal(flow_message(f, "f/tag/air", "7", false), REFUSAL_NONE);
	assert_int_equal(kept(f, "air"), 2);
	take_unit(f, 0);
	flow_expect_number(f, "air", 7);
	flow_expect_span(f, "air", 1, 0, 0); /* when it was received */
}

static void a_tag_that_nobody_wants_is_no_value(void **state)
{
	struct flow *f = *state;

	begin(f);
	assert_int_equal(flow_message(f, "f/tag/water", "7", false), REFUSAL_NO_VALUE);
	assert_string_equal(
		f->err.text, "source \"tags\": nothing in it that a feature or lot wants");
	assert_int_equal(flow_send(f, "f/temp", 5, "\"x\":7,\"v\":null"), REFUSAL_NO_VALUE);
	assert_string_equal(
		f->err.text, "source \"temp\": nothing in it that a feature or lot wants");
	assert_int_equal(kept(f, "air"), 0);
}

static void what_is_older_than_all_that_is_kept_is_outdated(void **state)
{
	struct flow *f = *state;

	f->limits.samples = 3;
	begin(f);
	for (int i = 0; i < 5; i++)
		assert_int_equal(flow_sample(f, 100 * i, i), REFUSAL_NONE);
	assert_int_equal(flow_counts(f).samples_over, 2);
	assert_int_equal(flow_sample(f, 100, 9), REFUSAL_OUTDATED);
	assert_string_equal(f->err.text, "source \"temp\": it is older than what is kept");
	assert_int_equal(flow_sample(f, 199, 9), REFUSAL_OUTDATED);
	assert_int_equal(flow_counts(f).samples_over, 2);
	assert_int_equal(flow_sample(f, 201, 9), REFUSAL_NONE);
	assert_int_equal(flow_counts(f).samples_over, 3);
	assert_int_equal(flow_counts(f).refused[REFUSAL_OUTDATED], 2);
	assert_int_equal(kept(f, "v"), 3);
	take_unit(f, 1000);
	flow_expect_number(f, "v", 4);
}

static void values_of_another_type_are_counted(void **state)
{
	static const char *const members[] = {
		"\"v\":\"7\"", "\"v\":[7]", "\"v\":{}", "\"mode\":[1]"};
	struct flow *f = *state;

	begin(f);
	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		assert_int_equal(flow_send(f, "f/temp", 5, members[i]), REFUSAL_NO_VALUE);
		assert_string_equal(f->err.text,
			"source \"temp\": its values are not of the type that is wanted");
	}
	assert_int_equal(flow_counts(f).values[VALUE_REFUSAL_WRONG_TYPE], 4);
	assert_int_equal(flow_send(f, "f/temp", 5, "\"v\":\"7\",\"w\":3"), REFUSAL_NONE);
	assert_int_equal(flow_counts(f).values[VALUE_REFUSAL_WRONG_TYPE], 5);
	assert_int_equal(flow_send(f, "f/temp", 5, "\"v\":true,\"mode\":7.5"), REFUSAL_NONE);
	take_unit(f, 5);
	flow_expect_number(f, "v", 1);
	flow_expect_text(f, "mode", "7.5"); /* a number as its text */
}

static void the_first_reason_of_a_message_is_its_reason(void **state)
{
	struct flow *f = *state;

	begin(f);
	assert_int_equal(flow_send(f, "f/temp", 5, "\"v\":1,\"w\":2"), REFUSAL_NONE);
	assert_int_equal(flow_send(f, "f/temp", 5, "\"v\":1,\"w\":\"x\""), REFUSAL_DUPLICATE);
	assert_int_equal(flow_send(f, "f/temp", 5, "\"v\":\"x\",\"w\":2"), REFUSAL_NO_VALUE);
}

static void a_text_may_have_256_bytes(void **state)
{
	struct flow *f = *state;
	char members[300] = "\"mode\":\"";

	begin(f);
	memset(members + 8, 'x', 257);
	strcpy(members + 8 + 257, "\"");
	assert_int_equal(flow_send(f, "f/temp", 5, members), REFUSAL_NO_VALUE);
	assert_int_equal(flow_counts(f).values[VALUE_REFUSAL_OUT_OF_RANGE], 1);
	strcpy(members + 8 + 256, "\"");
	assert_int_equal(flow_send(f, "f/temp", 5, members), REFUSAL_NONE);
	take_unit(f, 5);
	assert_int_equal(strlen(flow_value(f, "mode")->value.text), 256);
}

static void samples_outside_the_range_are_counted_once_each(void **state)
{
	struct flow *f = *state;
	struct feature *low, *high;

	low = flow_over(f, "low", TAKE_COUNT, 1000);
	low->has_max = true;
	low->max = 20;
	high = flow_over(f, "high", TAKE_COUNT, 1000);
	high->has_min = high->has_max = true;
	high->min = 10;
	high->max = 15;
	flow_over(f, "all", TAKE_COUNT, 1000);
	flow_begin(f);
	for (int i = 0; i < 5; i++)
		assert_int_equal(flow_sample(f, 10 * i, 5 * (i + 1)), REFUSAL_NONE);
	/* 5 20 25: two of them are refused by one feature, 25 by both */
	assert_int_equal(flow_counts(f).values[VALUE_REFUSAL_OUT_OF_RANGE], 3);
	assert_int_equal(flow_sample(f, 40, 25), REFUSAL_DUPLICATE);
	assert_int_equal(flow_counts(f).values[VALUE_REFUSAL_OUT_OF_RANGE], 3);
	take_unit(f, 40);
	flow_expect_number(f, "low", 4);
	flow_expect_number(f, "high", 2);
	flow_expect_number(f, "all", 5);
	assert_float_equal(flow_value(f, "low")->refused.number, 25, 0);
	assert_float_equal(flow_value(f, "high")->refused.number, 25, 0);
	assert_int_equal(flow_value(f, "all")->refused.kind, VALUE_MISSING);
}

static void a_retained_message_is_no_sample(void **state)
{
	struct flow *f = *state;

	begin(f);
	assert_int_equal(flow_message(f, "f/temp", "{\"ts\":1800000000000,\"v\":1}", true),
		REFUSAL_RETAINED);
	assert_string_equal(
		f->err.text, "source \"temp\": a retained message is old, and no sample");
	assert_int_equal(flow_message(f, "f/temp", "{\"ts\":1800000000000,\"v\":\"x\"}", true),
		REFUSAL_RETAINED);
	assert_int_equal(flow_counts(f).values[VALUE_REFUSAL_WRONG_TYPE], 0);
	assert_int_equal(kept(f, "v"), 0);
}

static void only_what_journaled_sources_used_is_journaled(void **state)
{
	struct flow *f = *state;

	begin(f);
	assert_int_equal(flow_sample(f, 1, 1), REFUSAL_NONE);
	assert_false(assembler_spares_journal(f->a));
	assert_int_equal(flow_message(f, "f/tag/air", "7", false), REFUSAL_NONE);
	assert_true(assembler_spares_journal(f->a));
	assert_int_equal(flow_message(f, "f/tag/none", "7", false), REFUSAL_NO_VALUE);
	assert_false(assembler_spares_journal(f->a));
	/* the temperature is read of the same topic, too */
	topic_template_free(f->plan.sources[F_TEMP].topic);
	assert_int_equal(topic_template_new(&f->plan.sources[F_TEMP].topic, "f/tag/+", NULL), 0);
	f->plan.sources[F_TEMP].time_format = TIME_OF_RECEIPT;
	free(f->plan.features[0].field);
	f->plan.features[0].field = strdup("value");
	flow_begin(f);
	assert_int_equal(flow_message(f, "f/tag/air", "7", false), REFUSAL_NONE);
	assert_false(assembler_spares_journal(f->a));
}

static void elements_of_a_message_are_samples_each(void **state)
{
	struct flow *f = *state;

	f->plan.sources[F_TEMP].each = strdup("/v");
	f->limits.array_elements = 3;
	begin(f);
	assert_int_equal(flow_message(f, "f/temp", "{\"v\":[]}", false), REFUSAL_NO_VALUE);
	assert_string_equal(f->err.text, "source \"temp\": there is nothing in it to take apart");
	assert_int_equal(flow_message(f, "f/temp",
				 "{\"v\":[{\"v\":1},{\"ts\":1800000000001,\"v\":2},"
				 "{\"ts\":1800000000002,\"v\":3},{\"ts\":1800000000003,\"v\":4},"
				 "{\"ts\":1800000000004,\"v\":5}]}",
				 false),
		REFUSAL_NONE);
	assert_int_equal(flow_counts(f).array_elements_over, 2);
	assert_int_equal(kept(f, "v"), 2);
	assert_int_equal(flow_message(f, "f/temp",
				 "{\"v\":[{\"v\":1},{\"ts\":1800000000001,\"v\":2}]}", false),
		REFUSAL_BAD_TIME);
	assert_string_equal(
		f->err.text, "source \"temp\": /ts is missing, milliseconds since 1970 are wanted");
}

/* temp is only for messages of this kind. */
static void want_kind(struct flow *f, size_t source, const char *kind)
{
	struct source *s = &f->plan.sources[source];

	s->when = calloc(1, sizeof(*s->when));
	s->when_count = 1;
	s->when[0].at.text = strdup("/kind");
	s->when[0].values = (struct scalar_list){calloc(1, sizeof(struct scalar)), 1};
	s->when[0].values.v[0] = (struct scalar){.kind = SCALAR_TEXT, .text = strdup(kind)};
}

static void elements_that_are_not_wanted_refuse_nothing(void **state)
{
	struct flow *f = *state;

	want_kind(f, F_TEMP, "t");
	f->plan.sources[F_TEMP].each = strdup("/v");
	begin(f);
	assert_int_equal(
		flow_message(f, "f/temp",
			"{\"v\":[{\"kind\":\"x\"},{\"kind\":\"t\"},{\"kind\":\"x\"}]}", false),
		REFUSAL_BAD_TIME);
	assert_string_equal(
		f->err.text, "source \"temp\": /ts is missing, milliseconds since 1970 are wanted");
	assert_int_equal(
		flow_message(f, "f/temp", "{\"v\":[{\"kind\":\"x\"},{\"kind\":\"y\"}]}", false),
		REFUSAL_UNMATCHED);
	assert_string_equal(f->err.text, "source \"temp\" does not want it: /kind is \"x\"");
	assert_int_equal(flow_counts(f).refused[REFUSAL_UNMATCHED], 1);
	assert_int_equal(flow_counts(f).received, 2);
}

static void a_source_that_does_not_want_it_is_not_the_one_that_refused(void **state)
{
	struct flow *f = *state;

	/* two sources of one topic, told apart by the kind of message */
	want_kind(f, F_TEMP, "t");
	want_kind(f, F_LOAD, "l");
	topic_template_free(f->plan.sources[F_LOAD].topic);
	assert_int_equal(topic_template_new(&f->plan.sources[F_LOAD].topic, "f/temp", NULL), 0);
	begin(f);
	assert_int_equal(flow_send(f, "f/temp", 0, "\"kind\":\"l\""), REFUSAL_NO_VALUE);
	assert_string_equal(
		f->err.text, "source \"load\": nothing in it that a feature or lot wants");
	assert_int_equal(flow_send(f, "f/temp", 0, "\"kind\":\"t\""), REFUSAL_NO_VALUE);
	assert_string_equal(
		f->err.text, "source \"temp\": nothing in it that a feature or lot wants");
	assert_int_equal(flow_send(f, "f/temp", 0, "\"kind\":\"x\""), REFUSAL_UNMATCHED);
	assert_string_equal(f->err.text, "source \"load\" does not want it: /kind is \"x\"");
	assert_int_equal(flow_counts(f).refused[REFUSAL_NO_VALUE], 2);
	assert_int_equal(flow_counts(f).refused[REFUSAL_UNMATCHED], 1);
}

static void samples_of_bad_quality_are_counted_as_values_too(void **state)
{
	struct flow *f = *state;
	struct source *temp = &f->plan.sources[F_TEMP];

	temp->quality = calloc(1, sizeof(*temp->quality));
	temp->quality->at.text = strdup("/q");
	temp->quality->values = (struct scalar_list){calloc(1, sizeof(struct scalar)), 1};
	temp->quality->values.v[0] = (struct scalar){.kind = SCALAR_BOOL, .number = 1};
	begin(f);
	assert_int_equal(flow_send(f, "f/temp", 0, "\"v\":1,\"q\":false"), REFUSAL_QUALITY);
	assert_int_equal(flow_send(f, "f/temp", 0, "\"v\":1"), REFUSAL_QUALITY);
	assert_int_equal(flow_send(f, "f/temp", 0, "\"v\":1,\"q\":true"), REFUSAL_NONE);
	assert_int_equal(flow_counts(f).values[VALUE_REFUSAL_QUALITY], 2);
	assert_int_equal(flow_counts(f).refused[REFUSAL_QUALITY], 2);
	assert_int_equal(kept(f, "v"), 1);
}

static void a_stream_far_ahead_is_refused(void **state)
{
	struct flow *f = *state;

	f->restarts = false; /* who agrees with our clock is known since the start */
	begin(f);
	flow_event(f, "in", "U1", 0);
	assert_int_equal(flow_sample(f, 60001, 1), REFUSAL_FUTURE);
	assert_int_equal(flow_sample(f, 60000, 1), REFUSAL_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(a_unit_gets_what_was_in_force_whatever_the_order),
		FLOW_TEST(all_fields_of_a_message_are_samples),
		FLOW_TEST(the_same_sample_again_is_a_duplicate),
		FLOW_TEST(without_times_of_their_own_equal_samples_are_two),
		FLOW_TEST(a_tag_that_nobody_wants_is_no_value),
		FLOW_TEST(what_is_older_than_all_that_is_kept_is_outdated),
		FLOW_TEST(values_of_another_type_are_counted),
		FLOW_TEST(the_first_reason_of_a_message_is_its_reason),
		FLOW_TEST(a_text_may_have_256_bytes),
		FLOW_TEST(samples_outside_the_range_are_counted_once_each),
		FLOW_TEST(a_retained_message_is_no_sample),
		FLOW_TEST(only_what_journaled_sources_used_is_journaled),
		FLOW_TEST(elements_of_a_message_are_samples_each),
		FLOW_TEST(elements_that_are_not_wanted_refuse_nothing),
		FLOW_TEST(a_source_that_does_not_want_it_is_not_the_one_that_refused),
		FLOW_TEST(samples_of_bad_quality_are_counted_as_values_too),
		FLOW_TEST(a_stream_far_ahead_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
