/* Room for samples: what goes and what stays, and windows that are worked out before theirs go. */
#include "tests/unit/feature/flow.h"

#include "lib/feature/assembler_inside.h" /* to see what is kept */

#define STEP_MS 100 /* between the samples */
/* How many of them a window of 5 s wants to be kept: back to 5 s and 2 min before the newest, and
 * the one before. */
#define KEPT 1252

/* Events may come at any time, but no more than 2 min after their samples. */
static void begin(struct flow *f)
{
	f->limits.samples = 100000;
	f->limits.future_limit_ms = INT64_MAX / 4;
	f->plan.unit.deadline_ms = 120000;
	flow_begin(f);
}

static const struct signal *signal_of(const struct flow *f, const char *feature)
{
	return f->a->signals[f->a->routes.slots[plan_find_feature(&f->plan, feature)]];
}

/* Samples from from_ms on, each as large as its time in seconds. A restart before each would take
 * too long; there is one before the last. */
static void feed(struct flow *f, int64_t from_ms, size_t count)
{
	bool restarts = f->restarts;

	for (size_t i = 0; i < count; i++) {
		int64_t ms = from_ms + (int64_t)i * STEP_MS;

		f->restarts = restarts && i + 1 == count;
		assert_int_equal(flow_sample(f, ms, (double)ms / 1000), REFUSAL_NONE);
	}
	f->restarts = restarts;
}

static void some_are_kept_whatever_their_age(void **state)
{
	struct flow *f = *state;

	flow_over(f, "mean", TAKE_MEAN, 5000);
	begin(f);
	for (int i = 0; i < 100; i++)
		assert_int_equal(flow_sample(f, 1000000 * i, i), REFUSAL_NONE);
	assert_int_equal(signal_count(signal_of(f, "mean")), 100);
}

static void those_that_no_window_can_want_go(void **state)
{
	struct flow *f = *state;

	flow_over(f, "mean", TAKE_MEAN, 5000);
	begin(f);
	feed(f, 0, 2048);
	assert_int_equal(signal_count(signal_of(f, "mean")), 2048);
	feed(f, 2048 * STEP_MS, 1);
	assert_int_equal(signal_count(signal_of(f, "mean")), KEPT + 1);
	assert_int_equal(signal_dropped_to_ms(signal_of(f, "mean")), NOW + 79500);
	assert_int_equal(flow_counts(f).samples_over, 0);
	flow_event(f, "in", "U1", 90000); /* late, but all is there */
	flow_expect_unit(f, "U1", "complete");
	flow_expect_number(f, "mean", 87.5);
	flow_event(f, "in", "U2", 84500); /* the newest before its window went */
	flow_expect_unit(f, "U2", "complete");
	flow_expect_missing(f, "mean", MISSING_TRUNCATED);
	flow_expect_span(f, "mean", 0, 79500, 84500);
	flow_event(f, "in", "U3", 84501);
	flow_expect_unit(f, "U3", "complete");
	flow_expect_number(f, "mean", 82.05);
}

static void feed_texts(struct flow *f, int64_t from_ms, size_t count)
{
	bool restarts = f->restarts;

	f->restarts = false;
	for (size_t i = 0; i < count; i++)
		assert_int_equal(flow_send(f, "f/temp", from_ms + (int64_t)i * STEP_MS,
					 i % 2 ? "\"mode\":\"cold\"" : "\"mode\":\"hot\""),
			REFUSAL_NONE);
	f->restarts = restarts;
}

/* Everything a window's value may be. */
static void add_features(struct flow *f)
{
	struct feature *made;

	flow_over(f, "mean", TAKE_MEAN, 5000);
	flow_over(f, "few", TAKE_MEAN, 5000)->min_samples = 1000;
	made = flow_over(f, "bounded", TAKE_MAX, 5000);
	made->has_max = true;
	made->max = 96;
	made = flow_over(f, "held", TAKE_FIRST, 50);
	made->window.has_hold = true;
	made->window.hold_ms = 100;
	made->window.ago_ms = 20;
	flow_stream(f, "newest", F_TEMP, "v", TAKE_LAST)->window.ago_ms = 50;
	made = flow_stream(f, "mode", F_TEMP, "mode", TAKE_LAST);
	made->is_text = true;
	made->window.has_over = true;
	made->window.over_ms = 5000;
	flow_during(f, "oven", OVEN, TAKE_MEAN);
	flow_add(f, test_feature("x", FEATURE_UNIT, F_PACK, "x", 0));
}

static void expect_values(const struct flow *f)
{
	flow_expect_number(f, "mean", 97.5);
	flow_expect_span(f, "mean", 51, 95000, 100000);
	flow_expect_missing(f, "few", MISSING_TOO_FEW);
	assert_int_equal(flow_value(f, "few")->n, 51);
	flow_expect_number(f, "bounded", 96);
	assert_float_equal(flow_value(f, "bounded")->refused.number, 100, 0);
	flow_expect_number(f, "held", 99.9);
	assert_true(flow_value(f, "held")->is_held);
	flow_expect_number(f, "newest", 99.9);
	flow_expect_span(f, "newest", 1, 99900, 99900);
	flow_expect_text(f, "mode", "warm");
	flow_expect_missing(f, "oven", MISSING_NO_EXIT);
	flow_expect_number(f, "x", 7);
}

