/* Lots: bound by a unit's field, their properties before or after the unit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/feature/assembler_inside.h" /* to see what is held */
#include "tests/unit/feature/line.h"

static const size_t viscosity[] = {VISCOSITY};

static int set_up(void **state)
{
	static struct line l;

	line_init(&l);
	line_require(&l, 1, viscosity);
	*state = &l;
	return 0;
}

static int tear_down(void **state)
{
	line_deinit(*state);
	return 0;
}

static enum refusal start_of_lot(struct line *l, const char *unit, int ms, const char *lot)
{
	char members[200];

	snprintf(members, sizeof(members), "\"material\":{\"lot\":%s}", lot);
	return line_start(l, unit, ms, members);
}

static void properties_may_come_before_the_unit(void **state)
{
	struct line *l = *state;

	assert_int_equal(line_lot(l, "L1", -5, "\"visc\":2.5"), REFUSAL_NONE);
	assert_int_equal(start_of_lot(l, "U1", 0, "\"L1\""), REFUSAL_NONE);
	assert_true(line_next(l));
	assert_true(l->unit.complete);
	assert_float_equal(l->unit.values[VISCOSITY].value.number, 2.5, 0);
	assert_int_equal(l->unit.values[VISCOSITY].to_ms, NOW - 5);
	assert_string_equal(l->unit.values[RESIN_ID].value.text, "L1");
	assert_string_equal(l->unit.lots[RESIN], "L1");
	assert_string_equal(l->unit.lots[GLUE], "");
	assert_int_equal(l->unit.values[STRENGTH].missing, MISSING_NO_LOT);
	assert_int_equal(l->unit.values[GRIT].missing, MISSING_NOT_SENT);
}

static void properties_that_come_later_complete_all_units_of_the_lot(void **state)
{
	struct line *l = *state;

	assert_int_equal(line_proc(l, "U1", "temp", 0, 1), REFUSAL_NONE);
	assert_int_equal(start_of_lot(l, "U2", 0, "\"L1\""), REFUSAL_NONE);
	assert_int_equal(start_of_lot(l, "U3", 0, "\"L2\""), REFUSAL_NONE);
	assert_int_equal(start_of_lot(l, "U1", 0, "\"L1\""), REFUSAL_NONE);
	assert_int_equal(line_lot(l, "L1", 0, "\"strength\":1"), REFUSAL_NONE);
	assert_false(line_next(l));
	assert_int_equal(line_lot(l, "L1", 0, "\"visc\":2"), REFUSAL_NONE);
	assert_true(line_next(l)); /* in the order in which they opened */
	assert_string_equal(l->unit.unit, "U1");
	assert_true(line_next(l));
	assert_string_equal(l->unit.unit, "U2");
	assert_false(line_next(l));
	assert_int_equal(assembler_open_count(l->a), 1);
}

static void newest_event_time_wins_for_each_property(void **state)
{
	struct line *l = *state;

	assert_int_equal(line_lot(l, "L1", 10, "\"visc\":1"), REFUSAL_NONE);
	assert_int_equal(line_lot(l, "L1", 5, "\"visc\":2,\"strength\":3"), REFUSAL_NONE);
	assert_int_equal(line_lot(l, "L1", 9, "\"visc\":4"), REFUSAL_OUTDATED);
	assert_string_equal(l->err.text,
		"source \"lab\": all values for lot \"L1\" are older than what is known");
	assert_int_equal(line_lot(l, "L1", 11, "\"other\":4"), REFUSAL_NO_VALUE);
	assert_int_equal(start_of_lot(l, "U1", 0, "\"L1\",\"x\":1},\"glue\":\"L1\",\"y\":{\"z\":1"),
		REFUSAL_NONE);
	assert_true(line_next(l));
	assert_float_equal(l->unit.values[VISCOSITY].value.number, 1, 0);
	assert_float_equal(l->unit.values[STRENGTH].value.number, 3, 0);
}

static void a_number_and_its_text_name_the_same_lot(void **state)
{
	struct line *l = *state;

	assert_int_equal(line_lot(l, "4711", 0, "\"visc\":1"), REFUSAL_NONE);
	assert_int_equal(start_of_lot(l, "U1", 0, "4711"), REFUSAL_NONE);
	assert_true(line_next(l));
	assert_string_equal(l->unit.lots[RESIN], "4711");
}

