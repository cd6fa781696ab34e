/* The life of a unit: opened, filled, complete or at its deadline, remembered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "tests/unit/feature/line.h"

static int set_up(void **state)
{
	static struct line l;

	line_init(&l);
	*state = &l;
	return 0;
}

static int tear_down(void **state)
{
	line_deinit(*state);
	return 0;
}

static void is_complete_when_every_required_feature_is_there(void **state)
{
	static const size_t required[] = {TYPE, TEMP, SPEED};
	struct line *l = *state;

	line_require(l, 3, required);
	assert_int_equal(line_start(l, "U1", 5, "\"material\":{\"type\":\"L\"}"), REFUSAL_NONE);
	assert_int_equal(line_proc(l, "U1", "temp", 3, 21.5), REFUSAL_NONE);
	assert_false(line_next(l));
	assert_int_equal(line_proc(l, "U1", "speed", 7, 2), REFUSAL_NONE);
	assert_int_equal(assembler_due_ms(l->a), 0);
	assert_true(line_next(l));
	assert_string_equal(l->unit.unit, "U1");
	assert_int_equal(l->unit.started_ms, NOW + 3);
	assert_true(l->unit.complete);
	assert_string_equal(l->unit.cause, "complete");
	assert_string_equal(l->unit.values[TYPE].value.text, "L");
	assert_int_equal(l->unit.values[TYPE].to_ms, NOW + 5);
	assert_float_equal(l->unit.values[TEMP].value.number, 21.5, 0);
	assert_int_equal(l->unit.values[TEMP].missing, VALUE_PRESENT);
	assert_int_equal(l->unit.values[ENERGY].missing, MISSING_NOT_SENT);
	assert_int_equal(l->unit.values[ENERGY].value.kind, VALUE_MISSING);
	assert_int_equal(l->unit.values[RESIN_ID].missing, MISSING_NO_LOT);
	assert_int_equal(l->unit.values[VISCOSITY].missing, MISSING_NO_LOT);
	assert_int_equal(l->unit.values[VISCOSITY].value.kind, VALUE_MISSING);
	assert_string_equal(l->unit.lots[RESIN], "");
	assert_false(line_next(l));
	assert_int_equal(assembler_open_count(l->a), 0);
	assert_int_equal(assembler_due_ms(l->a), INT64_MAX);
}

static void newest_event_time_wins_and_later_arrival_among_equals(void **state)
{
	static const size_t required[] = {SPEED};
	struct line *l = *state;

	line_require(l, 1, required);
	assert_int_equal(line_proc(l, "U1", "temp", 50, 1), REFUSAL_NONE);
	assert_int_equal(line_proc(l, "U1", "temp", 40, 2), REFUSAL_NONE); /* an earlier start */
	assert_int_equal(line_proc(l, "U1", "temp", 45, 3), REFUSAL_OUTDATED);
	assert_string_equal(l->err.text,
		"source \"proc\": all values for unit \"U1\" are older than what is known");
	assert_int_equal(line_proc(l, "U1", "temp", 50, 4), REFUSAL_NONE);
	assert_int_equal(line_proc(l, "U1", "speed", 41, 0), REFUSAL_NONE);
	assert_true(line_next(l));
	assert_float_equal(l->unit.values[TEMP].value.number, 4, 0);
	assert_int_equal(l->unit.values[TEMP].to_ms, NOW + 50);
	assert_int_equal(l->unit.started_ms, NOW + 40);
}

static void is_done_at_its_deadline_on_the_lines_clock(void **state)
{
	struct line *l = *state;

	l->clock_ms = 1000;
	assert_int_equal(line_proc(l, "U1", "temp", 0, 1), REFUSAL_NONE);
	l->clock_ms = 2000;
	assert_int_equal(line_proc(l, "U2", "temp", 0, 1), REFUSAL_NONE);
	assert_int_equal(line_proc(l, "U1", "speed", 0, 1), REFUSAL_NONE);
	assert_int_equal(assembler_due_ms(l->a), 301000);
	l->clock_ms = 300999;
	assert_false(line_next(l));
	l->clock_ms = 400000;
	assert_true(line_next(l));
	assert_string_equal(l->unit.unit, "U1");
	assert_false(l->unit.complete);
	assert_string_equal(l->unit.cause, "deadline");
	assert_true(line_next(l));
	assert_string_equal(l->unit.unit, "U2");
	assert_false(line_next(l));
}

