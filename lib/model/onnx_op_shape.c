/* Shapes: asking for them, computing with them, giving tensors others. */
#include <math.h>
#include <string.h>

#include "lib/model/onnx_algebra.h"
#include "lib/model/onnx_constant.h"
#include "lib/model/onnx_layout.h"
#include "lib/model/onnx_operators.h"

/* Whole numbers of a new constant: at either size of the batch. */
static int ints(
	struct onnx_work *w, size_t rank, size_t count, struct onnx_value *out, int64_t *numbers[2])
{
	struct onnx_tensor *t[2];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < 2; i++) {
		onnx_shape(out, rank, &count);
		out->sort = ONNX_INTEGER;
		rc = onnx_constant_new(w, out, &t[i]);
		if (rc == 0)
			numbers[i] = (int64_t *)t[i]->ints;
	}
	if (rc == 0)
		out->tensors[0] = t[0];
	return rc;
}

/* One tensor where both say the same. */
static void settle(struct onnx_value *v)
{
	const struct onnx_tensor *a = v->tensors[0], *b = v->tensors[1];

	if (memcmp(a->ints, b->ints, a->count * sizeof(*a->ints)) == 0)
		v->tensors[1] = a;
}

static int64_t dim(const struct onnx_value *x, size_t i, size_t world)
{
	bool is_batch = x->what == ONNX_ROWS && i == x->axis;

	return (int64_t)x->dims[i] * (is_batch ? onnx_batches[world] : 1);
}

static int64_t clamp_axis(int64_t at, size_t rank)
{
	at = at < 0 ? at + (int64_t)rank : at;
	return at < 0 ? 0 : at > (int64_t)rank ? (int64_t)rank : at;
}

static int shape(struct onnx_work *w)
{
	const struct onnx_value *x;
	struct onnx_value y;
	int64_t *numbers[2], first, last;
	int rc = onnx_want(w, 0, &x);

	if (rc < 0)
		return rc;
	first = clamp_axis(onnx_int(w, "start", 0), x->rank);
	last = clamp_axis(onnx_int(w, "end", (int64_t)x->rank), x->rank);
	last = last < first ? first : last;
	rc = ints(w, 1, (size_t)(last - first), &y, numbers);
	for (size_t i = 0; rc == 0 && i < y.count; i++)
		for (size_t world = 0; world < 2; world++)
			numbers[world][i] = dim(x, (size_t)first + i, world);
	if (rc < 0)
		return rc;
	settle(&y);
	onnx_give(w, 0, &y);
	return 0;
}

static int size(struct onnx_work *w)
{
	const struct onnx_value *x;
	struct onnx_value y;
	int64_t *numbers[2];
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = ints(w, 0, 1, &y, numbers);
	if (rc < 0)
		return rc;
	for (size_t world = 0; world < 2; world++) {
		*numbers[world] = 1;
		for (size_t i = 0; i < x->rank; i++)
			*numbers[world] *= dim(x, i, world);
	}
	settle(&y);
	onnx_give(w, 0, &y);
	return 0;
}

