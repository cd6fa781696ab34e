#include "lib/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Shortens what did not fit to "...", never inside a UTF-8 sequence. */
static void mark_cut(struct err *err)
{
	size_t end = sizeof(err->text) - sizeof("...");

	while (end > 0 && (err->text[end] & 0xC0) == 0x80)
		end--;
	memcpy(err->text + end, "...", sizeof("..."));
}

int(err_set)(struct err *err, int code, const char *fmt, ...)
{
	struct err fresh; /* the arguments may point into err->text */
	va_list args;
	int n;

	if (!err)
		return code;
	va_start(args, fmt);
	n = vsnprintf(fresh.text, sizeof(fresh.text), fmt, args);
	va_end(args);
	if (n < 0)
		strcpy(fresh.text, "an error whose text could not be written");
	else if ((size_t)n >= sizeof(fresh.text))
		mark_cut(&fresh);
	strcpy(err->text, fresh.text);
	return code;
}

int(err_prefix)(struct err *err, int code, const char *fmt, ...)
{
	struct err prefix;
	va_list args;

	if (!err)
		return code;
	va_start(args, fmt);
	if (vsnprintf(prefix.text, sizeof(prefix.text), fmt, args) < 0)
		prefix.text[0] = '\0';
	va_end(args);
	return err_set(err, code, "%s: %s", prefix.text, err->text);
}
