/* `hold`: the value in force when a window begins counts at its start, and values weigh by how
 * long they held. */
#include "tests/unit/feature/flow.h"

static const char *const names[] = {"last", "first", "mean", "min", "max", "sd", "sum", "count",
	"slope", "median", "p05", "p95"};

/* All takes of the 100 ms before the start, what is 20 ms older at most held. */
static void begin(struct flow *f)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct feature *made = flow_over(f, names[i], (enum take)i, 100);

		made->window.has_hold = true;
		made->window.hold_ms = 20;
	}
	f->plan.unit.ready_on = F_QC;
	f->plan.sources[F_QC].opens = true;
	flow_begin(f);
}

static void finish(struct flow *f, const char *unit, int64_t ms)
{
	flow_event(f, "qc", unit, ms);
	flow_expect_unit(f, unit, "ready");
}

static void expect_held(const struct flow *f, bool is_held)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_int_equal(flow_value(f, names[i])->is_held, is_held);
}

static void the_value_in_force_counts_at_the_start(void **state)
{
	static const double samples[][2] = {{79, 99}, {80, 4}, {120, 10}, {160, 20}, {201, 99}};
	struct flow *f = *state;

	begin(f);
	flow_samples(f, ARRAY_LEN(samples), samples);
	finish(f, "U1", 200);
	expect_held(f, true);
	flow_expect_number(f, "last", 20);
	flow_expect_number(f, "first", 4);
	flow_expect_number(f, "mean", (4 * 20 + 10 * 40 + 20 * 40) / 100.0);
	flow_expect_number(f, "min", 4);
	flow_expect_number(f, "max", 20);
	flow_expect_number(f, "sd", 6.2737548565432875); /* of the whole weight: sqrt(39.36) */
	flow_expect_number(f, "median", 10);
	flow_expect_number(f, "p05", 4);
	flow_expect_number(f, "p95", 20);
	flow_expect_number(f, "slope", 264.28571428571428); /* of three points, not weighted */
	/* these two are of the samples inside alone */
	flow_expect_number(f, "sum", 30);
	flow_expect_number(f, "count", 2);
	flow_expect_span(f, "mean", 2, 100, 200);
}

static void what_is_too_old_is_not_held(void **state)
{
	static const double samples[][2] = {{79, 4}, {120, 10}, {160, 20}};
	struct flow *f = *state;

	begin(f);
	flow_samples(f, ARRAY_LEN(samples), samples);
	finish(f, "U1", 200);
	expect_held(f, false);
	flow_expect_number(f, "first", 10);
	flow_expect_number(f, "min", 10);
	/* each value weighs by how long it held all the same */
	flow_expect_number(f, "mean", 15);
	flow_expect_number(f, "sd", 5);
	finish(f, "U2", 199); /* one younger */
	expect_held(f, true);
	flow_expect_number(f, "first", 4);
}

static void a_sample_of_the_very_start_leaves_nothing_to_hold(void **state)
{
	static const double samples[][2] = {{99, 4}, {100, 8}, {150, 10}};
	struct flow *f = *state;

	begin(f);
	flow_samples(f, ARRAY_LEN(samples), samples);
	finish(f, "U1", 200);
	expect_held(f, false);
	flow_expect_number(f, "first", 8);
	flow_expect_number(f, "mean", 9);
	flow_expect_number(f, "min", 8);
	flow_expect_number(f, "count", 2);
}

/* The range of all features: 0 to 50. */
static void bound_all(struct flow *f)
{
	for (size_t i = 0; i < f->plan.feature_count; i++) {
		f->plan.features[i].has_min = f->plan.features[i].has_max = true;
		f->plan.features[i].max = 50;
	}
	flow_begin(f);
}

static void a_sample_outside_the_range_at_the_very_start_does_not_count_there(void **state)
{
	static const double samples[][2] = {{90, 4}, {100, 99}, {150, 10}};
	struct flow *f = *state;

	begin(f);
	bound_all(f);
	flow_samples(f, ARRAY_LEN(samples), samples);
	finish(f, "U1", 200);
	expect_held(f, true);
	flow_expect_number(f, "first", 4);
	flow_expect_number(f, "mean", 7);
	flow_expect_number(f, "count", 1);
	assert_float_equal(flow_value(f, "mean")->refused.number, 99, 0);
}

