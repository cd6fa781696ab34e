/* Lots that a stream tells: the unit's is the one loaded at its start or enter. */
#include "tests/unit/feature/flow.h"

#include "lib/feature/assembler_inside.h" /* to see what is held */

/* Ids of both lots; a unit is ready when it is packed. */
static void begin(struct flow *f)
{
	flow_add(f, test_feature("resin", FEATURE_LOT_ID, 0, NULL, F_RESIN));
	flow_add(f, test_feature("glue", FEATURE_LOT_ID, 0, NULL, F_GLUE));
	f->plan.unit.ready_on = F_PACK;
	flow_begin(f);
}

static enum refusal load(struct flow *f, int64_t ms, const char *lot, const char *id)
{
	char members[100];

	snprintf(members, sizeof(members), "\"%s\":%s", lot, id);
	return flow_send(f, "f/load", ms, members);
}

static void loaded(struct flow *f, int64_t ms, const char *lot, const char *id)
{
	assert_int_equal(load(f, ms, lot, id), REFUSAL_NONE);
}

static void finish(struct flow *f, const char *unit)
{
	flow_event(f, "pack", unit, 50000);
	flow_expect_unit(f, unit, "ready");
}

static void the_lot_loaded_at_the_start_is_the_units(void **state)
{
	struct flow *f = *state;

	begin(f);
	loaded(f, 1000, "resin", "\"R1\"");
	loaded(f, 2000, "resin", "\"R2\"");
	flow_event(f, "in", "U1", 1999);
	flow_event(f, "in", "U2", 2000);
	flow_event(f, "in", "U3", 999);
	loaded(f, 3000, "resin", "4711");
	flow_event(f, "in", "U4", 3001);
	finish(f, "U1");
	flow_expect_text(f, "resin", "R1");
	flow_expect_span(f, "resin", 1, 1000, 1000);
	assert_string_equal(f->unit.lots[F_RESIN], "R1");
	finish(f, "U2");
	flow_expect_text(f, "resin", "R2");
	flow_expect_span(f, "resin", 1, 2000, 2000);
	finish(f, "U3");
	flow_expect_missing(f, "resin", MISSING_NO_LOT);
	assert_string_equal(f->unit.lots[F_RESIN], "");
	finish(f, "U4");
	flow_expect_text(f, "resin", "4711");
}

static void what_was_loaded_may_be_said_later(void **state)
{
	struct flow *f = *state;

	begin(f);
	flow_event(f, "in", "U1", 5000);
	flow_event(f, "in", "U2", 1500);
	loaded(f, 2000, "resin", "\"R2\"");
	loaded(f, 1000, "resin", "\"R1\"");
	finish(f, "U1");
	flow_expect_text(f, "resin", "R2");
	finish(f, "U2");
	flow_expect_text(f, "resin", "R1");
}

static void an_earlier_start_has_an_earlier_lot(void **state)
{
	struct flow *f = *state;

	begin(f);
	loaded(f, 1000, "resin", "\"R1\"");
	loaded(f, 2000, "resin", "\"R2\"");
	assert_int_equal(flow_unit(f, "out", "U1", 2500, ""), REFUSAL_NONE);
	flow_event(f, "in", "U1", 1500);
	finish(f, "U1");
	flow_expect_text(f, "resin", "R1");
	assert_int_equal(flow_unit(f, "out", "U2", 2500, ""), REFUSAL_NONE);
	assert_int_equal(flow_unit(f, "out", "U2", 900, ""), REFUSAL_NONE);
	finish(f, "U2");
	flow_expect_missing(f, "resin", MISSING_NO_LOT);
}

