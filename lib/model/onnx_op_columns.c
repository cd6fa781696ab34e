/* Concat, Slice and Split: columns put together and taken apart. */
#include "lib/model/onnx_algebra.h"
#include "lib/model/onnx_constant.h"
#include "lib/model/onnx_layout.h"
#include "lib/model/onnx_operators.h"

/* ---- Concat ---- */

/* The operands next to each other along an axis: the shape, with all axes but this one checked. */
static int concat_shape(struct onnx_work *w, size_t axis, struct onnx_value *shape)
{
	for (size_t i = 0; i < w->node->input_count; i++) {
		const struct onnx_value *x;
		int rc = onnx_want(w, i, &x);

		if (rc < 0)
			return rc;
		if (i == 0) {
			*shape = *x;
			shape->axis = ONNX_NONE;
			shape->dims[axis] = 0;
		}
		if (x->rank != shape->rank)
			return onnx_refuse(
				w, "operands with %zu and %zu axes", shape->rank, x->rank);
		if (onnx_is_batch(w, x, axis))
			return onnx_refuse(w, "it puts batches behind each other (axis %zu)", axis);
		if (x->what == ONNX_ROWS && x->axis != ONNX_NONE) {
			if (shape->axis != ONNX_NONE && shape->axis != x->axis)
				return onnx_refuse(w, "the batch is along different axes");
			if (shape->axis != ONNX_NONE && shape->outer != x->outer)
				return onnx_refuse(w, "the batch is in different places");
			shape->axis = x->axis;
			shape->outer = x->outer;
		}
		for (size_t j = 0; j < x->rank; j++)
			if (j != axis && x->dims[j] != shape->dims[j])
				return onnx_refuse(w, "operands with %zu and %zu along axis %zu",
					shape->dims[j], x->dims[j], j);
		shape->dims[axis] += x->dims[axis];
	}
	return 0;
}

/* Constants have no batch: one that is to stand beside rows would hold for one size of it. */
static int check_batch(struct onnx_work *w, const struct onnx_value *shape)
{
	for (size_t i = 0; shape->axis != ONNX_NONE && i < w->node->input_count; i++) {
		const struct onnx_value *x = onnx_in(w, i);

		if (w->batch != 1 && (x->what != ONNX_ROWS || x->axis == ONNX_NONE))
			return onnx_refuse(
				w, "operand %zu lacks the batch that others have", i + 1);
	}
	return 0;
}

static int join(struct onnx_work *w, size_t axis, struct onnx_value *shape)
{
	const size_t n = w->node->input_count,
		     inner = onnx_product(shape->dims, axis + 1, shape->rank);
	const struct onnx_value **values;
	struct onnx_pick *picks;
	size_t offset = 0;
	int rc = onnx_alloc(w, &values, n, sizeof(*values));

	shape->count = onnx_product(shape->dims, 0, shape->rank);
	if (rc == 0)
		rc = onnx_alloc(w, &picks, shape->count, sizeof(*picks));
	for (size_t i = 0; rc == 0 && i < n; i++) {
		const struct onnx_value *x = onnx_in(w, i);
		size_t run = x->dims[axis] * inner;

		values[i] = x;
		if (x->sort == ONNX_NUMBER)
			shape->sort = ONNX_NUMBER;
		for (size_t at = 0; at < x->count; at++)
			picks[at / run * shape->dims[axis] * inner + offset + at % run] =
				(struct onnx_pick){(uint32_t)i, (uint32_t)at};
		offset += run;
	}
	return rc < 0 ? rc : onnx_pick(w, shape, values, n, picks);
}

static int concat(struct onnx_work *w)
{
	const struct onnx_value *x;
	struct onnx_value y;
	size_t axis;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = onnx_axis(w, onnx_int(w, "axis", 1), x->rank, &axis);
	if (rc == 0)
		rc = concat_shape(w, axis, &y);
	if (rc == 0)
		rc = check_batch(w, &y);
	if (rc == 0)
		rc = join(w, axis, &y);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

/* ---- Slice, Split ---- */

/* first, first + step, ... `count` of them. */
static int take_run(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x,
	size_t axis, int64_t first, int64_t step, size_t count)
{
	int64_t *places;
	int rc = onnx_alloc(w, &places, count, sizeof(*places));

	for (size_t i = 0; rc == 0 && i < count; i++)
		places[i] = first + step * (int64_t)i;
	return rc < 0 ? rc : onnx_take(w, out, x, axis, places, count, NULL);
}

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
	return x < low ? low : x > high ? high : x;
}

static int slice_axis(struct onnx_work *w, struct onnx_value *x, size_t axis, int64_t first,
	struct onnx_size last, int64_t step)
{
	const int64_t dim = (int64_t)x->dims[axis];
	int64_t end = last.number, count;

