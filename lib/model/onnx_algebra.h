/* Arithmetic on values: constants are worked out, rows become steps. Results are values of their
 * own; `out` may be one of the operands. */
#pragma once

#include "lib/model/onnx_work.h"

MUST_CHECK int onnx_map(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x,
	enum nn_map f, double a, double b);
/* With numpy's broadcasting. Whole numbers divide to whole numbers; comparisons give truths. */
MUST_CHECK int onnx_pair(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *a,
	const struct onnx_value *b, enum nn_pair f);
MUST_CHECK int onnx_select(struct onnx_work *w, struct onnx_value *out,
	const struct onnx_value *condition, const struct onnx_value *a, const struct onnx_value *b);
MUST_CHECK int onnx_cast(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x,
	enum onnx_sort sort);
/* At least low, at most high: constants of one number, NULL for an open end. */
MUST_CHECK int onnx_clip(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x,
	const struct onnx_value *low, const struct onnx_value *high);

/* Over the axes marked. They stay as axes of 1 when keep is set. */
MUST_CHECK int onnx_reduce(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x,
	const bool axes[ONNX_RANK_MAX], bool keep, enum nn_reduce f);
/* Over axes first to last - 1 taken together. */
MUST_CHECK int onnx_group(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x,
	size_t first, size_t last, enum nn_group f, double epsilon);

/* One number, of x's type. */
MUST_CHECK int onnx_number_value(struct onnx_work *w, struct onnx_value *out, double number);
