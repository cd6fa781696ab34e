/* Buffers and cursors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/base/buf.h"

static void reads_back_what_was_written(void **state)
{
	CLEANUP(buf_deinit) struct buf b;
	struct cursor c;
	char text[8];
	const char *blob;
	size_t len;

	(void)state;
	buf_init(&b);
	buf_put_u8(&b, 200);
	buf_put_u16(&b, 60000);
	buf_put_u32(&b, 4000000000u);
	buf_put_u64(&b, UINT64_MAX - 1);
	buf_put_i64(&b, INT64_MIN);
	buf_put_f64(&b, -0.1);
	buf_put_string(&b, "lot");
	buf_put_string(&b, NULL);
	buf_put_blob(&b, "a\0b", 3);
	assert_false(buf_failed(&b));

	cursor_init(&c, b.data, b.len);
	assert_int_equal(cursor_u8(&c), 200);
	assert_int_equal(cursor_u16(&c), 60000);
	assert_int_equal(cursor_u32(&c), 4000000000u);
	assert_true(cursor_u64(&c) == UINT64_MAX - 1);
	assert_true(cursor_i64(&c) == INT64_MIN);
	assert_true(cursor_f64(&c) == -0.1);
	assert_true(cursor_string(&c, text, sizeof(text)));
	assert_string_equal(text, "lot");
	assert_true(cursor_string(&c, text, sizeof(text)));
	assert_string_equal(text, "");
	blob = cursor_blob(&c, &len);
	assert_int_equal(len, 3);
	assert_memory_equal(blob, "a\0b", 3);
	assert_int_equal(cursor_left(&c), 0);
	assert_false(c.failed);
}

static void stores_integers_little_endian(void **state)
{
	CLEANUP(buf_deinit) struct buf b;

	(void)state;
	buf_init(&b);
	buf_put_u16(&b, 0x0102);
	buf_put_u32(&b, 0x03040506);
	assert_memory_equal(b.data, "\x02\x01\x06\x05\x04\x03", 6);
}

static void reading_past_the_end_fails_for_good(void **state)
{
	struct cursor c;

	(void)state;
	cursor_init(&c, "\x01\x02\x03", 3);
	assert_int_equal(cursor_u32(&c), 0);
	assert_true(c.failed);
	assert_int_equal(cursor_u8(&c), 0);
	assert_int_equal(cursor_left(&c), 0);
}

static void gives_bytes_where_they_lie(void **state)
{
	struct cursor c;

	(void)state;
	cursor_init(&c, "abcde", 5);
	assert_memory_equal(cursor_bytes(&c, 3), "abc", 3);
	assert_non_null(cursor_bytes(&c, 0));
	assert_null(cursor_bytes(&c, 3));
	assert_true(c.failed);
	assert_null(cursor_bytes(&c, 0));
}

static void refuses_a_length_that_lies(void **state)
{
	struct cursor c;
	size_t len = 9;
	char text[16];

	(void)state;
	cursor_init(&c, "\xFF\xFF\xFF\xFFxyz", 7);
	assert_null(cursor_blob(&c, &len));
	assert_int_equal(len, 0);
	assert_true(c.failed);
	cursor_init(&c, "\x03\0\0\0xyz", 7);
	assert_false(cursor_string(&c, text, 3)); /* no room for the NUL */
	assert_true(c.failed);
	cursor_init(&c, "\x03\0\0\0x\0z", 7);
	assert_false(cursor_string(&c, text, sizeof(text)));
}

static void small_numbers_take_few_bytes(void **state)
{
	static const struct {
		uint64_t number;
		size_t bytes;
	} plain[] = {{0, 1}, {127, 1}, {128, 2}, {16383, 2}, {16384, 3}, {UINT64_MAX, 10}};
	static const struct {
		int64_t number;
		size_t bytes;
	} folded[] = {{0, 1}, {-1, 1}, {63, 1}, {-64, 1}, {64, 2}, {-65, 2}, {1795340350041, 6},
		{INT64_MAX, 10}, {INT64_MIN, 10}};
	CLEANUP(buf_deinit) struct buf b;
	struct cursor c;

	(void)state;
	buf_init(&b);
	for (size_t i = 0; i < ARRAY_LEN(plain); i++) {
		buf_clear(&b);
		buf_put_varint(&b, plain[i].number);
		assert_int_equal(b.len, plain[i].bytes);
		cursor_init(&c, b.data, b.len);
		assert_true(cursor_varint(&c) == plain[i].number);
		assert_int_equal(cursor_left(&c), 0);
		assert_false(c.failed);
	}
	for (size_t i = 0; i < ARRAY_LEN(folded); i++) {
		buf_clear(&b);
		buf_put_zigzag(&b, folded[i].number);
		assert_int_equal(b.len, folded[i].bytes);
		cursor_init(&c, b.data, b.len);
		assert_true(cursor_zigzag(&c) == folded[i].number);
		assert_int_equal(cursor_left(&c), 0);
		assert_false(c.failed);
	}
}

static void refuses_varints_that_do_not_end_or_do_not_fit(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = {{"", 0}, {"\x80", 1}, {"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 9},
		{"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02", 10},
		{"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x81\x00", 11}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct cursor c;

		cursor_init(&c, bad[i].bytes, bad[i].len);
		assert_int_equal(cursor_varint(&c), 0);
		assert_true(c.failed);
		cursor_init(&c, bad[i].bytes, bad[i].len);
		assert_int_equal(cursor_zigzag(&c), 0);
		assert_true(c.failed);
	}
}

static void grows_over_many_writes(void **state)
{
	CLEANUP(buf_deinit) struct buf b;

	(void)state;
	buf_init(&b);
	for (int i = 0; i < 10000; i++)
		buf_addf(&b, "%d,", i);
	assert_int_equal(b.len, 48890);
	assert_int_equal(strlen(buf_text(&b)), 48890);
	assert_string_equal(b.data + b.len - 10, "9998,9999,");
	buf_clear(&b);
	buf_add(&b, "again");
	assert_string_equal(buf_text(&b), "again");
}

static void fails_without_memory_and_says_so_at_the_end(void **state)
{
	CLEANUP(buf_deinit) struct buf b;

	(void)state;
	buf_init(&b);
	buf_add(&b, "before");
	buf_put(&b, "x", SIZE_MAX / 2); /* nothing is read: there is no such memory */
	assert_true(buf_failed(&b));
	buf_add(&b, "after");
	assert_int_equal(b.len, 6);
	assert_null(buf_text(&b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_back_what_was_written),
		cmocka_unit_test(stores_integers_little_endian),
		cmocka_unit_test(reading_past_the_end_fails_for_good),
		cmocka_unit_test(gives_bytes_where_they_lie),
		cmocka_unit_test(refuses_a_length_that_lies),
		cmocka_unit_test(small_numbers_take_few_bytes),
		cmocka_unit_test(refuses_varints_that_do_not_end_or_do_not_fit),
		cmocka_unit_test(grows_over_many_writes),
		cmocka_unit_test(fails_without_memory_and_says_so_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
