/* Scored units that are remembered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/hash.h"
#include "lib/base/rng.h"
#include "lib/feature/remembered.h"

static void finds_what_was_added(void **state)
{
	CLEANUP(remembered_free) struct remembered *r = NULL;
	int64_t ms = -1;

	(void)state;
	assert_int_equal(remembered_new(&r), 0);
	assert_false(remembered_find(r, "U1", &ms));
	assert_false(remembered_oldest(r, &ms));
	assert_int_equal(remembered_add(r, "U1", 100, 5), 0);
	assert_int_equal(remembered_add(r, "U10", 200, 6), 0);
	assert_true(remembered_find(r, "U1", &ms));
	assert_int_equal(ms, 100);
	assert_true(remembered_find(r, "U10", &ms));
	assert_int_equal(ms, 200);
	assert_false(remembered_find(r, "U", &ms));
	assert_true(remembered_oldest(r, &ms));
	assert_int_equal(ms, 5);
}

static void replaces_a_unit_of_the_same_id(void **state)
{
	CLEANUP(remembered_free) struct remembered *r = NULL;
	int64_t ms;

	(void)state;
	assert_int_equal(remembered_new(&r), 0);
	assert_int_equal(remembered_add(r, "U1", 100, 5), 0);
	assert_int_equal(remembered_add(r, "U2", 200, 6), 0);
	assert_int_equal(remembered_add(r, "U1", 300, 7), 0);
	assert_int_equal(remembered_count(r), 2);
	assert_true(remembered_find(r, "U1", &ms));
	assert_int_equal(ms, 300);
	assert_true(remembered_oldest(r, &ms));
	assert_int_equal(ms, 6);
	remembered_drop_oldest(r);
	assert_false(remembered_find(r, "U2", &ms));
	assert_true(remembered_find(r, "U1", &ms));
	remembered_drop_oldest(r);
	assert_int_equal(remembered_count(r), 0);
	remembered_drop_oldest(r);
}

static void never_goes_back_in_time(void **state)
{
	CLEANUP(remembered_free) struct remembered *r = NULL;
	int64_t ms;

	(void)state;
	assert_int_equal(remembered_new(&r), 0);
	assert_int_equal(remembered_add(r, "U1", 100, 50), 0);
	assert_int_equal(remembered_add(r, "U2", 100, 20), 0);
	remembered_drop_oldest(r);
	assert_true(remembered_oldest(r, &ms));
	assert_int_equal(ms, 50);
}

/* A plain model of the same: of each of IDS units when it was scored last. */
#define IDS 3000
#define STEPS 200000
#define KEPT 1000
#define TEXT_MAX 160

struct model {
	int64_t scored_ms[IDS]; /* also the start; -1: not remembered */
	size_t count;
};

/* Ids of all lengths up to the longest. */
static const char *id_of(char out[TEXT_MAX], size_t i)
{
	snprintf(out, TEXT_MAX, "%0*zu", (int)(4 + i % 125), i);
	return out;
}

static void drop_oldest(struct model *m)
{
	size_t oldest = IDS;

	for (size_t i = 0; i < IDS; i++)
		if (m->scored_ms[i] >= 0 &&
			(oldest == IDS || m->scored_ms[i] < m->scored_ms[oldest]))
			oldest = i;
	m->scored_ms[oldest] = -1;
	m->count--;
}

static void compare(const struct remembered *r, const struct model *m)
{
	char id[TEXT_MAX];
	int64_t ms = -1;

	assert_int_equal(remembered_count(r), m->count);
	for (size_t i = 0; i < IDS; i++) {
		assert_int_equal(remembered_find(r, id_of(id, i), &ms), m->scored_ms[i] >= 0);
		if (m->scored_ms[i] >= 0)
			assert_int_equal(ms, m->scored_ms[i]);
	}
}

static void step(struct remembered *r, struct model *m, size_t i, int64_t now_ms)
{
	char id[TEXT_MAX];

	assert_int_equal(remembered_add(r, id_of(id, i), now_ms, now_ms), 0);
	m->count += m->scored_ms[i] < 0;
	m->scored_ms[i] = now_ms;
	if (m->count > KEPT) {
		remembered_drop_oldest(r);
		drop_oldest(m);
	}
}

static struct remembered *copy_of(const struct remembered *r)
{
	CLEANUP(remembered_free) struct remembered *copy = NULL;
	struct cursor in;
	struct buf b;

