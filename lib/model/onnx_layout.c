#include "lib/model/onnx_layout.h"

#include <stdlib.h>
#include <string.h>

#include "lib/model/onnx_double.h"

void onnx_strides(const struct onnx_value *x, int64_t strides[ONNX_RANK_MAX])
{
	int64_t stride = 1;

	memset(strides, 0, ONNX_RANK_MAX * sizeof(*strides));
	for (size_t i = x->rank; i-- > 0; stride *= (int64_t)x->dims[i])
		strides[i] = stride;
}

void onnx_next(size_t rank, const size_t *dims, size_t *at)
{
	for (size_t i = rank; i-- > 0;) {
		if (++at[i] < dims[i])
			return;
		at[i] = 0;
	}
}

int onnx_as_rows(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x)
{
	struct nn_step s = {.kind = NN_CONSTANT, .width = x->count};
	int rc;

	if (x->what == ONNX_ROWS)
		return onnx_double_round(w, out, x);
	*out = *x;
	rc = onnx_floats(w, x, false, &s.constant.values);
	if (rc < 0)
		return rc;
	out->what = ONNX_ROWS;
	out->axis = ONNX_NONE;
	return onnx_step(w, &s, &out->source);
}

static int pick_constants(struct onnx_work *w, struct onnx_value *out,
	const struct onnx_value *const *values, const struct onnx_pick *picks)
{
	struct onnx_tensor *t;
	int rc = onnx_constant_new(w, out, &t);

	for (size_t i = 0; rc == 0 && i < out->count; i++) {
		const struct onnx_tensor *from = onnx_tensor_of(w, values[picks[i].from]);

		if (from->kind == ONNX_STRING)
			return onnx_refuse(w, "it moves text, which has no place in a row");
		if (t->kind == ONNX_INT && from->kind == ONNX_INT)
			((int64_t *)t->ints)[i] = from->ints[picks[i].at];
		else
			onnx_constant_set(t, i, onnx_number(from, picks[i].at));
	}
	return rc;
}

/* A column that only repeats another one is that one. */
static struct nn_column origin(const struct onnx_work *w, size_t value, size_t column)
{
	const struct nn_step *s = value ? &w->steps[value - 1] : NULL;

	return s && s->kind == NN_COPY ? s->copy.columns[column]
				       : (struct nn_column){(uint32_t)value, (uint32_t)column};
}

static int pick_rows(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *rows,
	const struct onnx_pick *picks)
{
	const struct onnx_value *only = out->count ? &rows[picks[0].from] : NULL;
	struct nn_step s = {.kind = NN_COPY, .width = out->count};
	bool same = only && onnx_width(w, only->source) == out->count;
	struct nn_column *columns;
	int rc;

	out->what = ONNX_ROWS;
	for (size_t i = 0; same && i < out->count; i++)
		same = rows[picks[i].from].source == only->source && picks[i].at == i;
	if (same) {
		out->source = only->source;
		return 0;
	}
	rc = onnx_alloc(w, &columns, out->count, sizeof(*columns));
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < out->count; i++)
		columns[i] = origin(w, rows[picks[i].from].source, picks[i].at);
	s.copy.columns = columns;
	return onnx_step(w, &s, &out->source);
}

/* Whether all that is picked are columns of doubles, of one kind. */
static bool are_doubles(
	const struct onnx_value *const *values, const struct onnx_pick *picks, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct onnx_value *v = values[picks[i].from];

		if (v->what != ONNX_ROWS || !v->scale ||
			v->is_float != values[picks[0].from]->is_float)
			return false;
	}
	return count > 0;
}

static int pick_doubles(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *rows,
	const struct onnx_pick *picks)
{
	double *scale, *shift;
	int rc = onnx_alloc(w, &scale, out->count, sizeof(*scale));

	if (rc == 0)
		rc = onnx_alloc(w, &shift, out->count, sizeof(*shift));
	for (size_t i = 0; rc == 0 && i < out->count; i++) {
		scale[i] = rows[picks[i].from].scale[picks[i].at];
		shift[i] = rows[picks[i].from].shift[picks[i].at];
	}
	if (rc == 0) {
		out->scale = scale;
		out->shift = shift;
		out->is_float = rows[picks[0].from].is_float;
	}
	return rc;
}

