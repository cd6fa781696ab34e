/* A growing run of bytes, and reading one back with bounds checked.
 *
 * Writing never fails at the call: when memory runs out the buffer goes into the failed state,
 * later writes do nothing, and buf_failed() says so once at the end. Integers are stored little
 * endian; strings as a 32-bit length and the bytes. Used for snapshots, journals and texts.
 *
 * Where most numbers are small they are stored as varints: little endian in groups of 7 bits, the
 * highest bit of a byte says that more follow. Zigzag folds the sign into the lowest bit, so that
 * small numbers of either sign take one byte. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/macros.h"

struct buf {
	char *data; /* not NUL-terminated, except after buf_text() */
	size_t len, cap;
	bool failed;
};

void buf_init(struct buf *b);
void buf_deinit(struct buf *b); /* frees; the buffer may be used again */
static inline void buf_deinit_at(struct buf *b)
{
	buf_deinit(b);
}
void buf_clear(struct buf *b); /* keeps the memory */
bool buf_failed(const struct buf *b);

void buf_put(struct buf *b, const void *bytes, size_t len);
void buf_put_u8(struct buf *b, uint8_t v);
void buf_put_u16(struct buf *b, uint16_t v);
void buf_put_u32(struct buf *b, uint32_t v);
void buf_put_u64(struct buf *b, uint64_t v);
void buf_put_i64(struct buf *b, int64_t v);
void buf_put_f64(struct buf *b, double v);                       /* bit pattern */
void buf_put_varint(struct buf *b, uint64_t v);                  /* 1 to 10 bytes */
void buf_put_zigzag(struct buf *b, int64_t v);                   /* the same */
void buf_put_string(struct buf *b, const char *s);               /* NULL is stored as "" */
void buf_put_blob(struct buf *b, const void *bytes, size_t len); /* length and bytes */

/* Text: appends without a length; buf_text() adds a NUL behind the end (not counted in len) and
 * returns the text, or NULL when the buffer has failed. */
void buf_add(struct buf *b, const char *s);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
char *buf_text(struct buf *b);

/* Reading: a cursor over somebody else's bytes. Reading past the end sets failed and yields 0. */
struct cursor {
	const char *at, *end;
	bool failed;
};

void cursor_init(struct cursor *c, const void *bytes, size_t len);
size_t cursor_left(const struct cursor *c);
uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_u16(struct cursor *c);
uint32_t cursor_u32(struct cursor *c);
uint64_t cursor_u64(struct cursor *c);
int64_t cursor_i64(struct cursor *c);
double cursor_f64(struct cursor *c);
uint64_t cursor_varint(struct cursor *c); /* more than 64 bits: failed */
int64_t cursor_zigzag(struct cursor *c);
/* The next `len` bytes, where they lie. NULL when there are not so many. */
const char *cursor_bytes(struct cursor *c, uint64_t len);
/* Points into the bytes; *len gets the length. NULL when it does not fit. Not NUL-terminated. */
const char *cursor_blob(struct cursor *c, size_t *len);
/* Copies a string into `out` (capacity cap, NUL included); fails when it does not fit. */
bool cursor_string(struct cursor *c, char *out, size_t cap);
