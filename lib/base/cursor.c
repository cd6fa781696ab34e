/* The reading half of buf.h. */
#include <endian.h>
#include <string.h>

#include "lib/base/buf.h"

void cursor_init(struct cursor *c, const void *bytes, size_t len)
{
	*c = (struct cursor){.at = bytes, .end = (const char *)bytes + len};
}

size_t cursor_left(const struct cursor *c)
{
	return c->failed ? 0 : (size_t)(c->end - c->at);
}

static bool take(struct cursor *c, void *out, size_t len)
{
	if (cursor_left(c) < len) {
		c->failed = true;
		memset(out, 0, len);
		return false;
	}
	memcpy(out, c->at, len);
	c->at += len;
	return true;
}

uint8_t cursor_u8(struct cursor *c)
{
	uint8_t v;

	take(c, &v, sizeof(v));
	return v;
}

uint16_t cursor_u16(struct cursor *c)
{
	uint16_t v;

	take(c, &v, sizeof(v));
	return le16toh(v);
}

uint32_t cursor_u32(struct cursor *c)
{
	uint32_t v;

	take(c, &v, sizeof(v));
	return le32toh(v);
}

uint64_t cursor_u64(struct cursor *c)
{
	uint64_t v;

	take(c, &v, sizeof(v));
	return le64toh(v);
}

int64_t cursor_i64(struct cursor *c)
{
	return (int64_t)cursor_u64(c);
}

double cursor_f64(struct cursor *c)
{
	uint64_t bits = cursor_u64(c);
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

uint64_t cursor_varint(struct cursor *c)
{
	uint64_t v = 0;

	for (int shift = 0; shift < 64; shift += 7) {
		uint8_t byte = cursor_u8(c);

		v |= (uint64_t)(byte & 0x7f) << shift;
		if (shift == 63 && byte > 1)
			break; /* bits that no 64-bit number has */
		if (!(byte & 0x80))
			return c->failed ? 0 : v;
	}
	c->failed = true;
	return 0;
}

int64_t cursor_zigzag(struct cursor *c)
{
	uint64_t v = cursor_varint(c);

	return (int64_t)(v >> 1 ^ -(v & 1));
}

const char *cursor_bytes(struct cursor *c, uint64_t len)
{
	const char *at = c->at;

	if (c->failed || cursor_left(c) < len) {
		c->failed = true;
		return NULL;
	}
	c->at += len;
	return at;
}

const char *cursor_blob(struct cursor *c, size_t *len)
{
	uint32_t n = cursor_u32(c);
	const char *at = cursor_bytes(c, n);

	*len = at ? n : 0;
	return at;
}

bool cursor_string(struct cursor *c, char *out, size_t cap)
{
	size_t len;
	const char *s = cursor_blob(c, &len);

	if (cap > 0)
		out[0] = '\0';
	if (!s)
		return false;
	if (len >= cap || memchr(s, '\0', len)) {
		c->failed = true;
		return false;
	}
	memcpy(out, s, len);
	out[len] = '\0';
	return true;
}
