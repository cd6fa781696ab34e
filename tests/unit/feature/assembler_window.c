/* Windows over samples: where they lie, what counts in them, why a value is missing. */
#include "tests/unit/feature/flow.h"

static void finish(struct flow *f, const char *unit, int64_t ms)
{
	flow_event(f, "qc", unit, ms);
	flow_expect_unit(f, unit, "ready");
}

/* Units are ready by qc, which opens them, too. */
static void begin(struct flow *f)
{
	f->plan.unit.ready_on = F_QC;
	f->plan.sources[F_QC].opens = true;
	flow_begin(f);
}

static const double tens[][2] = {
	{0, 0}, {10, 1}, {20, 2}, {30, 3}, {40, 4}, {50, 5}, {60, 6}, {70, 7}, {80, 8}, {90, 9}};

static void without_over_it_is_the_newest_sample(void **state)
{
	struct flow *f = *state;

	flow_stream(f, "now", F_TEMP, "v", TAKE_LAST);
	flow_stream(f, "before", F_TEMP, "v", TAKE_LAST)->window.ago_ms = 25;
	flow_stream(f, "first", F_TEMP, "v", TAKE_FIRST)->window.ago_ms = 20;
	flow_stream(f, "mean", F_TEMP, "v", TAKE_MEAN);
	flow_stream(f, "sum", F_TEMP, "v", TAKE_SUM);
	flow_stream(f, "count", F_TEMP, "v", TAKE_COUNT);
	flow_stream(f, "sd", F_TEMP, "v", TAKE_SD);
	begin(f);
	flow_samples(f, 10, tens);
	finish(f, "U1", 55);
	flow_expect_number(f, "now", 5);
	flow_expect_span(f, "now", 1, 50, 50);
	flow_expect_number(f, "before", 3);
	flow_expect_span(f, "before", 1, 30, 30);
	flow_expect_number(f, "first", 3);
	flow_expect_number(f, "mean", 5);
	flow_expect_number(f, "sum", 5);
	flow_expect_number(f, "count", 1);
	flow_expect_missing(f, "sd", MISSING_UNDEFINED);
	flow_expect_span(f, "sd", 1, 50, 50);
}

static void without_over_hold_says_how_old_it_may_be(void **state)
{
	struct flow *f = *state;
	struct feature *held;

	flow_stream(f, "any", F_TEMP, "v", TAKE_LAST);
	for (int i = 0; i < 2; i++) {
		held = flow_stream(f, i ? "young" : "old", F_TEMP, "v", TAKE_LAST);
		held->window.has_hold = true;
		held->window.hold_ms = i ? 9 : 10;
	}
	begin(f);
	flow_samples(f, 10, tens);
	finish(f, "U1", 100);
	flow_expect_number(f, "old", 9);
	flow_expect_missing(f, "young", MISSING_NO_SAMPLE);
	assert_int_equal(flow_value(f, "young")->from_ms, 0);
	finish(f, "U2", 50000);
	flow_expect_number(f, "any", 9);
	flow_expect_missing(f, "old", MISSING_NO_SAMPLE);
}

static void of_no_sample_the_count_is_0_and_all_else_missing(void **state)
{
	struct flow *f = *state;

	flow_stream(f, "last", F_TEMP, "v", TAKE_LAST);
	flow_stream(f, "count", F_TEMP, "v", TAKE_COUNT);
	flow_over(f, "mean", TAKE_MEAN, 10);
	flow_over(f, "sum", TAKE_SUM, 10);
	flow_over(f, "count_over", TAKE_COUNT, 10);
	flow_during(f, "sd", OVEN, TAKE_SD);
	flow_during(f, "count_during", OVEN, TAKE_COUNT);
	begin(f);
	flow_event(f, "in", "U1", 100);
	flow_event(f, "out", "U1", 200);
	finish(f, "U1", 300);
	flow_expect_missing(f, "last", MISSING_NO_SAMPLE);
	flow_expect_number(f, "count", 0);
	flow_expect_missing(f, "mean", MISSING_NO_SAMPLE);
	flow_expect_span(f, "mean", 0, 90, 100);
	flow_expect_missing(f, "sum", MISSING_NO_SAMPLE);
	flow_expect_number(f, "count_over", 0);
	flow_expect_missing(f, "sd", MISSING_NO_SAMPLE);
	flow_expect_number(f, "count_during", 0);
	flow_expect_span(f, "count_during", 0, 100, 200);
}

