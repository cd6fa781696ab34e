/* A training set: the rows of a table that have a label, those to learn from and those held out,
 * and the inputs made of the remaining columns. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/base/macros.h"
#include "lib/learn/encoding.h"
#include "lib/learn/table.h"

struct err;

struct dataset_options {
	const char *label;       /* column, by name or header */
	const char *positive;    /* NULL: 1 or true */
	const char *unit;        /* column that names the unit; NULL: none */
	const char *const *drop; /* [drop_count] columns to leave out */
	size_t drop_count;
	double held_out; /* share of the rows, 0 < held_out < 1 */
	uint64_t seed;
};

/* Rows stand in the table's order, those to learn from first. */
struct dataset {
	size_t rows;       /* with a label */
	size_t learn_rows; /* the first of them; the others are held out */
	size_t positives;
	size_t empty_labels; /* rows of the table left out for that */
	size_t *table_row;   /* [rows] */
	uint8_t *y;          /* [rows] 0 or 1 */
	float *x;            /* [rows][inputs], as the model's encoder makes them: unscaled */
	struct encoding *encoding;
	const char *label, *positive, *unit; /* names; unit "" without; belong to table or caller */
};

/* Everything about the inputs is learned from the rows to learn from alone. -EINVAL with a
 * sentence: unknown columns, one class only, fewer than 20 rows or 2 of a class, and what
 * labels_read and encoding_new refuse; -ENOMEM. The table must outlive the dataset. */
MUST_CHECK int dataset_new(struct dataset **out, const struct table *t,
	const struct dataset_options *o, struct err *err);
void dataset_free(struct dataset *d); /* NULL is fine */
CLEANUP_FOR(struct dataset, dataset_free)
