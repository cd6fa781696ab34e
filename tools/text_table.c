#include "tools/text_table.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "tools/printable.h"

#define GAP 2

void text_table_init(struct text_table *t, const char *const *headings, size_t columns)
{
	assert(columns <= TEXT_TABLE_COLUMNS_MAX);
	*t = (struct text_table){.columns = columns};
	for (size_t i = 0; i < columns; i++)
		text_table_add(t, headings[i]);
}

void text_table_deinit(struct text_table *t)
{
	buf_deinit(&t->cells);
}

/* In characters: good enough for what ids and topics are made of. */
static size_t width_of(const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

void text_table_add(struct text_table *t, const char *text)
{
	size_t column = t->count++ % t->columns, begin = t->cells.len, width;

	printable_put(&t->cells, text, strlen(text), false);
	if (buf_failed(&t->cells))
		return;
	width = width_of(t->cells.data + begin, t->cells.len - begin);
	if (width > t->width[column])
		t->width[column] = width;
	buf_put_u8(&t->cells, 0);
}

void text_table_addf(struct text_table *t, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	text_table_add(t, text);
}

bool text_table_print(struct text_table *t, FILE *f)
{
	const char *at = t->cells.data;

	if (buf_failed(&t->cells))
		return false;
	for (size_t i = 0; i < t->count; i++, at += strlen(at) + 1) {
		size_t column = i % t->columns;
		bool is_last = column + 1 == t->columns;
		int pad = (int)(t->width[column] - width_of(at, strlen(at)));

		fprintf(f, "%*s%s%*s", t->is_number[column] ? pad : 0, "", at,
			t->is_number[column] || is_last ? 0 : pad, "");
		if (is_last)
			fputc('\n', f);
		else
			fprintf(f, "%*s", GAP, "");
	}
	return true;
}
