/* What wants to be looked at again: a binary heap (Knuth, TAOCP 3, 5.2.3). */
#include "lib/feature/wake_queue.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#define PLACES_FIRST 16

struct wake_queue {
	struct wake **heap; /* [count]; the children of i are 2i + 1 and 2i + 2 */
	size_t count, places;
};

int wake_queue_new(struct wake_queue **out)
{
	struct wake_queue *q = calloc(1, sizeof(*q));

	if (!q)
		return -ENOMEM;
	*out = q;
	return 0;
}

void wake_queue_free(struct wake_queue *q)
{
	if (!q)
		return;
	free(q->heap);
	free(q);
}

size_t wake_queue_count(const struct wake_queue *q)
{
	return q->count;
}

struct wake *wake_queue_first(const struct wake_queue *q)
{
	return q->count > 0 ? q->heap[0] : NULL;
}

static bool is_before(const struct wake *a, const struct wake *b)
{
	return a->time_ms < b->time_ms || (a->time_ms == b->time_ms && a->number < b->number);
}

static void put(struct wake_queue *q, size_t i, struct wake *w)
{
	q->heap[i] = w;
	w->at = i + 1;
}

/* Puts `w` where it belongs, beginning at the place i, which is free. */
static void settle(struct wake_queue *q, size_t i, struct wake *w)
{
	while (i > 0 && is_before(w, q->heap[(i - 1) / 2])) {
		put(q, i, q->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	for (size_t child = 2 * i + 1; child < q->count; child = 2 * i + 1) {
		if (child + 1 < q->count && is_before(q->heap[child + 1], q->heap[child]))
			child++;
		if (is_before(w, q->heap[child]))
			break;
		put(q, i, q->heap[child]);
		i = child;
	}
	put(q, i, w);
}

static int make_room(struct wake_queue *q)
{
	size_t places = q->places ? q->places * 2 : PLACES_FIRST;
	struct wake **heap;

	if (q->count < q->places)
		return 0;
	heap = reallocarray(q->heap, places, sizeof(struct wake *));
	if (!heap)
		return -ENOMEM;
	q->heap = heap;
	q->places = places;
	return 0;
}

int wake_queue_set(struct wake_queue *q, struct wake *w, int64_t time_ms)
{
	if (w->at == 0) {
		if (make_room(q) < 0)
			return -ENOMEM;
		put(q, q->count++, w);
	}
	assert(w->at <= q->count && q->heap[w->at - 1] == w);
	w->time_ms = time_ms;
	settle(q, w->at - 1, w);
	return 0;
}

void wake_queue_remove(struct wake_queue *q, struct wake *w)
{
	size_t i = w->at - 1;
	struct wake *last;

	if (w->at == 0)
		return;
	assert(w->at <= q->count && q->heap[i] == w);
	w->at = 0;
	last = q->heap[--q->count];
	if (last != w)
		settle(q, i, last);
}
