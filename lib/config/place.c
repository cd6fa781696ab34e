/* Where in which file something stands. */
#include "lib/config/place.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct place place_top(const struct reader *reader)
{
	return (struct place){.reader = reader};
}

struct place place_key(const struct place *parent, const char *key)
{
	return (struct place){.reader = parent->reader, .parent = parent, .key = key};
}

struct place place_element(const struct place *parent, size_t index)
{
	return (struct place){.reader = parent->reader, .parent = parent, .index = index};
}

static void add_pointer(struct buf *b, const struct place *at)
{
	if (!at->parent)
		return;
	add_pointer(b, at->parent);
	buf_add(b, "/");
	if (!at->key) {
		buf_addf(b, "%zu", at->index);
		return;
	}
	for (const char *c = at->key; *c; c++) {
		if (*c == '~' || *c == '/')
			buf_add(b, *c == '~' ? "~0" : "~1");
		else
			buf_put(b, c, 1);
	}
}

static void add_finding(const struct place *at, bool is_warning, const char *fmt, va_list args)
{
	struct config_report *report = at->reader->report;
	CLEANUP(buf_deinit) struct buf where;
	char *what = NULL;
	const char *pointer;

	buf_init(&where);
	add_pointer(&where, at);
	pointer = buf_text(&where);
	if (!pointer || vasprintf(&what, fmt, args) < 0) {
		report->errors += !is_warning;
		report->failed = true;
		return;
	}
	if (is_warning)
		config_report_warning(report, at->reader->file, pointer, "%s", what);
	else
		config_report_error(report, at->reader->file, pointer, "%s", what);
	free(what);
}

void place_error(const struct place *at, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add_finding(at, false, fmt, args);
	va_end(args);
}

void place_warning(const struct place *at, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add_finding(at, true, fmt, args);
	va_end(args);
}