static void a_newer_name_of_the_lot_replaces_the_older(void **state)
{
	struct line *l = *state;

	assert_int_equal(start_of_lot(l, "U1", 5, "\"L1\""), REFUSAL_NONE);
	assert_int_equal(start_of_lot(l, "U1", 6, "\"L2\""), REFUSAL_NONE);
	assert_int_equal(start_of_lot(l, "U1", 5, "\"L3\""), REFUSAL_OUTDATED);
	assert_int_equal(line_lot(l, "L1", 0, "\"visc\":1"), REFUSAL_NONE);
	assert_false(line_next(l));
	assert_int_equal(line_lot(l, "L2", 0, "\"visc\":2"), REFUSAL_NONE);
	assert_true(line_next(l));
	assert_string_equal(l->unit.lots[RESIN], "L2");
	assert_float_equal(l->unit.values[VISCOSITY].value.number, 2, 0);
}

static void what_cannot_be_a_lots_name_is_refused(void **state)
{
	struct line *l = *state;

	assert_int_equal(start_of_lot(l, "U1", 0, "1.5"), REFUSAL_NONE);
	assert_int_equal(start_of_lot(l, "U2", 0, "[]"), REFUSAL_NONE);
	assert_int_equal(assembler_counts(l->a)->values[VALUE_REFUSAL_WRONG_TYPE], 2);
	l->clock_ms = 300000;
	assert_true(line_next(l));
	assert_int_equal(l->unit.values[RESIN_ID].missing, MISSING_WRONG_TYPE);
	assert_float_equal(l->unit.values[RESIN_ID].refused.number, 1.5, 0);
	assert_int_equal(l->unit.values[VISCOSITY].missing, MISSING_NO_LOT);
}

static void a_refused_name_is_what_the_unit_was_told_last(void **state)
{
	struct line *l = *state;

	assert_int_equal(start_of_lot(l, "U1", 0, "true"), REFUSAL_NONE);
	assert_int_equal(start_of_lot(l, "U1", 5, "1.5"), REFUSAL_NONE);
	assert_int_equal(start_of_lot(l, "U1", 3, "2.5"), REFUSAL_NONE);
	assert_int_equal(assembler_counts(l->a)->values[VALUE_REFUSAL_WRONG_TYPE], 3);
	l->clock_ms = 300000;
	assert_true(line_next(l));
	assert_float_equal(l->unit.values[RESIN_ID].refused.number, 1.5, 0);
}

static void a_refused_property_counts_as_not_sent(void **state)
{
	struct line *l = *state;

	assert_int_equal(line_lot(l, "L1", 0, "\"visc\":-1"), REFUSAL_NONE);
	assert_int_equal(start_of_lot(l, "U1", 0, "\"L1\""), REFUSAL_NONE);
	assert_false(line_next(l));
	l->clock_ms = 300000;
	assert_true(line_next(l));
	assert_int_equal(l->unit.values[VISCOSITY].missing, MISSING_OUT_OF_RANGE);
	assert_float_equal(l->unit.values[VISCOSITY].refused.number, -1, 0);
}

static void retained_properties_never_replace_newer_ones(void **state)
{
	struct line *l = *state;

	assert_int_equal(
		line_message(l, "line/lot/L1", "{\"ts\":1000,\"visc\":1}", true), REFUSAL_NONE);
	assert_int_equal(
		line_message(l, "line/lot/L1", "{\"ts\":1000,\"visc\":2}", true), REFUSAL_RETAINED);
	assert_int_equal(
		line_message(l, "line/lot/L1", "{\"ts\":999,\"visc\":3}", true), REFUSAL_RETAINED);
	assert_int_equal(
		line_message(l, "line/lot/L1", "{\"ts\":2000,\"visc\":4}", true), REFUSAL_NONE);
	assert_int_equal(start_of_lot(l, "U1", 0, "\"L1\""), REFUSAL_NONE);
	assert_true(line_next(l));
	assert_float_equal(l->unit.values[VISCOSITY].value.number, 4, 0);
}

static void retained_properties_without_a_time_fill_in_what_is_absent(void **state)
{
	static const size_t grit[] = {GRIT};
	struct line *l = *state;

	line_require(l, 1, grit);
	assert_int_equal(line_message(l, "line/mill/L1", "80", true), REFUSAL_NONE);
	l->now_ms++;
	assert_int_equal(line_message(l, "line/mill/L1", "81", true), REFUSAL_RETAINED);
	assert_int_equal(start_of_lot(l, "U1", 0, "\"L1\""), REFUSAL_NONE);
	assert_true(line_next(l));
	assert_float_equal(l->unit.values[GRIT].value.number, 80, 0);
	assert_int_equal(line_take(l, "line/mill/L1", "82"), REFUSAL_NONE);
	assert_int_equal(start_of_lot(l, "U2", 0, "\"L1\""), REFUSAL_NONE);
	assert_true(line_next(l));
	assert_float_equal(l->unit.values[GRIT].value.number, 82, 0);
}

