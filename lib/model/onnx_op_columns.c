/* Operators that choose and arrange numbers: by places that are constants. */
#include <stdlib.h>
#include <string.h>

#include "lib/model/onnx_algebra.h"
#include "lib/model/onnx_constant.h"
#include "lib/model/onnx_layout.h"
#include "lib/model/onnx_operators.h"

/* Only in files for a single row may the batch's axis be treated as any other. */
static bool is_batch(const struct onnx_work *w, const struct onnx_value *x, size_t axis)
{
	return x->what == ONNX_ROWS && x->axis == axis && w->batch != 1;
}

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
		if (is_batch(w, x, axis))
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
	if (is_batch(w, x, axis)) {
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
	if (is_batch(w, x, axis))
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

/* ---- Gather ---- */

/* The places as a list without negative ones. */
static int places_in(struct onnx_work *w, const struct onnx_tensor *t, size_t dim, int64_t **out)
{
	int64_t *places;
	int rc = onnx_alloc(w, &places, t->count, sizeof(*places));

	if (rc == 0 && t->kind != ONNX_INT)
		return onnx_refuse(w, "places that are no whole numbers");
	for (size_t i = 0; rc == 0 && i < t->count; i++) {
		int64_t at = t->ints[i];

		if (at < -(int64_t)dim || at >= (int64_t)dim)
			return onnx_refuse(w, "place %lld of %zu", (long long)at, dim);
		places[i] = at < 0 ? at + (int64_t)dim : at;
	}
	*out = places;
	return rc;
}

static int want_places(struct onnx_work *w, size_t operand, const struct onnx_tensor **out)
{
	const struct onnx_value *v;
	int rc = onnx_want(w, operand, &v);

	if (rc == 0 && v->what == ONNX_ROWS)
		return onnx_refuse(w, "it looks numbers up by the data (as an embedding or a table "
				      "does), which cannot be run");
	return rc < 0 ? rc : onnx_want_constant(w, operand, out);
}

/* One axis becomes those of the places. */
static int gather_along(struct onnx_work *w, struct onnx_value *y, const struct onnx_value *x,
	size_t axis, const struct onnx_tensor *t)
{
	struct onnx_value v, shape = *x;
	struct onnx_size sizes[ONNX_RANK_MAX];
	int64_t *places;
	size_t rank = x->rank - 1 + t->rank;
	int rc;

	if (is_batch(w, x, axis))
		return onnx_refuse(w, "it takes rows of the batch (axis %zu)", axis);
	if (rank > ONNX_RANK_MAX)
		return onnx_refuse(w, "it makes a tensor with %zu axes", rank);
	rc = places_in(w, t, x->dims[axis], &places);
	if (rc == 0)
		rc = onnx_take(w, &v, x, axis, places, t->count, NULL);
	if (rc < 0)
		return rc;
	shape = v;
	for (size_t i = 0; i < rank; i++) {
		size_t from = i < axis ? i : i < axis + t->rank ? ONNX_NONE : i + 1 - t->rank;

		sizes[i].number = (int64_t)(from == ONNX_NONE ? t->dims[i - axis] : v.dims[from]);
		sizes[i].is_batch = from != ONNX_NONE && v.what == ONNX_ROWS && from == v.axis;
	}
	if (v.what == ONNX_ROWS && v.axis == axis)
		shape.axis = ONNX_NONE; /* the single row of a file made for one */
	return onnx_reshape(w, y, &shape, sizes, rank, true);
}

static int gather(struct onnx_work *w)
{
	const struct onnx_tensor *t;
	const struct onnx_value *x;
	struct onnx_value y;
	size_t axis;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = want_places(w, 1, &t);
	if (rc == 0)
		rc = onnx_axis(w, onnx_int(w, "axis", 0), x->rank, &axis);
	if (rc == 0)
		rc = gather_along(w, &y, x, axis, t);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

/* The places run along the last axis of the indices and say the first axes of x. */
static int gather_nd(struct onnx_work *w)
{
	const struct onnx_tensor *t;
	const struct onnx_value *x;
	struct onnx_value y;
	int64_t strides[ONNX_RANK_MAX];
	struct onnx_pick *picks;
	size_t depth, rank, inner;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = want_places(w, 1, &t);
	if (rc < 0)
		return rc;
	if (onnx_int(w, "batch_dims", 0) != 0 || t->rank == 0 || t->kind != ONNX_INT)
		return onnx_refuse(w, "it is run with batch_dims 0 and whole places alone");
	depth = t->dims[t->rank - 1];
	rank = t->rank - 1 + x->rank - depth;
	if (depth == 0 || depth > x->rank || rank > ONNX_RANK_MAX)
		return onnx_refuse(
			w, "places of %zu numbers in a tensor with %zu axes", depth, x->rank);
	if (x->what == ONNX_ROWS && x->axis < depth && x->axis != ONNX_NONE)
		return onnx_refuse(w, "it takes rows of the batch (axis %zu)", x->axis);
	y = *x;
	y.rank = rank;
	for (size_t i = 0; i < rank; i++)
		y.dims[i] = i < t->rank - 1 ? t->dims[i] : x->dims[i - (t->rank - 1) + depth];
	y.axis = x->what == ONNX_ROWS && x->axis != ONNX_NONE ? x->axis - depth + t->rank - 1
							      : ONNX_NONE;
	y.count = onnx_product(y.dims, 0, rank);
	inner = onnx_product(x->dims, depth, x->rank);
	onnx_strides(x, strides);
	rc = onnx_alloc(w, &picks, y.count, sizeof(*picks));
	for (size_t i = 0; rc == 0 && i < y.count; i++) {
		int64_t at = (int64_t)(i % inner);

		for (size_t j = 0; j < depth; j++) {
			int64_t place = t->ints[i / inner * depth + j], dim = (int64_t)x->dims[j];

			if (place < -dim || place >= dim)
				return onnx_refuse(
					w, "place %lld of %lld", (long long)place, (long long)dim);
			at += (place < 0 ? place + dim : place) * strides[j];
		}
		picks[i] = (struct onnx_pick){0, (uint32_t)at};
	}
	if (rc == 0)
		rc = onnx_pick(w, &y, &x, 1, picks);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

/* The places have the shape of the result; the batch's axis must not be among them. */
static int gather_elements(struct onnx_work *w)
{
	const struct onnx_tensor *t;
	const struct onnx_value *x;
	struct onnx_value y;
	size_t axis, at[ONNX_RANK_MAX] = {0};
	int64_t strides[ONNX_RANK_MAX], *places;
	struct onnx_pick *picks;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = want_places(w, 1, &t);
	if (rc == 0)
		rc = onnx_axis(w, onnx_int(w, "axis", 0), x->rank, &axis);
	if (rc < 0)
		return rc;
	if (x->what == ONNX_ROWS && x->axis != ONNX_NONE && w->batch != 1)
		return onnx_refuse(w, "its places hold for one size of the batch");
	for (size_t i = 0; i < x->rank; i++)
		if (t->rank != x->rank || (i != axis && t->dims[i] > x->dims[i]))
			return onnx_refuse(w, "its places do not fit the tensor");
	rc = places_in(w, t, x->dims[axis], &places);
	if (rc == 0)
		rc = onnx_alloc(w, &picks, t->count, sizeof(*picks));
	if (rc < 0)
		return rc;
	onnx_strides(x, strides);
	for (size_t i = 0; i < t->count; i++) {
		int64_t from = 0;

		for (size_t j = 0; j < x->rank; j++)
			from += (j == axis ? places[i] : (int64_t)at[j]) * strides[j];
		picks[i] = (struct onnx_pick){0, (uint32_t)from};
		onnx_next(t->rank, t->dims, at);
	}
	onnx_shape(&y, t->rank, t->dims);
	y.sort = x->sort;
	if (x->what == ONNX_ROWS)
		y.axis = x->axis;
	y.outer = x->outer;
	rc = onnx_pick(w, &y, &x, 1, picks);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

/* ---- Tile, Pad ---- */

static int tile(struct onnx_work *w)
{
	struct onnx_size repeats[ONNX_RANK_MAX];
	const struct onnx_value *x, *by;
	struct onnx_value y;
	size_t count, batch = ONNX_NONE;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = onnx_want(w, 1, &by);
	if (rc == 0)
		rc = onnx_sizes(w, by, repeats, &count);
	if (rc < 0)
		return rc;
	if (count != x->rank)
		return onnx_refuse(w, "%zu repeats for %zu axes", count, x->rank);
	y = *x;
	for (size_t i = 0; rc == 0 && i < count; i++) {
		size_t n = (size_t)repeats[i].number * y.dims[i];
		int64_t *places;

		if (repeats[i].is_batch) {
			if (batch != ONNX_NONE || y.dims[i] != 1 || y.axis != ONNX_NONE)
				return onnx_refuse(w, "it repeats rows of the batch");
			batch = i;
		}
		if (repeats[i].number == 1)
			continue;
		if (is_batch(w, &y, i))
			return onnx_refuse(w, "it repeats the batch (axis %zu)", i);
		if (repeats[i].number < 0 || repeats[i].number > ONNX_COLUMNS_MAX)
			return onnx_refuse(w, "%lld repeats", (long long)repeats[i].number);
		rc = onnx_alloc(w, &places, n, sizeof(*places));
		for (size_t j = 0; rc == 0 && j < n; j++)
			places[j] = (int64_t)(j % y.dims[i]);
		if (rc == 0)
			rc = onnx_take(w, &y, &y, i, places, n, NULL);
	}
	if (rc == 0 && batch != ONNX_NONE) {
		struct onnx_value shape = y;

		shape.axis = batch;
		rc = onnx_expand(w, &y, &y, &shape);
	}
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

enum padding { PAD_CONSTANT, PAD_EDGE, PAD_REFLECT, PAD_WRAP };

static int64_t padded_place(enum padding mode, int64_t at, int64_t dim)
{
	if (at >= 0 && at < dim)
		return at;
	switch (mode) {
	case PAD_EDGE:
		return at < 0 ? 0 : dim - 1;
	case PAD_REFLECT:
		return at < 0 ? -at : 2 * (dim - 1) - at;
	case PAD_WRAP:
		return (at % dim + dim) % dim;
	default:
		return -1;
	}
}

static int pad_axis(struct onnx_work *w, struct onnx_value *x, size_t axis, int64_t before,
	int64_t after, enum padding mode, const struct onnx_value *filler)
{
	const int64_t dim = (int64_t)x->dims[axis];
	int64_t *places, n = dim + before + after;
	int rc;

	if (before == 0 && after == 0)
		return 0;
	if (is_batch(w, x, axis))
		return onnx_refuse(w, "it pads the batch (axis %zu)", axis);
	if (before < -dim || after < -dim || n < 0 || before > ONNX_WIDTH_MAX ||
		after > ONNX_WIDTH_MAX ||
		(mode == PAD_REFLECT && (before >= dim || after >= dim)) ||
		(mode != PAD_CONSTANT && dim == 0))
		return onnx_refuse(w, "%lld before and %lld behind an axis of %lld",
			(long long)before, (long long)after, (long long)dim);
	rc = onnx_alloc(w, &places, (size_t)n, sizeof(*places));
	for (int64_t i = 0; rc == 0 && i < n; i++)
		places[i] = padded_place(mode, i - before, dim);
	return rc < 0 ? rc
		      : onnx_take(w, x, x, axis, places, (size_t)n,
				mode == PAD_CONSTANT ? filler : NULL);
}

static int pad(struct onnx_work *w)
{
	static const char *const modes[] = {"constant", "edge", "reflect", "wrap"};
	const char *name = onnx_string(w, "mode", "constant");
	const struct onnx_value *x, *given = w->operator->last ? NULL : onnx_in(w, 2);
	const int64_t *pads, *axes;
	struct onnx_value y, filler;
	size_t count, axis_count, mode = 0;
	int rc = onnx_want(w, 0, &x);

	while (mode < ARRAY_LEN(modes) && strcmp(modes[mode], name) != 0)
		mode++;
	if (mode == ARRAY_LEN(modes))
		return onnx_refuse(w, "mode is constant, edge, reflect or wrap");
	if (rc == 0)
		rc = onnx_want_ints(w, 1, "pads", &pads, &count);
	if (rc == 0)
		rc = onnx_want_ints(w, 3, NULL, &axes, &axis_count);
	if (rc == 0)
		rc = onnx_number_value(w, &filler, onnx_float(w, "value", 0));
	if (rc < 0)
		return rc;
	axis_count = axis_count == ONNX_NONE ? x->rank : axis_count;
	if (count != 2 * axis_count || axis_count > x->rank || (given && given->count != 1))
		return onnx_refuse(w, "its pads do not fit the tensor");
	y = *x;
	for (size_t i = 0; rc == 0 && i < axis_count; i++) {
		size_t axis = i;

		if (axis_count != x->rank || onnx_in(w, 3))
			rc = onnx_axis(w, axes[i], x->rank, &axis);
		if (rc == 0)
			rc = pad_axis(w, &y, axis, pads[i], pads[axis_count + i],
				(enum padding)mode, given ? given : &filler);
	}
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

#define ROW(name, first, last, fn, operand)                             \
	{                                                               \
		name, "", first, last, fn, 0, NULL, NULL, 0, 0, operand \
	}

static const struct onnx_operator rows[] = {
	ROW("Concat", 4, 0, concat, 0),
	ROW("Gather", 1, 0, gather, 0),
	ROW("GatherElements", 11, 0, gather_elements, 0),
	ROW("GatherND", 11, 0, gather_nd, 0),
	ROW("Pad", 2, 10, pad, 0),
	ROW("Pad", 11, 0, pad, 0),
	ROW("Slice", 1, 0, slice, 3),
	ROW("Split", 2, 0, split, 0),
	ROW("Tile", 6, 0, tile, 2),
};

const struct onnx_operator_list onnx_column_operators = {rows, ARRAY_LEN(rows)};
