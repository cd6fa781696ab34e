#include "lib/base/map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"

/* uthash must neither end the process when memory runs out nor choose the hash */
#define HASH_NONFATAL_OOM 1
#define HASH_FUNCTION(key, len, out) ((out) = (unsigned)hash64(0, (key), (len)))
#include <uthash.h>
#include <utlist.h>

struct map_entry {
	void *value;
	struct map_entry *prev, *next; /* the order */
	UT_hash_handle hh;
	char key[];
};

struct map {
	struct map_entry *table; /* by key */
	struct map_entry *order; /* oldest first */
	size_t count, capacity;
};

int map_new(struct map **out, size_t capacity)
{
	struct map *m;

	if (capacity == 0)
		return -EINVAL;
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->capacity = capacity;
	*out = m;
	return 0;
}

void map_free(struct map *m)
{
	struct map_entry *e, *next;

	if (!m)
		return;
	HASH_CLEAR(hh, m->table);
	DL_FOREACH_SAFE(m->order, e, next)
	free(e);
	free(m);
}

size_t map_count(const struct map *m)
{
	return m->count;
}

bool map_full(const struct map *m)
{
	return m->count >= m->capacity;
}

static struct map_entry *find(const struct map *m, const char *key)
{
	struct map_entry *e;

	HASH_FIND(hh, m->table, key, strlen(key), e);
	return e;
}

void *map_get(const struct map *m, const char *key)
{
	struct map_entry *e = find(m, key);

	return e ? e->value : NULL;
}

int map_put(struct map *m, const char *key, void *value)
{
	struct map_entry *e = find(m, key);
	size_t len;

	if (e) {
		e->value = value;
		return 0;
	}
	if (map_full(m))
		return -ENOSPC;
	len = strlen(key);
	e = calloc(1, sizeof(*e) + len + 1);
	if (!e)
		return -ENOMEM;
	memcpy(e->key, key, len + 1);
	e->value = value;
	HASH_ADD_KEYPTR(hh, m->table, e->key, len, e);
	if (!e->hh.tbl) { /* uthash had no memory and left it out */
		free(e);
		return -ENOMEM;
	}
	DL_APPEND(m->order, e);
	m->count++;
	return 0;
}

void map_touch(struct map *m, const char *key)
{
	struct map_entry *e = find(m, key);

	if (!e)
		return;
	DL_DELETE(m->order, e);
	DL_APPEND(m->order, e);
}

void *map_remove(struct map *m, const char *key)
{
	struct map_entry *e = find(m, key);
	void *value;

	if (!e)
		return NULL;
	value = e->value;
	HASH_DEL(m->table, e);
	DL_DELETE(m->order, e);
	m->count--;
	free(e);
	return value;
}

const char *map_first(const struct map *m, void **value)
{
	if (!m->order)
		return NULL;
	if (value)
		*value = m->order->value;
	return m->order->key;
}

struct map_entry *map_begin(const struct map *m)
{
	return m->order;
}

struct map_entry *map_next(struct map_entry *e)
{
	return e->next;
}

const char *map_key(const struct map_entry *e)
{
	return e->key;
}

void *map_value(const struct map_entry *e)
{
	return e->value;
}
