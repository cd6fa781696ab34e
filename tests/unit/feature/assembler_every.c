/* Units by the clock: at each multiple one, missed ones made up, whatever the clocks do. */
#include "tests/unit/feature/flow.h"

/* Both clocks by themselves, ms after the tests begin. */
static void clocks(struct flow *f, int64_t now_ms, int64_t clock_ms)
{
	f->now_ms = NOW + now_ms;
	f->clock_ms = clock_ms;
}

/* Every 10 s; NOW is a multiple. */
static void begin(struct flow *f)
{
	f->plan.unit.every_ms = 10000;
	flow_over(f, "mean", TAKE_MEAN, 5000);
	flow_begin(f);
}

static void expect_at(struct flow *f, int64_t ms)
{
	assert_true(flow_next(f));
	assert_string_equal(f->unit.cause, "every");
	assert_int_equal(f->unit.started_ms, NOW + ms);
}

static void expect_none(struct flow *f, int64_t due_ms)
{
	assert_false(flow_next(f));
	assert_int_equal(assembler_due_ms(f->a), due_ms);
	assert_int_equal(assembler_open_count(f->a), 0);
}

static void at_each_multiple_there_is_one(void **state)
{
	struct flow *f = *state;

	begin(f);
	assert_int_equal(assembler_due_ms(f->a), INT64_MAX); /* no clock was seen yet */
	flow_at(f, 1);
	expect_none(f, 10000);
	flow_at(f, 9999);
	expect_none(f, 10000);
	assert_int_equal(flow_sample(f, 4999, 7), REFUSAL_NONE);
	assert_int_equal(flow_sample(f, 5000, 1), REFUSAL_NONE);
	assert_int_equal(flow_sample(f, 10000, 2), REFUSAL_NONE);
	assert_int_equal(flow_sample(f, 10001, 7), REFUSAL_NONE);
	flow_at(f, 10000);
	expect_at(f, 10000);
	assert_string_equal(f->unit.unit, "flow-2027-01-15T08:00:10.000Z");
	assert_true(flow_value(f, "mean")->missing == VALUE_PRESENT);
	flow_expect_number(f, "mean", 1.5);
	expect_none(f, 20000);
	flow_at(f, 23000);
	expect_at(f, 20000);
	expect_none(f, 30000);
}

static void a_multiple_that_is_now_is_the_first(void **state)
{
	struct flow *f = *state;

	begin(f);
	flow_at(f, 0);
	expect_at(f, 0);
	expect_none(f, 10000);
}

static void those_that_were_missed_are_made_up(void **state)
{
	struct flow *f = *state;

	begin(f);
	flow_at(f, 5000);
	expect_none(f, 10000);
	for (int i = 1; i <= 4; i++)
		assert_int_equal(flow_sample(f, 10000 * i, i), REFUSAL_NONE);
	flow_at(f, 41000);
	for (int i = 1; i <= 4; i++) {
		expect_at(f, 10000 * i);
		flow_expect_number(f, "mean", i); /* each with its own window */
	}
	expect_none(f, 50000);
	assert_int_equal(flow_counts(f).every_skipped, 0);
}

static void they_wait_while_the_lines_clock_stands_still(void **state)
{
	struct flow *f = *state;

	begin(f);
	clocks(f, 5000, 100);
	expect_none(f, 5100);
	clocks(f, 25000, 100); /* what is in the broker is not read yet */
	expect_none(f, 5100);
	clocks(f, 30100, 5099);
	expect_none(f, 5100);
	clocks(f, 30101, 5100);
	expect_at(f, 10000);
	expect_at(f, 20000);
	expect_at(f, 30000);
	expect_none(f, 5100 + 9899); /* from now on both clocks go */
}

