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

const char *cursor_blob(struct cursor *c, size_t *len)
{
	uint32_t n = cursor_u32(c);
	const char *at = c->at;

	*len = 0;
	if (c->failed || cursor_left(c) < n) {
		c->failed = true;
		return NULL;
	}
	c->at += n;
	*len = n;
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
