/* What can be said of one pointer of a shape: the last part of probe_shape.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/probe_shape.h"
#include "tools/probe_words.h"

/* The elements of the array that the pointer leads into last; NULL: it leads into none. */
static const struct probe_field *element_around(const struct probe_shape *s, const char *pointer)
{
	char around[PROBE_POINTER_BYTES_MAX + 1];

	strcpy(around, pointer);
	for (size_t n = strlen(pointer); n >= 2; n--) {
		around[n] = '\0';
		if (pointer[n] == '/' && strncmp(around + n - 2, "/*", 2) == 0)
			return probe_shape_find(s, around);
	}
	return NULL;
}

double probe_field_present(const struct probe_shape *s, const struct probe_field *f)
{
	const struct probe_field *element = element_around(s, f->pointer);

	if (element)
		return (double)f->occurrences / (double)element->occurrences;
	if (probe_shape_messages(s) == 0)
		return 0;
	return (double)f->messages / (double)probe_shape_messages(s);
}

enum probe_kind probe_field_kind(const struct probe_field *f)
{
	enum probe_kind best = KIND_NULL;
	uint64_t most = 0;

	for (size_t k = 0; k < KIND_COUNT; k++) {
		if (k != KIND_NULL && f->kinds[k] > most) {
			most = f->kinds[k];
			best = (enum probe_kind)k;
		}
	}
	return best;
}

bool probe_field_is_scalar(const struct probe_field *f)
{
	return f->kinds[KIND_OBJECT] == 0 && f->kinds[KIND_ARRAY] == 0;
}

const char *probe_field_name(const struct probe_field *f, char *out, size_t cap)
{
	const char *end = f->pointer + strlen(f->pointer), *begin;
	size_t n = 0;

	do {
		begin = end;
		while (begin > f->pointer && begin[-1] != '/')
			begin--;
		if (end - begin != 1 || *begin != '*')
			break;
		end = begin - 1;
	} while (end > f->pointer);
	for (; begin < end && n + 1 < cap; begin++) {
		if (*begin == '~' && begin + 1 < end) {
			begin++;
			out[n++] = *begin == '1' ? '/' : '~';
		} else {
			out[n++] = *begin;
		}
	}
	out[n] = '\0';
	return out;
}

unsigned probe_field_means(const struct probe_field *f)
{
	const unsigned plain = WORD_VALUE | WORD_GENERIC | WORD_SUFFIX;
	const char *from = f->pointer + strlen(f->pointer);
	char name[PROBE_POINTER_BYTES_MAX + 1];
	unsigned last = 0;

	/* the last two members, but for stars */
	for (int members = 0; members < 2 && from > f->pointer;) {
		const char *end = from;

		do {
			from--;
		} while (from > f->pointer && *from != '/');
		if (end - from == 2 && from[1] == '*')
			continue;
		if (members++ > 0 && last & WORD_VALUE && !(last & ~plain)) {
			snprintf(name, sizeof(name), "%.*s", (int)(end - from), from);
			return probe_head(name) | last;
		}
		snprintf(name, sizeof(name), "%s", from);
		last = probe_words(name);
	}
	return probe_head(from);
}

enum probe_coming probe_field_coming(const struct probe_field *f, int64_t begin_ms, int64_t end_ms)
{
	struct probe_span spans[PROBE_SEEN_TEXTS_MAX];

	if (f->has_more && f->seen_count < PROBE_SEEN_NUMBERS_MAX)
		return COMES_UNKNOWN;
	for (size_t i = 0; i < f->seen_count; i++)
		spans[i] = f->seen[i].span;
	return probe_coming_judge(spans, f->seen_count, begin_ms, end_ms);
}

bool probe_field_time(const struct probe_field *f, struct probe_time *out)
{
	char name[PROBE_NAME_MAX];

	return f->clock && probe_field_is_scalar(f) &&
	       probe_clock_judge(f->clock,
		       (probe_head(probe_field_name(f, name, sizeof(name))) & WORD_TIME) != 0, out);
}

const char *probe_kind_name(enum probe_kind k)
{
	static const char *const names[KIND_COUNT] = {
		[KIND_NUMBER] = "number",
		[KIND_TEXT] = "text",
		[KIND_BOOL] = "true/false",
		[KIND_NULL] = "null",
		[KIND_OBJECT] = "object",
		[KIND_ARRAY] = "array",
	};

	return names[k];
}
