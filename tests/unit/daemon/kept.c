/* What waits for the broker's confirmation, and in which order it leaves. */
#include "daemon/kept.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/batch.h"

static int set_up(void **state)
{
	static struct kept k;

	kept_init(&k);
	*state = &k;
	return 0;
}

static int tear_down(void **state)
{
	kept_deinit(*state);
	return 0;
}

static struct kept_message *keep(struct kept *k, const char *topic, bool is_stored)
{
	const struct outbox_message m = {k->next_id, topic, "{}", 2, 0};
	struct kept_message *kept = kept_add(k, &m, is_stored);

	assert_non_null(kept);
	return kept;
}

static struct kept_message *send_next(struct kept *k)
{
	struct kept_message *m = kept_next(k);

	if (m) {
		m->mid = (int)m->id + 100;
		kept_mark_sent(k, m);
	}
	return m;
}

static void alerts_leave_before_what_came_earlier(void **state)
{
	struct kept *k = *state;

	keep(k, "p/prediction", false);
	keep(k, "p/prediction", false);
	keep(k, "p/alert", false);
	assert_int_equal(send_next(k)->id, 3);
	assert_int_equal(send_next(k)->id, 1);
	assert_int_equal(send_next(k)->id, 2);
	assert_null(send_next(k));
}

static void predictions_leave_room_for_alerts(void **state)
{
	struct kept *k = *state;
	size_t sent = 0;

	for (int i = 0; i < 40; i++)
		keep(k, "p/prediction", false);
	while (send_next(k))
		sent++;
	assert_int_equal(sent, KEPT_SENT_MAX - 2);
	keep(k, "p/alert", false);
	assert_string_equal(send_next(k)->topic, "p/alert");
	keep(k, "p/alert", false);
	assert_non_null(send_next(k));
	keep(k, "p/alert", false);
	assert_null(send_next(k)); /* the library is full */
	kept_drop(k, kept_find_sent(k, 101));
	assert_string_equal(send_next(k)->topic, "p/alert");
}

static void gives_up_predictions_before_alerts(void **state)
{
	struct kept *k = *state;

	keep(k, "p/alert", false);
	keep(k, "p/prediction", false);
	keep(k, "p/prediction", false);
	for (uint64_t id = 2; id <= 3; id++) {
		assert_int_equal(kept_oldest_unsent(k)->id, id);
		kept_drop(k, kept_oldest_unsent(k));
	}
	assert_int_equal(kept_oldest_unsent(k)->id, 1);
	send_next(k);
	assert_null(kept_oldest_unsent(k));
}

static void sends_all_again_in_order_after_a_lost_connection(void **state)
{
	struct kept *k = *state;

	for (int i = 0; i < 30; i++)
		keep(k, "p/prediction", false);
	while (send_next(k))
		;
	kept_drop(k, kept_find_sent(k, 102));
	kept_unsend(k);
	assert_null(kept_find_sent(k, 101));
	assert_int_equal(k->sent, 0);
	assert_int_equal(send_next(k)->id, 1);
	assert_int_equal(send_next(k)->id, 3);
}

static void stores_what_is_not_confirmed_and_deletes_what_was_stored(void **state)
{
	CLEANUP(batch_free) struct batch *b = NULL;
	struct kept *k = *state;

	assert_int_equal(batch_new(&b), 0);
	keep(k, "p/alert", false); /* confirmed before it is stored: never in the table */
	keep(k, "p/alert", false);
	keep(k, "p/prediction", true);
	while (send_next(k))
		;
	kept_drop(k, kept_find_sent(k, 101));
	assert_int_equal(kept_fill(k, b), 0);
	assert_int_equal(b->put_count, 1);
	assert_int_equal(b->puts[0].id, 2);
	assert_int_equal(b->delete_count, 0);
	batch_clear(b);
	kept_drop(k, kept_find_sent(k, 102));
	kept_drop(k, kept_find_sent(k, 103));
	assert_int_equal(kept_fill(k, b), 0);
	assert_int_equal(b->put_count, 0);
	assert_int_equal(b->delete_count, 2);
}

static void stores_all_again_in_an_empty_table(void **state)
{
	CLEANUP(batch_free) struct batch *b = NULL;
	struct kept *k = *state;

	assert_int_equal(batch_new(&b), 0);
	keep(k, "p/alert", true);
	keep(k, "p/prediction", true);
	keep(k, "p/prediction", true);
	kept_drop(k, kept_oldest_unsent(k));
	kept_unstore(k);
	assert_int_equal(kept_fill(k, b), 0);
	assert_int_equal(b->put_count, 2);
	assert_int_equal(b->delete_count, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(alerts_leave_before_what_came_earlier),
		TEST(predictions_leave_room_for_alerts),
		TEST(gives_up_predictions_before_alerts),
		TEST(sends_all_again_in_order_after_a_lost_connection),
		TEST(stores_what_is_not_confirmed_and_deletes_what_was_stored),
		TEST(stores_all_again_in_an_empty_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
