/* Journal, snapshot and deliveries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/store/temporary.h"

#include <errno.h>

#include "lib/base/buf.h"
#include "lib/base/macros.h"
#include "lib/store/journal.h"

/* "1-3:abc 4-4:d " */
static int note(void *owner, uint64_t first, uint64_t last, const void *bytes, size_t len)
{
	struct buf *b = owner;

	buf_addf(b, "%d-%d:%.*s ", (int)first, (int)last, (int)len, (const char *)bytes);
	return 0;
}

static int stop_at_four(void *owner, uint64_t first, uint64_t last, const void *bytes, size_t len)
{
	if (first == 4)
		return -ECANCELED;
	return note(owner, first, last, bytes, len);
}

static void expect_journal(struct temporary *t, uint64_t after, const char *expected)
{
	CLEANUP(buf_deinit) struct buf b;

	buf_init(&b);
	temporary_do(t, store_each_journal(t->store, after, note, &b, &t->err));
	assert_string_equal(buf_text(&b), expected);
}

static void put_three(struct temporary *t)
{
	temporary_do(t, store_put_journal(t->store, 1, 3, "abc", 3, &t->err));
	temporary_do(t, store_put_journal(t->store, 4, 4, "d", 1, &t->err));
	temporary_do(t, store_put_journal(t->store, 5, 9, "", 0, &t->err));
}

static void gives_the_journal_back_in_order(void **state)
{
	struct temporary *t = *state;

	put_three(t);
	expect_journal(t, 0, "1-3:abc 4-4:d 5-9: ");
	expect_journal(t, 3, "4-4:d 5-9: ");
	expect_journal(t, 9, "");
	temporary_reopen(t, STORE_READ);
	expect_journal(t, 0, "1-3:abc 4-4:d 5-9: ");
}

static void ends_where_the_reader_says_so(void **state)
{
	struct temporary *t = *state;
	CLEANUP(buf_deinit) struct buf b;

	buf_init(&b);
	put_three(t);
	assert_int_equal(store_each_journal(t->store, 0, stop_at_four, &b, &t->err), -ECANCELED);
	assert_string_equal(buf_text(&b), "1-3:abc ");
	expect_journal(t, 0, "1-3:abc 4-4:d 5-9: ");
}

static void refuses_an_input_twice(void **state)
{
	struct temporary *t = *state;

	put_three(t);
	assert_int_equal(store_put_journal(t->store, 4, 4, "x", 1, &t->err), -EEXIST);
	assert_non_null(strstr(t->err.text, "cannot write the journal: UNIQUE constraint failed"));
}

static void keeps_one_snapshot_and_drops_what_it_covers(void **state)
{
	struct temporary *t = *state;
	uint64_t number = 9;
	void *bytes = t;
	size_t len = 9;

	temporary_do(t, store_load_snapshot(t->store, &number, &bytes, &len, &t->err));
	assert_int_equal(number, 0);
	assert_null(bytes);
	assert_int_equal(len, 0);

	put_three(t);
	temporary_do(t, store_put_snapshot(t->store, 3, 100, "one", 3, &t->err));
	expect_journal(t, 0, "4-4:d 5-9: ");
	temporary_do(t, store_put_snapshot(t->store, 4, 200, "fo\0r", 4, &t->err));
	temporary_do(t, store_load_snapshot(t->store, &number, &bytes, &len, &t->err));
	assert_int_equal(number, 4);
	assert_int_equal(len, 4);
	assert_memory_equal(bytes, "fo\0r", 4);
	free(bytes);
	expect_journal(t, 0, "5-9: ");
	assert_string_equal(
		temporary_query(t, "SELECT count(*), max(number), max(at_ms) FROM snapshot"),
		"1|4|200");
	temporary_do(t, store_put_snapshot(t->store, 4, 300, "", 0, &t->err));
	temporary_do(t, store_load_snapshot(t->store, &number, &bytes, &len, &t->err));
	assert_int_equal(len, 0);
	assert_non_null(bytes);
	free(bytes);
}