int onnx_pick(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *const *values,
	size_t value_count, const struct onnx_pick *picks)
{
	const bool doubles = are_doubles(values, picks, out->count);
	bool is_rows = out->axis != ONNX_NONE;
	struct onnx_value *rows;
	int rc;

	for (size_t i = 0; i < value_count; i++)
		is_rows = is_rows || values[i]->what == ONNX_ROWS;
	if (!is_rows)
		return pick_constants(w, out, values, picks);
	rc = onnx_alloc(w, &rows, value_count, sizeof(*rows));
	for (size_t i = 0; rc == 0 && i < value_count; i++)
		if (doubles)
			rows[i] = *values[i];
		else
			rc = values[i]->count ? onnx_as_rows(w, &rows[i], values[i]) : 0;
	if (rc < 0)
		return rc;
	out->scale = out->shift = NULL;
	rc = pick_rows(w, out, rows, picks);
	return rc == 0 && doubles ? pick_doubles(w, out, rows, picks) : rc;
}

/* Scratch for picks; the limit is that of all that is worked out. */
static int pick_room(struct onnx_work *w, struct onnx_pick **out, size_t count)
{
	if (count > ONNX_FOLD_BYTES / sizeof(**out))
		return onnx_refuse(w, "it makes a tensor of %zu numbers", count);
	*out = malloc((count ? count : 1) * sizeof(**out));
	return *out ? 0 : onnx_no_memory(w);
}

int onnx_strided(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x,
	int64_t first, const int64_t strides[ONNX_RANK_MAX])
{
	size_t at[ONNX_RANK_MAX] = {0};
	struct onnx_pick *picks;
	int rc = pick_room(w, &picks, out->count);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < out->count; i++) {
		int64_t place = first;

		for (size_t j = 0; j < out->rank; j++)
			place += (int64_t)at[j] * strides[j];
		picks[i] = (struct onnx_pick){0, (uint32_t)place};
		onnx_next(out->rank, out->dims, at);
	}
	rc = onnx_pick(w, out, &x, 1, picks);
	free(picks);
	return rc;
}

int onnx_take(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x, size_t axis,
	const int64_t *places, size_t count, const struct onnx_value *filler)
{
	const struct onnx_value *values[2] = {x, filler};
	struct onnx_value shape = *x;
	size_t inner = onnx_product(x->dims, axis + 1, x->rank), size = x->dims[axis];
	struct onnx_pick *picks;
	int rc;

	if (count > ONNX_FOLD_BYTES / sizeof(double) ||
		(x->count && count > ONNX_FOLD_BYTES / sizeof(double) / x->count))
		return onnx_refuse(
			w, "it makes a tensor of %zu times %zu numbers", count, x->count);
	shape.dims[axis] = count;
	shape.count = onnx_product(shape.dims, 0, shape.rank);
	if (x->what != ONNX_ROWS)
		shape.axis = ONNX_NONE;
	rc = pick_room(w, &picks, shape.count);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < shape.count; i++) {
		size_t outer = i / inner / count;
		int64_t place = places[i / inner % count];

		picks[i] = place < 0 ? (struct onnx_pick){1, 0}
				     : (struct onnx_pick){0,
					       (uint32_t)((outer * size + (size_t)place) * inner +
							  i % inner)};
	}
	rc = onnx_pick(w, &shape, values, filler ? 2 : 1, picks);
	free(picks);
	if (rc == 0)
		*out = shape;
	return rc;
}

int onnx_transpose(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x,
	const size_t *permutation)
{
	struct onnx_value shape = *x;
	int64_t from[ONNX_RANK_MAX], strides[ONNX_RANK_MAX] = {0};
	int rc;

	onnx_strides(x, from);
	shape.axis = ONNX_NONE;
	for (size_t i = 0; i < x->rank; i++) {
		shape.dims[i] = x->dims[permutation[i]];
		strides[i] = from[permutation[i]];
		if (x->what == ONNX_ROWS && permutation[i] == x->axis)
			shape.axis = i;
	}
	rc = onnx_strided(w, &shape, x, 0, strides);
	if (rc == 0)
		*out = shape;
	return rc;
}

