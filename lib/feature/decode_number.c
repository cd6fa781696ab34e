/* Payloads of format "number": one bare number as text, as in "218.4". */
#include "lib/feature/decoder.h"

#include <errno.h>

#include "lib/base/err.h"
#include "lib/base/num.h"

#define SHOWN_BYTES 40 /* of a payload that is no number, in the sentence */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int no_number(const char *text, size_t len, struct err *err)
{
	char shown[SHOWN_BYTES + 1];
	size_t n = len < SHOWN_BYTES ? len : SHOWN_BYTES;

	if (len == 0)
		return err_set(err, -EINVAL, "the payload is empty, a number is wanted");
	for (size_t i = 0; i < n; i++)
		shown[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	shown[n] = '\0';
	return err_set(err, -EINVAL, "the payload is \"%s\"%s, a finite number is wanted", shown,
		n < len ? "..." : "");
}

/* White space around is let pass: many devices end their payload with a line feed. */
static int decode_number(cJSON **out, const void *payload, size_t len, struct err *err)
{
	const char *text = payload;
	double number;
	cJSON *item;

	while (len > 0 && is_blank(text[0]))
		text++, len--;
	while (len > 0 && is_blank(text[len - 1]))
		len--;
	if (!num_parse(text, len, &number))
		return no_number(text, len, err);
	item = cJSON_CreateNumber(number);
	if (!item)
		return err_set(err, -ENOMEM, "no memory for a number");
	*out = item;
	return 0;
}

const struct decoder decoder_number = {
	.name = "number",
	.help = "a bare number as text, with white space around or without",
	.decode = decode_number,
};
