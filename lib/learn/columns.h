/* The columns of a table that a model wants, and their cells as values of its features. */
#pragma once

#include <stddef.h>

#include "lib/base/macros.h"
#include "lib/learn/table.h"
#include "lib/model/model.h"

struct err;

/* column [features of the model]: of the table, found by name; others are ignored. -EINVAL naming
 * all that are missing. */
MUST_CHECK int columns_find(
	size_t *column, const struct model *m, const struct table *t, struct err *err);
/* values [features of the model], of one row. A text feature gets the cell's text, also where the
 * file's column looks like numbers. -EINVAL naming line and column of a text where the model wants
 * a number. */
MUST_CHECK int columns_take(struct value *values, const struct model *m, const struct table *t,
	const size_t *column, size_t row, struct err *err);