static void what_is_outside_the_range_is_not_held(void **state)
{
	static const double samples[][2] = {{79, 1}, {85, 4}, {90, 99}, {95, -1}, {150, 10}};
	struct flow *f = *state;

	begin(f);
	bound_all(f);
	flow_samples(f, ARRAY_LEN(samples), samples);
	finish(f, "U1", 200);
	expect_held(f, true);
	flow_expect_number(f, "first", 4);
	flow_expect_number(f, "mean", 7);
	assert_int_equal(flow_value(f, "mean")->refused.kind, VALUE_MISSING); /* none inside */
	finish(f, "U2", 206); /* the newest that is not outside is too old now */
	expect_held(f, false);
	flow_expect_number(f, "first", 10);
}

static void a_held_value_alone_is_a_value(void **state)
{
	struct flow *f = *state;

	begin(f);
	assert_int_equal(flow_sample(f, 90, 4), REFUSAL_NONE);
	finish(f, "U1", 200);
	expect_held(f, true);
	flow_expect_number(f, "last", 4);
	flow_expect_number(f, "first", 4);
	flow_expect_number(f, "mean", 4);
	flow_expect_number(f, "max", 4);
	flow_expect_number(f, "median", 4);
	flow_expect_number(f, "count", 0);
	flow_expect_missing(f, "sum", MISSING_NO_SAMPLE);
	flow_expect_missing(f, "sd", MISSING_UNDEFINED);
	flow_expect_missing(f, "slope", MISSING_UNDEFINED);
	flow_expect_span(f, "mean", 0, 100, 200);
}

static void a_held_value_does_not_make_up_for_samples(void **state)
{
	struct flow *f = *state;

	begin(f);
	for (size_t i = 0; i < f->plan.feature_count; i++)
		f->plan.features[i].min_samples = 1;
	flow_begin(f);
	assert_int_equal(flow_sample(f, 90, 4), REFUSAL_NONE);
	finish(f, "U1", 200);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		flow_expect_missing(f, names[i], MISSING_TOO_FEW);
}

static void where_all_inside_are_refused_the_held_one_counts(void **state)
{
	static const double samples[][2] = {{90, 4}, {150, 99}};
	struct flow *f = *state;

	begin(f);
	bound_all(f);
	flow_samples(f, ARRAY_LEN(samples), samples);
	finish(f, "U1", 200);
	flow_expect_number(f, "mean", 4);
	flow_expect_number(f, "count", 0);
	flow_expect_missing(f, "sum", MISSING_OUT_OF_RANGE);
	flow_expect_missing(f, "sd", MISSING_UNDEFINED);
	assert_float_equal(flow_value(f, "mean")->refused.number, 99, 0);
	finish(f, "U2", 220);
	flow_expect_missing(f, "mean", MISSING_OUT_OF_RANGE);
}

static void where_nothing_held_for_any_time_all_weigh_the_same(void **state)
{
	static const double samples[][2] = {{200, 1}, {200, 2}, {200, 6}};
	struct flow *f = *state;

	begin(f);
	flow_samples(f, ARRAY_LEN(samples), samples);
	finish(f, "U1", 200);
	flow_expect_number(f, "mean", 3);
	flow_expect_number(f, "median", 2);
}

/* The limit took the first of four samples; the unit starts at 200. */
static void take_of_three(struct flow *f, double first_ms, double second_ms)
{
	const double samples[][2] = {{first_ms, 4}, {second_ms, 5}, {150, 6}, {160, 7}};

	f->limits.samples = 3;
	flow_begin(f);
	flow_samples(f, 4, samples);
	finish(f, "U1", 200);
}

static void a_window_is_truncated_where_what_it_might_hold_is_gone(void **state)
{
	struct flow *f = *state;

	begin(f);
	take_of_three(f, 80, 120);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		flow_expect_missing(f, names[i], MISSING_TRUNCATED);
	flow_expect_span(f, "mean", 0, 100, 200);
	assert_false(flow_value(f, "mean")->is_held);
	take_of_three(f, 79, 120); /* too old to be held: nothing is missing */
	flow_expect_number(f, "first", 5);
	take_of_three(f, 85, 90); /* a newer one is held */
	flow_expect_number(f, "first", 5);
	expect_held(f, true);
}

