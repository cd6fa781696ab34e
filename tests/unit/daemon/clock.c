/* The lines' clock runs only while messages can reach us. */
#include "daemon/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static int64_t line_ms(struct clock *c)
{
	int64_t now_ms, line;

	clock_read(c, &now_ms, &line);
	return line;
}

static void the_lines_clock_stands_until_it_may_run(void **state)
{
	struct clock c;

	(void)state;
	clock_init(&c, 5000);
	usleep(20000);
	assert_int_equal(line_ms(&c), 5000);
	clock_let_run(&c, true);
	assert_in_range(line_ms(&c), 5000, 5010); /* the time it stood does not count */
	usleep(30000);
	assert_in_range(line_ms(&c), 5030, 5500);
}

static void it_goes_on_where_it_stood(void **state)
{
	struct clock c;
	int64_t at;

	(void)state;
	clock_init(&c, 0);
	clock_let_run(&c, true);
	usleep(30000);
	clock_let_run(&c, false);
	at = line_ms(&c);
	assert_in_range(at, 30, 500);
	usleep(20000);
	assert_int_equal(line_ms(&c), at);
	clock_let_run(&c, true);
	usleep(20000);
	assert_in_range(line_ms(&c), at + 20, at + 500);
}

static void time_in_which_nobody_looked_does_not_count(void **state)
{
	struct clock c;

	(void)state;
	clock_init(&c, 0);
	clock_let_run(&c, true);
	c.moved_at_ms -= 1900; /* late, but it was looked at */
	assert_in_range(line_ms(&c), 1900, 2500);
	c.moved_at_ms -= 3600000; /* the machine slept */
	assert_in_range(line_ms(&c), 3900, 4500);
}

static void the_gateways_clock_agrees_with_the_wall(void **state)
{
	struct timespec t;
	struct clock c;

	(void)state;
	clock_init(&c, 0);
	clock_gettime(CLOCK_REALTIME, &t);
	assert_in_range(clock_now_ms(&c) - (t.tv_sec * 1000 - 100), 0, 1300);
	assert_int_equal(clock_follow_wall(&c), 0);
}

static void it_follows_a_wall_clock_that_departs_by_more_than_a_second(void **state)
{
	struct clock c;
	int64_t before_ms;

	(void)state;
	clock_init(&c, 0);
	c.offset_ms -= 900;
	assert_int_equal(clock_follow_wall(&c), 0);
	c.offset_ms -= 4100;
	before_ms = clock_now_ms(&c);
	assert_in_range(clock_follow_wall(&c), 4990, 5010);
	assert_in_range(clock_now_ms(&c) - before_ms, 4990, 5500);
	assert_int_equal(clock_follow_wall(&c), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lines_clock_stands_until_it_may_run),
		cmocka_unit_test(it_goes_on_where_it_stood),
		cmocka_unit_test(time_in_which_nobody_looked_does_not_count),
		cmocka_unit_test(the_gateways_clock_agrees_with_the_wall),
		cmocka_unit_test(it_follows_a_wall_clock_that_departs_by_more_than_a_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
