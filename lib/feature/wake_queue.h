/* What wants to be looked at again at some time, the next one first.
 *
 * A struct wake is embedded in what is to be woken and belongs to it; the queue only points there,
 * so it must be taken out before it goes. All zero: it is in no queue. A binary heap: the first is
 * at hand, all else takes the logarithm of the count. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/base/macros.h"

struct wake_queue;

struct wake {
	int64_t time_ms;
	uint64_t
		number; /* the order among equal times; set by the owner, while it is in no queue */
	size_t at;      /* place in the heap + 1; 0: in no queue */
};

MUST_CHECK int wake_queue_new(struct wake_queue **out); /* -ENOMEM */
void wake_queue_free(struct wake_queue *q);             /* NULL is fine; touches no wake */
CLEANUP_FOR(struct wake_queue, wake_queue_free)

size_t wake_queue_count(const struct wake_queue *q);
struct wake *wake_queue_first(const struct wake_queue *q); /* NULL: there is none */

/* Puts it in, or moves it to another time. -ENOMEM: it is in no queue still; moving does not fail.
 */
MUST_CHECK int wake_queue_set(struct wake_queue *q, struct wake *w, int64_t time_ms);
void wake_queue_remove(struct wake_queue *q, struct wake *w); /* in no queue: nothing happens */
