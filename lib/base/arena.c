#include "lib/base/arena.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGN 16

struct block {
	struct block *next;
	size_t cap, used;
	_Alignas(ALIGN) char data[];
};

struct arena {
	struct block *first;
	struct block *now; /* what is behind it is free */
	size_t block_bytes;
	size_t given;
};

static struct block *block_new(size_t bytes)
{
	struct block *b;

	if (bytes > SIZE_MAX / 2)
		return NULL;
	b = malloc(sizeof(*b) + bytes);
	if (b)
		*b = (struct block){.cap = bytes};
	return b;
}

int arena_new(struct arena **out, size_t block_bytes)
{
	struct arena *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	a->block_bytes = block_bytes < 256 ? 256 : block_bytes;
	a->first = block_new(a->block_bytes);
	if (!a->first) {
		free(a);
		return -ENOMEM;
	}
	a->now = a->first;
	*out = a;
	return 0;
}

void arena_free(struct arena *a)
{
	struct block *b, *next;

	if (!a)
		return;
	for (b = a->first; b; b = next) {
		next = b->next;
		free(b);
	}
	free(a);
}

void arena_reset(struct arena *a)
{
	for (struct block *b = a->first; b; b = b->next)
		b->used = 0;
	a->now = a->first;
	a->given = 0;
}

size_t arena_used(const struct arena *a)
{
	return a->given;
}

/* A block with room for `bytes` right behind the present one: a kept one that is large enough,
 * or a new one put before it. */
static struct block *next_block(struct arena *a, size_t bytes)
{
	struct block *b = a->now->next;

	if (!b || b->cap < bytes) {
		struct block *fresh = block_new(bytes > a->block_bytes ? bytes : a->block_bytes);

		if (!fresh)
			return NULL;
		fresh->next = b;
		a->now->next = fresh;
		b = fresh;
	}
	a->now = b;
	return b;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
	struct block *b = a->now;
	size_t size;
	void *p;

	if (bytes > SIZE_MAX / 4)
		return NULL;
	size = (bytes + ALIGN - 1) / ALIGN * ALIGN;
	if (b->cap - b->used < size) {
		b = next_block(a, size);
		if (!b)
			return NULL;
	}
	p = b->data + b->used;
	b->used += size;
	a->given += bytes;
	return p;
}

void *arena_zalloc(struct arena *a, size_t count, size_t size)
{
	size_t bytes;
	void *p;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	p = arena_alloc(a, bytes);
	return p ? memset(p, 0, bytes) : NULL;
}

void *arena_copy(struct arena *a, const void *bytes, size_t len)
{
	void *p = arena_alloc(a, len);

	return p && len > 0 ? memcpy(p, bytes, len) : p;
}

char *arena_string(struct arena *a, const char *s)
{
	return s ? arena_copy(a, s, strlen(s) + 1) : NULL;
}

char *arena_stringn(struct arena *a, const char *s, size_t len)
{
	char *p = arena_alloc(a, len + 1);

	if (!p)
		return NULL;
	if (len > 0)
		memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list args;
	char *p;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	p = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
	if (!p)
		return NULL;
	va_start(args, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, args);
	va_end(args);
	return p;
}
