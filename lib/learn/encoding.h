/* The inputs that a model gets from the columns of a table.
 *
 * A column of numbers is one input, with the mean of the rows learned from where it is missing;
 * a column of texts is one input per text (sorted). Columns and texts that never vary in those
 * rows are left out. What was done is kept as notes. */
#pragma once

#include <stddef.h>

#include "lib/base/macros.h"
#include "lib/learn/table.h"
#include "lib/model/model.h"

struct err;

#define ENCODING_TEXTS_MAX 200 /* different texts of a column; more look like an id */

enum encoding_note_kind {
	NOTE_EMPTY,    /* left out: no value in any row learned from */
	NOTE_CONSTANT, /* left out: one value in all rows learned from */
	NOTE_IMPUTED,  /* count: rows learned from where it is missing */
	NOTE_ONE_HOT,  /* count: texts */
};

struct encoding_note {
	enum encoding_note_kind kind;
	const char *column; /* normalised name, belongs to the table */
	size_t count;
};

struct encoding {
	size_t count; /* inputs */
	struct model_input *input;
	size_t *column; /* [count]: of the table */
	size_t note_count;
	struct encoding_note *note;
	struct arena *memory; /* what everything above points into, but for texts of the table */
};

/* From `columns` of t, statistics over `rows`. -EINVAL with column, line and reason: too many
 * texts, a number beyond +-1e30, nothing left to learn from; -ENOMEM. */
MUST_CHECK int encoding_new(struct encoding **out, const struct table *t, const size_t *columns,
	size_t column_count, const size_t *rows, size_t row_count, struct err *err);
void encoding_free(struct encoding *e); /* NULL is fine */
CLEANUP_FOR(struct encoding, encoding_free)

/* x [count]: the inputs of one row, as the model's encoder makes them. */
void encoding_fill(const struct encoding *e, const struct table *t, size_t row, float *x);