static void undoes_a_snapshot_with_its_transaction(void **state)
{
	struct temporary *t = *state;

	put_three(t);
	temporary_do(t, store_begin(t->store, &t->err));
	temporary_do(t, store_put_snapshot(t->store, 9, 100, "all", 3, &t->err));
	expect_journal(t, 0, "");
	store_rollback(t->store);
	expect_journal(t, 0, "1-3:abc 4-4:d 5-9: ");
}

/* Deliveries n, n + 1, ...: packet n % 65536, hash n * 1000. */
static void put_deliveries(struct temporary *t, uint64_t first, size_t count, uint64_t keep_from)
{
	struct delivery v[64] = {0};

	for (size_t i = 0; i < count; i++)
		v[i] = (struct delivery){(first + i) * 1000, (uint16_t)(first + i)};
	temporary_do(t, store_put_deliveries(t->store, first, v, count, keep_from, &t->err));
}

static void expect_deliveries(
	struct temporary *t, size_t cap, uint64_t expected_first, size_t expected)
{
	struct delivery v[64] = {0};
	uint64_t first = 99;
	size_t count = 99;

	temporary_do(t, store_load_deliveries(t->store, v, cap, &count, &first, &t->err));
	assert_int_equal(count, expected);
	assert_int_equal(first, expected_first);
	for (size_t i = 0; i < count; i++) {
		assert_true(v[i].hash == (first + i) * 1000);
		assert_int_equal(v[i].packet, (uint16_t)(first + i));
	}
}

static void gives_the_newest_deliveries_back_oldest_first(void **state)
{
	struct temporary *t = *state;

	expect_deliveries(t, 64, 1, 0);
	put_deliveries(t, 1, 10, 0);
	put_deliveries(t, 11, 1, 0);
	put_deliveries(t, 12, 20, 0);
	expect_deliveries(t, 64, 1, 31);
	expect_deliveries(t, 31, 1, 31);
	expect_deliveries(t, 21, 11, 21);
	expect_deliveries(t, 20, 12, 20);
	expect_deliveries(t, 5, 27, 5);
	expect_deliveries(t, 0, 1, 0);
	temporary_reopen(t, STORE_READ);
	expect_deliveries(t, 64, 1, 31);
}

static void drops_deliveries_that_are_too_old(void **state)
{
	struct temporary *t = *state;

	put_deliveries(t, 1, 10, 0);
	put_deliveries(t, 11, 10, 10); /* the first row still holds number 10 */
	expect_deliveries(t, 64, 1, 20);
	put_deliveries(t, 21, 10, 11);
	expect_deliveries(t, 64, 11, 20);
	put_deliveries(t, 31, 0, 31);
	expect_deliveries(t, 64, 1, 0);
}

static void empties_the_list_of_deliveries(void **state)
{
	struct temporary *t = *state;

	put_deliveries(t, 1, 10, 0);
	temporary_do(t, store_clear_deliveries(t->store, &t->err));
	expect_deliveries(t, 64, 1, 0);
	put_deliveries(t, 1, 3, 0);
	expect_deliveries(t, 64, 1, 3);
}

static void refuses_a_list_with_a_gap(void **state)
{
	struct temporary *t = *state;
	struct delivery v[64] = {0};
	uint64_t first = 99;
	size_t count = 99;

	put_deliveries(t, 1, 10, 0);
	put_deliveries(t, 12, 10, 0);
	assert_int_equal(store_load_deliveries(t->store, v, 64, &count, &first, &t->err), -EUCLEAN);
	assert_non_null(strstr(t->err.text, "the list of deliveries has a gap"));
	assert_int_equal(count, 99);
	temporary_exec(t, "UPDATE deliveries SET entries = x'00' WHERE first = 12");
	assert_int_equal(store_load_deliveries(t->store, v, 64, &count, &first, &t->err), -EUCLEAN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		temporary_test(gives_the_journal_back_in_order),
		temporary_test(ends_where_the_reader_says_so),
		temporary_test(refuses_an_input_twice),
		temporary_test(keeps_one_snapshot_and_drops_what_it_covers),
		temporary_test(undoes_a_snapshot_with_its_transaction),
		temporary_test(gives_the_newest_deliveries_back_oldest_first),
		temporary_test(drops_deliveries_that_are_too_old),
		temporary_test(empties_the_list_of_deliveries),
		temporary_test(refuses_a_list_with_a_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
