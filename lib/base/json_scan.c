#include "lib/base/json_scan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/json_keys.h"
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

struct scan {
	const char *text, *at, *end;
	char *blank; /* the copy in which comments are blanked, or NULL */
	struct {
		char closing;
		size_t mark; /* where its keys begin */
	} open[JSON_DEPTH_MAX];
	int depth;
	struct json_keys keys;
	int code; /* what went wrong */
	struct err *err;
};

static const char *skip(const char *at, const char *end, int class)
{
	while (at < end && (classes[(unsigned char)*at] & class))
		at++;
	return at;
}

/* Lines count from 1; columns count characters, not bytes, from 1. */
PRINTF_LIKE(3, 4) static bool fail(struct scan *s, const char *at, const char *fmt, ...)
{
	int line = 1, column = 1;
	char sentence[256];
	va_list args;

	for (const char *c = s->text; c < at; c++) {
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
	s->code = err_set(s->err, -EINVAL, "%d:%d: %s", line, column, sentence);
	return false;
}

/* "found 'x', allowed is ..." with the character, the byte's number, or the end. */
static bool unexpected(struct scan *s, const char *allowed)
{
	unsigned char c = s->at < s->end ? (unsigned char)*s->at : 0;

	if (s->at == s->end)
		return fail(s, s->at, "found the end, %s", allowed);
	if (c == '\n' || c == '\r')
		return fail(s, s->at, "found the end of the line, %s", allowed);
	if (c > 0x20 && c < 0x7F)
		return fail(s, s->at, "found '%c', %s", c, allowed);
	return fail(s, s->at, "found byte 0x%02X, %s", c, allowed);
}

/* How much of a text a message shows: at most 64 bytes, no character in halves. */
static int shown(const char *text, size_t len)
{
	if (len <= 64)
		return (int)len;
	len = 64;
	while (len > 0 && (text[len] & 0xC0) == 0x80)
		len--;
	return (int)len;
}

static bool skip_comment(struct scan *s)
{
	const char *begin = s->at;
	const char *line_end = memchr(s->at, '\n', (size_t)(s->end - s->at));

	s->at = line_end ? line_end : s->end;
	memset(s->blank + (begin - s->text), ' ', (size_t)(s->at - begin));
	return memchr(begin, '\0', (size_t)(s->at - begin)) == NULL ||
	       fail(s, begin, "found a NUL byte in this comment");
}

static bool skip_space(struct scan *s)
{
	for (;;) {
		s->at = skip(s->at, s->end, SPACE);
		if (!s->blank || s->end - s->at < 2 || s->at[0] != '/' || s->at[1] != '/')
			return true;
		if (!skip_comment(s))
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
static bool scan_unicode(struct scan *s)
{
	const char *begin = s->at - 1;
	uint32_t c, low;

	if (!read_hex4(s->at + 1, s->end, &c))
		return fail(s, begin, "found \\u without four hexadecimal digits behind it");
	s->at += 5;
	if (c == 0)
		return fail(s, begin, "found \\u0000, which no text may hold");
	if (c < 0xD800 || c > 0xDFFF)
		return true;
	if (c >= 0xDC00 || s->end - s->at < 6 || s->at[0] != '\\' || s->at[1] != 'u' ||
		!read_hex4(s->at + 2, s->end, &low) || low < 0xDC00 || low > 0xDFFF)
		return fail(s, begin,
			"found %.6s alone, allowed are pairs of surrogates such as \\ud83d\\ude00",
			begin);
	s->at += 6;
	return true;
}

static bool scan_escape(struct scan *s)
{
	static const char allowed[] = "allowed behind a backslash are \" \\ / b f n r t and uXXXX";

	s->at++;
	if (s->at == s->end || *s->at == '\0' || !strchr("\"\\/bfnrtu", *s->at))
		return unexpected(s, allowed);
	if (*s->at == 'u')
		return scan_unicode(s);
	s->at++;
	return true;
}

/* At the opening quote. The contents are at *raw afterwards, s->at behind the closing quote. */
static bool scan_string(struct scan *s, const char **raw, size_t *len, bool *has_escape)
{
	const char *begin = ++s->at;

	*has_escape = false;
	for (;;) {
		size_t n;

		s->at = skip(s->at, s->end, TEXT);
		if (s->at == s->end || (unsigned char)*s->at < 0x20)
			return unexpected(
				s, "allowed in a text are characters, escapes and a closing '\"'");
		if (*s->at == '"')
			break;
		if (*s->at == '\\') {
			*has_escape = true;
			if (!scan_escape(s))
				return false;
			continue;
		}
		n = utf8_length(s->at, (size_t)(s->end - s->at));
		if (n == 0)
			return unexpected(s, "which is not UTF-8");
		s->at += n;
	}
	*raw = begin;
	*len = (size_t)(s->at - begin);
	s->at++;
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

static bool scan_number(struct scan *s)
{
	const char *begin = s->at, *at = skip(begin, s->end, WORD), *e = begin;
	double v;

	while (e < at && (*e | 0x20) != 'e')
		e++;
	if (at - begin > JSON_NUMBER_MAX)
		return fail(s, begin, "found a number of %td characters, allowed are %d",
			at - begin, JSON_NUMBER_MAX);
	if (!is_plain_number(begin, e) || (e < at && !is_exponent(e + 1, at)))
		return fail(s, begin,
			"%.*s is not a number, allowed are such as -1, 0.5 and 6.02e23",
			(int)(at - begin), begin);
	if (e < at && !num_parse(begin, (size_t)(at - begin), &v))
		return fail(s, begin, "%.*s is not a finite number", (int)(at - begin), begin);
	s->at = at;
	return true;
}

static bool scan_word(struct scan *s)
{
	static const char *const words[] = {"true", "false", "null"};
	const char *begin = s->at, *at = skip(begin, s->end, WORD);
	size_t len = (size_t)(at - begin);

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strlen(words[i]) == len && memcmp(words[i], begin, len) == 0) {
			s->at = at;
			return true;
		}
	}
	if (len < 2)
		return unexpected(s, "allowed is a value");
	return fail(s, begin, "found %.*s, allowed are true, false, null, numbers and quoted texts",
		shown(begin, len), begin);
}

static bool scan_scalar(struct scan *s)
{
	const char *raw;
	bool has_escape;
	size_t len;

	if (s->at == s->end)
		return unexpected(s, "allowed is a value");
	if (*s->at == '"')
		return scan_string(s, &raw, &len, &has_escape);
	if (*s->at == '-' || (*s->at >= '0' && *s->at <= '9'))
		return scan_number(s);
	return scan_word(s);
}

/* A key and its colon. */
static bool scan_key(struct scan *s)
{
	const char *raw;
	bool has_escape;
	size_t len;

	if (!skip_space(s))
		return false;
	if (s->at == s->end || *s->at != '"')
		return unexpected(s, "allowed is a key in quotes");
	if (!scan_string(s, &raw, &len, &has_escape))
		return false;
	if (!json_keys_push(&s->keys, raw, len, has_escape)) {
		s->code = err_set(s->err, -ENOMEM, "no memory for the keys of an object");
		return false;
	}
	if (!skip_space(s))
		return false;
	if (s->at == s->end || *s->at != ':')
		return unexpected(s, "allowed is a ':' behind the key");
	s->at++;
	return true;
}

static bool open_list(struct scan *s)
{
	if (s->depth == JSON_DEPTH_MAX)
		return fail(s, s->at, "found a value %d levels deep, allowed are %d",
			JSON_DEPTH_MAX + 1, JSON_DEPTH_MAX);
	s->open[s->depth].closing = *s->at == '{' ? '}' : ']';
	s->open[s->depth].mark = s->keys.count;
	s->depth++;
	s->at++;
	return true;
}

static bool close_list(struct scan *s)
{
	const struct json_key *repeated = json_keys_close(&s->keys, s->open[--s->depth].mark);
	const char *end;

	s->at++;
	if (!repeated)
		return true;
	for (end = repeated->raw; *end != '"'; end++)
		end += *end == '\\';
	return fail(s, repeated->raw - 1, "duplicate key \"%.*s\"",
		shown(repeated->raw, (size_t)(end - repeated->raw)), repeated->raw);
}

/* Behind a value or an opening bracket: closes what ends here. *is_done where the document's
 * value is complete, else the next value begins at s->at. */
static bool scan_between(struct scan *s, bool is_first, bool *is_done)
{
	while (s->depth > 0) {
		char closing = s->open[s->depth - 1].closing;

		if (!skip_space(s))
			return false;
		if (s->at < s->end && *s->at == closing) {
			if (!close_list(s))
				return false;
			is_first = false;
			continue;
		}
		if (!is_first) {
			if (s->at == s->end || *s->at != ',')
				return unexpected(s, closing == '}' ? "allowed is ',' or '}'"
								    : "allowed is ',' or ']'");
			s->at++;
		}
		*is_done = false;
		return closing == ']' || scan_key(s);
	}
	*is_done = true;
	return true;
}

static bool scan_document(struct scan *s)
{
	bool is_done, is_list;

	do {
		if (!skip_space(s))
			return false;
		is_list = s->at < s->end && (*s->at == '{' || *s->at == '[');
		if (is_list ? !open_list(s) : !scan_scalar(s))
			return false;
		if (!scan_between(s, is_list, &is_done))
			return false;
	} while (!is_done);
	if (!skip_space(s))
		return false;
	return s->at == s->end || unexpected(s, "allowed is nothing behind the document");
}

int json_scan(const char *text, size_t len, char *blank, struct err *err)
{
	struct scan s = {.text = text, .at = text, .end = text + len, .blank = blank, .err = err};
	bool is_sound;

	json_keys_init(&s.keys);
	is_sound = scan_document(&s);
	json_keys_deinit(&s.keys);
	return is_sound ? 0 : s.code;
}