static void a_lot_may_be_that_of_a_stations_enter_and_a_delay_earlier(void **state)
{
	struct flow *f = *state;

	begin(f);
	loaded(f, 1000, "glue", "\"G1\"");
	loaded(f, 2000, "glue", "\"G2\"");
	flow_event(f, "in", "U1", 6999);
	flow_event(f, "in", "U2", 7000);
	flow_event(f, "in", "U3", 5999);
	assert_int_equal(flow_unit(f, "out", "U4", 8000, ""), REFUSAL_NONE); /* no enter */
	finish(f, "U1");
	flow_expect_text(f, "glue", "G1");
	finish(f, "U2");
	flow_expect_text(f, "glue", "G2");
	finish(f, "U3");
	flow_expect_missing(f, "glue", MISSING_NO_LOT);
	finish(f, "U4");
	flow_expect_missing(f, "glue", MISSING_NO_LOT);
}

static void one_message_may_tell_both(void **state)
{
	struct flow *f = *state;

	begin(f);
	assert_int_equal(
		flow_send(f, "f/load", 0, "\"resin\":\"R1\",\"glue\":\"G1\""), REFUSAL_NONE);
	flow_event(f, "in", "U1", 5000);
	finish(f, "U1");
	assert_string_equal(f->unit.lots[F_RESIN], "R1");
	assert_string_equal(f->unit.lots[F_GLUE], "G1");
}

static void a_lot_said_again_is_loaded_still(void **state)
{
	struct flow *f = *state;

	begin(f);
	loaded(f, 1000, "resin", "\"R1\"");
	loaded(f, 2000, "resin", "\"R1\"");
	/* what was between comes late: from 2000 on it is R1 again */
	loaded(f, 1500, "resin", "\"R2\"");
	flow_event(f, "in", "U1", 1999);
	flow_event(f, "in", "U2", 2000);
	finish(f, "U1");
	flow_expect_text(f, "resin", "R2");
	finish(f, "U2");
	flow_expect_text(f, "resin", "R1");
	flow_expect_span(f, "resin", 1, 2000, 2000);
}

static void a_lot_said_again_is_known_since_then_in_either_order(void **state)
{
	struct flow *f = *state;

	begin(f);
	loaded(f, 1000, "resin", "\"R1\"");
	flow_event(f, "in", "U1", 3000);
	loaded(f, 2000, "resin", "\"R1\"");
	finish(f, "U1");
	flow_expect_span(f, "resin", 1, 2000, 2000);
	flow_event(f, "in", "U2", 3000);
	finish(f, "U2");
	flow_expect_span(f, "resin", 1, 2000, 2000);
}

static void the_very_same_message_again_is_a_duplicate(void **state)
{
	struct flow *f = *state;

	begin(f);
	loaded(f, 1000, "resin", "\"R1\"");
	assert_int_equal(load(f, 1000, "resin", "\"R1\""), REFUSAL_DUPLICATE);
	assert_string_equal(
		f->err.text, "source \"load\": the same sample of the same time is there already");
	loaded(f, 1000, "resin", "\"R2\"");
	assert_int_equal(load(f, 1000, "resin", "\"R1\""), REFUSAL_DUPLICATE);
	flow_event(f, "in", "U1", 1000);
	finish(f, "U1");
	flow_expect_text(f, "resin", "R2"); /* of equal times the later arrival */
}

static void what_cannot_be_a_lots_name_is_refused(void **state)
{
	static const char *const ids[] = {"1.5", "true", "[]", "\"\""};
	struct flow *f = *state;

	begin(f);
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		assert_int_equal(load(f, 0, "resin", ids[i]), REFUSAL_NO_VALUE);
		assert_string_equal(f->err.text,
			"source \"load\": its values are not of the type that is wanted");
	}
	assert_int_equal(flow_counts(f).values[VALUE_REFUSAL_WRONG_TYPE], 4);
	assert_int_equal(load(f, 0, "other", "\"R1\""), REFUSAL_NO_VALUE);
	flow_event(f, "in", "U1", 0);
	finish(f, "U1");
	flow_expect_missing(f, "resin", MISSING_NO_LOT);
}

static enum refusal retained(struct flow *f, const char *payload)
{
	return flow_message(f, "f/load", payload, true);
}

