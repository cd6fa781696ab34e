/* The samples of a signal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/rng.h"
#include "lib/feature/signal.h"
#include "lib/feature/values.h"

static struct signal *numbers(size_t limit)
{
	struct signal *s = NULL;

	assert_int_equal(signal_new(&s, false, limit), 0);
	return s;
}

static struct signal *texts(size_t limit)
{
	struct signal *s = NULL;

	assert_int_equal(signal_new(&s, true, limit), 0);
	return s;
}

static int add(struct signal *s, int64_t time_ms, double number)
{
	return signal_add(
		s, time_ms, &(struct value){.kind = VALUE_NUMBER, .number = number}, false);
}

static int add_new(struct signal *s, int64_t time_ms, double number)
{
	return signal_add(
		s, time_ms, &(struct value){.kind = VALUE_NUMBER, .number = number}, true);
}

static int add_text(struct signal *s, int64_t time_ms, const char *text)
{
	return signal_add(s, time_ms, &(struct value){.kind = VALUE_TEXT, .text = text}, true);
}

/* All samples as "time:value ...". */
static const char *shown(const struct signal *s)
{
	static char text[4096];
	const struct sample *first;
	size_t n = signal_range(s, INT64_MIN, INT64_MAX, &first), len = 0;

	assert_int_equal(n, signal_count(s));
	text[0] = '\0';
	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%d:%g", i ? " " : "",
			(int)first[i].time_ms, first[i].number);
	return text;
}

static void keeps_samples_in_the_order_of_time_and_then_arrival(void **state)
{
	CLEANUP(signal_free) struct signal *s = numbers(100);
	int64_t newest_ms = -1;

	(void)state;
	assert_false(signal_newest(s, &newest_ms));
	assert_int_equal(newest_ms, -1);
	assert_int_equal(add(s, 20, 1), SIGNAL_ADDED);
	assert_int_equal(add(s, 30, 2), SIGNAL_ADDED);
	assert_int_equal(add(s, 10, 3), SIGNAL_ADDED);
	assert_int_equal(add(s, 20, 4), SIGNAL_ADDED);
	assert_int_equal(add(s, -5, 5), SIGNAL_ADDED);
	assert_int_equal(add(s, 30, 6), SIGNAL_ADDED);
	assert_int_equal(add(s, 20, 1), SIGNAL_ADDED);
	assert_string_equal(shown(s), "-5:5 10:3 20:1 20:4 20:1 30:2 30:6");
	assert_true(signal_newest(s, &newest_ms));
	assert_int_equal(newest_ms, 30);
	assert_true(signal_dropped_to_ms(s) == INT64_MIN);
	assert_false(signal_dropped_by_limit(s));
}

static void recognises_a_repeat_where_it_is_looked_for(void **state)
{
	CLEANUP(signal_free) struct signal *s = numbers(100);
	CLEANUP(signal_free) struct signal *t = texts(100);

	(void)state;
	assert_int_equal(add_new(s, 10, 1), SIGNAL_ADDED);
	assert_int_equal(add_new(s, 10, 2), SIGNAL_ADDED);
	assert_int_equal(add_new(s, 10, 3), SIGNAL_ADDED);
	assert_int_equal(add_new(s, 10, 1), SIGNAL_REPEAT);
	assert_int_equal(add_new(s, 11, 1), SIGNAL_ADDED);
	assert_int_equal(add_new(s, 10, 2), SIGNAL_REPEAT);
	assert_int_equal(add_new(s, 9, 1), SIGNAL_ADDED);
	assert_int_equal(add(s, 10, 3), SIGNAL_ADDED);
	assert_string_equal(shown(s), "9:1 10:1 10:2 10:3 10:3 11:1");
	assert_int_equal(add_text(t, 5, "on"), SIGNAL_ADDED);
	assert_int_equal(add_text(t, 5, "o"), SIGNAL_ADDED);
	assert_int_equal(add_text(t, 5, "on"), SIGNAL_REPEAT);
	assert_int_equal(add_text(t, 5, ""), SIGNAL_ADDED);
	assert_int_equal(add_text(t, 5, "onn"), SIGNAL_ADDED);
	assert_int_equal(signal_count(t), 4);
}

