/* The material lots of a line. */
#include "lib/feature/lot_table.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "lib/base/map.h"
#include "lib/feature/unit_table.h"

struct lot_table {
	struct map *by_id;       /* values: struct lot_entry, owned */
	struct lot_entry *order; /* those with properties, least recently used first */
	size_t kept, limit;
	size_t slots;
};

int lot_table_new(struct lot_table **out, size_t slots, size_t limit)
{
	struct lot_table *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->slots = slots;
	t->limit = limit;
	if (map_new(&t->by_id, SIZE_MAX) < 0) { /* bounded by the limit and by the open units */
		free(t);
		return -ENOMEM;
	}
	*out = t;
	return 0;
}

static void lot_free(struct lot_entry *lot)
{
	values_deinit(&lot->values);
	free(lot);
}

void lot_table_free(struct lot_table *t)
{
	if (!t)
		return;
	for (struct map_entry *e = map_begin(t->by_id); e; e = map_next(e))
		lot_free(map_value(e));
	map_free(t->by_id);
	free(t);
}

struct lot_entry *lot_table_find(const struct lot_table *t, const char *id)
{
	return map_get(t->by_id, id);
}

/* A lot, its slots and its id, in one piece of memory. */
static struct lot_entry *lot_new(size_t slots, const char *id)
{
	size_t slots_at = sizeof(struct lot_entry);
	size_t id_at = slots_at + slots * sizeof(struct value_slot);
	size_t id_bytes = strlen(id) + 1;
	char *bytes = calloc(1, id_at + id_bytes);
	struct lot_entry *lot = (struct lot_entry *)bytes;

	if (!bytes)
		return NULL;
	lot->values.slots = (struct value_slot *)(bytes + slots_at);
	lot->values.count = slots;
	lot->id = memcpy(bytes + id_at, id, id_bytes);
	return lot;
}

struct lot_entry *lot_table_get(struct lot_table *t, const char *id)
{
	struct lot_entry *lot = map_get(t->by_id, id);

	if (lot)
		return lot;
	lot = lot_new(t->slots, id);
	if (lot && map_put(t->by_id, id, lot) < 0) {
		lot_free(lot);
		lot = NULL;
	}
	return lot;
}

static void move_to_end(struct lot_table *t, struct lot_entry *lot)
{
	DL_DELETE(t->order, lot);
	DL_APPEND(t->order, lot);
}

void lot_table_touch(struct lot_table *t, struct lot_entry *lot)
{
	if (lot->is_kept)
		move_to_end(t, lot);
}

struct lot_entry *lot_table_used(struct lot_table *t, struct lot_entry *lot)
{
	lot_table_touch(t, lot);
	if (lot->is_kept)
		return NULL;
	DL_APPEND(t->order, lot);
	lot->is_kept = true;
	t->kept++;
	return t->kept > t->limit ? t->order : NULL;
}

void lot_table_forget(struct lot_table *t, struct lot_entry *lot)
{
	if (lot->is_kept) {
		values_deinit(&lot->values);
		DL_DELETE(t->order, lot);
		lot->is_kept = false;
		t->kept--;
	}
	lot_table_release(t, lot);
}

void lot_table_release(struct lot_table *t, struct lot_entry *lot)
{
	if (lot->is_kept || lot->bindings)
		return;
	map_remove(t->by_id, lot->id);
	lot_free(lot);
}

/* Nearly always at the end: units name their lots in about the order in which they open. */
static void insert_by_deadline(struct lot_entry *lot, struct lot_binding *b)
{
	struct lot_binding *after = lot->bindings ? lot->bindings->prev : NULL; /* the last */

	while (after && unit_is_before(b->unit, after->unit))
		after = after == lot->bindings ? NULL : after->prev;
	if (after)
		DL_APPEND_ELEM(lot->bindings, after, b);
	else
		DL_PREPEND(lot->bindings, b);
}

void lot_bind(struct lot_binding *b, struct lot_entry *lot)
{
	assert(!b->lot);
	b->lot = lot;
	insert_by_deadline(lot, b);
}

void lot_unbind(struct lot_table *t, struct lot_binding *b)
{
	struct lot_entry *lot = b->lot;

	if (!lot)
		return;
	DL_DELETE(lot->bindings, b);
	b->lot = NULL;
	lot_table_release(t, lot);
}

size_t lot_table_count(const struct lot_table *t)
{
	return t->kept;
}

struct lot_entry *lot_table_oldest(const struct lot_table *t)
{
	return t->order;
}
