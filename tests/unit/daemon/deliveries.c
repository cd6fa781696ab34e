/* The list of deliveries: what is sent again is recognised, what is new is not. */
#include "daemon/deliveries.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct delivery message(uint16_t packet, uint64_t hash)
{
	return (struct delivery){.packet = packet, .hash = hash};
}

static void add(struct deliveries *d, uint16_t packet, uint64_t hash)
{
	const struct delivery m = message(packet, hash);

	(void)deliveries_add(d, &m);
}

static uint64_t match(struct deliveries *d, uint16_t packet, uint64_t hash)
{
	const struct delivery m = message(packet, hash);

	return deliveries_match(d, &m);
}

static void knows_what_an_earlier_connection_delivered(void **state)
{
	CLEANUP(deliveries_free) struct deliveries *d = NULL;

	(void)state;
	assert_int_equal(deliveries_new(&d, 8), 0);
	add(d, 1, 100);
	add(d, 2, 200);
	deliveries_reconnect(d);
	assert_int_equal(match(d, 1, 100), 1);
	assert_int_equal(match(d, 2, 200), 2);
	assert_int_equal(match(d, 3, 300), 0);
}

static void entries_of_the_connection_in_hand_are_no_matches(void **state)
{
	CLEANUP(deliveries_free) struct deliveries *d = NULL;

	(void)state;
	assert_int_equal(deliveries_new(&d, 8), 0);
	add(d, 1, 100);
	assert_int_equal(match(d, 1, 100), 0);
	deliveries_reconnect(d);
	add(d, 2, 200);
	assert_int_equal(match(d, 2, 200), 0);
	assert_int_equal(match(d, 1, 100), 1);
}

static void packet_id_and_contents_must_both_agree(void **state)
{
	CLEANUP(deliveries_free) struct deliveries *d = NULL;

	(void)state;
	assert_int_equal(deliveries_new(&d, 8), 0);
	add(d, 1, 100);
	deliveries_reconnect(d);
	assert_int_equal(match(d, 1, 101), 0);
	assert_int_equal(match(d, 9, 100), 0); /* the same chain */
	assert_int_equal(match(d, 1, 100), 1);
}

static void each_entry_is_matched_once_in_a_connection(void **state)
{
	CLEANUP(deliveries_free) struct deliveries *d = NULL;

	(void)state;
	assert_int_equal(deliveries_new(&d, 8), 0);
	add(d, 1, 100);
	add(d, 1, 100);
	deliveries_reconnect(d);
	assert_int_equal(match(d, 1, 100), 1);
	assert_int_equal(match(d, 1, 100), 2);
	assert_int_equal(match(d, 1, 100), 0);
	deliveries_reconnect(d);
	assert_int_equal(match(d, 1, 100), 1);
}

static void matches_go_forward_through_the_list(void **state)
{
	CLEANUP(deliveries_free) struct deliveries *d = NULL;

	(void)state;
	assert_int_equal(deliveries_new(&d, 8), 0);
	add(d, 1, 100);
	add(d, 2, 200);
	add(d, 3, 300);
	deliveries_reconnect(d);
	assert_int_equal(match(d, 2, 200), 2);
	assert_int_equal(match(d, 1, 100), 0);
	assert_int_equal(match(d, 3, 300), 3);
}

static void the_oldest_leave_a_full_list(void **state)
{
	CLEANUP(deliveries_free) struct deliveries *d = NULL;

	(void)state;
	assert_int_equal(deliveries_new(&d, 4), 0);
	for (uint16_t i = 1; i <= 10; i++)
		add(d, i, i * 100u);
	assert_int_equal(deliveries_next(d), 11);
	assert_int_equal(deliveries_keep_from(d), 7);
	deliveries_reconnect(d);
	assert_int_equal(match(d, 6, 600), 0);
	assert_int_equal(match(d, 7, 700), 7);
	assert_int_equal(match(d, 10, 1000), 10);
}

/* New messages push out old entries while the redelivery is still going on. */
static void an_entry_pushed_out_does_not_hide_those_behind_it(void **state)
{
	CLEANUP(deliveries_free) struct deliveries *d = NULL;

	(void)state;
	assert_int_equal(deliveries_new(&d, 4), 0);
	add(d, 1, 100);
	add(d, 2, 200);
	add(d, 5, 500);
	add(d, 1, 101); /* in the chain of the first */
	deliveries_reconnect(d);
	add(d, 9, 900); /* takes the place of the first */
	assert_int_equal(match(d, 1, 100), 0);
	assert_int_equal(match(d, 1, 101), 4);
	add(d, 10, 901);
	assert_int_equal(match(d, 2, 200), 0);
}

static void without_a_session_nothing_is_known(void **state)
{
	CLEANUP(deliveries_free) struct deliveries *d = NULL;

	(void)state;
	assert_int_equal(deliveries_new(&d, 8), 0);
	add(d, 1, 100);
	add(d, 2, 200);
	deliveries_clear(d);
	assert_int_equal(match(d, 1, 100), 0);
	assert_int_equal(deliveries_next(d), 3);
	add(d, 1, 100);
	assert_int_equal(match(d, 1, 100), 0);
	deliveries_reconnect(d);
	assert_int_equal(match(d, 1, 100), 3);
	assert_int_equal(match(d, 2, 200), 0);
}

static void goes_on_with_the_numbers_of_the_store(void **state)
{
	CLEANUP(deliveries_free) struct deliveries *d = NULL;
	const struct delivery kept[] = {message(1, 100), message(2, 200), message(3, 300)};

	(void)state;
	assert_int_equal(deliveries_new(&d, 8), 0);
	deliveries_load(d, kept, 3, 41);
	deliveries_reconnect(d);
	assert_int_equal(deliveries_next(d), 44);
	assert_int_equal(match(d, 2, 200), 42);
	assert_int_equal(match(d, 3, 300), 43);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_what_an_earlier_connection_delivered),
		cmocka_unit_test(entries_of_the_connection_in_hand_are_no_matches),
		cmocka_unit_test(packet_id_and_contents_must_both_agree),
		cmocka_unit_test(each_entry_is_matched_once_in_a_connection),
		cmocka_unit_test(matches_go_forward_through_the_list),
		cmocka_unit_test(the_oldest_leave_a_full_list),
		cmocka_unit_test(an_entry_pushed_out_does_not_hide_those_behind_it),
		cmocka_unit_test(without_a_session_nothing_is_known),
		cmocka_unit_test(goes_on_with_the_numbers_of_the_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
