/* Columns by their places, which are constants. */
#include "lib/model/onnx_algebra.h"
#include "lib/model/onnx_constant.h"
#include "lib/model/onnx_layout.h"
#include "lib/model/onnx_operators.h"

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

	if (onnx_is_batch(w, x, axis))
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

#define ROW(name, first, fn)                                   \
	{                                                      \
		name, "", first, 0, fn, 0, NULL, NULL, 0, 0, 0 \
	}

static const struct onnx_operator rows[] = {
	ROW("Gather", 1, gather),
	ROW("GatherElements", 11, gather_elements),
	ROW("GatherND", 11, gather_nd),
};

const struct onnx_operator_list onnx_gather_operators = {rows, ARRAY_LEN(rows)};
