/* The label column of a table: which rows are defects. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/macros.h"
#include "lib/learn/table.h"

#define LABEL_EMPTY 2 /* neither 0 (good) nor 1 (defect): the row cannot be used */

struct labels {
	uint8_t *y; /* [rows of the table] */
	size_t positives, negatives, empty;
	const char *positive; /* the text that means defect; belongs to the table or the caller */
};

/* `positive` NULL: 1, or true (in any case), whichever the column has. Numbers are compared as
 * numbers ("1" is 1.0), texts byte by byte. -EINVAL, listing the values found, when the column
 * has no such value (allowed with `may_be_absent`); -ENOMEM. */
MUST_CHECK int labels_read(struct labels *out, const struct table *t, size_t column,
	const char *positive, bool may_be_absent, struct err *err);
void labels_deinit(struct labels *l);
static inline void labels_deinit_at(struct labels *l)
{
	labels_deinit(l);
}
