#include "lib/model/onnx_constant.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum onnx_sort onnx_sort_of(int declared)
{
	switch (declared) {
	case ONNX_TYPE_FLOAT:
	case ONNX_TYPE_FLOAT16:
	case ONNX_TYPE_DOUBLE:
	case ONNX_TYPE_BFLOAT16:
		return ONNX_NUMBER;
	case ONNX_TYPE_STRING:
		return ONNX_LETTERS;
	case ONNX_TYPE_BOOL:
		return ONNX_TRUTH;
	default:
		return ONNX_INTEGER;
	}
}

void onnx_constant(struct onnx_value *out, const struct onnx_tensor *t)
{
	onnx_shape(out, t->rank, t->dims);
	out->what = ONNX_CONSTANT;
	out->sort = t->kind == ONNX_STRING          ? ONNX_LETTERS
		    : t->kind != ONNX_INT           ? ONNX_NUMBER
		    : t->declared == ONNX_TYPE_BOOL ? ONNX_TRUTH
						    : ONNX_INTEGER;
	out->tensors[0] = out->tensors[1] = t;
}

int onnx_constant_new(struct onnx_work *w, struct onnx_value *v, struct onnx_tensor **out)
{
	struct onnx_tensor *t;
	void *numbers;
	int rc = onnx_alloc(w, &t, 1, sizeof(*t));

	if (rc == 0)
		rc = onnx_alloc(w, &numbers, v->count, sizeof(double));
	if (rc < 0)
		return rc;
	t->kind = v->sort == ONNX_NUMBER ? ONNX_DOUBLE : ONNX_INT;
	t->declared = v->sort == ONNX_NUMBER  ? ONNX_TYPE_FLOAT
		      : v->sort == ONNX_TRUTH ? ONNX_TYPE_BOOL
					      : ONNX_TYPE_INT64;
	t->rank = v->rank;
	memcpy(t->dims, v->dims, sizeof(t->dims));
	t->count = v->count;
	if (t->kind == ONNX_DOUBLE)
		t->doubles = numbers;
	else
		t->ints = numbers;
	v->what = ONNX_CONSTANT;
	v->tensors[0] = v->tensors[1] = t;
	*out = t;
	return 0;
}

void onnx_constant_set(struct onnx_tensor *t, size_t i, double number)
{
	if (t->kind == ONNX_DOUBLE)
		((double *)t->doubles)[i] = number;
	else /* what fits: beyond it the language leaves the result open */
		((int64_t *)t->ints)[i] = number >= -0x1p63 && number < 0x1p63 ? (int64_t)number
					  : number > 0                         ? INT64_MAX
									       : INT64_MIN;
}

bool onnx_depends_on_batch(const struct onnx_value *v)
{
	return v->what == ONNX_CONSTANT && v->tensors[0] != v->tensors[1];
}

static int check_constant(const struct onnx_work *w, const struct onnx_value *v, const char *what)
{
	if (v->what != ONNX_CONSTANT)
		return onnx_refuse(w, "%s depends on the data, it must be a constant", what);
	if (onnx_depends_on_batch(v))
		return onnx_refuse(w, "%s depends on the size of the batch", what);
	return 0;
}

int onnx_want_constant(struct onnx_work *w, size_t i, const struct onnx_tensor **out)
{
	const struct onnx_value *v;
	char what[32];
	int rc = onnx_want(w, i, &v);

	if (rc < 0)
		return rc;
	snprintf(what, sizeof(what), "operand %zu", i + 1);
	rc = w->is_folding ? 0 : check_constant(w, v, what);
	if (rc == 0)
		*out = onnx_tensor_of(w, v);
	return rc;
}

int onnx_want_ints(
	struct onnx_work *w, size_t i, const char *name, const int64_t **out, size_t *count)
{
	const struct onnx_attribute *a = name ? onnx_attribute(w->node, name) : NULL;
	const struct onnx_tensor *t;
	int rc;

	*count = ONNX_NONE;
	*out = NULL;
	if (a && a->kind == ONNX_ATTRIBUTE_INTS) {
		*out = a->ints;
		*count = a->count;
		return 0;
	}
	if (a && a->kind == ONNX_ATTRIBUTE_INT) {
		*out = &a->i;
		*count = 1;
		return 0;
	}
	if (!onnx_in(w, i))
		return 0;
	rc = onnx_want_constant(w, i, &t);
	if (rc < 0)
		return rc;
	if (t->kind != ONNX_INT)
		return onnx_refuse(w, "operand %zu holds no whole numbers", i + 1);
	*out = t->ints;
	*count = t->count;
	return 0;
}

int onnx_sizes(struct onnx_work *w, const struct onnx_value *v, struct onnx_size out[ONNX_RANK_MAX],
	size_t *count)
{
	if (v->what != ONNX_CONSTANT)
		return onnx_refuse(w, "the shape depends on the data");
	if (v->rank > 1 || v->count > ONNX_RANK_MAX || v->tensors[0]->kind != ONNX_INT)
		return onnx_refuse(
			w, "the shape is no list of at most %u whole numbers", ONNX_RANK_MAX);
	for (size_t i = 0; i < v->count; i++) {
		int64_t a = v->tensors[0]->ints[i], b = v->tensors[1]->ints[i];

		out[i] = (struct onnx_size){a, false};
		if (a == b)
			continue;
		if (a % onnx_batches[0] != 0 || b % onnx_batches[1] != 0 ||
			a / onnx_batches[0] != b / onnx_batches[1] || a < 0)
			return onnx_refuse(w,
				"number %zu of the shape is neither fixed nor a "
				"multiple of the batch's size",
				i + 1);
		out[i] = (struct onnx_size){a / onnx_batches[0], true};
	}
	*count = v->count;
	return 0;
}

int onnx_floats(struct onnx_work *w, const struct onnx_value *v, bool finite, const float **out)
{
	const struct onnx_tensor *t = onnx_tensor_of(w, v);
	const float *floats = t->kind == ONNX_FLOAT ? t->floats : NULL;
	float *made;
	int rc = check_constant(w, v, "a number that goes into the rows");

	if (rc < 0)
		return rc;
	if (t->kind == ONNX_STRING)
		return onnx_refuse(w, "text where numbers are wanted");
	if (!floats) {
		rc = onnx_alloc(w, &made, t->count, sizeof(*made));
		if (rc < 0)
			return rc;
		for (size_t i = 0; i < t->count; i++)
			made[i] = (float)onnx_number(t, i);
		floats = made;
	}
	for (size_t i = 0; finite && i < t->count; i++)
		if (!isfinite(floats[i]))
			return onnx_refuse(w, "a constant that is not finite (%g at place %zu)",
				(double)floats[i], i);
	*out = floats;
	return 0;
}
