/* Making a program short before it is prepared. What it gives stays the same within float32's
 * rounding: exactly where nothing is carried into a matrix.
 *
 * Exactly (but for the sign of a zero):
 *   - steps that nothing reads go; what depends on constants alone is worked out
 *   - arithmetic with a constant, negation and limits become column-wise numbers (NN_COLUMNS), and
 *     those behind each other one step, where every column still does the same operations in the
 *     same order
 *   - a copy of copies is one copy; a copy of all columns in order is none
 *   - pieces of one value that are scaled one by one and put together again (one input per column,
 *     a column transformer) become a copy and one column-wise step behind it
 *   - 1 / (1 + exp(-x)), x sigmoid(x), max(x, 0) and the like become the functions they are
 * In double, rounded once, into a matrix:
 *   - column-wise numbers behind a linear matrix that nothing else reads (batch normalization, a
 *     bias, alpha and beta), then its activation. Not into rows of whole numbers: those are sums
 *     and differences of columns, which must stay exact
 *   - factors and divisors before a matrix, copies of one value and constants among them
 * Never:
 *   - across limits: they are no affine arithmetic
 *   - arithmetic on a difference of columns (subtraction or addition of values, a sum, a linear
 *     matrix): a small difference of large numbers keeps the file's order and rounding
 *   - a subtraction from the program's input, gaps filled or not: it stays one in float32, as a row
 *     far out would lose what the subtraction leaves of it. The same holds for what it is added to:
 *     the input's low part (NN_LOW), which is a leaf as any other
 *   - a summand above 4 in front of a matrix: there it would cancel against products as large
 *   - what would overflow or lose digits as a weight, or make a matrix more than twice as wide
 *
 * Every pass looks at each step once, so that time stays in proportion to the size. */
#pragma once

#include "lib/base/macros.h"
#include "lib/nn/steps.h"

struct arena;

struct nn_steps {
	size_t inputs, count, result;
	const struct nn_step *steps;
};

/* Checked steps; what comes out lies in `memory` or where it was. -ENOMEM. */
MUST_CHECK int nn_fold(struct nn_steps *s, struct arena *memory);
