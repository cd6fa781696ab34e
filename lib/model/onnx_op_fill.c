/* Operators that fill tensors in: triangles, one-hot columns, numbers put in their places. */
#include <stdlib.h>
#include <string.h>

#include "lib/model/onnx_algebra.h"
#include "lib/model/onnx_constant.h"
#include "lib/model/onnx_layout.h"
#include "lib/model/onnx_operators.h"

/* The numbers on one side of a diagonal; 0 on the other. */
static int triangle(struct onnx_work *w)
{
	const bool upper = onnx_int(w, "upper", 1) != 0;
	const struct onnx_value *x, *both[2];
	const int64_t *k;
	struct onnx_value y, zero;
	struct onnx_pick *picks;
	size_t count, columns, rows;
	int64_t shift = 0;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = onnx_want_ints(w, 1, NULL, &k, &count);
	if (rc == 0)
		rc = onnx_number_value(w, &zero, 0);
	if (rc < 0)
		return rc;
	if (count != ONNX_NONE && count > 0)
		shift = *k;
	if (x->rank < 2 || (x->what == ONNX_ROWS && x->axis != ONNX_NONE && x->axis + 2 >= x->rank))
		return onnx_refuse(w, "it takes a triangle of the batch");
	columns = x->dims[x->rank - 1];
	rows = x->dims[x->rank - 2];
	rc = onnx_alloc(w, &picks, x->count, sizeof(*picks));
	for (size_t i = 0; rc == 0 && i < x->count; i++) {
		int64_t row = (int64_t)(i / columns % rows), column = (int64_t)(i % columns);
		bool stays = upper ? column >= row + shift : column <= row + shift;

		picks[i] = stays ? (struct onnx_pick){0, (uint32_t)i} : (struct onnx_pick){1, 0};
	}
	both[0] = x;
	both[1] = &zero;
	y = *x;
	if (x->what != ONNX_ROWS)
		y.axis = ONNX_NONE;
	if (rc == 0)
		rc = onnx_pick(w, &y, both, 2, picks);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

static int eye(struct onnx_work *w)
{
	const struct onnx_value *x;
	const int64_t shift = onnx_int(w, "k", 0);
	struct onnx_tensor *t;
	struct onnx_value y;
	int rc = onnx_want(w, 0, &x);

	if (rc < 0)
		return rc;
	if (x->rank != 2 || (x->what == ONNX_ROWS && x->axis != ONNX_NONE))
		return onnx_refuse(w, "it is as large as the batch");
	onnx_shape(&y, 2, x->dims);
	y.sort = onnx_sort_of((int)onnx_int(w, "dtype", ONNX_TYPE_FLOAT));
	rc = onnx_constant_new(w, &y, &t);
	for (size_t i = 0; rc == 0 && i < y.count; i++)
		onnx_constant_set(
			t, i, (int64_t)(i % y.dims[1]) == (int64_t)(i / y.dims[1]) + shift ? 1 : 0);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

/* A further axis of `depth`, with one number where the place is and another elsewhere. */
static int one_hot(struct onnx_work *w)
{
	const struct onnx_value *x;
	const struct onnx_tensor *depth, *numbers;
	struct onnx_value y, wrapped, range, on, off, size;
	struct onnx_tensor *t;
	bool added[ONNX_RANK_MAX] = {false}, later[ONNX_RANK_MAX] = {false};
	size_t axis, n;
	int rc = onnx_want(w, 0, &x);

	if (rc == 0)
		rc = onnx_want_constant(w, 1, &depth);
	if (rc == 0)
		rc = onnx_want_constant(w, 2, &numbers);
	if (rc == 0)
		rc = onnx_axis(w, onnx_int(w, "axis", -1), x->rank + 1, &axis);
	if (rc < 0)
		return rc;
	if (depth->count != 1 || numbers->count != 2 || depth->kind == ONNX_STRING ||
		numbers->kind == ONNX_STRING || !(onnx_number(depth, 0) >= 1) ||
		onnx_number(depth, 0) > ONNX_WIDTH_MAX || x->rank == ONNX_RANK_MAX)
		return onnx_refuse(w, "its depth or numbers are no numbers in reason");
	n = (size_t)onnx_number(depth, 0);
	onnx_shape(&range, 1, &n);
	range.sort = ONNX_INTEGER;
	rc = onnx_constant_new(w, &range, &t);
	for (size_t i = 0; rc == 0 && i < n; i++)
		onnx_constant_set(t, i, (double)i);
	/* along `axis`: the later axes broadcast */
	for (size_t i = axis; i < x->rank; i++)
		later[i - axis + 1] = true;
	added[axis] = true;
	if (rc == 0)
		rc = onnx_unsqueeze(w, &range, &range, later, x->rank - axis);
	if (rc == 0)
		rc = onnx_cast(w, &y, x, ONNX_INTEGER);
	if (rc == 0)
		rc = onnx_unsqueeze(w, &y, &y, added, 1);
	/* places from -depth on count from behind */
	if (rc == 0)
		rc = onnx_number_value(w, &size, (double)n);
	if (rc == 0)
		rc = onnx_pair(w, &wrapped, &range, &size, NN_PAIR_SUBTRACT);
	if (rc == 0)
		rc = onnx_pair(w, &wrapped, &y, &wrapped, NN_PAIR_EQUAL);
	if (rc == 0)
		rc = onnx_pair(w, &y, &y, &range, NN_PAIR_EQUAL);
	if (rc == 0)
		rc = onnx_pair(w, &y, &y, &wrapped, NN_PAIR_OR);
	if (rc == 0)
		rc = onnx_number_value(w, &off, onnx_number(numbers, 0));
	if (rc == 0)
		rc = onnx_number_value(w, &on, onnx_number(numbers, 1));
	if (rc == 0)
		rc = onnx_select(w, &y, &y, &on, &off);
	y.sort = onnx_sort_of(numbers->declared);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

/* ---- Scatter ---- */

/* The places that updates go to: one for each update, in x. */
struct scatter {
	const struct onnx_value *x, *updates;
	const struct onnx_tensor *places;
	size_t axis;
};

static int check_scatter(struct onnx_work *w, struct scatter *s)
{
	int rc = onnx_want(w, 0, &s->x);

	if (rc == 0)
		rc = onnx_want_constant(w, 1, &s->places);
	if (rc == 0)
		rc = onnx_want(w, 2, &s->updates);
	if (rc < 0)
		return rc;
	if (strcmp(onnx_string(w, "reduction", "none"), "none") != 0)
		return onnx_refuse(w, "a reduction of what meets in a place");
	if (s->places->kind != ONNX_INT)
		return onnx_refuse(w, "places that are no whole numbers");
	for (size_t i = 0; i < 2; i++) {
		const struct onnx_value *v = i ? s->updates : s->x;

		if (v->what == ONNX_ROWS && v->axis != ONNX_NONE && w->batch != 1)
			return onnx_refuse(w, "its places hold for one size of the batch");
	}
	return 0;
}

static int64_t place_along(const struct scatter *s, size_t axis, int64_t place)
{
	int64_t dim = (int64_t)s->x->dims[axis];

	place = place < 0 ? place + dim : place;
	return place < 0 || place >= dim ? -1 : place;
}

/* x with updates[i] at to[i]. */
static int put(struct onnx_work *w, const struct scatter *s, const int64_t *to)
{
	const struct onnx_value *both[2] = {s->x, s->updates};
	struct onnx_value y = *s->x;
	struct onnx_pick *picks;
	int rc = onnx_alloc(w, &picks, y.count, sizeof(*picks));

	for (size_t i = 0; rc == 0 && i < y.count; i++)
		picks[i] = (struct onnx_pick){0, (uint32_t)i};
	for (size_t i = 0; rc == 0 && i < s->updates->count; i++) {
		if (to[i] < 0 || to[i] >= (int64_t)y.count)
			return onnx_refuse(w, "a place that the tensor does not have");
		picks[to[i]] = (struct onnx_pick){1, (uint32_t)i};
	}
	if (rc == 0)
		rc = onnx_pick(w, &y, both, 2, picks);
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

static int scatter_elements(struct onnx_work *w)
{
	struct scatter s;
	int64_t strides[ONNX_RANK_MAX], *to;
	size_t at[ONNX_RANK_MAX] = {0};
	int rc = check_scatter(w, &s);

	if (rc == 0)
		rc = onnx_axis(w, onnx_int(w, "axis", 0), s.x->rank, &s.axis);
	if (rc < 0)
		return rc;
	if (s.places->rank != s.x->rank || s.updates->count != s.places->count)
		return onnx_refuse(w, "its places and updates do not fit the tensor");
	onnx_strides(s.x, strides);
	rc = onnx_alloc(w, &to, s.places->count, sizeof(*to));
	for (size_t i = 0; rc == 0 && i < s.places->count; i++) {
		for (size_t j = 0; to[i] >= 0 && j < s.x->rank; j++) {
			int64_t place = place_along(
				&s, j, j == s.axis ? s.places->ints[i] : (int64_t)at[j]);

			to[i] = place < 0 ? -1 : to[i] + place * strides[j];
		}
		onnx_next(s.places->rank, s.places->dims, at);
	}
	return rc < 0 ? rc : put(w, &s, to);
}

static int scatter_nd(struct onnx_work *w)
{
	struct scatter s;
	int64_t strides[ONNX_RANK_MAX], *to;
	size_t depth, inner;
	int rc = check_scatter(w, &s);

	if (rc < 0)
		return rc;
	depth = s.places->rank ? s.places->dims[s.places->rank - 1] : 0;
	if (depth == 0 || depth > s.x->rank)
		return onnx_refuse(w, "its places do not fit the tensor");
	inner = onnx_product(s.x->dims, depth, s.x->rank);
	if (s.updates->count != s.places->count / depth * inner)
		return onnx_refuse(w, "its places and updates do not fit the tensor");
	onnx_strides(s.x, strides);
	rc = onnx_alloc(w, &to, s.updates->count, sizeof(*to));
	for (size_t i = 0; rc == 0 && i < s.updates->count; i++) {
		for (size_t j = 0; to[i] >= 0 && j < depth; j++) {
			int64_t place = place_along(&s, j, s.places->ints[i / inner * depth + j]);

			to[i] = place < 0 ? -1 : to[i] + place * strides[j];
		}
		to[i] += to[i] < 0 ? 0 : (int64_t)(i % inner);
	}
	return rc < 0 ? rc : put(w, &s, to);
}

/* ---- quantised constants ---- */

/* (x - zero point) scale, of constants alone: weights that are stored so. */
static int dequantize(struct onnx_work *w)
{
	const struct onnx_value *x, *by[2] = {onnx_in(w, 1), onnx_in(w, 2)};
	struct onnx_value y, number;
	size_t axis = 0;
	int rc = onnx_want(w, 0, &x);

	if (rc < 0)
		return rc;
	if (!w->is_folding || !by[0])
		return onnx_refuse(w, "%s", onnx_operator_refusal("", "DequantizeLinear"));
	if (onnx_int(w, "block_size", 0) != 0)
		return onnx_refuse(w, "it is quantised in blocks");
	rc = onnx_cast(w, &y, x, ONNX_NUMBER);
	for (size_t i = 2; rc == 0 && i-- > 0;) {
		bool added[ONNX_RANK_MAX] = {false};

		if (!by[i])
			continue;
		number = *by[i];
		if (number.rank == 1 && number.count > 1) {
			rc = onnx_axis(w, onnx_int(w, "axis", 1), x->rank, &axis);
			for (size_t j = axis + 1; rc == 0 && j < x->rank; j++)
				added[j - axis] = true;
			if (rc == 0)
				rc = onnx_unsqueeze(w, &number, &number, added, x->rank - 1 - axis);
		}
		if (rc == 0)
			rc = onnx_pair(w, &y, &y, &number, i ? NN_PAIR_SUBTRACT : NN_PAIR_MULTIPLY);
	}
	if (rc == 0 && y.count != x->count)
		return onnx_refuse(w, "its scale does not fit the tensor");
	if (rc == 0)
		onnx_give(w, 0, &y);
	return rc;
}

#define ROW(name, first, fn)                                   \
	{                                                      \
		name, "", first, 0, fn, 0, NULL, NULL, 0, 0, 0 \
	}

static const struct onnx_operator rows[] = {
	ROW("DequantizeLinear", 10, dequantize),
	ROW("EyeLike", 9, eye),
	ROW("OneHot", 9, one_hot),
	ROW("ScatterElements", 11, scatter_elements),
	ROW("ScatterND", 11, scatter_nd),
	ROW("Trilu", 14, triangle),
};

const struct onnx_operator_list onnx_fill_operators = {rows, ARRAY_LEN(rows)};