static void complete_units_come_before_those_at_their_deadline(void **state)
{
	static const size_t required[] = {SPEED};
	struct line *l = *state;

	line_require(l, 1, required);
	assert_int_equal(line_proc(l, "U1", "temp", 0, 1), REFUSAL_NONE);
	assert_int_equal(line_proc(l, "U2", "temp", 0, 1), REFUSAL_NONE);
	assert_int_equal(line_proc(l, "U3", "speed", 0, 1), REFUSAL_NONE);
	assert_int_equal(line_proc(l, "U2", "speed", 0, 1), REFUSAL_NONE);
	l->clock_ms = 300000;
	assert_true(line_next(l));
	assert_string_equal(l->unit.unit, "U3");
	assert_true(line_next(l));
	assert_string_equal(l->unit.unit, "U2");
	assert_string_equal(l->unit.cause, "complete");
	assert_true(line_next(l));
	assert_string_equal(l->unit.unit, "U1");
	assert_string_equal(l->unit.cause, "deadline");
}

static void units_complete_by_a_new_rule_come_out(void **state)
{
	static const size_t both[] = {TEMP, SPEED}, one[] = {TEMP};
	struct line *l = *state;

	line_require(l, 2, both);
	assert_int_equal(line_proc(l, "U1", "temp", 0, 1), REFUSAL_NONE);
	assert_int_equal(line_proc(l, "U2", "speed", 0, 1), REFUSAL_NONE);
	assert_false(line_next(l));
	line_require(l, 1, one);
	assert_int_equal(assembler_due_ms(l->a), 0);
	line_require(l, 2, both);
	assert_false(line_next(l));
	line_require(l, 1, one);
	assert_true(line_next(l));
	assert_string_equal(l->unit.unit, "U1");
	assert_false(line_next(l));
}

static void only_sources_that_open_open_a_unit(void **state)
{
	struct line *l = *state;
	const char *end = "{\"serial\":\"U9\",\"ts\":\"2027-01-15T08:00:00Z\",\"kwh\":1}";

	assert_int_equal(line_take(l, "line/end", end), REFUSAL_UNKNOWN_UNIT);
	assert_string_equal(
		l->err.text, "unit \"U9\" is not open and source \"end\" does not open one");
	assert_int_equal(assembler_open_count(l->a), 0);
	assert_int_equal(line_start(l, "U9", 0, ""), REFUSAL_NONE);
	assert_int_equal(line_take(l, "line/end", end), REFUSAL_NONE);
	assert_int_equal(
		line_take(l, "line/end", "{\"serial\":\"U9\",\"ts\":\"2026-01-15T08:00:00Z\"}"),
		REFUSAL_NO_VALUE);
	assert_string_equal(
		l->err.text, "source \"end\": nothing for unit \"U9\" that a feature or lot wants");
	l->clock_ms = 300000;
	assert_true(line_next(l));
	assert_int_equal(l->unit.started_ms, NOW); /* what has no value does not move it */
}

static void an_opening_message_without_values_belongs_to_its_unit(void **state)
{
	struct line *l = *state;

	assert_int_equal(line_start(l, "U1", 10, ""), REFUSAL_NONE);
	assert_int_equal(line_start(l, "U1", 5, ""), REFUSAL_NONE);
	assert_int_equal(line_start(l, "U1", 7, ""), REFUSAL_NO_VALUE);
	l->clock_ms = 300000;
	assert_true(line_next(l));
	assert_int_equal(l->unit.started_ms, NOW + 5);
}

