/* When units are done: a source says so, time alone, their id begins anew, too many are open. */
#include "tests/unit/feature/flow.h"

/* The mean of temp.v during each station's visit is all that is wanted. */
static void begin_station(struct flow *f, size_t station)
{
	flow_during(f, "mean", station, TAKE_MEAN);
	flow_begin(f);
}

static void a_window_is_final_reorder_after_its_exit_arrived(void **state)
{
	struct flow *f = *state;

	begin_station(f, OVEN);
	flow_event(f, "in", "U1", 0);
	flow_at(f, 10000);
	flow_event(f, "out", "U1", 5000);
	assert_false(flow_next(f));
	assert_int_equal(assembler_due_ms(f->a), 12000);
	flow_at(f, 11999);
	assert_int_equal(flow_sample(f, 4000, 7), REFUSAL_NONE); /* late, and in time */
	assert_false(flow_next(f));
	flow_at(f, 12000);
	flow_expect_unit(f, "U1", "complete");
	assert_true(f->unit.complete);
	flow_expect_number(f, "mean", 7);
	assert_int_equal(assembler_due_ms(f->a), INT64_MAX);
}

static void a_window_without_exit_is_final_after_max_dwell_and_reorder(void **state)
{
	struct flow *f = *state;

	f->plan.stations[OVEN].no_exit_closes = true;
	begin_station(f, OVEN);
	flow_at(f, 5000);
	flow_event(f, "in", "U1", 1000);
	assert_int_equal(assembler_due_ms(f->a), 5000 + FLOW_DWELL_MS + 2000);
	assert_int_equal(flow_sample(f, 2000, 7), REFUSAL_NONE);
	flow_at(f, 5000 + FLOW_DWELL_MS + 1999);
	assert_false(flow_next(f));
	flow_at(f, 5000 + FLOW_DWELL_MS + 2000);
	flow_expect_unit(f, "U1", "complete");
	flow_expect_number(f, "mean", 7);
}

static void the_next_enter_makes_a_unit_complete(void **state)
{
	struct flow *f = *state;

	begin_station(f, PRESSING);
	flow_event(f, "press", "U1", 0);
	flow_at(f, 4000);
	assert_int_equal(flow_sample(f, 10, 1), REFUSAL_NONE);
	flow_event(f, "press", "U2", 4000);
	assert_int_equal(assembler_due_ms(f->a), 5000);
	flow_at(f, 5000);
	flow_expect_unit(f, "U1", "complete");
	assert_false(flow_next(f));
	assert_int_equal(assembler_open_count(f->a), 1);
}

static void exits_alone_make_it_complete_at_once(void **state)
{
	struct flow *f = *state;

	begin_station(f, PACKING);
	assert_int_equal(flow_sample(f, 10, 1), REFUSAL_NONE);
	flow_event(f, "pack", "U1", 20);
	assert_int_equal(assembler_due_ms(f->a), 0);
	flow_expect_unit(f, "U1", "complete");
	flow_expect_number(f, "mean", 1);
}

static struct feature *before(struct flow *f, const char *name, enum window_anchor anchor)
{
	struct feature *made = flow_over(f, name, TAKE_COUNT, 1000);

	made->window.anchor = anchor;
	return made;
}

static void windows_before_the_start_or_a_source_are_final_when_it_is_known(void **state)
{
	struct flow *f = *state;

	before(f, "start", WINDOW_START);
	before(f, "source", WINDOW_SOURCE)->window.source = F_PACK;
	flow_begin(f);
	flow_event(f, "in", "U1", 0);
	assert_false(flow_next(f));
	assert_int_equal(assembler_due_ms(f->a), 300000); /* its deadline alone */
	flow_event(f, "pack", "U1", 0);
	flow_expect_unit(f, "U1", "complete");
}

