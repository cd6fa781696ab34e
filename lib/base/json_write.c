/* The writing half of json.h. */
#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/num.h"
#include "lib/base/utf8.h"

void jsonw_begin(struct buf *b)
{
	buf_put_u8(b, '{');
}

void jsonw_end(struct buf *b)
{
	buf_put_u8(b, '}');
}

void jsonw_key(struct buf *b, const char *key)
{
	if (b->len > 0 && b->data[b->len - 1] != '{')
		buf_put_u8(b, ',');
	jsonw_raw_text(b, key, strlen(key));
	buf_put_u8(b, ':');
}

void jsonw_text(struct buf *b, const char *key, const char *text)
{
	jsonw_key(b, key);
	jsonw_raw_text(b, text, text ? strlen(text) : 0);
}

static void put_real(struct buf *b, double v)
{
	char text[NUM_TEXT_MAX];

	assert(isfinite(v));
	buf_put(b, text, num_print(text, v, true));
}

void jsonw_real(struct buf *b, const char *key, double v)
{
	jsonw_key(b, key);
	put_real(b, v);
}

void jsonw_int(struct buf *b, const char *key, int64_t v)
{
	jsonw_key(b, key);
	buf_addf(b, "%" PRId64, v);
}

/* One byte that cannot stand as it is. */
static void put_escaped(struct buf *b, char c)
{
	static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *at = c ? strchr(plain, c) : NULL;

	if (at) {
		buf_put_u8(b, '\\');
		buf_put_u8(b, (uint8_t)letters[at - plain]);
	} else {
		buf_addf(b, "\\u%04x", (unsigned)c);
	}
}

void jsonw_raw_text(struct buf *b, const char *text, size_t len)
{
	const char *at = text, *end = len ? text + len : text;

	buf_put_u8(b, '"');
	while (at < end) {
		const char *run = at;
		unsigned char c;
		size_t n = 1;

		while (at < end && (c = (unsigned char)*at) >= 0x20 && c < 0x80 && c != '"' &&
			c != '\\')
			at++;
		buf_put(b, run, (size_t)(at - run));
		if (at == end)
			break;
		if ((unsigned char)*at < 0x80)
			put_escaped(b, *at);
		else if ((n = utf8_length(at, (size_t)(end - at))) > 0)
			buf_put(b, at, n);
		else
			buf_add(b, "\xEF\xBF\xBD"); /* U+FFFD */
		at += n ? n : 1;
	}
	buf_put_u8(b, '"');
}

void jsonw_raw_value(struct buf *b, const struct value *v)
{
	switch (v->kind) {
	case VALUE_NUMBER:
		put_real(b, v->number);
		break;
	case VALUE_TEXT:
		jsonw_raw_text(b, v->text, strlen(v->text));
		break;
	case VALUE_MISSING:
		buf_add(b, "null");
		break;
	}
}