static int reshape(struct onnx_work *w)
{
	struct onnx_size sizes[ONNX_RANK_MAX];
	const struct onnx_value *x, *to;
	struct onnx_value y;
	size_t count;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = onnx_want(w, 1, &to);
	if (rc == 0)
		rc = onnx_sizes(w, to, sizes, &count);
	if (rc == 0)
		rc = onnx_reshape(w, &y, x, sizes, count, onnx_int(w, "allowzero", 0) != 0);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

static int flatten(struct onnx_work *w)
{
	struct onnx_size sizes[2] = {{1, false}, {1, false}};
	const struct onnx_value *x;
	struct onnx_value y;
	int64_t axis = onnx_int(w, "axis", 1);
	int rc = onnx_want(w, 0, &x);

	if (rc < 0)
		return rc;
	axis = axis < 0 ? axis + (int64_t)x->rank : axis;
	if (axis < 0 || axis > (int64_t)x->rank)
		return onnx_refuse(w, "axis %lld of a tensor with %zu", (long long)axis, x->rank);
	for (size_t i = 0; i < x->rank; i++) {
		struct onnx_size *s = &sizes[(int64_t)i < axis ? 0 : 1];

		s->number *= (int64_t)x->dims[i];
		s->is_batch = s->is_batch || (x->what == ONNX_ROWS && i == x->axis);
	}
	rc = onnx_reshape(w, &y, x, sizes, 2, true);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

static int mark_axes(struct onnx_work *w, size_t rank, bool marked[ONNX_RANK_MAX], size_t *count)
{
	const int64_t *axes;
	int rc = onnx_want_ints(w, 1, "axes", &axes, count);

	if (rc < 0 || *count == ONNX_NONE)
		return rc;
	for (size_t i = 0; i < *count; i++) {
		size_t axis;

		rc = onnx_axis(w, axes[i], rank, &axis);
		if (rc < 0)
			return rc;
		if (marked[axis])
			return onnx_refuse(w, "axis %zu twice", axis);
		marked[axis] = true;
	}
	return 0;
}

static int squeeze(struct onnx_work *w)
{
	bool removed[ONNX_RANK_MAX] = {false};
	const struct onnx_value *x;
	struct onnx_value y;
	size_t count;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = mark_axes(w, x->rank, removed, &count);
	if (rc < 0)
		return rc;
	for (size_t i = 0; count == ONNX_NONE && i < x->rank; i++)
		removed[i] =
			x->dims[i] == 1 && !(x->what == ONNX_ROWS && i == x->axis && w->batch != 1);
	rc = onnx_squeeze(w, &y, x, removed);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

static int unsqueeze(struct onnx_work *w)
{
	bool added[ONNX_RANK_MAX] = {false};
	const struct onnx_value *x;
	const int64_t *axes;
	struct onnx_value y;
	size_t count;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = onnx_want_ints(w, 1, "axes", &axes, &count);
	if (rc < 0)
		return rc;
	if (count == ONNX_NONE || x->rank + count > ONNX_RANK_MAX)
		return onnx_refuse(
			w, "it must add between 0 and %zu axes", ONNX_RANK_MAX - x->rank);
	rc = mark_axes(w, x->rank + count, added, &count);
	if (rc == 0)
		rc = onnx_unsqueeze(w, &y, x, added, count);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

static int transpose(struct onnx_work *w)
{
	const struct onnx_attribute *a = onnx_attribute(w->node, "perm");
	size_t permutation[ONNX_RANK_MAX];
	bool seen[ONNX_RANK_MAX] = {false};
	const struct onnx_value *x;
	struct onnx_value y;
	int rc = onnx_want(w, 0, &x);

	if (rc < 0)
		return rc;
	if (a && (a->kind != ONNX_ATTRIBUTE_INTS || a->count != x->rank))
		return onnx_refuse(w, "perm does not have the %zu axes of the tensor", x->rank);
	for (size_t i = 0; i < x->rank; i++) {
		rc = onnx_axis(
			w, a ? a->ints[i] : (int64_t)(x->rank - 1 - i), x->rank, &permutation[i]);
		if (rc < 0)
			return rc;
		if (seen[permutation[i]])
			return onnx_refuse(w, "perm has axis %zu twice", permutation[i]);
		seen[permutation[i]] = true;
	}
	rc = onnx_transpose(w, &y, x, permutation);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

/* x in the shape that x and the sizes have together. */
static int expand_to(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x,
	struct onnx_size *sizes, size_t count)
{
	struct onnx_value target = {.what = ONNX_ROWS,
				  .rank = count,
				  .axis = ONNX_NONE,
				  .outer = 1},
			  shape;
	const struct onnx_value *both[2] = {x, &target};
	int rc;

	for (size_t i = 0; i < count; i++) {
		bool meets = x->what == ONNX_ROWS && x->axis != ONNX_NONE &&
			     i + x->rank == x->axis + count;

		/* the size that the file was made for */
		if (meets && !sizes[i].is_batch && w->batch &&
			sizes[i].number == (int64_t)(w->batch * x->dims[x->axis]))
			sizes[i] = (struct onnx_size){(int64_t)x->dims[x->axis], true};
		if (meets && sizes[i].is_batch)
			target.outer = x->outer;
		if (sizes[i].number < 0 || sizes[i].number > (int64_t)ONNX_FOLD_BYTES)
			return onnx_refuse(
				w, "a shape with %lld in it", (long long)sizes[i].number);
		if (sizes[i].is_batch && target.axis != ONNX_NONE)
			return onnx_refuse(w, "a shape with the batch in it twice");
		if (sizes[i].is_batch)
			target.axis = i;
		target.dims[i] = (size_t)sizes[i].number;
	}
	rc = onnx_broadcast(w, &shape, both, 2);
	return rc < 0 ? rc : onnx_expand(w, out, x, &shape);
}

static int expand(struct onnx_work *w)
{
	struct onnx_size sizes[ONNX_RANK_MAX];
	const struct onnx_value *x, *to;
	struct onnx_value y;
	size_t count;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = onnx_want(w, 1, &to);
	if (rc == 0)
		rc = onnx_sizes(w, to, sizes, &count);
	if (rc == 0)
		rc = expand_to(w, &y, x, sizes, count);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

static int constant_of_shape(struct onnx_work *w)
{
	const struct onnx_attribute *a = onnx_attribute(w->node, "value");
	struct onnx_size sizes[ONNX_RANK_MAX];
	const struct onnx_value *to;
	struct onnx_value y;
	size_t count;
	int rc = onnx_want(w, 0, &to);

	if (rc == 0)
		rc = onnx_sizes(w, to, sizes, &count);
	if (rc == 0)
		rc = onnx_number_value(w, &y, 0);
	if (rc < 0)
		return rc;
	if (a && (a->kind != ONNX_ATTRIBUTE_TENSOR || a->tensor->count != 1))
		return onnx_refuse(w, "its value is not one number");
	if (a) {
		onnx_constant(&y, a->tensor);
		y.rank = 0;
	}
	rc = expand_to(w, &y, &y, sizes, count);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

static int range(struct onnx_work *w)
{
	const struct onnx_tensor *t[3];
	struct onnx_tensor *made;
	struct onnx_value y;
	double first, count, step;
	size_t n;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < 3; i++) {
		rc = onnx_want_constant(w, i, &t[i]);
		if (rc == 0 && (t[i]->count != 1 || t[i]->kind == ONNX_STRING))
			return onnx_refuse(w, "operand %zu is not one number", i + 1);
	}
	if (rc < 0)
		return rc;
	first = onnx_number(t[0], 0);
	step = onnx_number(t[2], 0);
	count = ceil((onnx_number(t[1], 0) - first) / step);
	if (!(count < ONNX_COLUMNS_MAX))
		return onnx_refuse(w, "from %g by %g: too many numbers", first, step);
	n = count > 0 ? (size_t)count : 0;
	onnx_shape(&y, 1, &n);
	y.sort = onnx_sort_of(t[0]->declared);
	rc = onnx_constant_new(w, &y, &made);
	for (size_t i = 0; rc == 0 && i < n; i++)
		onnx_constant_set(made, i, first + step * (double)i);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

#define ROW(name, first, fn, operand)                                \
	{                                                            \
		name, "", first, 0, fn, 0, NULL, NULL, 0, 0, operand \
	}

static const struct onnx_operator rows[] = {
	ROW("ConstantOfShape", 9, constant_of_shape, 1),
	ROW("Expand", 8, expand, 2),
	ROW("Flatten", 1, flatten, 0),
	ROW("Range", 11, range, 0),
	ROW("Reshape", 5, reshape, 2),
	ROW("Shape", 1, shape, 0),
	ROW("Size", 1, size, 0),
	ROW("Squeeze", 1, squeeze, 0),
	ROW("Transpose", 1, transpose, 0),
	ROW("Unsqueeze", 1, unsqueeze, 0),
};

const struct onnx_operator_list onnx_shape_operators = {rows, ARRAY_LEN(rows)};