static void finds_ranges_and_the_value_in_force(void **state)
{
	CLEANUP(signal_free) struct signal *s = numbers(100);
	const struct sample *first;

	(void)state;
	assert_null(signal_at(s, INT64_MAX));
	assert_int_equal(signal_range(s, INT64_MIN, INT64_MAX, &first), 0);
	for (int i = 1; i <= 5; i++)
		assert_int_equal(add(s, 10 * i, i), SIGNAL_ADDED);
	assert_int_equal(add(s, 30, 3.5), SIGNAL_ADDED);
	assert_int_equal(signal_range(s, 20, 40, &first), 4);
	assert_float_equal(first[0].number, 2, 0);
	assert_float_equal(first[3].number, 4, 0);
	assert_int_equal(signal_range(s, 21, 39, &first), 2);
	assert_float_equal(first[0].number, 3, 0);
	assert_int_equal(signal_range(s, 31, 39, &first), 0);
	assert_int_equal(signal_range(s, 40, 20, &first), 0);
	assert_int_equal(signal_range(s, 51, 100, &first), 0);
	assert_int_equal(signal_range(s, INT64_MIN, 9, &first), 0);
	assert_int_equal(signal_range(s, 50, INT64_MAX, &first), 1);
	assert_null(signal_at(s, 9));
	assert_float_equal(signal_at(s, 10)->number, 1, 0);
	assert_float_equal(signal_at(s, 29)->number, 2, 0);
	assert_float_equal(signal_at(s, 30)->number, 3.5, 0); /* the later arrival */
	assert_float_equal(signal_at(s, INT64_MAX)->number, 5, 0);
}

static void drops_what_is_before_a_time_but_the_value_then_in_force(void **state)
{
	CLEANUP(signal_free) struct signal *s = numbers(100);

	(void)state;
	signal_drop_before(s, INT64_MAX);
	for (int i = 1; i <= 5; i++)
		assert_int_equal(add(s, 10 * i, i), SIGNAL_ADDED);
	signal_drop_before(s, INT64_MIN);
	signal_drop_before(s, 20); /* 10 is in force there */
	assert_int_equal(signal_count(s), 5);
	assert_true(signal_dropped_to_ms(s) == INT64_MIN);
	signal_drop_before(s, 35);
	assert_string_equal(shown(s), "30:3 40:4 50:5");
	assert_int_equal(signal_dropped_to_ms(s), 20);
	assert_false(signal_dropped_by_limit(s));
	assert_int_equal(signal_over(s), 0);
	signal_drop_before(s, INT64_MAX);
	assert_string_equal(shown(s), "50:5");
	assert_int_equal(signal_dropped_to_ms(s), 40);
}

static void refuses_what_is_older_than_what_went(void **state)
{
	CLEANUP(signal_free) struct signal *s = numbers(100);

	(void)state;
	assert_int_equal(add(s, 10, 1), SIGNAL_ADDED);
	assert_int_equal(add(s, 20, 2), SIGNAL_ADDED);
	assert_int_equal(add(s, 40, 4), SIGNAL_ADDED);
	signal_drop_before(s, 45);
	assert_int_equal(add(s, 19, 0), SIGNAL_OUTDATED);
	assert_int_equal(add(s, 20, 0), SIGNAL_OUTDATED);
	assert_int_equal(add_new(s, 20, 2), SIGNAL_OUTDATED);
	assert_int_equal(add(s, 21, 0), SIGNAL_ADDED);
	assert_string_equal(shown(s), "21:0 40:4");
}

/* Of several of one time the first may have gone: what arrives now is newer than it. */
static void takes_a_sample_of_the_time_of_one_that_is_kept(void **state)
{
	CLEANUP(signal_free) struct signal *s = numbers(3);

	(void)state;
	for (int i = 1; i <= 5; i++)
		assert_int_equal(add(s, 10, i), SIGNAL_ADDED);
	assert_string_equal(shown(s), "10:3 10:4 10:5");
	assert_int_equal(signal_dropped_to_ms(s), 10);
	assert_int_equal(signal_over(s), 2);
	assert_int_equal(add_new(s, 10, 4), SIGNAL_REPEAT);
	assert_int_equal(add(s, 9, 0), SIGNAL_OUTDATED);
}

