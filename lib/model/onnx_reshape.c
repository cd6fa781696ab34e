/* Reshape, Squeeze, Unsqueeze: the numbers stay where they are, and the batch has to stay an axis
 * that nothing else is mixed into. */
#include <string.h>

#include "lib/model/onnx_layout.h"

static bool has_batch(const struct onnx_value *x)
{
	return x->what == ONNX_ROWS && x->axis != ONNX_NONE;
}

/* The same numbers in another shape. */
static void view(struct onnx_value *out, const struct onnx_value *x, const struct onnx_value *shape)
{
	struct onnx_value v = *x;

	v.rank = shape->rank;
	v.axis = shape->axis;
	v.outer = shape->outer;
	memcpy(v.dims, shape->dims, sizeof(v.dims));
	*out = v;
}

/* Constants keep a shape inside of their tensors as well. */
static int finish(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x,
	const struct onnx_value *shape)
{
	struct onnx_tensor *t;
	int rc;

	view(out, x, shape);
	if (x->what != ONNX_CONSTANT)
		return 0;
	rc = onnx_alloc(w, &t, 1, sizeof(*t));
	if (rc < 0)
		return rc;
	*t = *onnx_tensor_of(w, x);
	t->rank = shape->rank;
	memcpy(t->dims, shape->dims, sizeof(t->dims));
	out->tensors[0] = out->tensors[1] = t;
	return 0;
}

/* A dim that is the size the file was made for is the batch, where nothing but 1s are before it.
 * A file for a single row says 1 for it, or leaves it out. */
static void find_fixed_batch(const struct onnx_work *w, const struct onnx_value *x,
	struct onnx_size *sizes, size_t count)
{
	size_t before = onnx_product(x->dims, 0, x->axis);
	int64_t product = 1, lead = (int64_t)x->dims[x->axis], batch = (int64_t)w->batch;

	for (size_t i = 0; i < count; i++) {
		if (product == (int64_t)before &&
			(sizes[i].number == batch * lead || sizes[i].number == batch) &&
			!(batch == 1 && sizes[i].number != 1)) {
			sizes[i].number /= batch;
			sizes[i].is_batch = true;
			return;
		}
		product *= sizes[i].number;
	}
}

/* Fills in 0 and -1. The batch is where is_batch says, else where -1 is. */
static int complete(struct onnx_work *w, const struct onnx_value *x, struct onnx_size *sizes,
	size_t count, bool zero_is_zero)
{
	size_t open = ONNX_NONE, with_batch = 0;
	int64_t known = 1;

	for (size_t i = 0; i < count; i++) {
		if (sizes[i].number == 0 && !sizes[i].is_batch && !zero_is_zero) {
			if (i >= x->rank)
				return onnx_refuse(
					w, "dim %zu is to stay, there are %zu", i, x->rank);
			sizes[i] = (struct onnx_size){
				(int64_t)x->dims[i], has_batch(x) && i == x->axis};
		}
		if (sizes[i].number < -1 || (sizes[i].number == -1 && open != ONNX_NONE) ||
			sizes[i].number > (int64_t)ONNX_FOLD_BYTES)
			return onnx_refuse(
				w, "a shape with %lld in it", (long long)sizes[i].number);
		with_batch += sizes[i].is_batch;
		if (sizes[i].number == -1)
			open = i;
		else if (__builtin_mul_overflow(known, sizes[i].number, &known))
			return onnx_refuse(w, "the shape is too large");
	}
	if (has_batch(x) && with_batch == 0 && w->batch)
		find_fixed_batch(w, x, sizes, count);
	for (size_t i = with_batch = 0; i < count; i++)
		with_batch += sizes[i].is_batch;
	if (open == ONNX_NONE)
		return 0;
	/* find_fixed_batch may have divided a dim */
	known = 1;
	for (size_t i = 0; i < count; i++)
		known *= sizes[i].number == -1 ? 1 : sizes[i].number;
	if (known == 0 || (int64_t)x->count % known != 0)
		return onnx_refuse(w, "%zu columns do not fit a shape with %lld of them", x->count,
			(long long)known);
	sizes[open].number = (int64_t)x->count / known;
	sizes[open].is_batch = has_batch(x) && with_batch == 0 && w->batch != 1;
	return 0;
}

