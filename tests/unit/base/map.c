/* Maps with an order and a capacity. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>

#include "lib/base/map.h"

static int values[10];

static void expect_order(const struct map *m, const char *expected)
{
	char text[64] = "";
	size_t len = 0;

	for (struct map_entry *e = map_begin(m); e; e = map_next(e))
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s ", map_key(e));
	assert_string_equal(text, expected);
}

static void keeps_the_order_of_insertion(void **state)
{
	CLEANUP(map_free) struct map *m = NULL;
	void *value = NULL;

	(void)state;
	assert_int_equal(map_new(&m, 4), 0);
	assert_null(map_first(m, NULL));
	assert_int_equal(map_put(m, "c", &values[0]), 0);
	assert_int_equal(map_put(m, "a", &values[1]), 0);
	assert_int_equal(map_put(m, "b", &values[2]), 0);
	expect_order(m, "c a b ");
	assert_int_equal(map_put(m, "c", &values[3]), 0);
	expect_order(m, "c a b ");
	assert_string_equal(map_first(m, &value), "c");
	assert_ptr_equal(value, &values[3]);
	assert_ptr_equal(map_get(m, "a"), &values[1]);
	assert_null(map_get(m, "d"));
}

static void moves_what_is_touched_to_the_end(void **state)
{
	CLEANUP(map_free) struct map *m = NULL;

	(void)state;
	assert_int_equal(map_new(&m, 4), 0);
	assert_int_equal(map_put(m, "a", &values[0]), 0);
	map_touch(m, "a");
	expect_order(m, "a ");
	assert_int_equal(map_put(m, "b", &values[1]), 0);
	assert_int_equal(map_put(m, "c", &values[2]), 0);
	map_touch(m, "a");
	map_touch(m, "nobody");
	expect_order(m, "b c a ");
	assert_string_equal(map_first(m, NULL), "b");
}

static void refuses_new_keys_when_full(void **state)
{
	CLEANUP(map_free) struct map *m = NULL;

	(void)state;
	assert_int_equal(map_new(&m, 0), -EINVAL);
	assert_int_equal(map_new(&m, 2), 0);
	assert_int_equal(map_put(m, "a", &values[0]), 0);
	assert_int_equal(map_put(m, "b", &values[0]), 0);
	assert_true(map_full(m));
	assert_int_equal(map_put(m, "c", &values[0]), -ENOSPC);
	assert_int_equal(map_put(m, "b", &values[1]), 0);
	assert_ptr_equal(map_remove(m, "b"), &values[1]);
	assert_null(map_remove(m, "b"));
	assert_false(map_full(m));
	assert_int_equal(map_put(m, "c", &values[0]), 0);
	expect_order(m, "a c ");
}

static void lets_entries_go_while_walking(void **state)
{
	CLEANUP(map_free) struct map *m = NULL;
	struct map_entry *next;
	char key[32];

	(void)state;
	assert_int_equal(map_new(&m, 100000), 0);
	for (int i = 0; i < 100000; i++) {
		snprintf(key, sizeof(key), "unit-%d", i);
		assert_int_equal(map_put(m, key, &values[i % 10]), 0);
	}
	for (struct map_entry *e = map_begin(m); e; e = next) {
		next = map_next(e);
		if (map_value(e) != &values[0]) {
			snprintf(key, sizeof(key), "%s", map_key(e));
			assert_non_null(map_remove(m, key));
		}
	}
	assert_int_equal(map_count(m), 10000);
	assert_ptr_equal(map_get(m, "unit-99990"), &values[0]);
	assert_null(map_get(m, "unit-99991"));
	map_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_order_of_insertion),
		cmocka_unit_test(moves_what_is_touched_to_the_end),
		cmocka_unit_test(refuses_new_keys_when_full),
		cmocka_unit_test(lets_entries_go_while_walking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
