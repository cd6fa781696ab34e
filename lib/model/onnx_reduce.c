/* Whole groups of columns: reductions, and what softmax and normalisation do. */
#include <string.h>

#include "lib/model/onnx_algebra.h"
#include "lib/model/onnx_fold.h"
#include "lib/model/onnx_layout.h"

/* x with the marked axes last (in their order), the others before them. */
static int bring_last(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x,
	const bool axes[ONNX_RANK_MAX], size_t *kept)
{
	size_t permutation[ONNX_RANK_MAX], n = 0;

	for (size_t i = 0; i < x->rank; i++)
		if (!axes[i])
			permutation[n++] = i;
	*kept = n;
	for (size_t i = 0; i < x->rank; i++)
		if (axes[i])
			permutation[n++] = i;
	return onnx_transpose(w, out, x, permutation);
}

static struct onnx_value reduced_shape(
	const struct onnx_value *x, const bool axes[ONNX_RANK_MAX], bool keep)
{
	struct onnx_value v = {
		.what = x->what, .sort = x->sort, .axis = ONNX_NONE, .outer = x->outer, .count = 1};

	for (size_t i = 0; i < x->rank; i++) {
		if (axes[i] && !keep)
			continue;
		if (x->what == ONNX_ROWS && i == x->axis)
			v.axis = v.rank;
		v.dims[v.rank] = axes[i] ? 1 : x->dims[i];
		v.count *= v.dims[v.rank++];
	}
	return v;
}

static int fold(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *last,
	size_t size, enum nn_reduce f)
{
	const struct onnx_tensor *from = onnx_tensor_of(w, last);
	struct onnx_tensor *t;
	double *numbers;
	int rc = onnx_alloc(w, &numbers, last->count, sizeof(*numbers));

	if (rc == 0)
		rc = onnx_constant_new(w, out, &t);
	for (size_t i = 0; rc == 0 && i < last->count; i++)
		numbers[i] = onnx_number(from, i);
	for (size_t i = 0; rc == 0 && i < out->count; i++)
		onnx_constant_set(t, i, onnx_fold_reduce(f, numbers + i * size, size, 1));
	return rc;
}

int onnx_reduce(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x,
	const bool axes[ONNX_RANK_MAX], bool keep, enum nn_reduce f)
{
	struct onnx_value v = reduced_shape(x, axes, keep), last;
	struct nn_step s = {.kind = NN_REDUCE};
	size_t kept, size;
	int rc;

	for (size_t i = 0; i < x->rank; i++)
		if (axes[i] && x->what == ONNX_ROWS && i == x->axis)
			return onnx_refuse(w,
				"it goes over the batch (axis %zu): the rows would "
				"meet",
				i);
	if (x->sort == ONNX_LETTERS)
		return onnx_refuse(w, "it computes with text");
	rc = bring_last(w, &last, x, axes, &kept);
	if (rc < 0)
		return rc;
	size = onnx_product(last.dims, kept, last.rank);
	if (f == NN_REDUCE_ARG_MAX || f == NN_REDUCE_ARG_MIN)
		v.sort = ONNX_INTEGER;
	if (x->what == ONNX_CONSTANT) {
		rc = fold(w, &v, &last, size, f);
	} else if (size == 0) {
		return onnx_refuse(w, "there is nothing to reduce");
	} else {
		s.width = v.count;
		s.from[0] = last.source;
		s.reduce.f = f;
		s.reduce.groups = (struct nn_groups){v.count, size, 1};
		rc = onnx_step(w, &s, &v.source);
	}
	if (rc == 0)
		*out = v;
	return rc;
}

int onnx_group(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x,
	size_t first, size_t last, enum nn_group f, double epsilon)
{
	struct nn_step s = {.kind = NN_GROUP, .width = x->count};
	struct onnx_value v;
	int rc = onnx_as_rows(w, &v, x);

	if (rc < 0)
		return rc;
	if (v.axis != ONNX_NONE && v.axis >= first && v.axis < last)
		return onnx_refuse(
			w, "it goes over the batch (axis %zu): the rows would meet", v.axis);
	s.from[0] = v.source;
	s.group.f = f;
	s.group.epsilon = (float)epsilon;
	s.group.groups = (struct nn_groups){onnx_product(v.dims, 0, first),
		onnx_product(v.dims, first, last), onnx_product(v.dims, last, v.rank)};
	v.sort = ONNX_NUMBER;
	rc = onnx_step(w, &s, &v.source);
	if (rc == 0)
		*out = v;
	return rc;
}