static void loses_the_oldest_at_the_limit_and_counts_it(void **state)
{
	CLEANUP(signal_free) struct signal *s = numbers(4);

	(void)state;
	for (int i = 1; i <= 4; i++)
		assert_int_equal(add(s, 10 * i, i), SIGNAL_ADDED);
	assert_int_equal(signal_over(s), 0);
	assert_int_equal(add(s, 50, 5), SIGNAL_ADDED);
	assert_int_equal(add(s, 25, 6), SIGNAL_ADDED);
	assert_string_equal(shown(s), "25:6 30:3 40:4 50:5");
	assert_int_equal(signal_over(s), 2);
	assert_int_equal(signal_dropped_to_ms(s), 20);
	assert_true(signal_dropped_by_limit(s));
	assert_int_equal(add(s, 22, 7), SIGNAL_OUTDATED); /* itself the one to go */
	assert_string_equal(shown(s), "25:6 30:3 40:4 50:5");
	assert_int_equal(signal_dropped_to_ms(s), 22);
	assert_int_equal(signal_over(s), 2);
	signal_drop_before(s, 45);
	assert_int_equal(signal_dropped_to_ms(s), 30);
	assert_false(signal_dropped_by_limit(s));
}

static void keeps_only_the_newest_where_one_is_allowed(void **state)
{
	CLEANUP(signal_free) struct signal *s = numbers(1);

	(void)state;
	assert_int_equal(add(s, 10, 1), SIGNAL_ADDED);
	assert_true(signal_is_full(s));
	assert_int_equal(add(s, 5, 2), SIGNAL_OUTDATED);
	assert_int_equal(signal_dropped_to_ms(s), 5);
	assert_true(signal_dropped_by_limit(s));
	assert_int_equal(add(s, 20, 3), SIGNAL_ADDED);
	assert_string_equal(shown(s), "20:3");
}

static void is_full_at_64_and_each_doubling_up_to_the_limit(void **state)
{
	CLEANUP(signal_free) struct signal *s = numbers(300);

	(void)state;
	for (int i = 0; i < 1000; i++) {
		bool is_full = i == 64 || i == 128 || i == 256 || i >= 300;

		assert_int_equal(signal_is_full(s), is_full);
		assert_int_equal(add(s, i, i), SIGNAL_ADDED);
	}
	assert_int_equal(signal_count(s), 300);
	signal_drop_before(s, 990);
	assert_false(signal_is_full(s));
}

/* A plain model of the same. */
#define STEPS 30000
#define PLAIN_MAX 200

struct plain {
	struct {
		int64_t time_ms;
		unsigned value;
	} samples[PLAIN_MAX + 1];
	size_t count, limit;
	int64_t dropped_to_ms;
	uint64_t over;
};

static void plain_drop(struct plain *p, size_t count)
{
	p->dropped_to_ms = p->samples[count - 1].time_ms;
	p->count -= count;
	memmove(p->samples, p->samples + count, p->count * sizeof(p->samples[0]));
}

static int plain_add(struct plain *p, int64_t time_ms, unsigned value, bool unique)
{
	size_t at = p->count;

	while (at > 0 && p->samples[at - 1].time_ms > time_ms)
		at--;
	if (at == 0 && time_ms <= p->dropped_to_ms)
		return SIGNAL_OUTDATED;
	for (size_t i = 0; unique && i < p->count; i++)
		if (p->samples[i].time_ms == time_ms && p->samples[i].value == value)
			return SIGNAL_REPEAT;
	memmove(p->samples + at + 1, p->samples + at, (p->count - at) * sizeof(p->samples[0]));
	p->samples[at].time_ms = time_ms;
	p->samples[at].value = value;
	if (++p->count <= p->limit)
		return SIGNAL_ADDED;
	plain_drop(p, 1);
	p->over += at > 0;
	return at > 0 ? SIGNAL_ADDED : SIGNAL_OUTDATED;
}

static void plain_drop_before(struct plain *p, int64_t time_ms)
{
	size_t before = 0;

	while (before < p->count && p->samples[before].time_ms < time_ms)
		before++;
	if (before > 1)
		plain_drop(p, before - 1);
}

/* Long and short ones, the empty one too. */
static const char *text_of(char out[TEXT_VALUE_BYTES_MAX + 1], unsigned value)
{
	snprintf(out, TEXT_VALUE_BYTES_MAX + 1, "%0*u", (int)(value * 37 % TEXT_VALUE_BYTES_MAX),
		value);
	return value == 0 ? "" : out;
}

static struct value value_of(char text[TEXT_VALUE_BYTES_MAX + 1], bool is_text, unsigned value)
{
	return is_text ? (struct value){.kind = VALUE_TEXT, .text = text_of(text, value)}
		       : (struct value){.kind = VALUE_NUMBER, .number = value / 8.0};
}

