/* The material lots of a line: the properties known of each, and the open units bound to it.
 *
 * A lot is held while it has properties or units. Of those with properties there are at most so
 * many: beyond, the least recently used loses its properties. Used means: a property came, or a
 * unit was bound to it. */
#pragma once

#include "lib/base/macros.h"
#include "lib/feature/values.h"

struct lot_table;
struct open_unit;
struct lot_entry;

/* A unit's lot, embedded in the open unit: lot NULL while it named none. */
struct lot_binding {
	struct lot_entry *lot;
	int64_t time_ms; /* event time of the value that named it */
	struct open_unit *unit;
	struct lot_binding *prev, *next; /* the lot's bindings, units that are due first in front */
};

struct lot_entry {
	struct values values;
	struct lot_binding *bindings;
	struct lot_entry *prev, *next; /* order of use; only lots with properties */
	bool is_kept;                  /* has properties, stands in that order */
	char *id;
};

/* `slots` per lot; at most `limit` lots with properties. -ENOMEM. */
MUST_CHECK int lot_table_new(struct lot_table **out, size_t slots, size_t limit);
void lot_table_free(struct lot_table *t); /* its bindings must be gone */
CLEANUP_FOR(struct lot_table, lot_table_free)

/* The lot of that id; made when new. NULL: no memory. */
struct lot_entry *lot_table_get(struct lot_table *t, const char *id);
struct lot_entry *lot_table_find(const struct lot_table *t, const char *id); /* or NULL */
void lot_table_touch(struct lot_table *t, struct lot_entry *lot); /* now the one used last */
/* After properties were put into it: it is now the one used last. The result is the lot that is
 * over the limit, or NULL: its properties are to be given up with lot_table_forget. */
struct lot_entry *lot_table_used(struct lot_table *t, struct lot_entry *lot);
void lot_table_forget(struct lot_table *t, struct lot_entry *lot);
/* Frees the lot when it has neither properties nor units. */
void lot_table_release(struct lot_table *t, struct lot_entry *lot);

void lot_bind(struct lot_binding *b, struct lot_entry *lot); /* b is not bound */
void lot_unbind(struct lot_table *t, struct lot_binding *b); /* may free the lot */

size_t lot_table_count(const struct lot_table *t);             /* with properties */
struct lot_entry *lot_table_oldest(const struct lot_table *t); /* in the order of use */
