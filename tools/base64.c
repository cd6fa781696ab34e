/* Base64. */
#include "tools/base64.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_put(struct buf *out, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;

	for (; len > 0;) {
		size_t n = len < 3 ? len : 3;
		unsigned group = (unsigned)at[0] << 16 | (n > 1 ? (unsigned)at[1] << 8 : 0) |
				 (n > 2 ? (unsigned)at[2] : 0);
		char text[4] = {digits[group >> 18], digits[group >> 12 & 63],
			n > 1 ? digits[group >> 6 & 63] : '=', n > 2 ? digits[group & 63] : '='};

		buf_put(out, text, sizeof(text));
		at += n;
		len -= n;
	}
}

static int digit(char c)
{
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Four digits, of which the last `padding` are "=". */
static bool get_group(struct buf *out, const char *text, int padding)
{
	unsigned group = 0;

	for (int i = 0; i < 4; i++) {
		int v = i < 4 - padding ? digit(text[i]) : 0;

		if (v < 0)
			return false;
		group = group << 6 | (unsigned)v;
	}
	if (group & ((1u << 8 * padding) - 1))
		return false; /* bits that belong to no byte */
	for (int i = 0; i < 3 - padding; i++)
		buf_put_u8(out, (uint8_t)(group >> (16 - 8 * i)));
	return true;
}

bool base64_get(struct buf *out, const char *text)
{
	size_t len = strlen(text);

	if (len % 4 != 0)
		return false;
	for (size_t i = 0; i < len; i += 4) {
		int padding = 0;

		if (i + 4 == len)
			padding = (text[i + 3] == '=') + (text[i + 3] == '=' && text[i + 2] == '=');
		if (!get_group(out, text + i, padding))
			return false;
	}
	return true;
}
