#include "daemon/deliveries.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Earlier entries hang in chains by packet id, in order of number. 0 ends a chain. */
struct deliveries {
	uint32_t capacity;
	uint64_t first, next; /* numbers in the list: first <= n < next */
	uint64_t end_earlier; /* entries below are of earlier connections */
	uint64_t seen;        /* matched up to here on this connection */
	uint32_t mask;        /* chains minus 1 */
	uint64_t *chains;     /* [mask + 1] number at the head */
	struct entry {
		struct delivery delivery;
		uint64_t next_in_chain;
	} ring[]; /* [capacity], entry n at n % capacity */
};

int deliveries_new(struct deliveries **out, uint32_t capacity)
{
	CLEANUP(deliveries_free) struct deliveries *d = NULL;
	uint32_t chains = 1;

	d = calloc(1, sizeof(*d) + capacity * sizeof(d->ring[0]));
	if (!d)
		return -ENOMEM;
	while (chains < capacity)
		chains *= 2;
	d->capacity = capacity;
	d->mask = chains - 1;
	d->first = d->next = d->end_earlier = 1;
	d->chains = calloc(chains, sizeof(*d->chains));
	if (!d->chains)
		return -ENOMEM;
	*out = TAKE(d);
	return 0;
}

void deliveries_free(struct deliveries *d)
{
	if (!d)
		return;
	free(d->chains);
	free(d);
}

static struct entry *entry_at(struct deliveries *d, uint64_t number)
{
	return &d->ring[number % d->capacity];
}

/* The oldest entry leaves a list that is full. It heads its chain, or the chain is past it. */
static void make_room(struct deliveries *d)
{
	struct entry *e = entry_at(d, d->first);
	uint64_t *chain = &d->chains[e->delivery.packet & d->mask];

	if (d->next - d->first < d->capacity)
		return;
	if (*chain == d->first)
		*chain = e->next_in_chain;
	d->first++;
}

void deliveries_load(struct deliveries *d, const struct delivery *v, size_t count, uint64_t first)
{
	d->first = d->next = first;
	for (size_t i = 0; i < count; i++) {
		make_room(d);
		entry_at(d, d->next++)->delivery = v[i];
	}
	d->end_earlier = d->first;
}

void deliveries_reconnect(struct deliveries *d)
{
	memset(d->chains, 0, (d->mask + 1) * sizeof(*d->chains));
	/* from the newest on, so that each chain begins with its oldest */
	for (uint64_t n = d->next; n-- > d->first;) {
		struct entry *e = entry_at(d, n);
		uint64_t *chain = &d->chains[e->delivery.packet & d->mask];

		e->next_in_chain = *chain;
		*chain = n;
	}
	d->end_earlier = d->next;
	d->seen = 0;
}

void deliveries_clear(struct deliveries *d)
{
	d->first = d->next;
	d->end_earlier = d->next;
}

uint64_t deliveries_match(struct deliveries *d, const struct delivery *got)
{
	uint64_t *chain = &d->chains[got->packet & d->mask], n;

	if (d->end_earlier <= d->first)
		return 0;
	while (*chain && *chain <= d->seen) /* what was passed never comes back */
		*chain = entry_at(d, *chain)->next_in_chain;
	for (n = *chain; n; n = entry_at(d, n)->next_in_chain) {
		const struct delivery *was = &entry_at(d, n)->delivery;

		if (was->packet == got->packet && was->hash == got->hash) {
			d->seen = n;
			return n;
		}
	}
	return 0;
}

uint64_t deliveries_add(struct deliveries *d, const struct delivery *got)
{
	struct entry *e;

	make_room(d);
	e = entry_at(d, d->next);
	e->delivery = *got;
	e->next_in_chain = 0;
	return d->next++;
}

uint64_t deliveries_next(const struct deliveries *d)
{
	return d->next;
}

uint64_t deliveries_keep_from(const struct deliveries *d)
{
	return d->first;
}

int deliveries_resize(struct deliveries **at, uint32_t capacity)
{
	struct deliveries *old = *at, *d;
	uint64_t n = old->first;

	if (capacity == old->capacity)
		return 0;
	if (deliveries_new(&d, capacity) < 0)
		return -ENOMEM;
	if (old->next - n > capacity)
		n = old->next - capacity;
	d->first = d->next = n;
	while (d->next < old->next) {
		entry_at(d, d->next)->delivery = entry_at(old, d->next)->delivery;
		d->next++;
	}
	d->end_earlier = d->first;
	deliveries_free(old);
	*at = d;
	return 0;
}