static void beyond_the_limit_the_lot_used_least_recently_goes(void **state)
{
	struct assembler_limits limits = test_limits;
	struct line *l = *state;

	limits.lots = 2;
	line_new_assembler(l, &limits);
	line_require(l, 1, viscosity);
	assert_int_equal(line_lot(l, "L1", 0, "\"visc\":1"), REFUSAL_NONE);
	assert_int_equal(line_lot(l, "L2", 0, "\"visc\":2"), REFUSAL_NONE);
	assert_int_equal(start_of_lot(l, "U1", 0, "\"L1\""), REFUSAL_NONE); /* used again */
	assert_true(line_next(l));
	assert_int_equal(line_lot(l, "L3", 0, "\"visc\":3"), REFUSAL_NONE);
	assert_int_equal(assembler_counts(l->a)->lots_over, 1);
	assert_int_equal(start_of_lot(l, "U2", 0, "\"L2\""), REFUSAL_NONE);
	assert_false(line_next(l));
	assert_int_equal(start_of_lot(l, "U3", 0, "\"L1\""), REFUSAL_NONE);
	assert_true(line_next(l));
	assert_string_equal(l->unit.unit, "U3");
}

static void a_unit_waits_again_when_its_lot_was_given_up(void **state)
{
	static const size_t required[] = {VISCOSITY, TEMP};
	struct assembler_limits limits = test_limits;
	struct line *l = *state;

	limits.lots = 1;
	line_new_assembler(l, &limits);
	line_require(l, 2, required);
	assert_int_equal(start_of_lot(l, "U1", 0, "\"L1\""), REFUSAL_NONE);
	assert_int_equal(line_lot(l, "L1", 0, "\"visc\":1"), REFUSAL_NONE);
	assert_int_equal(line_proc(l, "U1", "temp", 0, 1), REFUSAL_NONE); /* complete */
	assert_int_equal(line_lot(l, "L2", 0, "\"visc\":2"), REFUSAL_NONE);
	assert_false(line_next(l));
	assert_int_equal(line_lot(l, "L1", 0, "\"visc\":3"), REFUSAL_NONE);
	assert_true(line_next(l));
	assert_float_equal(l->unit.values[VISCOSITY].value.number, 3, 0);
	assert_int_equal(assembler_counts(l->a)->lots_over, 2);
}

static void a_message_that_is_not_used_leaves_no_lot_behind(void **state)
{
	struct line *l = *state;

	assert_int_equal(line_lot(l, "L1", 0, "\"other\":1"), REFUSAL_NO_VALUE);
	assert_null(lot_table_find(l->a->lots, "L1"));
	assert_int_equal(start_of_lot(l, "U1", 0, "\"L2\""), REFUSAL_NONE);
	assert_int_equal(line_lot(l, "L2", 0, "\"other\":1"), REFUSAL_NO_VALUE);
	assert_non_null(lot_table_find(l->a->lots, "L2")); /* a unit waits for it */
	l->clock_ms = 300000;
	assert_true(line_next(l));
	assert_null(lot_table_find(l->a->lots, "L2"));
}

static void one_lot_may_be_named_twice_by_a_unit(void **state)
{
	static const size_t both[] = {VISCOSITY, STRENGTH};
	struct line *l = *state;

	line_require(l, 2, both);
	assert_int_equal(line_start(l, "U1", 0, "\"material\":{\"lot\":\"L1\"},\"glue\":\"L1\""),
		REFUSAL_NONE);
	assert_int_equal(line_lot(l, "L1", 0, "\"visc\":1,\"strength\":2"), REFUSAL_NONE);
	assert_true(line_next(l));
	assert_float_equal(l->unit.values[VISCOSITY].value.number, 1, 0);
	assert_float_equal(l->unit.values[STRENGTH].value.number, 2, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(properties_may_come_before_the_unit),
		TEST(properties_that_come_later_complete_all_units_of_the_lot),
		TEST(newest_event_time_wins_for_each_property),
		TEST(a_number_and_its_text_name_the_same_lot),
		TEST(a_newer_name_of_the_lot_replaces_the_older),
		TEST(what_cannot_be_a_lots_name_is_refused),
		TEST(a_refused_name_is_what_the_unit_was_told_last),
		TEST(a_refused_property_counts_as_not_sent),
		TEST(retained_properties_never_replace_newer_ones),
		TEST(retained_properties_without_a_time_fill_in_what_is_absent),
		TEST(beyond_the_limit_the_lot_used_least_recently_goes),
		TEST(a_unit_waits_again_when_its_lot_was_given_up),
		TEST(a_message_that_is_not_used_leaves_no_lot_behind),
		TEST(one_lot_may_be_named_twice_by_a_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
