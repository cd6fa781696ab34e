/* gap_ms: how much of a unit's time inputs cannot have reached us. */
#include "tests/unit/feature/flow.h"

#include "lib/feature/assembler_inside.h" /* GAPS_MAX */

#define NOTHING_LOST INT64_MAX

/* All sources of QoS 1 and journaled, the unit opened at 10 s. */
static void begin(struct flow *f)
{
	f->plan.sources[F_TAGS].qos = 1;
	f->plan.sources[F_TAGS].journal = true;
	f->plan.unit.ready_on = F_QC;
	flow_begin(f);
	flow_at(f, 10000);
	flow_event(f, "in", "U1", 0); /* event times do not matter here */
}

static void gap(struct flow *f, int64_t from_ms, int64_t to_ms)
{
	flow_maybe_restart(f);
	assembler_add_gap(f->a, NOW + from_ms, NOW + to_ms, NOTHING_LOST, false);
}

/* The unit is scored at so many ms. */
static void expect_gap(struct flow *f, int64_t ms, int64_t gap_ms)
{
	flow_at(f, ms);
	flow_event(f, "qc", "U1", 1);
	flow_expect_unit(f, "U1", "ready");
	assert_int_equal(f->unit.gap_ms, gap_ms);
}

static void without_one_it_is_0(void **state)
{
	struct flow *f = *state;

	begin(f);
	expect_gap(f, 20000, 0);
}

static void counts_from_the_opening_to_the_scoring(void **state)
{
	struct flow *f = *state;

	begin(f);
	gap(f, 12000, 13000);
	gap(f, 15000, 15500);
	expect_gap(f, 20000, 1500);
}

static void counts_what_lies_within_alone(void **state)
{
	struct flow *f = *state;

	flow_begin(f);
	gap(f, 1000, 2000);
	gap(f, 9000, 10300);
	flow_at(f, 10000);
	flow_event(f, "in", "U1", 0);
	f->plan.unit.ready_on = F_QC;
	flow_restart(f);
	gap(f, 19600, 30000);
	expect_gap(f, 20000, 300 + 400);
}

static void counts_what_overlaps_once(void **state)
{
	struct flow *f = *state;

	begin(f);
	gap(f, 12000, 14000);
	gap(f, 13000, 15000);
	gap(f, 13500, 14500);
	expect_gap(f, 20000, 3000);
}

static void a_later_one_may_begin_before_an_earlier_one(void **state)
{
	struct flow *f = *state;

	begin(f);
	gap(f, 12000, 12100);
	gap(f, 13000, 13100);
	gap(f, 12500, 14000);
	expect_gap(f, 20000, 100 + 1500);
}

static void what_is_no_time_is_no_gap(void **state)
{
	struct flow *f = *state;

	begin(f);
	gap(f, 13000, 13000);
	gap(f, 14000, 13500);
	assert_int_equal(f->a->gap_count, 0);
	expect_gap(f, 20000, 0);
}

static void what_the_broker_kept_is_none_where_all_is_of_qos_1(void **state)
{
	struct flow *f = *state;

	begin(f);
	assembler_add_gap(f->a, NOW + 12000, NOW + 13000, NOTHING_LOST, true);
	expect_gap(f, 20000, 0);
}

static void what_the_broker_kept_is_one_where_a_source_is_of_qos_0(void **state)
{
	struct flow *f = *state;

	begin(f);
	f->plan.sources[F_LAB].qos = 0;
	assembler_add_gap(f->a, NOW + 12000, NOW + 13000, NOTHING_LOST, true);
	expect_gap(f, 20000, 1000);
}

static void without_a_journal_all_since_the_saved_state_is_lost(void **state)
{
	struct flow *f = *state;

	begin(f);
	f->plan.sources[F_TAGS].qos = 0;
	assembler_add_gap(f->a, NOW + 13000, NOW + 14000, NOW + 12000, true);
	expect_gap(f, 20000, 1000); /* journaled: it came before */
	flow_begin(f);
	f->plan.sources[F_TAGS].journal = false;
	flow_at(f, 10000);
	flow_event(f, "in", "U1", 0);
	assembler_add_gap(f->a, NOW + 13000, NOW + 14000, NOW + 12000, true);
	assembler_add_gap(f->a, NOW + 15000, NOW + 15100, NOW + 16000, false);
	assembler_add_gap(f->a, NOW + 17000, NOW + 17100, NOTHING_LOST, false);
	expect_gap(f, 20000, 2000 + 100 + 100);
}

static void so_many_are_kept_that_the_oldest_become_one(void **state)
{
	struct flow *f = *state;

	begin(f);
	for (int i = 0; i < GAPS_MAX; i++)
		gap(f, 11000 + 10 * i, 11001 + 10 * i);
	assert_int_equal(f->a->gap_count, GAPS_MAX);
	gap(f, 15000, 15001);
	assert_int_equal(f->a->gap_count, GAPS_MAX);
	assert_int_equal(f->a->gaps[0].from_ms, NOW + 11000);
	assert_int_equal(f->a->gaps[0].to_ms, NOW + 11011);
	assert_int_equal(f->a->gaps[1].from_ms, NOW + 11020);
	assert_int_equal(f->a->gaps[GAPS_MAX - 1].from_ms, NOW + 15000);
	expect_gap(f, 20000, 11 + GAPS_MAX - 1);
}

static void one_that_goes_on_takes_no_place(void **state)
{
	struct flow *f = *state;

	begin(f);
	for (int i = 0; i < 2 * GAPS_MAX; i++)
		gap(f, 11000 + i, 11001 + i);
	assert_int_equal(f->a->gap_count, 1);
	expect_gap(f, 20000, 2 * GAPS_MAX);
}

static void a_clock_that_went_back_makes_no_gap_longer(void **state)
{
	struct flow *f = *state;

	begin(f);
	gap(f, 13000, 14000);
	gap(f, 11000, 11500);
	expect_gap(f, 20000, 1500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLOW_TEST(without_one_it_is_0),
		FLOW_TEST(counts_from_the_opening_to_the_scoring),
		FLOW_TEST(counts_what_lies_within_alone),
		FLOW_TEST(counts_what_overlaps_once),
		FLOW_TEST(a_later_one_may_begin_before_an_earlier_one),
		FLOW_TEST(what_is_no_time_is_no_gap),
		FLOW_TEST(what_the_broker_kept_is_none_where_all_is_of_qos_1),
		FLOW_TEST(what_the_broker_kept_is_one_where_a_source_is_of_qos_0),
		FLOW_TEST(without_a_journal_all_since_the_saved_state_is_lost),
		FLOW_TEST(so_many_are_kept_that_the_oldest_become_one),
		FLOW_TEST(one_that_goes_on_takes_no_place),
		FLOW_TEST(a_clock_that_went_back_makes_no_gap_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
