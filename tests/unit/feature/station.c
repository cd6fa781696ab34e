/* One unit at one station: which events count, when the window is final, what window it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/feature/station.h"

/* Event times of the tests are about 1000, the line's clock about 0. */
static const struct station both = {.enter = 1, .exit = 2, .max_dwell_ms = 500, .reorder_ms = 20};
static const struct station enters = {
	.enter = 1, .exit = NO_INDEX, .max_dwell_ms = 500, .reorder_ms = 20};
static const struct station exits = {
	.enter = NO_INDEX, .exit = 2, .look_back_ms = 300, .reorder_ms = 20};

static void expect_visit(const struct visit *v, int64_t enter_ms, int64_t exit_ms,
	int64_t enter_at_ms, int64_t exit_at_ms)
{
	assert_int_equal(v->enter_ms, enter_ms);
	assert_int_equal(v->exit_ms, exit_ms);
	assert_int_equal(v->enter_at_ms, enter_at_ms);
	assert_int_equal(v->exit_at_ms, exit_at_ms);
}

static void expect_stay(const struct stay *s, int64_t from_ms, int64_t to_ms, int64_t last_ms)
{
	assert_int_equal(s->missing, VALUE_PRESENT);
	assert_int_equal(s->from_ms, from_ms);
	assert_int_equal(s->first_ms, from_ms);
	assert_int_equal(s->to_ms, to_ms);
	assert_int_equal(s->last_ms, last_ms);
}

static void begins_with_nothing_known(void **state)
{
	const struct visit v = visit_none();

	(void)state;
	expect_visit(&v, NO_TIME, NO_TIME, NO_TIME, NO_TIME);
	assert_int_equal(visit_final_ms(&both, &v), INT64_MAX);
	assert_int_equal(visit_final_ms(&enters, &v), INT64_MAX);
	assert_int_equal(visit_final_ms(&exits, &v), INT64_MAX);
	assert_int_equal(visit_stay(&both, &v, NO_TIME).missing, MISSING_NO_ENTER);
	assert_int_equal(visit_stay(&enters, &v, NO_TIME).missing, MISSING_NO_ENTER);
	assert_int_equal(visit_stay(&exits, &v, 900).missing, MISSING_NO_EXIT);
}

static void enter_and_exit_come_in_either_order(void **state)
{
	struct visit v = visit_none();

	(void)state;
	assert_int_equal(visit_enter(&v, 1000, 1), VISIT_TAKEN);
	assert_int_equal(visit_exit(&v, 1100, 2), VISIT_TAKEN);
	expect_visit(&v, 1000, 1100, 1, 2);
	v = visit_none();
	assert_int_equal(visit_exit(&v, 1100, 1), VISIT_TAKEN);
	assert_int_equal(visit_enter(&v, 1000, 2), VISIT_TAKEN);
	expect_visit(&v, 1000, 1100, 2, 1);
}

static void the_smallest_enter_counts(void **state)
{
	struct visit v = visit_none();

	(void)state;
	assert_int_equal(visit_enter(&v, 1000, 1), VISIT_TAKEN);
	assert_int_equal(visit_enter(&v, 1000, 2), VISIT_REPEATED);
	assert_int_equal(visit_enter(&v, 1001, 3), VISIT_REPEATED);
	expect_visit(&v, 1000, NO_TIME, 1, NO_TIME);
	assert_int_equal(visit_enter(&v, 999, 4), VISIT_REPLACED);
	expect_visit(&v, 999, NO_TIME, 1, NO_TIME); /* it is waited for since the first came */
}

static void the_smallest_exit_counts(void **state)
{
	struct visit v = visit_none();

	(void)state;
	assert_int_equal(visit_exit(&v, 1100, 1), VISIT_TAKEN);
	assert_int_equal(visit_exit(&v, 1100, 2), VISIT_REPEATED);
	assert_int_equal(visit_exit(&v, 1101, 3), VISIT_REPEATED);
	expect_visit(&v, NO_TIME, 1100, NO_TIME, 1);
	assert_int_equal(visit_exit(&v, 1099, 4), VISIT_REPLACED);
	expect_visit(&v, NO_TIME, 1099, NO_TIME, 1);
	assert_int_equal(visit_enter(&v, 1099, 5), VISIT_TAKEN); /* at the same time: in and out */
	expect_visit(&v, 1099, 1099, 5, 1);
}

