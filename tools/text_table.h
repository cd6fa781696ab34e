/* Tables for people: columns as wide as what is in them, two spaces between. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "lib/base/buf.h"

#define TEXT_TABLE_COLUMNS_MAX 8

struct text_table {
	size_t columns;
	bool is_number[TEXT_TABLE_COLUMNS_MAX]; /* right-aligned */
	size_t count;                           /* cells so far, the headings among them */
	/* private */
	size_t width[TEXT_TABLE_COLUMNS_MAX];
	struct buf cells; /* each with a NUL behind it */
};

/* The headings are its first row. */
void text_table_init(struct text_table *t, const char *const *headings, size_t columns);
void text_table_deinit(struct text_table *t);
static inline void text_table_deinit_at(struct text_table *t)
{
	text_table_deinit(t);
}
/* The next cell, row by row; control characters in it are made visible. */
void text_table_add(struct text_table *t, const char *text);
void text_table_addf(struct text_table *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* False without memory. */
bool text_table_print(struct text_table *t, FILE *f);