static void compare(const struct signal *s, const struct plain *p, bool is_text)
{
	char text[TEXT_VALUE_BYTES_MAX + 1];
	const struct sample *first;

	assert_int_equal(signal_range(s, INT64_MIN, INT64_MAX, &first), p->count);
	assert_true(signal_dropped_to_ms(s) == p->dropped_to_ms);
	assert_true(signal_over(s) == p->over);
	for (size_t i = 0; i < p->count; i++) {
		struct value v = value_of(text, is_text, p->samples[i].value);

		assert_int_equal(first[i].time_ms, p->samples[i].time_ms);
		if (is_text)
			assert_string_equal(first[i].text, v.text);
		else
			assert_float_equal(first[i].number, v.number, 0);
	}
}

/* A copy by way of its bytes, which the copy saves again unchanged. */
static struct signal *copy_of(const struct signal *s, bool is_text, size_t limit)
{
	CLEANUP(buf_deinit) struct buf b;
	CLEANUP(buf_deinit) struct buf again;
	struct signal *copy = NULL;
	struct cursor in;

	buf_init(&b);
	buf_init(&again);
	signal_save(s, &b);
	assert_int_equal(signal_new(&copy, is_text, limit), 0);
	cursor_init(&in, b.data, b.len);
	assert_int_equal(signal_load(copy, &in, NULL), 0);
	assert_int_equal(cursor_left(&in), 0);
	signal_save(copy, &again);
	assert_int_equal(again.len, b.len);
	assert_memory_equal(again.data, b.data, b.len);
	return copy;
}

static void agree_with_a_plain_model(bool is_text, size_t limit, uint64_t seed)
{
	struct plain p = {.limit = limit, .dropped_to_ms = INT64_MIN};
	struct signal *s = is_text ? texts(limit) : numbers(limit), *copy;
	char text[TEXT_VALUE_BYTES_MAX + 1];
	struct rng rng;

	rng_init(&rng, seed, 0);
	for (int64_t now = 0; now < STEPS; now++) {
		int64_t time_ms = now / 3 - (rng_below(&rng, 4) ? 0 : (int64_t)rng_below(&rng, 60));
		unsigned value = (unsigned)rng_below(&rng, 6);
		bool unique = rng_below(&rng, 2);
		struct value v = value_of(text, is_text, value);

		assert_int_equal(
			signal_add(s, time_ms, &v, unique), plain_add(&p, time_ms, value, unique));
		if (rng_below(&rng, 400) == 0 || (signal_is_full(s) && rng_below(&rng, 10) == 0)) {
			time_ms = now / 3 - (int64_t)rng_below(&rng, 100);
			signal_drop_before(s, time_ms);
			plain_drop_before(&p, time_ms);
		}
		if (rng_below(&rng, 100) != 0)
			continue;
		compare(s, &p, is_text);
		copy = copy_of(s, is_text, limit);
		assert_int_equal(signal_is_full(copy), signal_is_full(s));
		assert_int_equal(signal_dropped_by_limit(copy), signal_dropped_by_limit(s));
		signal_free(s);
		s = copy;
	}
	compare(s, &p, is_text);
	assert_true(p.over > 0);
	signal_free(s);
}

static void agrees_with_a_plain_model_over_many_steps(void **state)
{
	static const size_t limits[] = {1, 2, 3, 63, 64, 65, PLAIN_MAX};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		agree_with_a_plain_model(false, limits[i], i);
		agree_with_a_plain_model(true, limits[i], i);
	}
}

static void an_empty_one_comes_back_too(void **state)
{
	CLEANUP(signal_free) struct signal *s = numbers(100);
	CLEANUP(signal_free) struct signal *copy = copy_of(s, false, 100);

	(void)state;
	assert_int_equal(signal_count(copy), 0);
	assert_true(signal_dropped_to_ms(copy) == INT64_MIN);
	assert_false(signal_is_full(copy));
}

static void is_saved_in_few_bytes(void **state)
{
	CLEANUP(signal_free) struct signal *s = numbers(1000);
	CLEANUP(signal_free) struct signal *t = texts(1000);
	CLEANUP(buf_deinit) struct buf b;

	(void)state;
	for (int64_t i = 0; i < 1000; i++) {
		assert_int_equal(add(s, 1795340350041 + 100 * i, (double)i), SIGNAL_ADDED);
		assert_int_equal(
			add_text(t, 1795340350041 + 100 * i, i < 500 ? "running" : "stopped"),
			SIGNAL_ADDED);
	}
	buf_init(&b);
	signal_save(s, &b);
	assert_in_range(b.len, 9000, 9020);
	buf_clear(&b);
	signal_save(t, &b);
	assert_in_range(b.len, 2000, 2040);
}

