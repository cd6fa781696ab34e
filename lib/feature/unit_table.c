/* The open units of a line. */
#include "lib/feature/unit_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "lib/base/map.h"

struct unit_table {
	struct map *by_id; /* values: struct open_unit, owned */
	struct open_unit *due, *complete;
	size_t slots, lots;
	uint64_t numbered;
};

int unit_table_new(struct unit_table **out, size_t slots, size_t lots)
{
	struct unit_table *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->slots = slots;
	t->lots = lots;
	if (map_new(&t->by_id, SIZE_MAX) < 0) { /* the limit is the assembler's to keep */
		free(t);
		return -ENOMEM;
	}
	*out = t;
	return 0;
}

static void unit_free(struct open_unit *u)
{
	if (!u)
		return;
	values_deinit(&u->values);
	free(u);
}
CLEANUP_FOR(struct open_unit, unit_free)

void unit_table_free(struct unit_table *t)
{
	if (!t)
		return;
	for (struct map_entry *e = map_begin(t->by_id); e; e = map_next(e))
		unit_free(map_value(e));
	map_free(t->by_id);
	free(t);
}

size_t unit_table_count(const struct unit_table *t)
{
	return map_count(t->by_id);
}

struct open_unit *unit_table_find(const struct unit_table *t, const char *id)
{
	return map_get(t->by_id, id);
}

/* A unit and all it holds but texts, in one piece of memory. */
static struct open_unit *unit_new(size_t slots, size_t lots, const char *id)
{
	size_t slots_at = sizeof(struct open_unit);
	size_t lots_at = slots_at + slots * sizeof(struct value_slot);
	size_t id_at = lots_at + lots * sizeof(struct lot_binding);
	size_t id_bytes = strlen(id) + 1;
	char *bytes = calloc(1, id_at + id_bytes);
	struct open_unit *u = (struct open_unit *)bytes;

	if (!bytes)
		return NULL;
	u->values.slots = (struct value_slot *)(bytes + slots_at);
	u->values.count = slots;
	u->bindings = (struct lot_binding *)(bytes + lots_at);
	for (size_t i = 0; i < lots; i++)
		u->bindings[i].unit = u;
	u->id = memcpy(bytes + id_at, id, id_bytes);
	return u;
}

bool unit_is_before(const struct open_unit *a, const struct open_unit *b)
{
	return a->due_ms < b->due_ms || (a->due_ms == b->due_ms && a->number < b->number);
}

/* Units open in the order of their deadlines as long as the line's deadline stays the same, so
 * the place is nearly always at the end. */
static void insert_by_deadline(struct unit_table *t, struct open_unit *u)
{
	struct open_unit *after = t->due ? t->due->prev : NULL; /* the last */

	while (after && unit_is_before(u, after))
		after = after == t->due ? NULL : after->prev;
	if (after)
		DL_APPEND_ELEM(t->due, after, u);
	else
		DL_PREPEND(t->due, u);
}

struct open_unit *unit_table_open(
	struct unit_table *t, const char *id, int64_t started_ms, int64_t due_ms)
{
	CLEANUP(unit_free) struct open_unit *u = unit_new(t->slots, t->lots, id);

	if (!u || map_put(t->by_id, id, u) < 0)
		return NULL;
	u->started_ms = started_ms;
	u->due_ms = due_ms;
	u->number = t->numbered++;
	insert_by_deadline(t, u);
	return TAKE(u);
}

void unit_table_close(struct unit_table *t, struct open_unit *u, struct lot_table *lots)
{
	unit_table_incomplete(t, u);
	for (size_t i = 0; i < t->lots; i++)
		lot_unbind(lots, &u->bindings[i]);
	DL_DELETE(t->due, u);
	map_remove(t->by_id, u->id);
	unit_free(u);
}

struct open_unit *unit_table_first_due(const struct unit_table *t)
{
	return t->due;
}

struct open_unit *unit_table_first_complete(const struct unit_table *t)
{
	return t->complete;
}

void unit_table_complete(struct unit_table *t, struct open_unit *u)
{
	if (u->is_complete)
		return;
	DL_APPEND2(t->complete, u, complete_prev, complete_next);
	u->is_complete = true;
}

void unit_table_incomplete(struct unit_table *t, struct open_unit *u)
{
	if (!u->is_complete)
		return;
	DL_DELETE2(t->complete, u, complete_prev, complete_next);
	u->is_complete = false;
}