static void over_is_so_long_before_the_start_both_ends_included(void **state)
{
	struct flow *f = *state;

	flow_over(f, "sum", TAKE_SUM, 30);
	flow_over(f, "earlier", TAKE_SUM, 30)->window.ago_ms = 20;
	flow_over(f, "short", TAKE_SUM, 9);
	begin(f);
	flow_samples(f, 10, tens);
	finish(f, "U1", 70);
	flow_expect_number(f, "sum", 4 + 5 + 6 + 7);
	flow_expect_span(f, "sum", 4, 40, 70);
	flow_expect_number(f, "earlier", 2 + 3 + 4 + 5);
	flow_expect_span(f, "earlier", 4, 20, 50);
	flow_expect_number(f, "short", 7);
}

/* The sum of 20 ms before each anchor. */
static void at_anchors(struct flow *f)
{
	static const struct {
		const char *name;
		enum window_anchor anchor;
		size_t station, source;
	} rows[] = {
		{"start", WINDOW_START, NO_INDEX, NO_INDEX},
		{"enter", WINDOW_ENTER, OVEN, NO_INDEX},
		{"exit", WINDOW_EXIT, OVEN, NO_INDEX},
		{"press", WINDOW_ENTER, PRESSING, NO_INDEX},
		{"next", WINDOW_EXIT, PRESSING, NO_INDEX},
		{"pack", WINDOW_EXIT, PACKING, NO_INDEX},
		{"source", WINDOW_SOURCE, NO_INDEX, F_PRESS},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct feature *made = flow_over(f, rows[i].name, TAKE_SUM, 20);

		made->window.anchor = rows[i].anchor;
		made->window.station = rows[i].station;
		made->window.source = rows[i].source;
	}
	begin(f);
	flow_samples(f, 10, tens);
}

static void windows_lie_before_their_anchors(void **state)
{
	struct flow *f = *state;

	at_anchors(f);
	flow_event(f, "out", "U1", 60);
	flow_event(f, "in", "U1", 30);
	flow_event(f, "press", "U1", 50);
	flow_event(f, "press", "U1", 40);
	flow_event(f, "press", "U2", 80);
	flow_event(f, "pack", "U1", 90);
	finish(f, "U1", 95);
	flow_expect_number(f, "start", 1 + 2 + 3);
	flow_expect_span(f, "start", 3, 10, 30);
	flow_expect_number(f, "enter", 1 + 2 + 3);
	flow_expect_number(f, "exit", 4 + 5 + 6);
	flow_expect_number(f, "press", 2 + 3 + 4);
	flow_expect_number(f, "next", 6 + 7 + 8); /* the next unit's enter */
	flow_expect_span(f, "next", 3, 60, 80);
	flow_expect_number(f, "pack", 7 + 8 + 9);
	flow_expect_number(f, "source", 2 + 3 + 4); /* the first of its messages in event time */
}

static void without_an_anchor_there_is_no_window(void **state)
{
	struct flow *f = *state;

	at_anchors(f);
	finish(f, "U1", 95);
	flow_expect_number(f, "start", 8 + 9);
	flow_expect_missing(f, "enter", MISSING_NO_ENTER);
	flow_expect_missing(f, "exit", MISSING_NO_ENTER);
	flow_expect_missing(f, "press", MISSING_NO_ENTER);
	flow_expect_missing(f, "next", MISSING_NO_ENTER);
	flow_expect_missing(f, "pack", MISSING_NO_EXIT);
	flow_expect_missing(f, "source", MISSING_NO_ANCHOR);
	assert_int_equal(flow_value(f, "source")->to_ms, 0);
	flow_event(f, "in", "U2", 95);
	flow_event(f, "press", "U2", 95);
	finish(f, "U2", 95);
	flow_expect_number(f, "enter", 8 + 9);
	flow_expect_missing(f, "exit", MISSING_NO_EXIT);
	flow_expect_missing(f, "next", MISSING_NO_EXIT);
	flow_expect_number(f, "source", 8 + 9);
}

static void a_closed_stations_exit_is_at_max_dwell(void **state)
{
	struct flow *f = *state;

	f->plan.stations[OVEN].max_dwell_ms = 25;
	f->plan.stations[OVEN].no_exit_closes = true;
	at_anchors(f);
	flow_event(f, "in", "U1", 30);
	finish(f, "U1", 95);
	flow_expect_number(f, "exit", 4 + 5);
	flow_expect_span(f, "exit", 2, 35, 55);
}

