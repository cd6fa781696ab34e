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
	struct wake_queue *wakes;
	struct unit_shape shape;
	size_t count;
	uint64_t numbered;
};

int unit_table_new(struct unit_table **out, const struct unit_shape *shape)
{
	CLEANUP(unit_table_free) struct unit_table *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->shape = *shape;
	if (map_new(&t->by_id, SIZE_MAX) < 0 || /* the limit is the assembler's to keep */
		wake_queue_new(&t->wakes) < 0)
		return -ENOMEM;
	*out = TAKE(t);
	return 0;
}

static void unit_free(struct open_unit *u)
{
	if (!u)
		return;
	for (size_t i = 0; u->frozen && i < u->window_count; i++)
		frozen_clear(&u->frozen[i]);
	free(u->frozen);
	values_deinit(&u->values);
	free(u);
}
CLEANUP_FOR(struct open_unit, unit_free)

void unit_table_free(struct unit_table *t)
{
	if (!t)
		return;
	while (t->due) {
		struct open_unit *u = t->due;

		DL_DELETE(t->due, u);
		unit_free(u);
	}
	map_free(t->by_id);
	wake_queue_free(t->wakes);
	free(t);
}

size_t unit_table_count(const struct unit_table *t)
{
	return t->count;
}

struct open_unit *unit_table_find(const struct unit_table *t, const char *id)
{
	return map_get(t->by_id, id);
}

/* A unit and all it holds but texts, in one piece of memory. */
static struct open_unit *unit_new(const struct unit_shape *shape, const char *id)
{
	size_t slots_at = sizeof(struct open_unit);
	size_t lots_at = slots_at + shape->slots * sizeof(struct value_slot);
	size_t visits_at = lots_at + shape->lots * sizeof(struct lot_binding);
	size_t moments_at = visits_at + shape->stations * sizeof(struct visit);
	size_t id_at = moments_at + shape->moments * sizeof(int64_t);
	size_t id_bytes = strlen(id) + 1;
	char *bytes = calloc(1, id_at + id_bytes);
	struct open_unit *u = (struct open_unit *)bytes;

	if (!bytes)
		return NULL;
	u->values.slots = (struct value_slot *)(bytes + slots_at);
	u->values.count = shape->slots;
	u->bindings = (struct lot_binding *)(bytes + lots_at);
	for (size_t i = 0; i < shape->lots; i++)
		u->bindings[i].unit = u;
	u->visits = (struct visit *)(bytes + visits_at);
	for (size_t i = 0; i < shape->stations; i++)
		u->visits[i] = visit_none();
	u->moments = (int64_t *)(bytes + moments_at);
	for (size_t i = 0; i < shape->moments; i++)
		u->moments[i] = NO_TIME;
	u->ready_ms = INT64_MAX;
	u->window_count = shape->windows;
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
	CLEANUP(unit_free) struct open_unit *u = unit_new(&t->shape, id);

	if (!u || map_put(t->by_id, id, u) < 0)
		return NULL;
	u->started_ms = u->first_ms = started_ms;
	u->due_ms = due_ms;
	u->number = u->wake.number = t->numbered++;
	insert_by_deadline(t, u);
	t->count++;
	return TAKE(u);
}

void unit_table_retire(struct unit_table *t, struct open_unit *u, const char *cause)
{
	if (unit_table_find(t, u->id) == u)
		map_remove(t->by_id, u->id);
	u->is_retired = true;
	unit_table_complete(t, u, cause);
}

int unit_table_freeze(
	struct unit_table *t, struct open_unit *u, size_t window, const struct assembled_value *v)
{
	if (!u->frozen)
		u->frozen = calloc(t->shape.windows, sizeof(*u->frozen));
	return u->frozen ? frozen_put(&u->frozen[window], v) : -ENOMEM;
}

void unit_table_close(struct unit_table *t, struct open_unit *u, struct lot_table *lots)
{
	unit_table_incomplete(t, u);
	for (size_t i = 0; i < t->shape.lots; i++)
		lot_unbind(lots, &u->bindings[i]);
	DL_DELETE(t->due, u);
	if (unit_table_find(t, u->id) == u) /* not so after it was retired */
		map_remove(t->by_id, u->id);
	wake_queue_remove(t->wakes, &u->wake);
	t->count--;
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

int unit_table_wake(struct unit_table *t, struct open_unit *u, int64_t clock_ms)
{
	if (clock_ms != INT64_MAX)
		return wake_queue_set(t->wakes, &u->wake, clock_ms);
	wake_queue_remove(t->wakes, &u->wake);
	return 0;
}

struct open_unit *unit_table_first_wake(const struct unit_table *t)
{
	struct wake *w = wake_queue_first(t->wakes);

	return w ? (struct open_unit *)((char *)w - offsetof(struct open_unit, wake)) : NULL;
}

void unit_table_complete(struct unit_table *t, struct open_unit *u, const char *cause)
{
	if (u->is_complete)
		return;
	u->cause = cause;
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