static void an_exit_before_the_enter_does_not_count(void **state)
{
	struct visit v = visit_none();

	(void)state;
	assert_int_equal(visit_enter(&v, 1000, 1), VISIT_TAKEN);
	assert_int_equal(visit_exit(&v, 999, 2), VISIT_REPEATED);
	expect_visit(&v, 1000, NO_TIME, 1, NO_TIME);
	assert_int_equal(visit_exit(&v, 1000, 3), VISIT_TAKEN);
	expect_visit(&v, 1000, 1000, 1, 3);
	/* nor where it came first: it counts as repeated once the enter is there */
	v = visit_none();
	assert_int_equal(visit_exit(&v, 999, 1), VISIT_TAKEN);
	assert_int_equal(visit_enter(&v, 1000, 2), VISIT_REPLACED);
	expect_visit(&v, 1000, NO_TIME, 2, NO_TIME);
	assert_int_equal(visit_exit(&v, 1200, 3), VISIT_TAKEN);
	expect_visit(&v, 1000, 1200, 2, 3);
}

static void an_earlier_enter_keeps_the_exit(void **state)
{
	struct visit v = visit_none();

	(void)state;
	assert_int_equal(visit_enter(&v, 1000, 1), VISIT_TAKEN);
	assert_int_equal(visit_exit(&v, 1100, 2), VISIT_TAKEN);
	assert_int_equal(visit_enter(&v, 900, 3), VISIT_REPLACED);
	expect_visit(&v, 900, 1100, 1, 2);
	assert_int_equal(visit_exit(&v, 950, 4), VISIT_REPLACED);
	expect_visit(&v, 900, 950, 1, 2);
}

static void another_units_enter_ends_it(void **state)
{
	struct visit v = visit_none();

	(void)state;
	assert_int_equal(visit_enter(&v, 1000, 1), VISIT_TAKEN);
	visit_ended(&v, 1100, 5);
	expect_visit(&v, 1000, 1100, 1, 5);
	visit_ended(&v, 1200, 6); /* a later one does not */
	expect_visit(&v, 1000, 1100, 1, 5);
	visit_ended(&v, 1050, 7); /* one between, whose message was late, does */
	expect_visit(&v, 1000, 1050, 1, 5);
}

static void an_enter_that_is_not_after_its_own_ends_nothing(void **state)
{
	struct visit v = visit_none();

	(void)state;
	visit_ended(&v, 1100, 1);
	expect_visit(&v, NO_TIME, NO_TIME, NO_TIME, NO_TIME);
	assert_int_equal(visit_enter(&v, 1000, 2), VISIT_TAKEN);
	visit_ended(&v, 1000, 3);
	visit_ended(&v, 900, 3);
	expect_visit(&v, 1000, NO_TIME, 2, NO_TIME);
	visit_ended(&v, 1001, 4);
	expect_visit(&v, 1000, 1001, 2, 4);
}

static void is_final_so_long_after_its_exit_arrived(void **state)
{
	struct visit v = {.enter_ms = 1000, .exit_ms = 1500, .enter_at_ms = 10, .exit_at_ms = 40};

	(void)state;
	assert_int_equal(visit_final_ms(&both, &v), 60);
	assert_int_equal(visit_final_ms(&enters, &v), 60);
	assert_int_equal(visit_final_ms(&exits, &v), 60);
	v.exit_ms = 1501; /* longer than max_dwell: it counts as none */
	assert_int_equal(visit_final_ms(&both, &v), 10 + 500 + 20);
	assert_int_equal(visit_final_ms(&enters, &v), 10 + 500 + 20);
	assert_int_equal(visit_final_ms(&exits, &v), 60);
}

static void without_an_exit_is_final_max_dwell_after_its_enter_arrived(void **state)
{
	struct visit v = {
		.enter_ms = 1000, .exit_ms = NO_TIME, .enter_at_ms = 10, .exit_at_ms = NO_TIME};

	(void)state;
	assert_int_equal(visit_final_ms(&both, &v), 10 + 500 + 20);
	assert_int_equal(visit_final_ms(&exits, &v), INT64_MAX);
	v = (struct visit){NO_TIME, 1100, NO_TIME, 40};
	assert_int_equal(visit_final_ms(&both, &v), INT64_MAX); /* an exit of what never entered */
	assert_int_equal(visit_stay(&both, &v, NO_TIME).missing, MISSING_NO_ENTER);
}