	buf_init(&b);
	remembered_save(r, &b);
	assert_int_equal(remembered_new(&copy), 0);
	cursor_init(&in, b.data, b.len);
	assert_int_equal(remembered_load(copy, &in, NULL), 0);
	assert_int_equal(cursor_left(&in), 0);
	buf_deinit(&b);
	return TAKE(copy);
}

static void agrees_with_a_plain_model_over_many_steps(void **state)
{
	CLEANUP(remembered_free) struct remembered *r = NULL;
	static struct model m;
	struct rng rng;

	(void)state;
	m = (struct model){.count = 0};
	for (size_t i = 0; i < IDS; i++)
		m.scored_ms[i] = -1;
	rng_init(&rng, 1, 0);
	assert_int_equal(remembered_new(&r), 0);
	for (int64_t now = 0; now < STEPS; now++) {
		step(r, &m, (size_t)rng_below(&rng, IDS), now);
		if (now % 20000 != 19999)
			continue;
		compare(r, &m);
		struct remembered *copy = copy_of(r);
		remembered_free(r);
		r = copy;
		compare(r, &m);
	}
}

static void refuses_every_truncation_and_survives_every_flipped_byte(void **state)
{
	CLEANUP(remembered_free) struct remembered *r = NULL;
	CLEANUP(buf_deinit) struct buf b;
	struct cursor in;
	struct err err;

	(void)state;
	buf_init(&b);
	assert_int_equal(remembered_new(&r), 0);
	assert_int_equal(remembered_add(r, "first", 1, 1), 0);
	assert_int_equal(remembered_add(r, "second", 2, 2), 0);
	assert_int_equal(remembered_add(r, "third", 3, 3), 0);
	assert_int_equal(remembered_add(r, "second", 4, 4), 0);
	remembered_save(r, &b);
	for (size_t len = 0; len < b.len; len++) {
		cursor_init(&in, b.data, len);
		assert_int_equal(remembered_load(r, &in, &err), -EINVAL);
	}
	assert_string_equal(err.text, "the state ends within its remembered units");
	for (size_t i = 0; i < b.len * 8; i++) {
		int rc;

		b.data[i / 8] ^= (char)(1 << i % 8);
		cursor_init(&in, b.data, b.len);
		rc = remembered_load(r, &in, &err);
		assert_true(rc == 0 || rc == -EINVAL);
		b.data[i / 8] ^= (char)(1 << i % 8);
	}
}

/* Where the parts of the first record lie in a saved state. */
enum { HASH_AT = 4 + 16, DEAD_AT = HASH_AT + 4, LEN_AT, ID_AT };

/* What loading says of one saved unit "ab" with its id changed to `len` bytes of `id`. */
static int load_with_id(const char *id, size_t len, uint8_t is_dead)
{
	CLEANUP(remembered_free) struct remembered *r = NULL;
	CLEANUP(buf_deinit) struct buf b;
	struct cursor in;
	struct err err;
	int rc;

	buf_init(&b);
	assert_int_equal(remembered_new(&r), 0);
	assert_int_equal(remembered_add(r, "ab", 1, 1), 0);
	remembered_save(r, &b);
	b.data[DEAD_AT] = (char)is_dead;
	b.data[LEN_AT] = (char)len;
	memcpy(b.data + ID_AT, id, len);
	for (size_t i = 0; i < 4; i++)
		b.data[HASH_AT + i] = (char)(hash64(0, id, len) >> 8 * i);
	cursor_init(&in, b.data, b.len);
	rc = remembered_load(r, &in, &err);
	if (rc < 0) {
		assert_string_equal(err.text, "the state's remembered units are broken");
		assert_int_equal(remembered_count(r), 0);
	}
	return rc;
}

static void refuses_ids_that_no_unit_has(void **state)
{
	(void)state;
	assert_int_equal(load_with_id("xy", 2, 0), 0);
	assert_int_equal(load_with_id("x\0", 2, 0), -EINVAL);
	assert_int_equal(load_with_id("", 0, 0), -EINVAL);
	assert_int_equal(load_with_id("xy", 2, 1), -EINVAL); /* a dead one in front */
	assert_int_equal(load_with_id("xy", 2, 2), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_was_added),
		cmocka_unit_test(replaces_a_unit_of_the_same_id),
		cmocka_unit_test(never_goes_back_in_time),
		cmocka_unit_test(agrees_with_a_plain_model_over_many_steps),
		cmocka_unit_test(refuses_every_truncation_and_survives_every_flipped_byte),
		cmocka_unit_test(refuses_ids_that_no_unit_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
