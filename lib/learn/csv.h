/* CSV, field by field (RFC 4180; lines end in LF or CRLF).
 *
 * Works in place: quotes are undone and separators overwritten, so fields are NUL-terminated
 * texts inside the given memory, which must outlive them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/macros.h"

struct err;

struct csv {
	char *at, *end;     /* *end is writable too: the last field's NUL */
	size_t line;        /* of `at`, from 1 */
	bool is_in_row;     /* a comma was read: a field must follow */
	bool is_at_row_end; /* the last field of a row was read */
};

/* text [len + 1]; a byte order mark is skipped. -EINVAL when it holds a NUL byte or is not
 * UTF-8. */
MUST_CHECK int csv_begin(struct csv *c, char *text, size_t len, struct err *err);

#define CSV_FIELD 1   /* one field of the current row */
#define CSV_ROW_END 2 /* the row was complete with the field before */
/* 0 at the end of the file; an empty line is a row of one empty field. -EINVAL with line and
 * reason. *out and *len are set with CSV_FIELD. */
MUST_CHECK int csv_next(struct csv *c, char **out, size_t *len, struct err *err);