static void a_value_that_is_older_belongs_to_its_unit_all_the_same(void **state)
{
	struct line *l = *state;

	assert_int_equal(line_start(l, "U1", 0, ""), REFUSAL_NONE);
	assert_int_equal(line_take(l, "line/end",
				 "{\"serial\":\"U1\",\"ts\":\"2027-01-15T08:00:10Z\",\"kwh\":1}"),
		REFUSAL_NONE);
	/* its value is older, but the unit started with it */
	assert_int_equal(line_take(l, "line/end",
				 "{\"serial\":\"U1\",\"ts\":\"2027-01-15T07:59:50Z\",\"kwh\":2}"),
		REFUSAL_NONE);
	l->clock_ms = 300000;
	assert_true(line_next(l));
	assert_int_equal(l->unit.started_ms, NOW - 10000);
	assert_float_equal(l->unit.values[ENERGY].value.number, 1, 0);
}

/* Opens a unit and scores it at clock 300000. */
static void score(struct line *l, const char *unit, int ms)
{
	assert_int_equal(line_proc(l, unit, "temp", ms, 1), REFUSAL_NONE);
	l->clock_ms += 300000;
	assert_true(line_next(l));
	assert_string_equal(l->unit.unit, unit);
}

static void what_comes_after_scoring_is_late(void **state)
{
	struct line *l = *state;
	int again_ms = 3600000;

	score(l, "U1", 0);
	assert_int_equal(line_proc(l, "U1", "speed", 0, 1), REFUSAL_LATE);
	assert_string_equal(
		l->err.text, "unit \"U1\" of 2027-01-15T08:00:00.000Z was scored already");
	l->now_ms += again_ms;
	assert_int_equal(line_proc(l, "U1", "speed", again_ms - 1, 1), REFUSAL_LATE);
	assert_int_equal(line_take(l, "line/end",
				 "{\"serial\":\"U1\",\"ts\":\"2027-01-15T09:00:00Z\",\"kwh\":1}"),
		REFUSAL_LATE);
	assert_int_equal(assembler_open_count(l->a), 0);
	assert_int_equal(assembler_counts(l->a)->refused[REFUSAL_LATE], 3);
}

static void a_unit_of_the_same_id_begins_again_later(void **state)
{
	struct line *l = *state;
	int again_ms = 3600000;

	score(l, "U1", 0);
	l->now_ms += again_ms;
	assert_int_equal(line_proc(l, "U1", "speed", again_ms, 7), REFUSAL_NONE);
	/* a straggler of the old one does not fall into the new one */
	assert_int_equal(line_proc(l, "U1", "temp", 1, 1), REFUSAL_LATE);
	assert_int_equal(line_take(l, "line/end",
				 "{\"serial\":\"U1\",\"ts\":\"2027-01-15T09:00:01Z\",\"kwh\":5}"),
		REFUSAL_NONE);
	l->clock_ms += 300000;
	assert_true(line_next(l));
	assert_int_equal(l->unit.started_ms, NOW + again_ms);
	assert_int_equal(l->unit.values[TEMP].missing, MISSING_NOT_SENT);
	assert_float_equal(l->unit.values[SPEED].value.number, 7, 0);
	assert_float_equal(l->unit.values[ENERGY].value.number, 5, 0);
	assert_int_equal(line_proc(l, "U1", "temp", again_ms + 5, 1), REFUSAL_LATE);
}

static void a_scored_unit_is_forgotten_again_after_its_scoring(void **state)
{
	struct line *l = *state;

	score(l, "U1", 0); /* at clock 300000 */
	l->clock_ms = 300000 + 3600000 - 1;
	assert_false(line_next(l));
	assert_int_equal(line_proc(l, "U1", "temp", 0, 1), REFUSAL_LATE);
	l->clock_ms++;
	assert_false(line_next(l));
	assert_int_equal(line_proc(l, "U1", "temp", 0, 1), REFUSAL_NONE);
}