/* A unit that started at 100 s and was in the oven too long. */
static void begin_waiting(struct flow *f)
{
	add_features(f);
	begin(f);
	assert_int_equal(flow_send(f, "f/temp", 99000, "\"mode\":\"warm\""), REFUSAL_NONE);
	feed(f, 0, 1010);
	flow_event(f, "in", "U1", 100000);
	flow_at(f, FLOW_DWELL_MS + 3000);
}

static void a_unit_that_waits_keeps_the_values_of_its_windows(void **state)
{
	struct flow *f = *state;

	begin_waiting(f);
	feed_texts(f, 101000, 4200);
	feed(f, 101000, 8000);
	assert_true(signal_dropped_to_ms(signal_of(f, "mean")) > NOW + 200000);
	assert_true(signal_dropped_to_ms(signal_of(f, "mode")) > NOW + 200000);
	flow_maybe_restart(f);
	assert_false(flow_next(f));
	assert_int_equal(flow_unit(f, "pack", "U1", 90000, "\"x\":7"), REFUSAL_NONE);
	flow_expect_unit(f, "U1", "complete");
	expect_values(f);
}

static void a_unit_that_waits_has_the_same_values_where_nothing_went(void **state)
{
	struct flow *f = *state;

	begin_waiting(f);
	assert_int_equal(flow_unit(f, "pack", "U1", 90000, "\"x\":7"), REFUSAL_NONE);
	flow_expect_unit(f, "U1", "complete");
	expect_values(f);
}

static void a_window_keeps_its_samples_as_long_as_a_stay_may_last(void **state)
{
	struct flow *f = *state;

	f->plan.stations[OVEN].max_dwell_ms = 2000000;
	f->plan.stations[PRESSING].max_dwell_ms = 2000000;
	flow_during(f, "oven", OVEN, TAKE_COUNT);
	flow_during(f, "pressing", PRESSING, TAKE_COUNT);
	begin(f);
	feed(f, 0, 1000);
	flow_event(f, "in", "U1", 50000);
	flow_event(f, "press", "U1", 60000);
	feed(f, 100000, 20000); /* 2000 s */
	assert_true(signal_dropped_to_ms(signal_of(f, "oven")) < NOW + 50000);
	flow_event(f, "out", "U1", 70000);
	flow_event(f, "press", "U2", 70000);
	flow_at(f, 2000);
	flow_expect_unit(f, "U1", "complete");
	flow_expect_number(f, "oven", 201);
	flow_expect_number(f, "pressing", 100);
}

static void a_window_at_an_exit_keeps_what_it_may_want(void **state)
{
	struct flow *f = *state;
	struct feature *made = flow_over(f, "sum", TAKE_COUNT, 1000);

	made->window.anchor = WINDOW_EXIT;
	made->window.station = OVEN;
	made->window.ago_ms = 4000;
	f->plan.stations[OVEN].max_dwell_ms = 3000000;
	begin(f);
	feed(f, 0, 1000);
	flow_event(f, "in", "U1", 50000);
	feed(f, 100000, 20000);
	flow_event(f, "out", "U1", 2050000); /* 50 s late */
	flow_at(f, 2000);
	flow_expect_unit(f, "U1", "complete");
	flow_expect_number(f, "sum", 11);
	flow_expect_span(f, "sum", 11, 2045000, 2046000);
}

static void with_exits_alone_all_is_kept_since_the_last(void **state)
{
	struct flow *f = *state;

	flow_during(f, "packing", PACKING, TAKE_COUNT);
	begin(f);
	feed(f, 0, 5000);
	assert_int_equal(signal_count(signal_of(f, "packing")), 5000); /* none was packed yet */
	flow_event(f, "pack", "U1", 250000);
	flow_expect_unit(f, "U1", "complete");
	flow_expect_number(f, "packing", 2501);
	feed(f, 500000, 20000);
	flow_event(f, "pack", "U2", 2400000);
	flow_expect_unit(f, "U2", "complete");
	flow_expect_number(f, "packing", 21500);
	feed(f, 2500000, 20000);
	assert_true(signal_dropped_to_ms(signal_of(f, "packing")) > NOW + 2200000);
	assert_true(signal_dropped_to_ms(signal_of(f, "packing")) < NOW + 2400000);
}

static void with_look_back_no_more_is_kept(void **state)
{
	struct flow *f = *state;

	f->plan.stations[PACKING].look_back_ms = 5000;
	flow_during(f, "packing", PACKING, TAKE_COUNT);
	begin(f);
	feed(f, 0, 2049);
	assert_int_equal(signal_count(signal_of(f, "packing")), KEPT + 1);
}