static void windows_before_an_event_are_final_reorder_after_it(void **state)
{
	struct flow *f = *state;

	before(f, "enter", WINDOW_ENTER)->window.station = OVEN;
	flow_begin(f);
	flow_event(f, "out", "U1", 500);
	assert_int_equal(assembler_due_ms(f->a), 300000);
	flow_at(f, 1000);
	flow_event(f, "in", "U1", 0);
	assert_int_equal(assembler_due_ms(f->a), 3000);
	flow_at(f, 3000);
	flow_expect_unit(f, "U1", "complete");
	before(f, "exit", WINDOW_EXIT)->window.station = OVEN;
	flow_begin(f);
	flow_event(f, "in", "U1", 0);
	flow_at(f, 4000);
	flow_event(f, "out", "U1", 500);
	assert_int_equal(assembler_due_ms(f->a), 6000);
}

static void a_unit_waits_for_the_last_of_its_windows(void **state)
{
	struct flow *f = *state;

	flow_during(f, "oven", OVEN, TAKE_COUNT);
	flow_during(f, "pressing", PRESSING, TAKE_COUNT);
	flow_awaited(f, "x");
	flow_begin(f);
	flow_event(f, "in", "U1", 0);
	flow_event(f, "press", "U1", 0);
	flow_event(f, "press", "U2", 10);
	assert_int_equal(flow_unit(f, "out", "U1", 20, "\"x\":1"), REFUSAL_NONE);
	assert_int_equal(assembler_due_ms(f->a), 2000); /* the press was final at 1000 */
	flow_at(f, 1000);
	assert_false(flow_next(f));
	flow_at(f, 2000);
	flow_expect_unit(f, "U1", "complete");
}

static void what_the_model_does_not_use_is_not_waited_for(void **state)
{
	bool required[] = {false, true};
	struct flow *f = *state;

	flow_during(f, "oven", OVEN, TAKE_COUNT);
	flow_during(f, "packing", PACKING, TAKE_COUNT);
	flow_begin(f);
	flow_event(f, "in", "U1", 0);
	flow_event(f, "pack", "U1", 0);
	assert_false(flow_next(f));
	f->restarts = false; /* what is required is no part of the state */
	assembler_require(f->a, required);
	flow_expect_unit(f, "U1", "complete");
	flow_expect_missing(f, "oven", MISSING_NO_EXIT);
}

/* Three units whose windows are final at 3000, 4000 and 2500. */
static void wake_ups(struct flow *f)
{
	begin_station(f, OVEN);
	for (int i = 0; i < 3; i++) {
		static const char *const units[] = {"U1", "U2", "U3"};
		static const int64_t at_ms[] = {1000, 2000, 500};

		flow_event(f, "in", units[i], 0);
		flow_at(f, at_ms[i]);
		flow_event(f, "out", units[i], 1);
	}
	flow_at(f, 2000);
}

static void units_wake_in_the_order_of_time(void **state)
{
	struct flow *f = *state;

	wake_ups(f);
	assert_int_equal(assembler_due_ms(f->a), 2500);
	flow_at(f, 10000); /* nobody looked in between */
	flow_expect_unit(f, "U3", "complete");
	flow_expect_unit(f, "U1", "complete");
	flow_expect_unit(f, "U2", "complete");
	assert_false(flow_next(f));
}

static void units_wake_and_are_due_in_the_order_of_time(void **state)
{
	struct flow *f = *state;

	f->plan.unit.deadline_ms = 2700; /* U1 opens at 0, U2 at 1000, U3 at 2000 */
	wake_ups(f);
	flow_at(f, 10000);
	flow_expect_unit(f, "U3", "complete"); /* 2500 */
	flow_expect_unit(f, "U1", "deadline"); /* 2700, and not complete at 3000 */
	flow_expect_missing(f, "mean", MISSING_NO_SAMPLE);
	flow_expect_unit(f, "U2", "deadline"); /* 3700 */
	assert_false(f->unit.complete);
}