static void beyond_the_limit_the_oldest_open_unit_is_done(void **state)
{
	struct assembler_limits limits = test_limits;
	static const size_t required[] = {SPEED};
	struct line *l = *state;

	limits.open_units = 2;
	line_new_assembler(l, &limits);
	line_require(l, 1, required);
	assert_int_equal(line_proc(l, "U1", "temp", 0, 1), REFUSAL_NONE);
	assert_int_equal(line_proc(l, "U2", "temp", 0, 1), REFUSAL_NONE);
	assert_int_equal(line_proc(l, "U3", "speed", 0, 1), REFUSAL_NONE);
	assert_true(line_next(l)); /* complete, so nobody has to go */
	assert_string_equal(l->unit.unit, "U3");
	assert_false(line_next(l));
	assert_int_equal(line_proc(l, "U4", "temp", 0, 1), REFUSAL_NONE);
	assert_int_equal(assembler_due_ms(l->a), 0);
	assert_true(line_next(l));
	assert_string_equal(l->unit.unit, "U1");
	assert_string_equal(l->unit.cause, "open_units");
	assert_false(l->unit.complete);
	assert_false(line_next(l));
	assert_int_equal(assembler_counts(l->a)->open_units_over, 1);
}

static void beyond_the_limit_the_oldest_scored_unit_is_forgotten(void **state)
{
	struct assembler_limits limits = test_limits;
	struct line *l = *state;

	limits.remembered_units = 2;
	line_new_assembler(l, &limits);
	score(l, "U1", 0);
	score(l, "U2", 0);
	score(l, "U3", 0);
	assert_int_equal(assembler_counts(l->a)->remembered_units_over, 1);
	assert_int_equal(line_proc(l, "U2", "temp", 0, 1), REFUSAL_LATE);
	assert_int_equal(line_proc(l, "U1", "temp", 0, 1), REFUSAL_NONE);
}

static void values_that_are_refused_count_as_not_sent(void **state)
{
	struct line *l = *state;

	assert_int_equal(line_start(l, "U1", 0, "\"thickness\":0.05,\"material\":{\"type\":7}"),
		REFUSAL_NONE);
	assert_int_equal(line_start(l, "U1", 1, "\"thickness\":51"), REFUSAL_NONE);
	assert_int_equal(line_take(l, "line/proc/U1/temp", "{\"ts\":1800000000000,\"v\":\"21\"}"),
		REFUSAL_NONE);
	assert_int_equal(line_take(l, "line/proc/U1/speed", "{\"ts\":1800000000000,\"v\":[1]}"),
		REFUSAL_NONE);
	l->clock_ms = 300000;
	assert_true(line_next(l));
	assert_int_equal(l->unit.values[THICKNESS].value.kind, VALUE_MISSING);
	assert_int_equal(l->unit.values[THICKNESS].missing, MISSING_OUT_OF_RANGE);
	assert_float_equal(l->unit.values[THICKNESS].refused.number, 51, 0);
	assert_int_equal(l->unit.values[TEMP].missing, MISSING_WRONG_TYPE);
	assert_string_equal(l->unit.values[TEMP].refused.text, "21");
	assert_int_equal(l->unit.values[SPEED].missing, MISSING_WRONG_TYPE);
	assert_int_equal(l->unit.values[SPEED].refused.kind, VALUE_MISSING);
	assert_string_equal(l->unit.values[TYPE].value.text, "7"); /* a number as its text */
	assert_int_equal(assembler_counts(l->a)->values[VALUE_REFUSAL_OUT_OF_RANGE], 2);
	assert_int_equal(assembler_counts(l->a)->values[VALUE_REFUSAL_WRONG_TYPE], 2);
}

static void a_refused_value_does_not_replace_a_good_one(void **state)
{
	struct line *l = *state;

	assert_int_equal(line_start(l, "U1", 0, "\"thickness\":50"), REFUSAL_NONE);
	assert_int_equal(line_start(l, "U1", 9, "\"thickness\":99"), REFUSAL_NONE);
	assert_int_equal(line_start(l, "U1", 8, "\"thickness\":98"), REFUSAL_OUTDATED);
	l->clock_ms = 300000;
	assert_true(line_next(l));
	assert_float_equal(l->unit.values[THICKNESS].value.number, 50, 0);
	assert_int_equal(l->unit.values[THICKNESS].missing, VALUE_PRESENT);
	assert_int_equal(l->unit.values[THICKNESS].to_ms, NOW);
}