static void samples_outside_the_range_are_left_out(void **state)
{
	struct flow *f = *state;
	struct feature *made;

	made = flow_over(f, "sum", TAKE_SUM, 100);
	made->has_min = made->has_max = true;
	made->min = 3;
	made->max = 5;
	made = flow_stream(f, "newest", F_TEMP, "v", TAKE_LAST);
	made->has_max = true;
	made->max = 5;
	begin(f);
	flow_samples(f, 10, tens);
	finish(f, "U1", 100);
	flow_expect_number(f, "sum", 3 + 4 + 5); /* the bounds are in it */
	flow_expect_span(f, "sum", 3, 0, 100);
	assert_float_equal(flow_value(f, "sum")->refused.number, 9, 0); /* the last of them */
	flow_expect_number(f, "newest", 5); /* the newest that is none of them */
	flow_expect_span(f, "newest", 1, 50, 50);
}

static void where_all_are_outside_the_range_that_is_the_reason(void **state)
{
	struct flow *f = *state;
	static const char *const names[] = {"over", "few", "newest", "held", "count", "none"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct feature *made = i < 2 || i == 4
					       ? flow_over(f, names[i], TAKE_MEAN, 20)
					       : flow_stream(f, names[i], F_TEMP, "v", TAKE_LAST);

		made->has_min = true;
		made->min = 100;
	}
	f->plan.features[1].min_samples = 1;
	f->plan.features[3].window.has_hold = true;
	f->plan.features[3].window.hold_ms = 10;
	f->plan.features[4].take = TAKE_COUNT;
	f->plan.features[5].window.ago_ms = 200;
	begin(f);
	flow_samples(f, 10, tens);
	finish(f, "U1", 100);
	for (size_t i = 0; i < 4; i++) {
		flow_expect_missing(f, names[i], MISSING_OUT_OF_RANGE);
		assert_float_equal(flow_value(f, names[i])->refused.number, 9, 0);
	}
	flow_expect_span(f, "over", 0, 80, 100);
	flow_expect_number(f, "count", 0);
	assert_float_equal(flow_value(f, "count")->refused.number, 9, 0);
	flow_expect_missing(f, "none", MISSING_NO_SAMPLE);
	finish(f, "U2", 101);
	flow_expect_missing(f, "held", MISSING_NO_SAMPLE); /* too old to be refused */
	finish(f, "U3", 111);
	flow_expect_missing(f, "over", MISSING_NO_SAMPLE);
	flow_expect_missing(f, "few", MISSING_TOO_FEW);
}

static void fewer_than_min_samples_are_too_few(void **state)
{
	struct flow *f = *state;
	struct feature *made;

	flow_over(f, "two", TAKE_MEAN, 10)->min_samples = 2;
	flow_over(f, "three", TAKE_MEAN, 10)->min_samples = 3;
	flow_over(f, "count", TAKE_COUNT, 10)->min_samples = 3;
	made = flow_over(f, "accepted", TAKE_MEAN, 20);
	made->min_samples = 2;
	made->has_max = true;
	made->max = 7;
	begin(f);
	flow_samples(f, 10, tens);
	finish(f, "U1", 90);
	flow_expect_number(f, "two", 8.5);
	flow_expect_missing(f, "three", MISSING_TOO_FEW);
	flow_expect_span(f, "three", 2, 80, 90);
	flow_expect_missing(f, "count", MISSING_TOO_FEW);
	flow_expect_missing(f, "accepted", MISSING_TOO_FEW);
	assert_float_equal(flow_value(f, "accepted")->refused.number, 9, 0);
}

static void what_cannot_be_taken_of_so_few_is_undefined(void **state)
{
	struct flow *f = *state;

	flow_over(f, "sd", TAKE_SD, 5);
	flow_over(f, "slope", TAKE_SLOPE, 5);
	flow_over(f, "huge", TAKE_SUM, 30);
	begin(f);
	flow_samples(f, 10, tens);
	assert_int_equal(flow_sample(f, 70, 1.7e308), REFUSAL_NONE);
	assert_int_equal(flow_sample(f, 71, 1.7e308), REFUSAL_NONE);
	finish(f, "U1", 90);
	flow_expect_missing(f, "sd", MISSING_UNDEFINED);
	flow_expect_span(f, "sd", 1, 85, 90);
	flow_expect_missing(f, "slope", MISSING_UNDEFINED);
	flow_expect_missing(f, "huge", MISSING_UNDEFINED);
}

