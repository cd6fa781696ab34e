#include "lib/base/json_keys.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"

#define FEW 12 /* from here on sorting is faster than comparing pairwise */

void json_keys_init(struct json_keys *k)
{
	k->v = k->few;
	k->count = 0;
	k->cap = ARRAY_LEN(k->few);
	buf_init(&k->decoded);
}

void json_keys_deinit(struct json_keys *k)
{
	if (k->v != k->few)
		free(k->v);
	buf_deinit(&k->decoded);
}

static uint32_t hex4(const char *s)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++) {
		int c = s[i] | 0x20;

		v = v * 16 + (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return v;
}

static void put_utf8(struct buf *b, uint32_t c)
{
	char s[4];
	size_t n;

	if (c < 0x80) {
		buf_put_u8(b, (uint8_t)c);
		return;
	}
	n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		s[i] = (char)(0x80 | (c & 0x3F));
	s[0] = (char)((0xF00 >> n) | c);
	buf_put(b, s, n);
}

static void decode(struct buf *out, const char *s, const char *end)
{
	static const char plain[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";

	for (; s < end; s++) {
		uint32_t c;

		if (*s != '\\') {
			buf_put_u8(out, (uint8_t)*s);
			continue;
		}
		s++;
		if (*s != 'u') {
			buf_put_u8(out, (uint8_t)meant[strchr(plain, *s) - plain]);
			continue;
		}
		c = hex4(s + 1);
		s += 4;
		if (c >= 0xD800 && c < 0xDC00) {
			c = 0x10000 + ((c - 0xD800) << 10) + (hex4(s + 3) - 0xDC00);
			s += 6;
		}
		put_utf8(out, c);
	}
}

static bool grow(struct json_keys *k)
{
	size_t cap = k->cap * 2;
	struct json_key *v = malloc(cap * sizeof(*v));

	if (!v)
		return false;
	memcpy(v, k->v, k->count * sizeof(*v));
	if (k->v != k->few)
		free(k->v);
	k->v = v;
	k->cap = cap;
	return true;
}

static const char *text_of(const struct json_keys *k, const struct json_key *key)
{
	return key->decoded == SIZE_MAX ? key->raw : k->decoded.data + key->decoded;
}

bool json_keys_push(struct json_keys *k, const char *raw, size_t len, bool has_escape)
{
	struct json_key key = {.raw = raw, .len = len, .decoded = SIZE_MAX};

	if (k->count == k->cap && !grow(k))
		return false;
	if (has_escape) {
		key.decoded = k->decoded.len;
		decode(&k->decoded, raw, raw + len);
		if (buf_failed(&k->decoded))
			return false;
		key.len = k->decoded.len - key.decoded;
	}
	key.hash = hash64(0, text_of(k, &key), key.len);
	k->v[k->count++] = key;
	return true;
}

static int compare(const struct json_keys *k, const struct json_key *a, const struct json_key *b)
{
	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return memcmp(text_of(k, a), text_of(k, b), a->len);
}

/* By text, equal ones in the order in which they stand. */
static int sort_order(const void *a, const void *b, void *keys)
{
	const struct json_key *x = a, *y = b;
	int r = compare(keys, x, y);

	return r ? r : (x->raw > y->raw) - (x->raw < y->raw);
}

static const struct json_key *find_pairwise(
	const struct json_keys *k, const struct json_key *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		for (size_t j = 0; j < i; j++) {
			if (v[i].hash == v[j].hash && compare(k, &v[i], &v[j]) == 0)
				return &v[i];
		}
	}
	return NULL;
}

static const struct json_key *find_sorted(struct json_keys *k, struct json_key *v, size_t n)
{
	const struct json_key *found = NULL;

	qsort_r(v, n, sizeof(*v), sort_order, k);
	for (size_t i = 1; i < n; i++) {
		if (compare(k, &v[i - 1], &v[i]) == 0 && (!found || v[i].raw < found->raw))
			found = &v[i];
	}
	return found;
}

const struct json_key *json_keys_close(struct json_keys *k, size_t mark)
{
	struct json_key *v = k->v + mark;
	size_t n = k->count - mark;

	k->count = mark;
	return n < FEW ? find_pairwise(k, v, n) : find_sorted(k, v, n);
}
