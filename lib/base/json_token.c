#include "lib/base/json_token.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/base/utf8.h"

/* What a byte may be part of. */
enum {
	SPACE = 1,
	TEXT = 2, /* stands for itself in a text */
	WORD = 4, /* of numbers, true, false, null and what is mistaken for them */
	DIGIT = 8,
};

static const uint8_t classes[256] = {
	['\t'] = SPACE,
	['\n'] = SPACE,
	['\r'] = SPACE,
	[' '] = SPACE | TEXT,
	['!'] = TEXT,
	['#' ... '*'] = TEXT,
	['+'] = TEXT | WORD,
	[','] = TEXT,
	['-' ... '.'] = TEXT | WORD,
	['/'] = TEXT,
	['0' ... '9'] = TEXT | WORD | DIGIT,
	[':' ... '@'] = TEXT,
	['A' ... 'Z'] = TEXT | WORD,
	['['] = TEXT,
	[']' ... '^'] = TEXT,
	['_'] = TEXT | WORD,
	['`'] = TEXT,
	['a' ... 'z'] = TEXT | WORD,
	['{' ... 0x7F] = TEXT,
};

static const char *skip(const char *at, const char *end, int class)
{
	while (at < end && (classes[(unsigned char)*at] & class))
		at++;
	return at;
}

bool token_fail(struct token_text *t, const char *at, const char *fmt, ...)
{
	int line = 1, column = 1;
	char sentence[256];
	va_list args;

	for (const char *c = t->text; c < at; c++) {
		if (*c == '\n') {
			line++;
			column = 1;
		} else if ((*c & 0xC0) != 0x80) {
			column++;
		}
	}
	va_start(args, fmt);
	vsnprintf(sentence, sizeof(sentence), fmt, args);
	va_end(args);
	t->code = err_set(t->err, -EINVAL, "%d:%d: %s", line, column, sentence);
	return false;
}

bool token_unexpected(struct token_text *t, const char *allowed)
{
	unsigned char c = t->at < t->end ? (unsigned char)*t->at : 0;

	if (t->at == t->end)
		return token_fail(t, t->at, "found the end, %s", allowed);
	if (c == '\n' || c == '\r')
		return token_fail(t, t->at, "found the end of the line, %s", allowed);
	if (c > 0x20 && c < 0x7F)
		return token_fail(t, t->at, "found '%c', %s", c, allowed);
	return token_fail(t, t->at, "found byte 0x%02X, %s", c, allowed);
}

int token_shown(const char *text, size_t len)
{
	if (len <= 64)
		return (int)len;
	len = 64;
	while (len > 0 && (text[len] & 0xC0) == 0x80)
		len--;
	return (int)len;
}

static bool skip_comment(struct token_text *t)
{
	const char *begin = t->at;
	const char *line_end = memchr(t->at, '\n', (size_t)(t->end - t->at));

	t->at = line_end ? line_end : t->end;
	memset(t->blank + (begin - t->text), ' ', (size_t)(t->at - begin));
	return memchr(begin, '\0', (size_t)(t->at - begin)) == NULL ||
	       token_fail(t, begin, "found a NUL byte in this comment");
}

bool token_space(struct token_text *t)
{
	for (;;) {
		t->at = skip(t->at, t->end, SPACE);
		if (!t->blank || t->end - t->at < 2 || t->at[0] != '/' || t->at[1] != '/')
			return true;
		if (!skip_comment(t))
			return false;
	}
}

