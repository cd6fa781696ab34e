#include "lib/base/utf8.h"

size_t utf8_length(const char *text, size_t left)
{
	const unsigned char *at = (const unsigned char *)text;
	unsigned char c = at[0];
	unsigned char low = 0x80, high = 0xBF;
	size_t n = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;

	if (c < 0xC2 || c > 0xF4 || left < n)
		return 0;
	if (c == 0xE0)
		low = 0xA0;
	else if (c == 0xED)
		high = 0x9F;
	else if (c == 0xF0)
		low = 0x90;
	else if (c == 0xF4)
		high = 0x8F;
	if (at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++) {
		if ((at[i] & 0xC0) != 0x80)
			return 0;
	}
	return n;
}

bool utf8_is_text(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t n = (unsigned char)bytes[i] < 0x80 ? 1 : utf8_length(bytes + i, len - i);

		if (n == 0 || bytes[i] == '\0')
			return false;
		i += n;
	}
	return true;
}
