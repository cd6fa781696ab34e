/* Tables from CSV files (RFC 4180; UTF-8, a byte order mark is skipped; empty is missing).
 *
 * Column names become lower case with everything that is not [a-z0-9] as "_", runs joined, ends
 * trimmed: "Air temperature [K]" is air_temperature_k. Two that fall together are an error. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/value.h"

#include "lib/base/macros.h"

struct err;

struct table_column {
	const char *name;   /* normalised */
	const char *header; /* as in the file */
	bool is_text;       /* at least one value is no number */
	struct value *v;    /* [rows]; texts belong to the table. In a text column all are texts */
};

struct table {
	size_t rows, columns;
	struct table_column *column;
	struct table_memory *memory; /* private */
	char sha256[65];             /* of the file */
};

/* -EINVAL with file, line and reason: a row with another number of fields, a quote out of place,
 * no header, doubled names, not UTF-8; errno of reading. */
MUST_CHECK int table_read(struct table **out, const char *path, struct err *err);
void table_free(struct table *t);
CLEANUP_FOR(struct table, table_free)

/* By name or by header; -1 when there is none. */
int table_find(const struct table *t, const char *name_or_header);
void table_normalise(char *out, size_t cap, const char *header);
/* The cell as the file's text would have it (numbers in shortest form), "" when missing. */
const char *table_text(const struct table *t, size_t column, size_t row, char scratch[32]);
