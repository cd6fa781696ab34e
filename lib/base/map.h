/* A map from text to a pointer, with a capacity, that remembers an order.
 *
 * Entries stand in the order of insertion; map_touch moves one to the end, so that the first is
 * the least recently used. Iteration follows that order: nothing depends on a hash seed.
 * The map copies keys and does not own values. */
#pragma once

#include <stdbool.h>

#include "lib/base/macros.h"

struct map;

MUST_CHECK int map_new(struct map **out, size_t capacity); /* -ENOMEM, -EINVAL for capacity 0 */
void map_free(struct map *m);                              /* NULL is fine; values stay */
CLEANUP_FOR(struct map, map_free)
size_t map_count(const struct map *m);
bool map_full(const struct map *m);

void *map_get(const struct map *m, const char *key); /* NULL when absent */
/* Replaces the value of a known key (its place in the order stays). -ENOSPC when full and the
 * key is new, -ENOMEM. `value` must not be NULL. */
MUST_CHECK int map_put(struct map *m, const char *key, void *value);
void map_touch(struct map *m, const char *key);           /* to the end of the order */
void *map_remove(struct map *m, const char *key);         /* the value it had, or NULL */
const char *map_first(const struct map *m, void **value); /* the oldest key, NULL when empty */

/* for (struct map_entry *e = map_begin(m); e; e = map_next(e)); the entry in hand may be removed
 * after map_next was called for it. */
struct map_entry;
struct map_entry *map_begin(const struct map *m);
struct map_entry *map_next(struct map_entry *e);
const char *map_key(const struct map_entry *e);
void *map_value(const struct map_entry *e);
