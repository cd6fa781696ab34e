/* Columns of a table by name, and their cells. */
#include "lib/learn/table.h"

#include <errno.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

#define NAMES_LISTED 40 /* columns named in a message */

void table_normalise(char *out, size_t cap, const char *header)
{
	size_t n = 0;
	bool is_gap = false;

	for (; *header != '\0'; header++) {
		char c = *header;

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if ((c < 'a' || c > 'z') && (c < '0' || c > '9')) {
			is_gap = true;
			continue;
		}
		if (is_gap && n > 0 && n + 1 < cap)
			out[n++] = '_';
		is_gap = false;
		if (n + 1 < cap)
			out[n++] = c;
	}
	out[n] = '\0';
}

int table_find(const struct table *t, const char *name_or_header)
{
	for (size_t i = 0; i < t->columns; i++) {
		if (strcmp(t->column[i].header, name_or_header) == 0)
			return (int)i;
	}
	for (size_t i = 0; i < t->columns; i++) {
		if (strcmp(t->column[i].name, name_or_header) == 0)
			return (int)i;
	}
	return -1;
}

int table_require(size_t *column, const struct table *t, const char *name_or_header,
	const char *what, struct err *err)
{
	CLEANUP(buf_deinit) struct buf names = {0};
	int found = table_find(t, name_or_header);

	if (found >= 0) {
		*column = (size_t)found;
		return 0;
	}
	for (size_t i = 0; i < t->columns && i < NAMES_LISTED; i++)
		buf_addf(&names, "%s%s", i == 0 ? "" : ", ", t->column[i].name);
	if (t->columns > NAMES_LISTED)
		buf_addf(&names, ", and %zu more", t->columns - NAMES_LISTED);
	return err_set(err, -EINVAL, "%s: there is no column \"%s\"; there are %s", what,
		name_or_header, buf_text(&names) ? names.data : "others");
}

const char *table_text(const struct table *t, size_t column, size_t row)
{
	const struct value *v = &t->column[column].v[row];

	return v->kind == VALUE_MISSING ? "" : v->text;
}