static bool read_hex4(const char *at, const char *end, uint32_t *out)
{
	uint32_t v = 0;

	if (end - at < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		char c = at[i];

		if (c >= '0' && c <= '9')
			v = v * 16 + (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			v = v * 16 + (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return false;
	}
	*out = v;
	return true;
}

/* At the 'u' of \uXXXX; a pair of surrogates is one character. */
static bool scan_unicode(struct token_text *t)
{
	const char *begin = t->at - 1;
	uint32_t c, low;

	if (!read_hex4(t->at + 1, t->end, &c))
		return token_fail(t, begin, "found \\u without four hexadecimal digits behind it");
	t->at += 5;
	if (c == 0)
		return token_fail(t, begin, "found \\u0000, which no text may hold");
	if (c < 0xD800 || c > 0xDFFF)
		return true;
	if (c >= 0xDC00 || t->end - t->at < 6 || t->at[0] != '\\' || t->at[1] != 'u' ||
		!read_hex4(t->at + 2, t->end, &low) || low < 0xDC00 || low > 0xDFFF)
		return token_fail(t, begin,
			"found %.6s alone, allowed are pairs of surrogates such as \\ud83d\\ude00",
			begin);
	t->at += 6;
	return true;
}

static bool scan_escape(struct token_text *t)
{
	static const char allowed[] = "allowed behind a backslash are \" \\ / b f n r t and uXXXX";

	t->at++;
	if (t->at == t->end || *t->at == '\0' || !strchr("\"\\/bfnrtu", *t->at))
		return token_unexpected(t, allowed);
	if (*t->at == 'u')
		return scan_unicode(t);
	t->at++;
	return true;
}

bool token_string(struct token_text *t, const char **raw, size_t *len, bool *has_escape)
{
	const char *begin = ++t->at;

	*has_escape = false;
	for (;;) {
		size_t n;

		t->at = skip(t->at, t->end, TEXT);
		if (t->at == t->end || (unsigned char)*t->at < 0x20)
			return token_unexpected(
				t, "allowed in a text are characters, escapes and a closing '\"'");
		if (*t->at == '"')
			break;
		if (*t->at == '\\') {
			*has_escape = true;
			if (!scan_escape(t))
				return false;
			continue;
		}
		n = utf8_length(t->at, (size_t)(t->end - t->at));
		if (n == 0)
			return token_unexpected(t, "which is not UTF-8");
		t->at += n;
	}
	*raw = begin;
	*len = (size_t)(t->at - begin);
	t->at++;
	return true;
}

/* Digits and a fraction as JSON writes them, nothing behind: finite because it is short. */
static bool is_plain_number(const char *begin, const char *end)
{
	const char *whole = begin + (*begin == '-');
	const char *at = skip(whole, end, DIGIT);
	const char *point = at;

	if (at == whole || (*whole == '0' && at - whole > 1))
		return false;
	if (at < end && *at == '.')
		at = skip(at + 1, end, DIGIT);
	return at == end && at - point != 1;
}

static bool is_exponent(const char *at, const char *end)
{
	at += at < end && (*at == '+' || *at == '-');
	return at < end && skip(at, end, DIGIT) == end;
}

static bool scan_number(struct token_text *t)
{
	const char *begin = t->at, *at = skip(begin, t->end, WORD), *e = begin;
	double v;

	while (e < at && (*e | 0x20) != 'e')
		e++;
	if (at - begin > JSON_NUMBER_MAX)
		return token_fail(t, begin, "found a number of %td characters, allowed are %d",
			at - begin, JSON_NUMBER_MAX);
	if (!is_plain_number(begin, e) || (e < at && !is_exponent(e + 1, at)))
		return token_fail(t, begin,
			"%.*s is not a number, allowed are such as -1, 0.5 and 6.02e23",
			(int)(at - begin), begin);
	if (e < at && !num_parse(begin, (size_t)(at - begin), &v))
		return token_fail(
			t, begin, "%.*s is not a finite number", (int)(at - begin), begin);
	t->at = at;
	return true;
}

static bool scan_word(struct token_text *t)
{
	static const char *const words[] = {"true", "false", "null"};
	const char *begin = t->at, *at = skip(begin, t->end, WORD);
	size_t len = (size_t)(at - begin);

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strlen(words[i]) == len && memcmp(words[i], begin, len) == 0) {
			t->at = at;
			return true;
		}
	}
	if (len < 2)
		return token_unexpected(t, "allowed is a value");
	return token_fail(t, begin,
		"found %.*s, allowed are true, false, null, numbers and quoted texts",
		token_shown(begin, len), begin);
}

bool token_scalar(struct token_text *t)
{
	const char *raw;
	bool has_escape;
	size_t len;

	if (t->at == t->end)
		return token_unexpected(t, "allowed is a value");
	if (*t->at == '"')
		return token_string(t, &raw, &len, &has_escape);
	if (*t->at == '-' || (*t->at >= '0' && *t->at <= '9'))
		return scan_number(t);
	return scan_word(t);
}
