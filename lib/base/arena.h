/* Memory that is given out piece by piece and taken back all at once.
 *
 * Blocks are kept over arena_reset, so a batch that is filled again and again allocates only
 * while it grows. All pointers are aligned to 16 bytes and live until reset or free. */
#pragma once

#include <stdint.h>

#include "lib/base/macros.h"

struct arena;

MUST_CHECK int arena_new(struct arena **out, size_t block_bytes); /* -ENOMEM */
void arena_free(struct arena *a);                                 /* NULL is fine */
CLEANUP_FOR(struct arena, arena_free)
void arena_reset(struct arena *a);
size_t arena_used(const struct arena *a); /* bytes given out since the last reset */

/* NULL when memory runs out. arena_zalloc gives zeroed memory. */
void *arena_alloc(struct arena *a, size_t bytes);
void *arena_zalloc(struct arena *a, size_t count, size_t size);
void *arena_copy(struct arena *a, const void *bytes, size_t len);
char *arena_string(struct arena *a, const char *s); /* NULL gives NULL */
char *arena_stringn(struct arena *a, const char *s, size_t len);
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);