static void a_lower_limit_takes_the_oldest_at_loading(void **state)
{
	CLEANUP(signal_free) struct signal *s = numbers(100);
	CLEANUP(signal_free) struct signal *lower = numbers(3);
	CLEANUP(buf_deinit) struct buf b;
	struct cursor in;

	(void)state;
	for (int i = 1; i <= 5; i++)
		assert_int_equal(add(s, 10 * i, i), SIGNAL_ADDED);
	buf_init(&b);
	signal_save(s, &b);
	cursor_init(&in, b.data, b.len);
	assert_int_equal(signal_load(lower, &in, NULL), 0);
	assert_string_equal(shown(lower), "30:3 40:4 50:5");
	assert_int_equal(signal_over(lower), 2);
	assert_int_equal(signal_dropped_to_ms(lower), 20);
	assert_true(signal_dropped_by_limit(lower));
}

/* Something of everything, of a signal that has lost samples. */
static void fill(struct signal *s, bool is_text)
{
	char text[TEXT_VALUE_BYTES_MAX + 1];

	for (unsigned i = 0; i < 12; i++) {
		struct value v = value_of(text, is_text, i / 2 % 4);

		assert_int_equal(signal_add(s, 1000 * i, &v, false), SIGNAL_ADDED);
	}
}

static void survive_every_flipped_bit(bool is_text)
{
	CLEANUP(signal_free) struct signal *s = is_text ? texts(9) : numbers(9);
	CLEANUP(signal_free) struct signal *copy = is_text ? texts(9) : numbers(9);
	CLEANUP(buf_deinit) struct buf b;
	struct cursor in;
	struct err err;

	fill(s, is_text);
	buf_init(&b);
	signal_save(s, &b);
	for (size_t len = 0; len < b.len; len++) {
		/* memory of just this size, so that reading past the end is seen */
		char *cut = malloc(len ? len : 1);

		assert_non_null(cut);
		memcpy(cut, b.data, len);
		cursor_init(&in, cut, len);
		assert_int_equal(signal_load(copy, &in, &err), -EINVAL);
		assert_int_equal(signal_count(copy), 0);
		free(cut);
	}
	for (size_t i = 0; i < b.len * 8; i++) {
		int rc;

		b.data[i / 8] ^= (char)(1 << i % 8);
		cursor_init(&in, b.data, b.len);
		rc = signal_load(copy, &in, &err);
		b.data[i / 8] ^= (char)(1 << i % 8);
		assert_true(rc == 0 || rc == -EINVAL);
		if (rc == 0)
			signal_free(copy_of(copy, is_text, 9));
	}
}

static void refuses_every_truncation_and_survives_every_flipped_bit(void **state)
{
	(void)state;
	survive_every_flipped_bit(false);
	survive_every_flipped_bit(true);
}

/* A saved signal, put together by hand. */
struct bytes {
	unsigned flags;
	uint64_t capacity, count;
	int64_t dropped_to_ms; /* where flags say so */
	int64_t first_ms;
	uint64_t delta;
	double number;
	size_t text_len;       /* of "xxx..."; the second sample has the text of the first */
	bool has_nul, is_same; /* in the first text; the first says "as before" */
};

enum { TEXT = 1, DROPPED = 2, LIMIT = 4 };

static void put_sample(struct buf *b, const struct bytes *saved, bool is_first)
{
	if (is_first)
		buf_put_zigzag(b, saved->first_ms);
	else
		buf_put_varint(b, saved->delta);
	if (!(saved->flags & TEXT)) {
		buf_put_f64(b, saved->number);
		return;
	}
	if (!is_first || saved->is_same) {
		buf_put_varint(b, 0);
		return;
	}
	buf_put_varint(b, saved->text_len + 1);
	for (size_t i = 0; i < saved->text_len; i++)
		buf_put_u8(b, saved->has_nul && i == 1 ? 0 : 'x');
}

#define BROKEN "the saved samples of a signal are not what this program writes"

static int load_bytes(const struct bytes *saved, struct err *err)
{
	CLEANUP(signal_free) struct signal *s = saved->flags & TEXT ? texts(100) : numbers(100);
	CLEANUP(buf_deinit) struct buf b;
	struct cursor in;
	int rc;

	buf_init(&b);
	buf_put_u8(&b, (uint8_t)saved->flags);
	buf_put_varint(&b, saved->capacity);
	buf_put_varint(&b, 0);
	buf_put_varint(&b, saved->count);
	if (saved->flags & DROPPED)
		buf_put_zigzag(&b, saved->dropped_to_ms);
	put_sample(&b, saved, true);
	put_sample(&b, saved, false);
	cursor_init(&in, b.data, b.len);
	rc = signal_load(s, &in, err);
	assert_int_equal(signal_count(s), rc == 0 ? saved->count : 0);
	return rc;
}