static void a_source_far_ahead_of_the_others_is_refused(void **state)
{
	struct line *l = *state;

	/* nobody agrees with our clock yet: it may be the clock that is wrong */
	assert_int_equal(line_start(l, "U1", 60001, ""), REFUSAL_NONE);
	assert_int_equal(line_start(l, "U2", 60000, ""), REFUSAL_NONE);
	assert_int_equal(line_start(l, "U3", 60001, ""), REFUSAL_NONE); /* the same source */
	assert_int_equal(line_proc(l, "U1", "temp", 60001, 1), REFUSAL_FUTURE);
	assert_string_equal(l->err.text,
		"source \"proc\": the event time 2027-01-15T08:01:00.001Z is 60001 ms ahead of the "
		"clock, at most 60000 ms are allowed");
	assert_int_equal(line_proc(l, "U1", "temp", -60000, 1), REFUSAL_NONE);
	assert_int_equal(line_start(l, "U4", 60001, ""), REFUSAL_FUTURE);
	assert_int_equal(assembler_open_count(l->a), 3);
}

static void only_times_of_the_messages_own_speak_for_our_clock(void **state)
{
	struct line *l = *state;

	assert_int_equal(line_take(l, "line/mill/L1", "80"), REFUSAL_NONE); /* received now */
	assert_int_equal(line_lot(l, "L1", -60001, "\"visc\":1"), REFUSAL_NONE);
	assert_int_equal(line_start(l, "U1", 60001, ""), REFUSAL_NONE);
	assert_int_equal(line_lot(l, "L1", -60000, "\"visc\":1"), REFUSAL_NONE);
	assert_int_equal(line_start(l, "U2", 60001, ""), REFUSAL_FUTURE);
}

static void counts_each_message_once(void **state)
{
	struct line *l = *state;
	const struct assembler_counts *c = assembler_counts(l->a);

	assert_int_equal(line_take(l, "other/topic", "{}"), REFUSAL_UNMATCHED);
	assert_string_equal(l->err.text, "no source takes the topic \"other/topic\"");
	assert_int_equal(c->received, 0);
	assert_int_equal(line_proc(l, "U1", "temp", 0, 1), REFUSAL_NONE);
	assert_int_equal(line_take(l, "line/proc/U1/temp", "{"), REFUSAL_BAD_PAYLOAD);
	assert_int_equal(line_take(l, "line/proc/U1/temp", "{}"), REFUSAL_BAD_TIME);
	assert_int_equal(
		line_message(l, "line/proc/U1/temp", "{\"ts\":1}", true), REFUSAL_RETAINED);
	assert_string_equal(
		l->err.text, "source \"proc\": a retained message is old and belongs to no unit");
	assert_int_equal(c->received, 4);
	assert_int_equal(c->used, 1);
	assert_int_equal(c->refused[REFUSAL_BAD_PAYLOAD], 1);
	assert_int_equal(c->refused[REFUSAL_BAD_TIME], 1);
	assert_int_equal(c->refused[REFUSAL_RETAINED], 1);
}

static void a_message_goes_to_every_source_that_matches(void **state)
{
	struct line *l = *state;
	struct source *mill = &l->plan.sources[MILL];

	/* the mill now reads what the lab sends, and cannot */
	topic_template_free(mill->topic);
	assert_int_equal(topic_template_new(&mill->topic, "line/+/{lot}", NULL), 0);
	assert_int_equal(line_lot(l, "L1", 0, "\"visc\":1"), REFUSAL_NONE);
	assert_int_equal(line_take(l, "line/mill/L1", "x"), REFUSAL_BAD_PAYLOAD);
	assert_int_equal(assembler_counts(l->a)->received, 2);
	assert_int_equal(assembler_counts(l->a)->used, 1);
}