static void a_retained_message_tells_what_was_loaded_where_nothing_newer_is_known(void **state)
{
	struct flow *f = *state;

	begin(f);
	assert_int_equal(retained(f, "{\"ts\":1000,\"resin\":\"R1\"}"), REFUSAL_NONE);
	assert_int_equal(retained(f, "{\"ts\":999,\"resin\":\"R0\"}"), REFUSAL_RETAINED);
	assert_int_equal(retained(f, "{\"ts\":1000,\"resin\":\"R0\"}"), REFUSAL_RETAINED);
	assert_int_equal(retained(f, "{\"ts\":1001,\"resin\":\"R2\"}"), REFUSAL_NONE);
	assert_int_equal(flow_counts(f).refused[REFUSAL_RETAINED], 2);
	flow_event(f, "in", "U1", 0);
	finish(f, "U1");
	flow_expect_text(f, "resin", "R2");
	assert_int_equal(flow_value(f, "resin")->to_ms, 1001);
}

static void a_retained_message_without_a_time_tells_it_since_ever(void **state)
{
	struct flow *f = *state;

	f->plan.sources[F_LOAD].time_format = TIME_OF_RECEIPT;
	begin(f);
	flow_at(f, 5000);
	assert_int_equal(retained(f, "{\"resin\":\"R1\"}"), REFUSAL_NONE);
	assert_int_equal(retained(f, "{\"resin\":\"R2\"}"), REFUSAL_RETAINED);
	flow_event(f, "in", "U1", 4000); /* before it was received */
	assert_int_equal(retained(f, "{\"glue\":\"G1\"}"), REFUSAL_NONE);
	assert_int_equal(flow_unit(f, "out", "U0", 4000, ""), REFUSAL_NONE); /* never enters */
	finish(f, "U0");
	flow_expect_missing(f, "glue", MISSING_NO_LOT);
	finish(f, "U1");
	flow_expect_text(f, "glue", "G1");
	flow_expect_text(f, "resin", "R1");
	assert_int_equal(flow_value(f, "resin")->to_ms, 0);
	assert_int_equal(flow_message(f, "f/load", "{\"resin\":\"R3\"}", false), REFUSAL_NONE);
	assert_int_equal(flow_message(f, "f/load", "{\"resin\":\"R3\"}", false), REFUSAL_NONE);
	assert_int_equal(retained(f, "{\"resin\":\"R4\"}"), REFUSAL_RETAINED);
	flow_event(f, "in", "U2", 5000);
	finish(f, "U2");
	flow_expect_text(f, "resin", "R3");
}

static void a_message_older_than_all_that_is_kept_is_outdated(void **state)
{
	struct flow *f = *state;

	f->limits.samples = 2;
	begin(f);
	loaded(f, 1000, "resin", "\"R1\"");
	loaded(f, 2000, "resin", "\"R2\"");
	loaded(f, 3000, "resin", "\"R3\"");
	assert_int_equal(load(f, 1000, "resin", "\"R0\""), REFUSAL_OUTDATED);
	assert_int_equal(flow_counts(f).samples_over, 1);
}

static void a_unit_keeps_its_lot_although_what_told_it_is_gone(void **state)
{
	struct flow *f = *state;

	f->limits.samples = 3;
	begin(f);
	loaded(f, 1000, "resin", "\"R1\"");
	flow_event(f, "out", "U1", 1500);
	for (int i = 0; i < 5; i++)
		loaded(f, 2000 + i, "resin", "\"R2\"");
	flow_event(f, "in", "U1", 1200); /* another start: which lot was loaded then? */
	flow_event(f, "in", "U2", 1200);
	flow_event(f, "in", "U3", 2010);
	finish(f, "U1");
	flow_expect_text(f, "resin", "R1");
	finish(f, "U2");
	flow_expect_missing(f, "resin", MISSING_NO_LOT);
	finish(f, "U3");
	flow_expect_text(f, "resin", "R2");
}

