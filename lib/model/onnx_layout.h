/* Moving numbers without changing them: the same for constants and for rows, where it becomes a
 * copy of columns, or nothing at all when the columns stay in their order. */
#pragma once

#include "lib/model/onnx_constant.h"
#include "lib/model/onnx_work.h"

/* Where an element comes from: a value of a list, and the place in it. */
struct onnx_pick {
	uint32_t from, at;
};

/* Element i of *out is picks[i]. *out has its shape, type and axis when this is called; it becomes
 * rows when it has an axis or one of the values is rows. picks [out->count]. */
MUST_CHECK int onnx_pick(struct onnx_work *w, struct onnx_value *out,
	const struct onnx_value *const *values, size_t value_count, const struct onnx_pick *picks);
/* Element [i, j, ..] of *out (shape and axis set) is element `first + i strides[0] + ..` of x. */
MUST_CHECK int onnx_strided(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x,
	int64_t first, const int64_t strides[ONNX_RANK_MAX]);
/* Along one axis the places of a list, -1 standing for the number in `filler` (a constant of one
 * number, NULL where there is no -1). The axis must not be the batch's. */
MUST_CHECK int onnx_take(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x,
	size_t axis, const int64_t *places, size_t count, const struct onnx_value *filler);

/* The steps of x's own layout: element [i, j, ..] is at i strides[0] + j strides[1] .. */
void onnx_strides(const struct onnx_value *x, int64_t strides[ONNX_RANK_MAX]);
/* To the next element of a shape, the last axis first; `at` begins with zeros. */
void onnx_next(size_t rank, const size_t *dims, size_t *at);

MUST_CHECK int onnx_transpose(struct onnx_work *w, struct onnx_value *out,
	const struct onnx_value *x, const size_t *permutation);
/* As Reshape does, with 0 for a dim that stays (unless zero_is_zero) and -1 for what is left. */
MUST_CHECK int onnx_reshape(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x,
	const struct onnx_size *sizes, size_t count, bool zero_is_zero);
/* Without (removed[i] of x's axes) or with further (added[i] of *out's axes) axes of 1. */
MUST_CHECK int onnx_squeeze(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x,
	const bool removed[ONNX_RANK_MAX]);
MUST_CHECK int onnx_unsqueeze(struct onnx_work *w, struct onnx_value *out,
	const struct onnx_value *x, const bool added[ONNX_RANK_MAX], size_t added_count);

/* The shape and axis that values have together, as numpy broadcasts. */
MUST_CHECK int onnx_broadcast(struct onnx_work *w, struct onnx_value *shape,
	const struct onnx_value *const *values, size_t count);
/* x in a shape that it broadcasts to. The type is x's. */
MUST_CHECK int onnx_expand(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x,
	const struct onnx_value *shape);
/* As rows: a constant becomes columns that are the same in every row. */
MUST_CHECK int onnx_as_rows(
	struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x);
