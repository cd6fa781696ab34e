/* Enters and exits of units: what they open, what they change for neighbours, what is counted. */
#include "tests/unit/feature/flow.h"

/* How many samples the unit has at each station; temp.v comes at each multiple of 10. */
static void begin(struct flow *f)
{
	flow_during(f, "oven", OVEN, TAKE_COUNT);
	flow_during(f, "pressing", PRESSING, TAKE_COUNT);
	flow_during(f, "packing", PACKING, TAKE_COUNT);
	f->plan.unit.ready_on = F_QC;
	f->plan.sources[F_QC].opens = true;
	f->limits.samples = 20000;
	flow_begin(f);
	for (int ms = 0; ms <= 1000; ms += 10)
		assert_int_equal(flow_sample(f, ms, ms), REFUSAL_NONE);
}

static void finish(struct flow *f, const char *unit)
{
	flow_event(f, "qc", unit, 5000);
	flow_expect_unit(f, unit, "ready");
}

static void expect_window(
	const struct flow *f, const char *station, double count, int64_t from_ms, int64_t to_ms)
{
	flow_expect_number(f, station, count);
	flow_expect_span(f, station, (size_t)count, from_ms, to_ms);
}

static void the_window_is_from_enter_to_exit(void **state)
{
	struct flow *f = *state;

	begin(f);
	flow_event(f, "in", "U1", 100);
	flow_event(f, "in", "U2", 200); /* units may overlap */
	flow_event(f, "out", "U1", 300);
	flow_event(f, "out", "U2", 205);
	finish(f, "U1");
	expect_window(f, "oven", 21, 100, 300);
	assert_int_equal(f->unit.started_ms, NOW + 100);
	finish(f, "U2");
	expect_window(f, "oven", 1, 200, 205);
}

static void enter_and_exit_may_come_in_either_order(void **state)
{
	struct flow *f = *state;

	begin(f);
	flow_event(f, "out", "U1", 300);
	assert_int_equal(assembler_open_count(f->a), 1);
	flow_event(f, "in", "U1", 100);
	finish(f, "U1");
	expect_window(f, "oven", 21, 100, 300);
	assert_int_equal(f->unit.started_ms, NOW + 100);
}

static void the_first_enter_of_any_station_is_the_start(void **state)
{
	struct flow *f = *state;

	begin(f);
	flow_event(f, "pack", "U1", 50); /* an exit is no start */
	flow_event(f, "in", "U1", 300);
	flow_event(f, "press", "U1", 200);
	finish(f, "U1");
	assert_int_equal(f->unit.started_ms, NOW + 200);
	flow_event(f, "pack", "U2", 60);
	flow_event(f, "out", "U2", 40);
	finish(f, "U2");
	assert_int_equal(f->unit.started_ms, NOW + 40);
}

static void other_enters_and_exits_are_counted(void **state)
{
	struct flow *f = *state;

	begin(f);
	flow_event(f, "in", "U1", 100);
	flow_event(f, "out", "U1", 300);
	assert_int_equal(flow_unit(f, "in", "U1", 150, ""), REFUSAL_REPEATED);
	assert_string_equal(
		f->err.text, "source \"in\": unit \"U1\" has had its enter or exit already");
	assert_int_equal(flow_unit(f, "out", "U1", 400, ""), REFUSAL_REPEATED);
	assert_int_equal(flow_unit(f, "in", "U1", 90, ""), REFUSAL_NONE); /* replaces the first */
	assert_int_equal(flow_unit(f, "out", "U1", 290, ""), REFUSAL_NONE);
	assert_int_equal(flow_counts(f).events_repeated, 4);
	assert_int_equal(flow_counts(f).refused[REFUSAL_REPEATED], 2);
	assert_int_equal(flow_counts(f).used, 101 + 4);
	finish(f, "U1");
	expect_window(f, "oven", 21, 90, 290);
}

static void an_earlier_message_of_the_unit_is_used_whatever_it_says(void **state)
{
	struct flow *f = *state;

	begin(f);
	flow_event(f, "in", "U1", 100);
	/* an exit before the enter; had it come first it would have opened the unit */
	flow_event(f, "out", "U1", 99);
	assert_int_equal(flow_counts(f).events_repeated, 1);
	assert_int_equal(flow_unit(f, "out", "U1", 99, ""), REFUSAL_REPEATED);
	finish(f, "U1");
	assert_int_equal(f->unit.started_ms, NOW + 100);
	flow_expect_missing(f, "oven", MISSING_NO_EXIT);
}

static void a_repeated_event_may_bring_a_value(void **state)
{
	struct flow *f = *state;

	flow_awaited(f, "x");
	begin(f);
	flow_event(f, "in", "U1", 100);
	flow_event(f, "out", "U1", 300);
	assert_int_equal(flow_unit(f, "out", "U1", 400, "\"x\":7"), REFUSAL_NONE);
	assert_int_equal(flow_counts(f).events_repeated, 1);
	assert_int_equal(flow_unit(f, "out", "U1", 350, "\"x\":8"), REFUSAL_REPEATED);
	finish(f, "U1");
	flow_expect_number(f, "x", 7);
	expect_window(f, "oven", 21, 100, 300);
}