static void a_unit_is_complete_when_its_lot_is_known(void **state)
{
	struct flow *f = *state;

	flow_add(f, test_feature("resin", FEATURE_LOT_ID, 0, NULL, F_RESIN));
	flow_add(f, test_feature("visc", FEATURE_LOT, F_LAB, "visc", F_RESIN));
	flow_begin(f);
	flow_event(f, "in", "U1", 1000);
	assert_int_equal(flow_send(f, "f/lab/R1", 0, "\"visc\":2.5"), REFUSAL_NONE);
	assert_false(flow_next(f));
	loaded(f, 1001, "resin", "\"R1\"");
	assert_false(flow_next(f));
	loaded(f, 1000, "resin", "\"R2\"");
	assert_false(flow_next(f)); /* R2 is not known yet */
	loaded(f, 1000, "resin", "\"R1\"");
	flow_expect_unit(f, "U1", "complete");
	flow_expect_number(f, "visc", 2.5);
}

static void a_lot_no_longer_anybodys_is_not_held(void **state)
{
	struct flow *f = *state;

	begin(f);
	loaded(f, 500, "resin", "\"R1\"");
	flow_event(f, "in", "U1", 1000);
	assert_non_null(lot_table_find(f->a->lots, "R1"));
	loaded(f, 600, "resin", "\"R2\"");
	assert_null(lot_table_find(f->a->lots, "R1"));
	assert_non_null(lot_table_find(f->a->lots, "R2"));
	finish(f, "U1");
	assert_null(lot_table_find(f->a->lots, "R2"));
}

/* A lot that units are bound to is the one used last. */
static void binding_a_lot_keeps_its_properties(void **state)
{
	struct flow *f = *state;

	f->limits.lots = 2;
	flow_add(f, test_feature("visc", FEATURE_LOT, F_LAB, "visc", F_RESIN));
	flow_begin(f);
	assert_int_equal(flow_send(f, "f/lab/R1", 0, "\"visc\":1"), REFUSAL_NONE);
	assert_int_equal(flow_send(f, "f/lab/R2", 0, "\"visc\":2"), REFUSAL_NONE);
	loaded(f, 0, "resin", "\"R1\"");
	flow_event(f, "in", "U1", 0);
	flow_expect_unit(f, "U1", "complete");
	assert_int_equal(flow_send(f, "f/lab/R3", 0, "\"visc\":3"), REFUSAL_NONE);
	flow_event(f, "in", "U2", 0);
	flow_expect_unit(f, "U2", "complete");
	flow_expect_number(f, "visc", 1);
	assert_int_equal(flow_counts(f).lots_over, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(the_lot_loaded_at_the_start_is_the_units),
		FLOW_TEST(what_was_loaded_may_be_said_later),
		FLOW_TEST(an_earlier_start_has_an_earlier_lot),
		FLOW_TEST(a_lot_may_be_that_of_a_stations_enter_and_a_delay_earlier),
		FLOW_TEST(one_message_may_tell_both),
		FLOW_TEST(a_lot_said_again_is_loaded_still),
		FLOW_TEST(a_lot_said_again_is_known_since_then_in_either_order),
		FLOW_TEST(the_very_same_message_again_is_a_duplicate),
		FLOW_TEST(what_cannot_be_a_lots_name_is_refused),
		FLOW_TEST(a_retained_message_tells_what_was_loaded_where_nothing_newer_is_known),
		FLOW_TEST(a_retained_message_without_a_time_tells_it_since_ever),
		FLOW_TEST(a_message_older_than_all_that_is_kept_is_outdated),
		FLOW_TEST(a_unit_keeps_its_lot_although_what_told_it_is_gone),
		FLOW_TEST(a_unit_is_complete_when_its_lot_is_known),
		FLOW_TEST(a_lot_no_longer_anybodys_is_not_held),
		FLOW_TEST(binding_a_lot_keeps_its_properties),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