static void units_by_the_clock_that_are_to_come_keep_theirs(void **state)
{
	struct flow *f = *state;

	f->plan.unit.every_ms = 50000;
	flow_over(f, "mean", TAKE_MEAN, 5000);
	begin(f);
	flow_at(f, 10000);
	assert_false(flow_next(f));
	feed(f, 0, 20000); /* 2000 s, while the line's clock stands still */
	f->now_ms = NOW + 100000;
	f->clock_ms = 50000;
	flow_expect_unit(f, "flow-2027-01-15T08:00:50.000Z", "every");
	flow_expect_number(f, "mean", 47.5);
	flow_expect_unit(f, "flow-2027-01-15T08:01:40.000Z", "every");
	flow_expect_number(f, "mean", 97.5);
	flow_at(f, 2000000);
	while (flow_next(f))
		continue;
	feed(f, 2000000, 20000); /* now they may go */
	assert_true(signal_dropped_to_ms(signal_of(f, "mean")) > NOW + 1500000);
}

static void what_tells_the_lot_goes_and_the_unit_keeps_it(void **state)
{
	struct flow *f = *state;

	flow_add(f, test_feature("resin", FEATURE_LOT_ID, 0, NULL, F_RESIN));
	flow_add(f, test_feature("x", FEATURE_UNIT, F_PACK, "x", 0));
	begin(f);
	f->restarts = false;
	assert_int_equal(flow_send(f, "f/load", 0, "\"resin\":\"R1\""), REFUSAL_NONE);
	flow_event(f, "in", "U1", 0);
	for (int i = 1; i <= 5000; i++)
		assert_int_equal(
			flow_send(f, "f/load", i * STEP_MS, "\"resin\":\"R2\""), REFUSAL_NONE);
	assert_true(signal_count(f->a->signals[0]) < 5000);
	flow_restart(f);
	flow_event(f, "out", "U1", 0);
	assert_int_equal(flow_unit(f, "pack", "U1", 0, "\"x\":7"), REFUSAL_NONE);
	flow_expect_unit(f, "U1", "complete");
	flow_expect_text(f, "resin", "R1");
}

static void at_the_limit_windows_that_are_final_are_worked_out(void **state)
{
	struct flow *f = *state;

	f->plan.sources[F_PACK].opens = false;
	flow_over(f, "mean", TAKE_MEAN, 5000);
	flow_stream(f, "newest", F_TEMP, "v", TAKE_LAST);
	flow_during(f, "oven", OVEN, TAKE_COUNT);
	flow_add(f, test_feature("x", FEATURE_UNIT, F_PACK, "x", 0));
	begin(f);
	f->limits.samples = 500; /* 50 s, while 2 min are wanted */
	flow_begin(f);
	for (int i = 0; i < 10; i++) {
		char unit[10];

		snprintf(unit, sizeof(unit), "U%d", i);
		feed(f, i * 10000, 100);
		flow_event(f, "in", unit, i * 10000 + 9900);
	}
	flow_event(f, "out", "U9", 99900);
	assert_int_equal(flow_counts(f).samples_over, 500);
	feed(f, 100000, 600);
	assert_int_equal(flow_counts(f).samples_over, 1100);
	flow_at(f, FLOW_DWELL_MS + 3000);
	for (int i = 0; i < 10; i++) {
		char unit[10];

		snprintf(unit, sizeof(unit), "U%d", i);
		assert_int_equal(flow_unit(f, "pack", unit, 0, "\"x\":7"), REFUSAL_NONE);
		flow_expect_unit(f, unit, "complete");
		flow_expect_number(f, "mean", 10 * i + 7.4);
		flow_expect_number(f, "newest", 10 * i + 9.9);
	}
	/* the line's clock stood, but its end was known */
	flow_expect_number(f, "oven", 1);
}

static void at_the_limit_what_nobody_wants_is_not_counted_over(void **state)
{
	struct flow *f = *state;

	flow_over(f, "mean", TAKE_MEAN, 5000);
	begin(f);
	f->limits.samples = 1800; /* 180 s, while 125 s are wanted: more than half */
	flow_begin(f);
	feed(f, 0, 10000);
	assert_int_equal(flow_counts(f).samples_over, 0);
	assert_true(signal_count(signal_of(f, "mean")) >= KEPT);
	flow_event(f, "in", "U1", 999900 - 120000);
	flow_expect_unit(f, "U1", "complete");
	flow_expect_number(f, "mean", 877.4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(some_are_kept_whatever_their_age),
		FLOW_TEST(those_that_no_window_can_want_go),
		FLOW_TEST(a_unit_that_waits_keeps_the_values_of_its_windows),
		FLOW_TEST(a_unit_that_waits_has_the_same_values_where_nothing_went),
		FLOW_TEST(a_window_keeps_its_samples_as_long_as_a_stay_may_last),
		FLOW_TEST(a_window_at_an_exit_keeps_what_it_may_want),
		FLOW_TEST(with_exits_alone_all_is_kept_since_the_last),
		FLOW_TEST(with_look_back_no_more_is_kept),
		FLOW_TEST(units_by_the_clock_that_are_to_come_keep_theirs),
		FLOW_TEST(what_tells_the_lot_goes_and_the_unit_keeps_it),
		FLOW_TEST(at_the_limit_windows_that_are_final_are_worked_out),
		FLOW_TEST(at_the_limit_what_nobody_wants_is_not_counted_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