static void features_of_one_window_share_nothing_but_its_samples(void **state)
{
	struct flow *f = *state;
	struct feature *made;

	flow_over(f, "mean", TAKE_MEAN, 20);
	flow_over(f, "max", TAKE_MAX, 20)->min_samples = 4;
	flow_over(f, "min", TAKE_MIN, 20);
	flow_stream(f, "newest", F_TEMP, "v", TAKE_LAST);
	flow_over(f, "slope", TAKE_SLOPE, 20);
	made = flow_over(f, "bounded", TAKE_SLOPE, 20);
	made->has_max = true;
	made->max = 7;
	begin(f);
	flow_samples(f, 10, tens);
	for (int i = 0; i < 2; i++) {
		finish(f, i ? "U2" : "U1", i ? 80 : 90);
		flow_expect_number(f, "mean", i ? 7 : 8);
		flow_expect_missing(f, "max", MISSING_TOO_FEW);
		flow_expect_number(f, "min", i ? 6 : 7);
		flow_expect_number(f, "newest", i ? 8 : 9);
		flow_expect_number(f, "slope", 100);
		if (i)
			flow_expect_number(f, "bounded", 100);
		else
			flow_expect_missing(f, "bounded", MISSING_UNDEFINED);
	}
}

static struct feature *text(struct flow *f, const char *name, enum take take, int64_t over_ms)
{
	struct feature *made = flow_stream(f, name, F_TEMP, "mode", take);

	made->is_text = true;
	made->window.has_over = over_ms > 0;
	made->window.over_ms = over_ms;
	return made;
}

static void texts_are_the_first_or_the_last(void **state)
{
	struct flow *f = *state;

	text(f, "first", TAKE_FIRST, 20);
	text(f, "last", TAKE_LAST, 20);
	text(f, "few", TAKE_LAST, 20)->min_samples = 3;
	text(f, "newest", TAKE_LAST, 0);
	text(f, "none", TAKE_LAST, 5);
	text(f, "none_first", TAKE_FIRST, 4)->window.ago_ms = 5;
	begin(f);
	assert_int_equal(flow_send(f, "f/temp", 10, "\"mode\":\"a\""), REFUSAL_NONE);
	assert_int_equal(flow_send(f, "f/temp", 30, "\"mode\":\"c\""), REFUSAL_NONE);
	assert_int_equal(flow_send(f, "f/temp", 25, "\"mode\":\"b\""), REFUSAL_NONE);
	assert_int_equal(flow_send(f, "f/temp", 51, "\"mode\":\"d\""), REFUSAL_NONE);
	finish(f, "U1", 40);
	flow_expect_text(f, "first", "b");
	flow_expect_text(f, "last", "c");
	flow_expect_span(f, "last", 2, 20, 40);
	flow_expect_missing(f, "few", MISSING_TOO_FEW);
	flow_expect_text(f, "newest", "c");
	flow_expect_span(f, "newest", 1, 30, 30);
	flow_expect_missing(f, "none", MISSING_NO_SAMPLE);
	flow_expect_missing(f, "none_first", MISSING_NO_SAMPLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(without_over_it_is_the_newest_sample),
		FLOW_TEST(without_over_hold_says_how_old_it_may_be),
		FLOW_TEST(of_no_sample_the_count_is_0_and_all_else_missing),
		FLOW_TEST(over_is_so_long_before_the_start_both_ends_included),
		FLOW_TEST(windows_lie_before_their_anchors),
		FLOW_TEST(without_an_anchor_there_is_no_window),
		FLOW_TEST(a_closed_stations_exit_is_at_max_dwell),
		FLOW_TEST(samples_outside_the_range_are_left_out),
		FLOW_TEST(where_all_are_outside_the_range_that_is_the_reason),
		FLOW_TEST(fewer_than_min_samples_are_too_few),
		FLOW_TEST(what_cannot_be_taken_of_so_few_is_undefined),
		FLOW_TEST(features_of_one_window_share_nothing_but_its_samples),
		FLOW_TEST(texts_are_the_first_or_the_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
