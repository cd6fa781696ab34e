/* The operations of steps on one row; affine, the scaling of inputs and what a kernel set has of
 * the functions of a column are the kernels' (kernels.h), all else is plain C.
 *
 * They do as onnxruntime does: NaN comes out where NaN goes in but for comparisons, `is nan`,
 * thresholds and shrinking; sums are kept in double and rounded once. x and y do not overlap. */
#pragma once

#include <stddef.h>

#include "lib/nn/steps.h"

/* An operand: its columns, or one column that stands for all. */
struct nn_operand {
	const float *at;
	size_t step; /* 1, or 0 for a single column */
};

void nn_map_row(const struct nn_kernels *k, enum nn_map f, float a, float b, size_t n,
	const float *x, float *y);
void nn_pair_row(enum nn_pair f, size_t n, struct nn_operand a, struct nn_operand b, float *y);
void nn_select_row(
	size_t n, struct nn_operand condition, struct nn_operand a, struct nn_operand b, float *y);
/* x [outer][size][inner]; y [outer][inner] and [outer][size][inner]. */
void nn_reduce_row(enum nn_reduce f, struct nn_groups g, const float *x, float *y);
void nn_group_row(const struct nn_kernels *k, enum nn_group f, float epsilon, struct nn_groups g,
	const float *x, float *y);

/* y = clip(((x - minus) / over) * times + plus), whatever of it is there. */
void nn_columns_row(const struct nn_step *s, const struct nn_kernels *k, const float *x, float *y);