static void a_source_that_nothing_uses_is_said(void **state)
{
	struct line *l = *state;

	free(l->plan.features[ENERGY].field);
	l->plan.features[ENERGY].field = strdup("temp");
	l->plan.features[ENERGY].source = PROC;
	line_new_assembler(l, &test_limits);
	assert_int_equal(line_take(l, "line/end", "{"), REFUSAL_NO_VALUE);
	assert_string_equal(l->err.text, "source \"end\": no feature and no lot uses it");
	/* and one value may feed two features */
	assert_int_equal(line_proc(l, "U1", "temp", 0, 3), REFUSAL_NONE);
	l->clock_ms = 300000;
	assert_true(line_next(l));
	assert_float_equal(l->unit.values[ENERGY].value.number, 3, 0);
	assert_float_equal(l->unit.values[TEMP].value.number, 3, 0);
}

static void refuses_a_plan_whose_kinds_do_not_go_together(void **state)
{
	struct line *l = *state;
	struct assembler_limits limits = test_limits;
	struct assembler *a = NULL;

	for (int i = 0; i < 5; i++) {
		size_t *const each[] = {&limits.open_units, &limits.remembered_units, &limits.lots,
			&limits.samples, &limits.array_elements};

		limits = test_limits;
		*each[i] = 0;
		assert_int_equal(assembler_new(&a, &l->plan, &limits, &l->err), -EINVAL);
		assert_string_equal(l->err.text, "a limit of the assembler is 0");
	}
	l->plan.features[TEMP].source = LAB;
	assert_int_equal(assembler_new(&a, &l->plan, &test_limits, &l->err), -EINVAL);
	assert_string_equal(l->err.text, "feature \"temp\": source \"lab\" carries no unit");
	l->plan.lots[RESIN].bind_source = LAB;
	assert_int_equal(assembler_new(&a, &l->plan, &test_limits, &l->err), -EINVAL);
	assert_string_equal(l->err.text, "lot \"resin\": source \"lab\" carries no unit");
	assert_null(a);
	l->plan.features[TEMP].source = PROC;
	l->plan.lots[RESIN].bind_source = START;
}

static void names_every_reason(void **state)
{
	(void)state;
	assert_string_equal(refusal_name(REFUSAL_NONE), "");
	assert_string_equal(refusal_name(REFUSAL_UNKNOWN_UNIT), "unknown_unit");
	assert_string_equal(refusal_name(REFUSAL_COUNT), "");
	assert_string_equal(value_refusal_name(VALUE_REFUSAL_OUT_OF_RANGE), "out_of_range");
	assert_string_equal(value_missing_name(MISSING_NOT_SENT), "not_sent");
	assert_string_equal(value_missing_name(MISSING_NO_LOT), "no_lot");
	for (int i = 1; i < REFUSAL_COUNT; i++)
		for (int k = 1; k < i; k++)
			assert_string_not_equal(
				refusal_name((enum refusal)i), refusal_name((enum refusal)k));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(is_complete_when_every_required_feature_is_there),
		TEST(newest_event_time_wins_and_later_arrival_among_equals),
		TEST(is_done_at_its_deadline_on_the_lines_clock),
		TEST(complete_units_come_before_those_at_their_deadline),
		TEST(units_complete_by_a_new_rule_come_out),
		TEST(only_sources_that_open_open_a_unit),
		TEST(an_opening_message_without_values_belongs_to_its_unit),
		TEST(a_value_that_is_older_belongs_to_its_unit_all_the_same),
		TEST(what_comes_after_scoring_is_late),
		TEST(a_unit_of_the_same_id_begins_again_later),
		TEST(a_scored_unit_is_forgotten_again_after_its_scoring),
		TEST(beyond_the_limit_the_oldest_open_unit_is_done),
		TEST(beyond_the_limit_the_oldest_scored_unit_is_forgotten),
		TEST(values_that_are_refused_count_as_not_sent),
		TEST(a_refused_value_does_not_replace_a_good_one),
		TEST(a_source_far_ahead_of_the_others_is_refused),
		TEST(only_times_of_the_messages_own_speak_for_our_clock),
		TEST(counts_each_message_once),
		TEST(a_message_goes_to_every_source_that_matches),
		TEST(a_source_that_nothing_uses_is_said),
		TEST(refuses_a_plan_whose_kinds_do_not_go_together),
		TEST(names_every_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