/* The numbers before the batch, and those behind it, must stay so: of the ones before it the axis
 * takes what the axes in front of it leave. */
static int place_batch(struct onnx_work *w, const struct onnx_value *x,
	const struct onnx_size *sizes, size_t count, struct onnx_value *shape)
{
	size_t before = 1, all;

	for (size_t i = 0; i < count; i++)
		if (sizes[i].is_batch) {
			if (shape->axis != ONNX_NONE)
				return onnx_refuse(w, "a shape with the batch in it twice");
			shape->axis = i;
			before = onnx_product(shape->dims, 0, i);
		}
	if (!has_batch(x) || w->batch == 1) {
		if (shape->axis != ONNX_NONE && !has_batch(x) && x->what != ONNX_ROWS)
			return onnx_refuse(w, "a constant is reshaped to the size of the batch");
		if (shape->axis == ONNX_NONE || !has_batch(x))
			return 0;
	}
	if (shape->axis == ONNX_NONE)
		return onnx_refuse(w, "the shape has no place for the batch: it would hold for "
				      "one size of it");
	all = onnx_product(x->dims, 0, x->axis) * x->outer;
	if (before == 0 || all % before != 0 || shape->dims[shape->axis] % (all / before) != 0)
		return onnx_refuse(w, "it mixes the rows of the batch");
	shape->outer = all / before;
	return 0;
}

int onnx_reshape(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x,
	const struct onnx_size *sizes, size_t count, bool zero_is_zero)
{
	struct onnx_size full[ONNX_RANK_MAX] = {0};
	struct onnx_value shape = {.rank = count, .axis = ONNX_NONE, .outer = 1, .count = 1};
	int rc;

	memcpy(full, sizes, count * sizeof(*full));
	rc = complete(w, x, full, count, zero_is_zero);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < count; i++) {
		shape.dims[i] = (size_t)full[i].number;
		shape.count *= shape.dims[i];
	}
	if (shape.count != x->count)
		return onnx_refuse(
			w, "%zu columns do not fit a shape with %zu", x->count, shape.count);
	rc = place_batch(w, x, full, count, &shape);
	return rc < 0 ? rc : finish(w, out, x, &shape);
}

int onnx_squeeze(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x,
	const bool removed[ONNX_RANK_MAX])
{
	struct onnx_value shape = {.axis = ONNX_NONE, .outer = x->outer};

	for (size_t i = 0; i < x->rank; i++) {
		bool is_batch = has_batch(x) && i == x->axis;

		if (!removed[i]) {
			if (is_batch)
				shape.axis = shape.rank;
			shape.dims[shape.rank++] = x->dims[i];
			continue;
		}
		if (x->dims[i] != 1 || (is_batch && w->batch != 1))
			return onnx_refuse(w, "axis %zu is taken away, which is %s", i,
				is_batch ? "the batch" : "longer than 1");
	}
	return finish(w, out, x, &shape);
}

int onnx_unsqueeze(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x,
	const bool added[ONNX_RANK_MAX], size_t added_count)
{
	struct onnx_value shape = {
		.axis = ONNX_NONE, .outer = x->outer, .rank = x->rank + added_count};

	if (shape.rank > ONNX_RANK_MAX)
		return onnx_refuse(
			w, "a tensor with %zu axes, allowed are %u", shape.rank, ONNX_RANK_MAX);
	for (size_t i = 0, from = 0; i < shape.rank; i++) {
		if (added[i]) {
			shape.dims[i] = 1;
			continue;
		}
		if (has_batch(x) && from == x->axis)
			shape.axis = i;
		shape.dims[i] = x->dims[from++];
	}
	return finish(w, out, x, &shape);
}
