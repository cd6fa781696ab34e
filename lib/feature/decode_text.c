/* Payloads of format "text": the whole payload is one text, as in "OK". */
#include "lib/feature/decoder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/utf8.h"

/* Many devices end their payload with a line feed: one is no part of the text. */
static size_t without_line_end(const char *text, size_t len)
{
	if (len > 0 && text[len - 1] == '\n')
		len -= 1 + (len > 1 && text[len - 2] == '\r');
	return len;
}

static int check(const char *text, size_t len, struct err *err)
{
	size_t n = 1;

	if (len == 0)
		return err_set(err, -EINVAL, "the payload is empty, text is wanted");
	for (size_t i = 0; i < len; i += n) {
		n = (unsigned char)text[i] < 0x80 ? 1 : utf8_length(text + i, len - i);
		if (n == 0)
			return err_set(err, -EINVAL,
				"byte %zu of the payload is 0x%02x and no UTF-8, text is wanted",
				i + 1, (unsigned)(unsigned char)text[i]);
		if (text[i] == '\0')
			return err_set(err, -EINVAL,
				"byte %zu of the payload is NUL, text without it is wanted", i + 1);
	}
	return 0;
}

static int decode_text(cJSON **out, const void *payload, size_t len, struct err *err)
{
	const char *text = payload;
	char *copy;
	cJSON *item;
	int r;

	len = without_line_end(text, len);
	r = check(text, len, err);
	if (r < 0)
		return r;
	copy = strndup(text, len);
	item = copy ? cJSON_CreateString(copy) : NULL;
	free(copy);
	if (!item)
		return err_set(err, -ENOMEM, "no memory for a text of %zu bytes", len);
	*out = item;
	return 0;
}

const struct decoder decoder_text = {
	.name = "text",
	.help = "text in UTF-8, with a line end behind it or without",
	.decode = decode_text,
};
