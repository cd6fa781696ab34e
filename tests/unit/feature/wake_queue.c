/* The queue of what wants to be looked at again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "lib/base/rng.h"
#include "lib/feature/wake_queue.h"

static struct wake_queue *new_queue(void)
{
	struct wake_queue *q = NULL;

	assert_int_equal(wake_queue_new(&q), 0);
	return q;
}

static void set(struct wake_queue *q, struct wake *w, int64_t time_ms)
{
	assert_int_equal(wake_queue_set(q, w, time_ms), 0);
	assert_true(w->time_ms == time_ms);
}

static void gives_the_earliest_and_of_equal_times_the_lowest_number(void **state)
{
	CLEANUP(wake_queue_free) struct wake_queue *q = new_queue();
	struct wake a = {.number = 3}, b = {.number = 1}, c = {.number = 2};

	(void)state;
	assert_null(wake_queue_first(q));
	set(q, &a, 10);
	set(q, &b, 20);
	set(q, &c, 10);
	assert_ptr_equal(wake_queue_first(q), &c);
	wake_queue_remove(q, &c);
	assert_ptr_equal(wake_queue_first(q), &a);
	wake_queue_remove(q, &a);
	assert_ptr_equal(wake_queue_first(q), &b);
	assert_int_equal(wake_queue_count(q), 1);
	wake_queue_remove(q, &b);
	assert_null(wake_queue_first(q));
}

static void moves_what_is_there_already(void **state)
{
	CLEANUP(wake_queue_free) struct wake_queue *q = new_queue();
	struct wake a = {.number = 1}, b = {.number = 2};

	(void)state;
	set(q, &a, 10);
	set(q, &b, 20);
	set(q, &a, 30);
	assert_int_equal(wake_queue_count(q), 2);
	assert_ptr_equal(wake_queue_first(q), &b);
	set(q, &a, INT64_MIN);
	assert_ptr_equal(wake_queue_first(q), &a);
	set(q, &a, INT64_MAX);
	assert_ptr_equal(wake_queue_first(q), &b);
}

static void removes_what_is_not_there_without_harm(void **state)
{
	CLEANUP(wake_queue_free) struct wake_queue *q = new_queue();
	struct wake a = {.number = 1}, b = {.number = 2};

	(void)state;
	wake_queue_remove(q, &a);
	set(q, &b, 5);
	wake_queue_remove(q, &a);
	wake_queue_remove(q, &b);
	wake_queue_remove(q, &b);
	assert_int_equal(wake_queue_count(q), 0);
	set(q, &b, 6); /* and in again */
	assert_ptr_equal(wake_queue_first(q), &b);
}

/* A sorted array of the same. */
#define WAKES 300
#define STEPS 100000

struct sorted {
	struct wake *wakes[WAKES];
	size_t count;
};

static void sorted_remove(struct sorted *s, const struct wake *w)
{
	size_t i = 0;

	while (i < s->count && s->wakes[i] != w)
		i++;
	if (i == s->count)
		return;
	s->count--;
	for (; i < s->count; i++)
		s->wakes[i] = s->wakes[i + 1];
}

static void sorted_add(struct sorted *s, struct wake *w)
{
	size_t i = s->count++;

	for (; i > 0; i--) {
		const struct wake *before = s->wakes[i - 1];

		if (before->time_ms < w->time_ms ||
			(before->time_ms == w->time_ms && before->number < w->number))
			break;
		s->wakes[i] = s->wakes[i - 1];
	}
	s->wakes[i] = w;
}

static void step(struct wake_queue *q, struct sorted *s, struct wake *w, struct rng *rng)
{
	if (rng_below(rng, 100) < 45) {
		wake_queue_remove(q, w);
		sorted_remove(s, w);
		assert_int_equal(w->at, 0);
		return;
	}
	sorted_remove(s, w);
	set(q, w, (int64_t)rng_below(rng, 100)); /* many of equal times */
	sorted_add(s, w);
}

static void agrees_with_a_sorted_array_over_many_steps(void **state)
{
	CLEANUP(wake_queue_free) struct wake_queue *q = new_queue();
	static struct wake wakes[WAKES];
	static struct sorted s;
	struct rng rng;

	(void)state;
	rng_init(&rng, 1, 0);
	for (size_t i = 0; i < WAKES; i++)
		wakes[i] = (struct wake){.number = i * 7919 % WAKES};
	s.count = 0;
	for (int i = 0; i < STEPS; i++) {
		step(q, &s, &wakes[rng_below(&rng, WAKES)], &rng);
		assert_int_equal(wake_queue_count(q), s.count);
		assert_ptr_equal(wake_queue_first(q), s.count > 0 ? s.wakes[0] : NULL);
	}
	assert_true(s.count > 100);
	for (; s.count > 0; sorted_remove(&s, s.wakes[0])) {
		assert_ptr_equal(wake_queue_first(q), s.wakes[0]);
		wake_queue_remove(q, s.wakes[0]);
	}
	assert_null(wake_queue_first(q));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_the_earliest_and_of_equal_times_the_lowest_number),
		cmocka_unit_test(moves_what_is_there_already),
		cmocka_unit_test(removes_what_is_not_there_without_harm),
		cmocka_unit_test(agrees_with_a_sorted_array_over_many_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