static void without_its_exit_or_enter_a_window_is_missing(void **state)
{
	struct flow *f = *state;

	begin(f);
	flow_event(f, "in", "U1", 100);
	flow_event(f, "out", "U2", 100);
	finish(f, "U1");
	flow_expect_missing(f, "oven", MISSING_NO_EXIT);
	flow_expect_missing(f, "pressing", MISSING_NO_ENTER);
	flow_expect_missing(f, "packing", MISSING_NO_EXIT);
	assert_int_equal(flow_value(f, "oven")->from_ms, 0);
	finish(f, "U2");
	flow_expect_missing(f, "oven", MISSING_NO_ENTER);
}

static void an_exit_after_max_dwell_is_none(void **state)
{
	struct flow *f = *state;

	f->plan.stations[OVEN].max_dwell_ms = 200;
	f->plan.stations[PRESSING].max_dwell_ms = 200;
	f->plan.stations[PRESSING].no_exit_closes = true;
	begin(f);
	flow_event(f, "in", "U1", 100);
	flow_event(f, "out", "U1", 301);
	flow_event(f, "press", "U1", 300);
	flow_event(f, "press", "U2", 501);
	finish(f, "U1");
	flow_expect_missing(f, "oven", MISSING_NO_EXIT);
	expect_window(f, "pressing", 21, 300, 500);
	flow_event(f, "in", "U2", 100);
	flow_event(f, "out", "U2", 300);
	flow_event(f, "press", "U3", 701);
	finish(f, "U2");
	expect_window(f, "oven", 21, 100, 300);
	expect_window(f, "pressing", 20, 501, 701);
}

static void the_next_enter_is_the_exit(void **state)
{
	struct flow *f = *state;

	begin(f);
	flow_event(f, "press", "U1", 100);
	flow_event(f, "press", "U2", 200);
	flow_event(f, "press", "U3", 250);
	finish(f, "U1");
	expect_window(f, "pressing", 10, 100, 200); /* without the sample at 200 */
	finish(f, "U2");
	expect_window(f, "pressing", 5, 200, 250);
	finish(f, "U3");
	flow_expect_missing(f, "pressing", MISSING_NO_EXIT);
}

static void the_next_enter_may_come_first(void **state)
{
	struct flow *f = *state;

	begin(f);
	flow_event(f, "press", "U3", 300);
	flow_event(f, "press", "U1", 100);
	flow_event(f, "press", "U2", 200); /* between the two */
	finish(f, "U3");
	flow_expect_missing(f, "pressing", MISSING_NO_EXIT);
	finish(f, "U1");
	expect_window(f, "pressing", 10, 100, 200);
	finish(f, "U2");
	expect_window(f, "pressing", 10, 200, 300);
}

static void a_unit_that_was_scored_still_makes_an_end_of_the_one_before(void **state)
{
	struct flow *f = *state;

	begin(f);
	flow_event(f, "press", "U2", 200);
	finish(f, "U2");
	flow_event(f, "press", "U1", 100);
	finish(f, "U1");
	expect_window(f, "pressing", 10, 100, 200);
}

static void enters_at_the_same_time_do_not_end_one_another(void **state)
{
	struct flow *f = *state;

	begin(f);
	flow_event(f, "press", "U1", 100);
	flow_event(f, "press", "U2", 100);
	flow_event(f, "press", "U3", 150); /* ends both */
	finish(f, "U1");
	expect_window(f, "pressing", 5, 100, 150);
	finish(f, "U2");
	expect_window(f, "pressing", 5, 100, 150);
}

static void a_units_own_enters_do_not_end_it(void **state)
{
	struct flow *f = *state;

	begin(f);
	flow_event(f, "press", "U1", 150);
	flow_event(f, "press", "U2", 200);
	flow_event(f, "press", "U1", 100);
	finish(f, "U1");
	expect_window(f, "pressing", 10, 100, 200);
}

static void an_enter_does_not_end_the_later_visit_of_an_id_that_began_anew(void **state)
{
	struct flow *f = *state;

	f->plan.unit.again_ms = 400;
	begin(f);
	flow_event(f, "press", "U1", 100);
	flow_event(f, "qc", "U1", 110);
	flow_expect_unit(f, "U1", "ready");
	flow_event(f, "press", "U1", 600); /* the next life of the id */
	flow_event(f, "press", "U2", 200); /* late; follows the first */
	flow_event(f, "press", "U3", 700);
	flow_event(f, "qc", "U1", 900);
	flow_expect_unit(f, "U1", "ready");
	expect_window(f, "pressing", 10, 600, 700);
	flow_event(f, "qc", "U2", 300);
	flow_expect_unit(f, "U2", "ready");
	expect_window(f, "pressing", 40, 200, 600);
}