static void stays_from_enter_to_exit_both_included(void **state)
{
	const struct visit v = {1000, 1100, 1, 2};
	struct stay s = visit_stay(&both, &v, 1050); /* others do not matter */

	(void)state;
	expect_stay(&s, 1000, 1100, 1100);
}

static void stays_until_just_before_the_next_enter(void **state)
{
	const struct visit v = {1000, 1100, 1, 2};
	struct stay s = visit_stay(&enters, &v, NO_TIME);

	(void)state;
	expect_stay(&s, 1000, 1100, 1099);
}

static void an_exit_later_than_max_dwell_is_none(void **state)
{
	struct visit v = {1000, 1500, 1, 2};
	struct station closing = both;
	struct stay s = visit_stay(&both, &v, NO_TIME);

	(void)state;
	closing.no_exit_closes = true;
	expect_stay(&s, 1000, 1500, 1500);
	v.exit_ms = 1501;
	assert_int_equal(visit_stay(&both, &v, NO_TIME).missing, MISSING_NO_EXIT);
	s = visit_stay(&closing, &v, NO_TIME);
	expect_stay(&s, 1000, 1500, 1500);
	v.exit_ms = NO_TIME;
	assert_int_equal(visit_stay(&both, &v, NO_TIME).missing, MISSING_NO_EXIT);
	s = visit_stay(&closing, &v, NO_TIME);
	expect_stay(&s, 1000, 1500, 1500);
	v.exit_ms = 1499;
	s = visit_stay(&closing, &v, NO_TIME);
	expect_stay(&s, 1000, 1499, 1499);
}

static void stays_since_the_exit_of_the_one_before(void **state)
{
	const struct visit v = {NO_TIME, 1100, NO_TIME, 2};
	struct stay s = visit_stay(&exits, &v, 900);

	(void)state;
	assert_int_equal(s.missing, VALUE_PRESENT);
	assert_int_equal(s.from_ms, 900);
	assert_int_equal(s.first_ms, 901); /* without the sample of that very moment */
	assert_int_equal(s.to_ms, 1100);
	assert_int_equal(s.last_ms, 1100);
}

static void reaches_back_so_far_at_most(void **state)
{
	const struct visit v = {NO_TIME, 1100, NO_TIME, 2};
	struct station endless = exits;
	struct stay s = visit_stay(&exits, &v, 799);

	(void)state;
	expect_stay(&s, 800, 1100, 1100);
	s = visit_stay(&exits, &v, 800);
	assert_int_equal(s.first_ms, 801);
	s = visit_stay(&exits, &v, NO_TIME);
	expect_stay(&s, 800, 1100, 1100);
	endless.look_back_ms = 0;
	s = visit_stay(&endless, &v, 10);
	assert_int_equal(s.from_ms, 10);
	assert_int_equal(s.first_ms, 11);
	s = visit_stay(&endless, &v, NO_TIME); /* whatever there is */
	expect_stay(&s, NO_TIME, 1100, 1100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_with_nothing_known),
		cmocka_unit_test(enter_and_exit_come_in_either_order),
		cmocka_unit_test(the_smallest_enter_counts),
		cmocka_unit_test(the_smallest_exit_counts),
		cmocka_unit_test(an_exit_before_the_enter_does_not_count),
		cmocka_unit_test(an_earlier_enter_keeps_the_exit),
		cmocka_unit_test(another_units_enter_ends_it),
		cmocka_unit_test(an_enter_that_is_not_after_its_own_ends_nothing),
		cmocka_unit_test(is_final_so_long_after_its_exit_arrived),
		cmocka_unit_test(without_an_exit_is_final_max_dwell_after_its_enter_arrived),
		cmocka_unit_test(stays_from_enter_to_exit_both_included),
		cmocka_unit_test(stays_until_just_before_the_next_enter),
		cmocka_unit_test(an_exit_later_than_max_dwell_is_none),
		cmocka_unit_test(stays_since_the_exit_of_the_one_before),
		cmocka_unit_test(reaches_back_so_far_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
