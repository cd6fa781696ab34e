/* A table through a model's network alone: what the graph gives, before it is made a probability.
 *
 * A model that says what its inputs are gets the columns that its encoder wants, by name. Of one
 * that does not the table's columns are the graph's, in the file's order (several graph inputs: one
 * after the other); an empty cell is NaN there, and nan, inf and -inf are read too. */
#pragma once

#include "lib/base/macros.h"
#include "lib/learn/table.h"
#include "lib/model/model.h"

struct err;

#define RAW_ROWS 64 /* that go through the network at once */

/* `rows` rows from `first` (from 0) on: y [rows][outputs]. A negative result ends the run. */
typedef int raw_sink(void *owner, size_t first, size_t rows, const float *y);

/* Does the table have the columns? -EINVAL: some are missing, or there is another number of them
 * than the graph wants; -ENOMEM. */
MUST_CHECK int raw_check(const struct model *m, const struct table *t, struct err *err);
/* Calls `sink` with at most RAW_ROWS rows at a time, in order. -EINVAL: what raw_check says, or
 * line and column of a text; -ENOMEM; what `sink` returned. */
MUST_CHECK int raw_run(const struct model *m, const struct nn_kernels *k, const struct table *t,
	raw_sink *sink, void *owner, struct err *err);
