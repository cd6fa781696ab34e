/* Tables from CSV files (RFC 4180; UTF-8, a byte order mark is skipped; empty is missing).
 *
 * Column names become lower case with everything that is not [a-z0-9] as "_", runs joined, ends
 * trimmed: "Air temperature [K]" is air_temperature_k. Two that fall together are an error. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/hash.h"
#include "lib/base/macros.h"
#include "lib/base/value.h"

struct err;

struct table_column {
	const char *name;   /* normalised */
	const char *header; /* as in the file */
	bool is_text;       /* at least one value is no number */
	size_t text_row;    /* the first such row, where is_text */
	struct value *v;    /* [rows]; in a text column all are texts or missing. `text` is the
			       cell as it stands in the file, for numbers too */
};

struct table {
	size_t rows, columns;
	struct table_column *column;
	struct table_memory *memory; /* private: what all pointers above point into */
	size_t *line;                /* [rows]: where the row begins in the file, from 1 */
	char sha256[SHA256_HEX];     /* of the file */
};

/* -EINVAL with file, line and reason: a row with another number of fields, a quote out of place,
 * no header, doubled names, numbers with a decimal comma, not UTF-8; errno of reading; -EFBIG
 * beyond 1 GiB or 4096 columns; -ENOMEM. */
MUST_CHECK int table_read(struct table **out, const char *path, struct err *err);
/* The same where columns count by their place: headers may be anything and are the names. */
MUST_CHECK int table_read_unnamed(struct table **out, const char *path, struct err *err);
void table_free(struct table *t); /* NULL is fine */
CLEANUP_FOR(struct table, table_free)

/* By header or by name, the header first; -1 when there is none. */
int table_find(const struct table *t, const char *name_or_header);
/* The same; -EINVAL with a sentence that begins with `what` ("--label") and lists the columns. */
MUST_CHECK int table_require(size_t *column, const struct table *t, const char *name_or_header,
	const char *what, struct err *err);
void table_normalise(char *out, size_t cap, const char *header);
/* The cell as it stands in the file, "" when missing. */
const char *table_text(const struct table *t, size_t column, size_t row);
