/* Which MQTT version the next connection speaks. */
#include "lib/wire/fallback.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void speaks_5_as_long_as_the_broker_takes_it(void **state)
{
	struct fallback f;

	(void)state;
	fallback_init(&f, 5);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(fallback_next(&f), 5);
		assert_false(fallback_accepted(&f));
	}
}

static void speaks_only_311_when_that_is_wanted(void **state)
{
	struct fallback f;

	(void)state;
	fallback_init(&f, 3);
	for (int i = 0; i < 40; i++) {
		assert_int_equal(fallback_next(&f), 3);
		assert_false(fallback_accepted(&f));
	}
}

static void falls_back_at_once_when_the_broker_names_the_version(void **state)
{
	struct fallback f;

	(void)state;
	fallback_init(&f, 5);
	assert_int_equal(fallback_next(&f), 5);
	fallback_refused(&f);
	assert_int_equal(fallback_next(&f), 3);
	assert_false(fallback_accepted(&f));
	assert_int_equal(fallback_next(&f), 3);
}

static void takes_a_closed_connection_for_a_guess_and_asks_again(void **state)
{
	struct fallback f;

	(void)state;
	fallback_init(&f, 5);
	assert_int_equal(fallback_next(&f), 5);
	fallback_lost(&f);
	assert_int_equal(fallback_next(&f), 3);
	assert_true(fallback_accepted(&f));
	assert_int_equal(fallback_next(&f), 5);
	fallback_lost(&f); /* now it is certain */
	assert_int_equal(fallback_next(&f), 3);
	assert_false(fallback_accepted(&f));
}

static void stays_with_5_when_the_broker_was_only_going_down(void **state)
{
	struct fallback f;

	(void)state;
	fallback_init(&f, 5);
	assert_int_equal(fallback_next(&f), 5);
	fallback_lost(&f);
	assert_int_equal(fallback_next(&f), 3);
	assert_true(fallback_accepted(&f));
	assert_int_equal(fallback_next(&f), 5);
	assert_false(fallback_accepted(&f));
	assert_int_equal(fallback_next(&f), 5);
}

static void a_guess_is_void_when_311_is_turned_away_too(void **state)
{
	struct fallback f;

	(void)state;
	fallback_init(&f, 5);
	assert_int_equal(fallback_next(&f), 5);
	fallback_lost(&f);
	assert_int_equal(fallback_next(&f), 3);
	fallback_lost(&f);
	assert_int_equal(fallback_next(&f), 5);
}

static void tries_5_again_after_some_connections(void **state)
{
	struct fallback f;
	int with_5 = 0;

	(void)state;
	fallback_init(&f, 5);
	assert_int_equal(fallback_next(&f), 5);
	fallback_refused(&f);
	for (int i = 0; i < 40; i++) {
		if (fallback_next(&f) == 5) {
			with_5++;
			fallback_refused(&f);
		} else {
			assert_false(fallback_accepted(&f));
		}
	}
	assert_int_equal(with_5, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(speaks_5_as_long_as_the_broker_takes_it),
		cmocka_unit_test(speaks_only_311_when_that_is_wanted),
		cmocka_unit_test(falls_back_at_once_when_the_broker_names_the_version),
		cmocka_unit_test(takes_a_closed_connection_for_a_guess_and_asks_again),
		cmocka_unit_test(stays_with_5_when_the_broker_was_only_going_down),
		cmocka_unit_test(a_guess_is_void_when_311_is_turned_away_too),
		cmocka_unit_test(tries_5_again_after_some_connections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