static void at_the_same_time_waking_comes_before_the_deadline(void **state)
{
	struct flow *f = *state;

	f->plan.unit.deadline_ms = 3000;
	begin_station(f, OVEN);
	flow_event(f, "in", "U1", 0);
	flow_event(f, "in", "U2", 0);
	flow_at(f, 1000);
	flow_event(f, "out", "U2", 1);
	flow_at(f, 3000);
	flow_expect_unit(f, "U2", "complete");
	flow_expect_unit(f, "U1", "deadline");
}

static void ready_on(struct flow *f, int64_t grace_ms)
{
	f->plan.unit.ready_on = F_PACK;
	f->plan.unit.grace_ms = grace_ms;
	flow_during(f, "oven", OVEN, TAKE_COUNT);
	flow_awaited(f, "x");
	flow_begin(f);
}

static void a_source_makes_it_ready_whatever_is_missing(void **state)
{
	struct flow *f = *state;

	ready_on(f, 0);
	flow_event(f, "in", "U1", 0);
	assert_int_equal(flow_unit(f, "out", "U1", 1, "\"x\":1"), REFUSAL_NONE);
	flow_at(f, 2000);
	assert_false(flow_next(f)); /* all is there, and it is not ready */
	flow_event(f, "pack", "U1", 5);
	flow_expect_unit(f, "U1", "ready");
	assert_false(f->unit.complete);
	flow_event(f, "pack", "U2", 5); /* it may be the first message */
	flow_expect_unit(f, "U2", "ready");
	flow_expect_missing(f, "oven", MISSING_NO_ENTER);
	flow_expect_missing(f, "x", MISSING_NOT_SENT);
}

static void grace_runs_from_its_first_message_on_the_lines_clock(void **state)
{
	struct flow *f = *state;

	ready_on(f, 3000);
	flow_event(f, "in", "U1", 0);
	flow_at(f, 1000);
	flow_event(f, "pack", "U1", 50);
	assert_int_equal(assembler_due_ms(f->a), 4000);
	flow_at(f, 2000);
	flow_event(f, "pack", "U1", 40); /* earlier in event time: the grace is the same */
	assert_int_equal(flow_unit(f, "pack", "U1", 60, ""), REFUSAL_REPEATED);
	flow_at(f, 3999);
	assert_int_equal(flow_unit(f, "out", "U1", 1, "\"x\":1"), REFUSAL_NONE);
	assert_false(flow_next(f));
	flow_at(f, 4000);
	flow_expect_unit(f, "U1", "ready");
	flow_expect_number(f, "x", 1);
}

static void a_source_that_opens_no_unit_may_make_it_ready(void **state)
{
	struct flow *f = *state;

	f->plan.sources[F_PACK].opens = false;
	ready_on(f, 0);
	assert_int_equal(flow_unit(f, "pack", "U1", 0, ""), REFUSAL_UNKNOWN_UNIT);
	flow_event(f, "in", "U1", 0);
	flow_event(f, "pack", "U1", 0);
	flow_expect_unit(f, "U1", "ready");
}

static void the_deadline_holds_for_units_that_get_never_ready(void **state)
{
	struct flow *f = *state;

	ready_on(f, 500000);
	flow_event(f, "in", "U1", 0);
	flow_event(f, "pack", "U1", 0);
	flow_at(f, 300000);
	flow_expect_unit(f, "U1", "deadline");
}

/* again is an hour. */
#define AGAIN_MS 3600000

