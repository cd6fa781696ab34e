/* Unit rows: table unit_<line>, one column per raw feature; the view training_<line>: the labelled
 * units, with the columns of unit_<line> and label_defect, label_class, label_at_ms, label_source,
 * label_by and label_why of the label that counts. */
#pragma once

#include "lib/base/unit_row.h"
#include "lib/store/store.h"

struct store_column {
	const char *name; /* the raw feature */
	bool is_text;
};

/* Which label counts where a unit has several. */
enum label_combine {
	LABEL_LATEST, /* the newest */
	LABEL_WORST,  /* the newest that says defect; the newest where none does */
};

/* Creates unit_<line> or adds the columns it lacks, and makes the view anew where it is not what
 * `combine` wants, in a transaction of its own. `line` has its "-" as "_" in the names. -EEXIST
 * with a sentence when a column is there with the other type. */
MUST_CHECK int store_add_line(struct store *s, const char *line, const struct store_column *columns,
	size_t count, enum label_combine combine, struct err *err);

/* Would store_add_line take this column? Only reads. 0, also when there is no such column or table
 * yet; -EEXIST with the same sentence. */
MUST_CHECK int store_column_fits(
	struct store *s, const char *line, const struct store_column *column, struct err *err);

#define STORE_ROW_REFUSED 1 /* the database refuses this row (constraint): skip it, count it */

/* Inside a transaction. STORE_ROW_REFUSED leaves the transaction usable and says why in err. */
MUST_CHECK int store_put_unit(struct store *s, const struct unit_row *row, struct err *err);

/* The text of a line file, kept once per sha256. Inside a transaction or not. */
MUST_CHECK int store_put_config(struct store *s, const char *sha256, const char *line,
	const char *text, int64_t at_ms, struct err *err);