static void a_text_in_force_counts_as_well(void **state)
{
	struct flow *f = *state;

	for (int i = 0; i < 2; i++) {
		struct feature *made = flow_stream(
			f, i ? "first" : "last", F_TEMP, "mode", i ? TAKE_FIRST : TAKE_LAST);

		made->is_text = true;
		made->window.has_over = made->window.has_hold = true;
		made->window.over_ms = 100;
		made->window.hold_ms = 20;
	}
	f->plan.unit.ready_on = F_QC;
	f->plan.sources[F_QC].opens = true;
	flow_begin(f);
	assert_int_equal(flow_send(f, "f/temp", 80, "\"mode\":\"a\""), REFUSAL_NONE);
	assert_int_equal(flow_send(f, "f/temp", 150, "\"mode\":\"b\""), REFUSAL_NONE);
	finish(f, "U1", 200); /* 100 to 200 */
	flow_expect_text(f, "first", "a");
	assert_true(flow_value(f, "first")->is_held);
	flow_expect_text(f, "last", "b");
	assert_false(flow_value(f, "last")->is_held);
	finish(f, "U2", 201); /* a is too old */
	flow_expect_text(f, "first", "b");
	assert_false(flow_value(f, "first")->is_held);
	finish(f, "U3", 180); /* a is of the very start */
	flow_expect_text(f, "first", "a");
	assert_false(flow_value(f, "first")->is_held);
	finish(f, "U4", 250); /* b is */
	flow_expect_text(f, "first", "b");
	assert_false(flow_value(f, "first")->is_held);
	finish(f, "U5", 270);
	flow_expect_text(f, "first", "b");
	flow_expect_text(f, "last", "b");
	assert_true(flow_value(f, "last")->is_held);
	flow_expect_span(f, "last", 0, 170, 270);
	finish(f, "U6", 271);
	flow_expect_missing(f, "last", MISSING_NO_SAMPLE);
}

static void holds_at_stations_too(void **state)
{
	static const double samples[][2] = {{95, 2}, {150, 4}};
	struct flow *f = *state;

	for (int i = 0; i < 3; i++) {
		struct feature *made = flow_during(f,
			i == 0   ? "oven"
			: i == 1 ? "pressing"
				 : "packing",
			(size_t)i, TAKE_MEAN);

		made->window.has_hold = true;
		made->window.hold_ms = 5;
	}
	f->plan.unit.ready_on = F_QC;
	f->plan.sources[F_QC].opens = true;
	flow_begin(f);
	flow_samples(f, ARRAY_LEN(samples), samples);
	flow_event(f, "in", "U1", 100);
	flow_event(f, "out", "U1", 200);
	flow_event(f, "press", "U1", 100);
	flow_event(f, "press", "U2", 250);
	flow_event(f, "pack", "U0", 95); /* the sample of that moment is not inside: it holds */
	flow_event(f, "pack", "U1", 205);
	finish(f, "U1", 300);
	flow_expect_number(f, "oven", 3);
	flow_expect_number(f, "pressing", (2 * 50 + 4 * 100) / 150.0);
	flow_expect_number(f, "packing", 3);
	assert_true(flow_value(f, "packing")->is_held);
	flow_expect_span(f, "packing", 1, 95, 205);
	finish(f, "U0", 300); /* without an exit before there is no start to hold at */
	flow_expect_number(f, "packing", 2);
	assert_false(flow_value(f, "packing")->is_held);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(the_value_in_force_counts_at_the_start),
		FLOW_TEST(what_is_too_old_is_not_held),
		FLOW_TEST(a_sample_of_the_very_start_leaves_nothing_to_hold),
		FLOW_TEST(a_sample_outside_the_range_at_the_very_start_does_not_count_there),
		FLOW_TEST(what_is_outside_the_range_is_not_held),
		FLOW_TEST(a_held_value_alone_is_a_value),
		FLOW_TEST(a_held_value_does_not_make_up_for_samples),
		FLOW_TEST(where_all_inside_are_refused_the_held_one_counts),
		FLOW_TEST(where_nothing_held_for_any_time_all_weigh_the_same),
		FLOW_TEST(a_window_is_truncated_where_what_it_might_hold_is_gone),
		FLOW_TEST(a_text_in_force_counts_as_well),
		FLOW_TEST(holds_at_stations_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