static void with_exits_alone_it_begins_at_the_exit_of_the_one_before(void **state)
{
	struct flow *f = *state;

	begin(f);
	flow_event(f, "pack", "U3", 300);
	flow_event(f, "pack", "U1", 100);
	flow_event(f, "pack", "U2", 200);
	finish(f, "U3");
	expect_window(f, "packing", 10, 200, 300); /* without the sample at 200 */
	finish(f, "U2");
	expect_window(f, "packing", 10, 100, 200);
	finish(f, "U1"); /* nothing before: all samples there are */
	flow_expect_number(f, "packing", 11);
	assert_int_equal(flow_value(f, "packing")->from_ms, 0);
	assert_int_equal(flow_value(f, "packing")->to_ms, NOW + 100);
}

static void exits_of_the_same_time_are_not_before_one_another(void **state)
{
	struct flow *f = *state;

	begin(f);
	flow_event(f, "pack", "U1", 100);
	flow_event(f, "pack", "U2", 200);
	flow_event(f, "pack", "U3", 200);
	finish(f, "U2");
	expect_window(f, "packing", 10, 100, 200);
	finish(f, "U3");
	expect_window(f, "packing", 10, 100, 200);
}

static void a_units_own_exits_are_not_the_one_before(void **state)
{
	struct flow *f = *state;

	begin(f);
	flow_event(f, "pack", "U0", 100);
	flow_event(f, "pack", "U1", 250);
	flow_event(f, "pack", "U1", 200);
	finish(f, "U1");
	expect_window(f, "packing", 10, 100, 200);
}

static void look_back_bounds_what_has_no_exit_before(void **state)
{
	struct flow *f = *state;

	f->plan.stations[PACKING].look_back_ms = 50;
	begin(f);
	flow_event(f, "pack", "U1", 100);
	flow_event(f, "pack", "U2", 140);
	flow_event(f, "pack", "U3", 200);
	finish(f, "U1");
	expect_window(f, "packing", 6, 50, 100);
	finish(f, "U2");
	expect_window(f, "packing", 4, 100, 140);
	finish(f, "U3");
	expect_window(f, "packing", 6, 150, 200);
}

static void a_source_may_be_exit_of_one_and_enter_of_the_next(void **state)
{
	struct flow *f = *state;

	f->plan.stations[PRESSING].enter = F_OUT;
	begin(f);
	flow_event(f, "in", "U1", 100);
	flow_event(f, "out", "U1", 200);
	flow_event(f, "out", "U2", 250);
	/* it has been in neither place before: counted once */
	assert_int_equal(flow_unit(f, "out", "U1", 300, ""), REFUSAL_REPEATED);
	assert_int_equal(flow_counts(f).events_repeated, 1);
	finish(f, "U1");
	expect_window(f, "oven", 11, 100, 200);
	expect_window(f, "pressing", 5, 200, 250);
}

static void an_event_of_a_source_that_does_not_open_is_for_open_units(void **state)
{
	struct flow *f = *state;

	f->plan.sources[F_OUT].opens = false;
	begin(f);
	assert_int_equal(flow_unit(f, "out", "U1", 200, ""), REFUSAL_UNKNOWN_UNIT);
	flow_event(f, "in", "U1", 100);
	flow_event(f, "out", "U1", 200);
	finish(f, "U1");
	expect_window(f, "oven", 11, 100, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(the_window_is_from_enter_to_exit),
		FLOW_TEST(enter_and_exit_may_come_in_either_order),
		FLOW_TEST(the_first_enter_of_any_station_is_the_start),
		FLOW_TEST(other_enters_and_exits_are_counted),
		FLOW_TEST(an_earlier_message_of_the_unit_is_used_whatever_it_says),
		FLOW_TEST(a_repeated_event_may_bring_a_value),
		FLOW_TEST(without_its_exit_or_enter_a_window_is_missing),
		FLOW_TEST(an_exit_after_max_dwell_is_none),
		FLOW_TEST(the_next_enter_is_the_exit),
		FLOW_TEST(the_next_enter_may_come_first),
		FLOW_TEST(a_unit_that_was_scored_still_makes_an_end_of_the_one_before),
		FLOW_TEST(enters_at_the_same_time_do_not_end_one_another),
		FLOW_TEST(a_units_own_enters_do_not_end_it),
		FLOW_TEST(an_enter_does_not_end_the_later_visit_of_an_id_that_began_anew),
		FLOW_TEST(with_exits_alone_it_begins_at_the_exit_of_the_one_before),
		FLOW_TEST(exits_of_the_same_time_are_not_before_one_another),
		FLOW_TEST(a_units_own_exits_are_not_the_one_before),
		FLOW_TEST(look_back_bounds_what_has_no_exit_before),
		FLOW_TEST(a_source_may_be_exit_of_one_and_enter_of_the_next),
		FLOW_TEST(an_event_of_a_source_that_does_not_open_is_for_open_units),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