	if (step == 0)
		return onnx_refuse(w, "a step of 0");
	if (onnx_is_batch(w, x, axis)) {
		/* all of it, or nothing we could do */
		if (first == 0 && step == 1 && (last.is_batch ? end == dim : end >= INT32_MAX - 1))
			return 0;
		if (first == 0 && step == 1 && w->batch && end >= (int64_t)w->batch * dim)
			return 0;
		return onnx_refuse(w, "it takes some rows of the batch (axis %zu)", axis);
	}
	if (last.is_batch)
		return onnx_refuse(w, "it takes as many columns as there are rows");
	first = first < 0 && first >= -dim ? first + dim : first;
	end = end < 0 && end >= -dim ? end + dim : end;
	if (step > 0) {
		first = clamp(first, 0, dim);
		end = clamp(end, 0, dim);
		count = end > first ? (end - first - 1) / step + 1 : 0;
	} else {
		first = clamp(first, 0, dim - 1);
		end = clamp(end, -1, dim - 1);
		/* INT64_MIN, and -dim - 1, say: to the front; a clamped -1 says the same here */
		count = first > end && step != INT64_MIN ? (first - end - 1) / -step + 1 : 0;
	}
	return first == 0 && count == dim && step == 1
		       ? 0
		       : take_run(w, x, x, axis, first, step, (size_t)count);
}

/* The ends may be the batch's size, on its axis. */
static int slice_ends(struct onnx_work *w, struct onnx_size out[ONNX_RANK_MAX], size_t *count)
{
	const struct onnx_value *v = onnx_in(w, 2);
	const int64_t *ends;
	int rc;

	if (v && onnx_depends_on_batch(v) && !w->is_folding)
		return onnx_sizes(w, v, out, count);
	rc = onnx_want_ints(w, 2, "ends", &ends, count);
	if (rc == 0 && (*count == ONNX_NONE || *count > ONNX_RANK_MAX))
		return onnx_refuse(w, "its ends are missing, or too many");
	for (size_t i = 0; rc == 0 && i < *count; i++)
		out[i] = (struct onnx_size){ends[i], false};
	return rc;
}

static int slice(struct onnx_work *w)
{
	const int64_t *starts, *axes, *steps;
	struct onnx_size ends[ONNX_RANK_MAX];
	size_t count, end_count, axis_count, step_count;
	const struct onnx_value *x;
	struct onnx_value y;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = onnx_want_ints(w, 1, "starts", &starts, &count);
	if (rc == 0)
		rc = slice_ends(w, ends, &end_count);
	if (rc == 0)
		rc = onnx_want_ints(w, 3, "axes", &axes, &axis_count);
	if (rc == 0)
		rc = onnx_want_ints(w, 4, NULL, &steps, &step_count);
	if (rc < 0)
		return rc;
	if (count != end_count || (axis_count != ONNX_NONE && axis_count != count) ||
		(step_count != ONNX_NONE && step_count != count) || count > x->rank)
		return onnx_refuse(w, "its starts, ends, axes and steps do not fit together");
	y = *x;
	for (size_t i = 0; rc == 0 && i < count; i++) {
		size_t axis = i;

		if (axis_count != ONNX_NONE)
			rc = onnx_axis(w, axes[i], x->rank, &axis);
		if (rc == 0)
			rc = slice_axis(w, &y, axis, starts[i], ends[i],
				step_count == ONNX_NONE ? 1 : steps[i]);
	}
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

static int split(struct onnx_work *w)
{
	const size_t n = w->node->output_count;
	const int64_t *sizes;
	const struct onnx_value *x;
	size_t count, axis, each;
	int64_t at = 0;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = onnx_axis(w, onnx_int(w, "axis", 0), x->rank, &axis);
	if (rc == 0)
		rc = onnx_want_ints(w, 1, "split", &sizes, &count);
	if (rc < 0)
		return rc;
	if (onnx_is_batch(w, x, axis))
		return onnx_refuse(w, "it splits the batch (axis %zu)", axis);
	if (count != ONNX_NONE && count != n)
		return onnx_refuse(w, "%zu sizes for %zu parts", count, n);
	/* equal parts, the last one shorter (opset 18) */
	each = n ? (x->dims[axis] + n - 1) / n : 0;
	for (size_t i = 0; i < n; i++) {
		int64_t left = (int64_t)x->dims[axis] - at, take = count != ONNX_NONE ? sizes[i]
								   : left < (int64_t)each
									   ? left
									   : (int64_t)each;
		struct onnx_value y;

		if (take < 0 || take > left)
			return onnx_refuse(w, "part %zu is to have %lld of the %lld left", i,
				(long long)take, (long long)left);
		rc = take_run(w, &y, x, axis, at, 1, (size_t)take);
		if (rc < 0)
			return rc;
		onnx_give(w, i, &y);
		at += take;
	}
	return at == (int64_t)x->dims[axis] ? 0 : onnx_refuse(w, "its parts leave columns over");
}

#define ROW(name, first, last, fn, operand)                             \
	{                                                               \
		name, "", first, last, fn, 0, NULL, NULL, 0, 0, operand \
	}

static const struct onnx_operator rows[] = {
	ROW("Concat", 4, 0, concat, 0),
	ROW("Slice", 1, 0, slice, 3),
	ROW("Split", 2, 0, split, 0),
};

const struct onnx_operator_list onnx_column_operators = {rows, ARRAY_LEN(rows)};