static void an_id_that_begins_anew_ends_the_unit_that_is_open(void **state)
{
	struct flow *f = *state;

	f->plan.unit.deadline_ms = 100000000;
	flow_awaited(f, "x");
	flow_awaited(f, "y");
	flow_begin(f);
	flow_event(f, "in", "U1", 0);
	assert_int_equal(flow_unit(f, "out", "U1", 1, "\"x\":1"), REFUSAL_NONE);
	flow_at(f, AGAIN_MS);
	assert_int_equal(flow_unit(f, "out", "U1", AGAIN_MS - 1, "\"x\":2"), REFUSAL_NONE);
	assert_false(flow_next(f)); /* still the old one's */
	assert_int_equal(flow_unit(f, "in", "U1", AGAIN_MS, ""), REFUSAL_NONE);
	assert_int_equal(assembler_open_count(f->a), 2);
	assert_int_equal(assembler_due_ms(f->a), 0);
	flow_expect_unit(f, "U1", "again");
	assert_false(f->unit.complete);
	assert_int_equal(f->unit.started_ms, NOW);
	flow_expect_number(f, "x", 2);
	flow_expect_missing(f, "y", MISSING_NOT_SENT);
	assert_false(flow_next(f));
	/* a straggler of the old one */
	assert_int_equal(flow_unit(f, "out", "U1", 5, "\"y\":1"), REFUSAL_LATE);
	assert_int_equal(flow_unit(f, "out", "U1", AGAIN_MS + 9, "\"x\":3,\"y\":4"), REFUSAL_NONE);
	flow_expect_unit(f, "U1", "complete");
	assert_int_equal(f->unit.started_ms, NOW + AGAIN_MS);
	flow_expect_number(f, "x", 3);
}

static void only_a_source_that_opens_begins_it_anew(void **state)
{
	struct flow *f = *state;

	f->plan.sources[F_OUT].opens = false;
	f->plan.unit.deadline_ms = 100000000;
	flow_awaited(f, "x");
	flow_awaited(f, "y");
	flow_begin(f);
	flow_event(f, "in", "U1", 0);
	flow_at(f, AGAIN_MS);
	assert_int_equal(flow_unit(f, "out", "U1", AGAIN_MS, "\"x\":1"), REFUSAL_NONE);
	assert_int_equal(assembler_open_count(f->a), 1);
}

static void beyond_the_limit_the_oldest_goes_as_at_its_deadline(void **state)
{
	struct flow *f = *state;

	f->limits.open_units = 2;
	begin_station(f, OVEN);
	flow_event(f, "in", "U1", 0);
	flow_event(f, "in", "U2", 0);
	assert_int_not_equal(assembler_due_ms(f->a), 0);
	flow_event(f, "in", "U3", 0);
	assert_int_equal(assembler_due_ms(f->a), 0);
	flow_expect_unit(f, "U1", "open_units");
	flow_expect_missing(f, "mean", MISSING_NO_EXIT);
	assert_false(flow_next(f));
	assert_int_equal(flow_counts(f).open_units_over, 1);
	assert_int_equal(flow_unit(f, "out", "U1", 1, ""), REFUSAL_LATE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(a_window_is_final_reorder_after_its_exit_arrived),
		FLOW_TEST(a_window_without_exit_is_final_after_max_dwell_and_reorder),
		FLOW_TEST(the_next_enter_makes_a_unit_complete),
		FLOW_TEST(exits_alone_make_it_complete_at_once),
		FLOW_TEST(windows_before_the_start_or_a_source_are_final_when_it_is_known),
		FLOW_TEST(windows_before_an_event_are_final_reorder_after_it),
		FLOW_TEST(a_unit_waits_for_the_last_of_its_windows),
		FLOW_TEST(what_the_model_does_not_use_is_not_waited_for),
		FLOW_TEST(units_wake_in_the_order_of_time),
		FLOW_TEST(units_wake_and_are_due_in_the_order_of_time),
		FLOW_TEST(at_the_same_time_waking_comes_before_the_deadline),
		FLOW_TEST(a_source_makes_it_ready_whatever_is_missing),
		FLOW_TEST(grace_runs_from_its_first_message_on_the_lines_clock),
		FLOW_TEST(a_source_that_opens_no_unit_may_make_it_ready),
		FLOW_TEST(the_deadline_holds_for_units_that_get_never_ready),
		FLOW_TEST(an_id_that_begins_anew_ends_the_unit_that_is_open),
		FLOW_TEST(only_a_source_that_opens_begins_it_anew),
		FLOW_TEST(beyond_the_limit_the_oldest_goes_as_at_its_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
