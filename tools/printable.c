#include "tools/printable.h"

#include "lib/base/utf8.h"

void printable_put(struct buf *b, const char *text, size_t len, bool is_long)
{
	for (size_t i = 0; i < len;) {
		unsigned char c = (unsigned char)text[i];
		size_t n = c < 0x80 ? 1 : utf8_length(text + i, len - i);
		bool is_control = c < 0x20 || c == 0x7f ||
				  (n == 2 && c == 0xc2 && (unsigned char)text[i + 1] < 0xa0);

		if (is_long && (c == '\n' || c == '\t'))
			is_control = false;
		if (n == 0 || is_control) {
			buf_addf(b, "\\x%02x", c);
			i++;
			continue;
		}
		buf_put(b, text + i, n);
		i += n;
	}
}