static void of_too_many_the_oldest_are_left_out(void **state)
{
	struct flow *f = *state;
	int64_t count = 0;

	begin(f);
	flow_at(f, 5000);
	expect_none(f, 10000);
	f->restarts = false;  /* a thousand of them take too long */
	flow_at(f, 10002000); /* 1000 of them: 10 s to 10000 s */
	expect_at(f, 10000);
	flow_at(f, 10012000); /* 1000 again: 20 s to 10010 s */
	expect_at(f, 20000);
	assert_int_equal(flow_counts(f).every_skipped, 0);
	flow_at(f, 10042000); /* 1002: 30 s to 10040 s */
	expect_at(f, 50000);
	assert_int_equal(flow_counts(f).every_skipped, 2);
	while (flow_next(f))
		count++;
	assert_int_equal(count, 999);
	assert_int_equal(f->unit.started_ms, NOW + 10040000);
}

static void those_of_a_time_without_us_are_made_up_after_a_start(void **state)
{
	struct flow *f = *state;

	begin(f);
	flow_at(f, 10000);
	expect_at(f, 10000);
	expect_none(f, 20000);
	flow_restart(f);
	assert_int_equal(assembler_due_ms(f->a), 20000);
	clocks(f, 35000, 10000); /* the line's clock went on where it stood */
	expect_none(f, 20000);
	clocks(f, 45000, 20000);
	expect_at(f, 20000);
	expect_at(f, 30000);
	expect_at(f, 40000);
	expect_none(f, 25000);
}

static void another_rhythm_begins_anew(void **state)
{
	CLEANUP(buf_deinit) struct buf saved;
	struct flow *f = *state;

	buf_init(&saved);
	begin(f);
	flow_at(f, 11000);
	expect_none(f, 20000);
	flow_save(f, &saved);
	f->plan.unit.every_ms = 15000;
	assert_int_equal(flow_load(f, saved.data, saved.len), 0);
	flow_at(f, 16000);
	expect_none(f, 30000);
	f->plan.unit.every_ms = 0; /* and none at all */
	assert_int_equal(flow_load(f, saved.data, saved.len), 0);
	expect_none(f, INT64_MAX);
}

static void set(struct flow *f, int64_t jump_ms, int64_t now_ms, int64_t clock_ms)
{
	clocks(f, now_ms, clock_ms);
	flow_maybe_restart(f);
	assembler_clock_set(f->a, jump_ms, f->now_ms, f->clock_ms);
}

static void a_clock_set_forward_skips_what_never_was(void **state)
{
	struct flow *f = *state;

	begin(f);
	flow_at(f, 12000);
	expect_none(f, 20000);
	set(f, 3600000, 3612000, 12000);
	expect_none(f, 20000); /* 3620 s, 8 s from now */
	clocks(f, 3620000, 20000);
	expect_at(f, 3620000);
	set(f, 4000, 3624000, 20000); /* no multiple between */
	expect_none(f, 26000);
	clocks(f, 3630000, 26000);
	expect_at(f, 3630000);
	set(f, 10000, 3640000, 26000); /* to a multiple: that is now */
	expect_at(f, 3640000);
	expect_none(f, 36000);
	set(f, 15000, 3655000, 26000);
	expect_none(f, 31000); /* 3660 s */
	assert_int_equal(flow_counts(f).every_skipped, 0);
}

static void what_was_due_before_the_clock_was_set_forward_is_left_out(void **state)
{
	struct flow *f = *state;

	begin(f);
	clocks(f, 5000, 5000);
	expect_none(f, 10000);
	clocks(f, 35000, 5000); /* standing still: 10, 20 and 30 s are due */
	expect_none(f, 10000);
	set(f, 100000, 135000, 5000);
	expect_none(f, 10000); /* 140 s */
	assert_int_equal(flow_counts(f).every_skipped, 3);
	clocks(f, 140000, 10000);
	expect_at(f, 140000);
}

static void a_clock_set_back_gives_no_second_unit_of_a_time(void **state)
{
	struct flow *f = *state;

	begin(f);
	flow_at(f, 10000);
	expect_at(f, 10000);
	set(f, -8000, 3000, 11000); /* 11 s was it */
	expect_none(f, 11000 + 17000);
	clocks(f, 10000, 18000);
	expect_none(f, 28000);
	clocks(f, 20000, 28000);
	expect_at(f, 20000);
	expect_none(f, 38000);
	/* a clock that went back without a word */
	clocks(f, 15000, 38000);
	expect_none(f, 38000 + 15000);
	clocks(f, 30000, 53000);
	expect_at(f, 30000);
}