static void loads_what_a_signal_may_be(void **state)
{
	static const struct bytes good[] = {
		{.capacity = 64, .count = 2, .first_ms = 5, .delta = 1, .number = 1.5},
		{.capacity = UINT64_MAX, .count = 2}, /* no more memory than the limit needs */
		{.capacity = 64, .count = 2, .first_ms = INT64_MIN, .delta = UINT64_MAX},
		{DROPPED, .capacity = 64, .count = 2, .first_ms = 5, .dropped_to_ms = 5},
		{DROPPED | LIMIT, .capacity = 64, .count = 2, .first_ms = 5, .dropped_to_ms = -1},
		{TEXT, .capacity = 64, .count = 2},
		{TEXT, .capacity = 64, .count = 2, .text_len = TEXT_VALUE_BYTES_MAX},
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_int_equal(load_bytes(&good[i], &err), 0);
}

static void refuses_what_no_signal_can_be(void **state)
{
	static const struct bytes bad[] = {
		{.flags = 8, .capacity = 64, .count = 2},
		{.flags = LIMIT, .capacity = 64, .count = 2},
		{.capacity = 1, .count = 2},
		{.capacity = UINT64_MAX, .count = UINT64_MAX},
		{DROPPED, .capacity = 64, .count = 0},
		{DROPPED, .capacity = 64, .count = 2, .first_ms = 5, .dropped_to_ms = 6},
		{.capacity = 64, .count = 2, .first_ms = 5, .delta = INT64_MAX},
		{.capacity = 64, .count = 2, .first_ms = 5, .delta = UINT64_MAX},
		{.capacity = 64, .count = 2, .number = NAN},
		{.capacity = 64, .count = 2, .number = -INFINITY},
		{TEXT, .capacity = 64, .count = 2, .text_len = TEXT_VALUE_BYTES_MAX + 1},
		{TEXT, .capacity = 64, .count = 2, .text_len = 2, .has_nul = true},
		{TEXT, .capacity = 64, .count = 2, .is_same = true},
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(load_bytes(&bad[i], &err), -EINVAL);
		assert_string_equal(err.text, BROKEN);
	}
}

static void refuses_a_signal_of_the_other_kind(void **state)
{
	CLEANUP(signal_free) struct signal *s = numbers(10);
	CLEANUP(signal_free) struct signal *t = texts(10);
	CLEANUP(buf_deinit) struct buf b;
	struct cursor in;
	struct err err;

	(void)state;
	buf_init(&b);
	signal_save(s, &b);
	cursor_init(&in, b.data, b.len);
	assert_int_equal(signal_load(t, &in, &err), -EINVAL); /* though it is empty */
	buf_clear(&b);
	fill(s, false);
	signal_save(s, &b);
	cursor_init(&in, b.data, b.len);
	assert_int_equal(signal_load(t, &in, &err), -EINVAL);
	assert_string_equal(err.text, BROKEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_samples_in_the_order_of_time_and_then_arrival),
		cmocka_unit_test(recognises_a_repeat_where_it_is_looked_for),
		cmocka_unit_test(finds_ranges_and_the_value_in_force),
		cmocka_unit_test(drops_what_is_before_a_time_but_the_value_then_in_force),
		cmocka_unit_test(refuses_what_is_older_than_what_went),
		cmocka_unit_test(takes_a_sample_of_the_time_of_one_that_is_kept),
		cmocka_unit_test(loses_the_oldest_at_the_limit_and_counts_it),
		cmocka_unit_test(keeps_only_the_newest_where_one_is_allowed),
		cmocka_unit_test(is_full_at_64_and_each_doubling_up_to_the_limit),
		cmocka_unit_test(agrees_with_a_plain_model_over_many_steps),
		cmocka_unit_test(an_empty_one_comes_back_too),
		cmocka_unit_test(is_saved_in_few_bytes),
		cmocka_unit_test(a_lower_limit_takes_the_oldest_at_loading),
		cmocka_unit_test(refuses_every_truncation_and_survives_every_flipped_bit),
		cmocka_unit_test(loads_what_a_signal_may_be),
		cmocka_unit_test(refuses_what_no_signal_can_be),
		cmocka_unit_test(refuses_a_signal_of_the_other_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