/* ---- broadcasting ---- */

/* x's dim and whether the batch is there, at axis i of a shape of `rank`. */
static size_t dim_at(const struct onnx_value *x, size_t rank, size_t i, bool *is_batch)
{
	size_t missing = rank - x->rank;

	*is_batch = x->what == ONNX_ROWS && x->axis != ONNX_NONE && i == x->axis + missing;
	return i < missing ? 1 : x->dims[i - missing];
}

static int broadcast_axis(struct onnx_work *w, struct onnx_value *shape, size_t i, size_t dim,
	bool is_batch, size_t other, bool other_is_batch)
{
	if (is_batch && other_is_batch ? dim != other : false)
		return onnx_refuse(w, "operands with %zu and %zu times the batch", dim, other);
	if (is_batch != other_is_batch && (is_batch ? other : dim) != 1)
		return onnx_refuse(w,
			"an operand has %zu where another has the batch: rows would meet",
			is_batch ? other : dim);
	if (!is_batch && !other_is_batch && dim != other && dim != 1 && other != 1)
		return onnx_refuse(w, "operands with %zu and %zu along axis %zu", other, dim, i);
	if (is_batch || other_is_batch) {
		if (shape->axis != ONNX_NONE && shape->axis != i)
			return onnx_refuse(w,
				"the batch is along axis %zu of one operand and axis %zu of "
				"another: rows would meet",
				shape->axis, i);
		shape->axis = i;
		shape->dims[i] = is_batch ? dim : other;
	} else {
		shape->dims[i] = other == 1 ? dim : other;
	}
	return 0;
}

int onnx_broadcast(struct onnx_work *w, struct onnx_value *shape,
	const struct onnx_value *const *values, size_t count)
{
	struct onnx_value s = {.what = ONNX_ROWS, .axis = ONNX_NONE, .outer = 1};

	for (size_t i = 0; i < count; i++)
		s.rank = values[i]->rank > s.rank ? values[i]->rank : s.rank;
	for (size_t i = 0; i < s.rank; i++) {
		s.dims[i] = 1;
		for (size_t j = 0; j < count; j++) {
			bool is_batch, was_batch = s.axis == i;
			size_t dim = dim_at(values[j], s.rank, i, &is_batch);
			int rc = broadcast_axis(w, &s, i, dim, is_batch, s.dims[i], was_batch);

			if (rc < 0)
				return rc;
			if (is_batch && was_batch && values[j]->outer != s.outer)
				return onnx_refuse(w,
					"the batch is in different places of axis "
					"%zu: rows would meet",
					i);
			if (is_batch)
				s.outer = values[j]->outer;
		}
	}
	s.count = 1;
	for (size_t i = 0; i < s.rank; i++)
		if (__builtin_mul_overflow(s.count, s.dims[i], &s.count))
			return onnx_refuse(w, "the operands make too large a tensor");
	s.what = ONNX_NOTHING;
	*shape = s;
	return 0;
}

int onnx_expand(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x,
	const struct onnx_value *shape)
{
	size_t missing = shape->rank - x->rank;
	int64_t from[ONNX_RANK_MAX], strides[ONNX_RANK_MAX] = {0};
	struct onnx_value v = *shape;
	int rc;

	if (x->rank > shape->rank)
		return onnx_refuse(
			w, "a tensor with %zu axes where %zu are wanted", x->rank, shape->rank);
	v.sort = x->sort;
	v.what = ONNX_NOTHING;
	onnx_strides(x, from);
	for (size_t i = missing; i < shape->rank; i++) {
		size_t dim = x->dims[i - missing];

		if (dim != 1 && dim != shape->dims[i])
			return onnx_refuse(w, "%zu numbers along axis %zu, where %zu are wanted",
				dim, i, shape->dims[i]);
		strides[i] = dim == 1 ? 0 : from[i - missing];
	}
	rc = onnx_strided(w, &v, x, 0, strides);
	if (rc == 0)
		*out = v;
	return rc;
}