static void a_clock_may_be_set_before_any_was_seen(void **state)
{
	struct flow *f = *state;

	begin(f);
	set(f, 1000000, 5000, 0);
	expect_none(f, 5000);
}

static void units_messages_are_for_nobody_but_labels_are(void **state)
{
	struct flow *f = *state;
	size_t count;

	begin(f);
	assert_int_equal(flow_unit(f, "in", "U1", 0, ""), REFUSAL_UNKNOWN_UNIT);
	assert_string_equal(f->err.text, "source \"in\": units of this line open by the clock");
	assert_int_equal(
		flow_unit(f, "qc", "flow-2027-01-15T08:00:10.000Z", 0, "\"result\":\"NG\""),
		REFUSAL_NONE);
	assert_non_null(assembler_labels(f->a, &count));
	assert_int_equal(count, 1);
	assert_int_equal(assembler_open_count(f->a), 0);
}

static void the_lot_is_the_one_loaded_then(void **state)
{
	struct flow *f = *state;

	flow_add(f, test_feature("resin", FEATURE_LOT_ID, 0, NULL, F_RESIN));
	begin(f);
	flow_at(f, 5000);
	expect_none(f, 10000);
	assert_int_equal(flow_send(f, "f/load", 9000, "\"resin\":\"R1\""), REFUSAL_NONE);
	assert_int_equal(flow_send(f, "f/load", 15000, "\"resin\":\"R2\""), REFUSAL_NONE);
	flow_at(f, 21000);
	expect_at(f, 10000);
	flow_expect_text(f, "resin", "R1");
	assert_string_equal(f->unit.lots[F_RESIN], "R1");
	expect_at(f, 20000);
	flow_expect_text(f, "resin", "R2");
}

static void gap(struct flow *f, int64_t from_ms, int64_t to_ms)
{
	assembler_add_gap(f->a, NOW + from_ms, NOW + to_ms, INT64_MAX, false);
}

static void a_gap_counts_as_far_as_the_span_reaches_back(void **state)
{
	struct flow *f = *state;

	f->plan.unit.every_ms = 10000;
	flow_over(f, "mean", TAKE_MEAN, 15000);
	flow_begin(f);
	flow_at(f, 1000);
	expect_none(f, 10000);
	gap(f, 2000, 6000);
	gap(f, 23000, 26000);
	flow_at(f, 32000);
	expect_at(f, 10000);
	assert_int_equal(f->unit.gap_ms, 4000);
	expect_at(f, 20000); /* 5 s to 20 s */
	assert_int_equal(f->unit.gap_ms, 1000);
	expect_at(f, 30000);
	assert_int_equal(f->unit.gap_ms, 3000);
	f->plan.features[0].window.over_ms = 2000; /* then it is `every` */
	flow_begin(f);
	flow_at(f, 1000);
	expect_none(f, 10000);
	gap(f, 2000, 6000);
	flow_at(f, 20000);
	expect_at(f, 10000);
	assert_int_equal(f->unit.gap_ms, 4000);
	expect_at(f, 20000);
	assert_int_equal(f->unit.gap_ms, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(at_each_multiple_there_is_one),
		FLOW_TEST(a_multiple_that_is_now_is_the_first),
		FLOW_TEST(those_that_were_missed_are_made_up),
		FLOW_TEST(they_wait_while_the_lines_clock_stands_still),
		FLOW_TEST(of_too_many_the_oldest_are_left_out),
		FLOW_TEST(those_of_a_time_without_us_are_made_up_after_a_start),
		FLOW_TEST(another_rhythm_begins_anew),
		FLOW_TEST(a_clock_set_forward_skips_what_never_was),
		FLOW_TEST(what_was_due_before_the_clock_was_set_forward_is_left_out),
		FLOW_TEST(a_clock_set_back_gives_no_second_unit_of_a_time),
		FLOW_TEST(a_clock_may_be_set_before_any_was_seen),
		FLOW_TEST(units_messages_are_for_nobody_but_labels_are),
		FLOW_TEST(the_lot_is_the_one_loaded_then),
		FLOW_TEST(a_gap_counts_as_far_as_the_span_reaches_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
