/* When the broker's queue has been handed out. */
#include "daemon/drain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/wire/wire.h"

#define S UINT64_C(1000000000)

static int markers; /* published */

/* Stands in for the library: takes every marker. */
int wire_publish(struct wire *w, int *mid, const char *topic, const void *payload, size_t len,
	int qos, bool retain)
{
	(void)w;
	(void)payload;
	(void)len;
	assert_string_equal(topic, "gw/marker");
	assert_int_equal(qos, 1);
	assert_false(retain);
	*mid = ++markers;
	return 0;
}

static int set_up(void **state)
{
	static struct drain d;

	markers = 0;
	drain_init(&d, "gw/marker", 7);
	*state = &d;
	return 0;
}

static void ends_with_the_marker_of_this_connection(void **state)
{
	struct drain *d = *state;
	char earlier[sizeof(d->payload)];

	drain_begin(d, NULL, S);
	strcpy(earlier, d->payload);
	drain_lost(d, 20 * S);
	drain_begin(d, NULL, 21 * S);
	assert_false(drain_take_marker(d, earlier, strlen(earlier)));
	assert_int_equal(d->state, DRAIN_WAITING);
	assert_true(drain_take_marker(d, d->payload, strlen(d->payload)));
	assert_int_equal(d->state, DRAIN_DONE);
}

static void sends_the_marker_again_each_second_once_it_is_confirmed(void **state)
{
	struct drain *d = *state;

	drain_begin(d, NULL, S);
	assert_false(drain_tick(d, NULL, 2 * S));
	assert_int_equal(markers, 1);
	drain_confirmed(d, 1);
	assert_false(drain_tick(d, NULL, 3 * S));
	assert_int_equal(markers, 2);
}

static void ends_after_10_s_without_a_message(void **state)
{
	struct drain *d = *state;

	drain_begin(d, NULL, S);
	drain_heard(d, 5 * S);
	assert_false(drain_tick(d, NULL, 14 * S));
	assert_true(drain_tick(d, NULL, 15 * S));
	assert_true(d->gave_up);
}

static void says_once_that_it_takes_long(void **state)
{
	struct drain *d = *state;

	drain_begin(d, NULL, S);
	assert_false(drain_takes_long(d, 30 * S));
	assert_true(drain_takes_long(d, 31 * S));
	assert_false(drain_takes_long(d, 99 * S));
}

static void goes_without_a_marker_after_three_that_broke_the_connection(void **state)
{
	struct drain *d = *state;

	for (uint64_t n = 1; n <= 3; n++) {
		drain_begin(d, NULL, n * S);
		drain_lost(d, n * S + S / 10);
		assert_int_equal(markers, n);
	}
	drain_begin(d, NULL, 4 * S);
	assert_false(drain_tick(d, NULL, 5 * S));
	assert_int_equal(markers, 3);
	drain_lost(d, 6 * S);
	drain_begin(d, NULL, 7 * S);
	assert_int_equal(markers, 4);
}

/* What broke the connections off may have been something else. */
static void tries_a_marker_all_the_same_where_messages_keep_coming(void **state)
{
	struct drain *d = *state;

	for (uint64_t n = 1; n <= 3; n++) {
		drain_begin(d, NULL, n * S);
		drain_lost(d, n * S + S / 10);
	}
	drain_begin(d, NULL, 4 * S);
	for (uint64_t n = 5; n <= 33; n++) {
		drain_heard(d, n * S);
		assert_false(drain_tick(d, NULL, n * S));
	}
	assert_int_equal(markers, 3);
	assert_false(drain_tick(d, NULL, 34 * S));
	assert_int_equal(markers, 4);
}

/* As when reading pauses for a full disk until the keepalive time is over. */
static void connections_that_lasted_do_not_cost_the_marker(void **state)
{
	struct drain *d = *state;

	for (uint64_t n = 1; n <= 5; n++) {
		drain_begin(d, NULL, 100 * n * S);
		drain_lost(d, 100 * n * S + 45 * S);
	}
	assert_int_equal(markers, 5);
}

#define TEST(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ends_with_the_marker_of_this_connection),
		TEST(sends_the_marker_again_each_second_once_it_is_confirmed),
		TEST(ends_after_10_s_without_a_message),
		TEST(says_once_that_it_takes_long),
		TEST(goes_without_a_marker_after_three_that_broke_the_connection),
		TEST(tries_a_marker_all_the_same_where_messages_keep_coming),
		TEST(connections_that_lasted_do_not_cost_the_marker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
