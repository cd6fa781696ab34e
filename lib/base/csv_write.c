#include "lib/base/csv_write.h"

#include <string.h>

static bool needs_quotes(const char *text)
{
	size_t len = strlen(text);

	return strpbrk(text, ",\"\r\n") || (len > 0 && (text[0] == ' ' || text[len - 1] == ' '));
}

void csvw_text(struct buf *b, const char *text)
{
	if (!needs_quotes(text)) {
		buf_add(b, text);
		return;
	}
	buf_put_u8(b, '"');
	for (const char *quote; (quote = strchr(text, '"')); text = quote + 1) {
		buf_put(b, text, (size_t)(quote - text));
		buf_add(b, "\"\"");
	}
	buf_add(b, text);
	buf_put_u8(b, '"');
}
