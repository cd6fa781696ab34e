#include "lib/model/onnx_algebra.h"

#include <math.h>
#include <string.h>

#include "lib/model/onnx_double.h"
#include "lib/model/onnx_fold.h"
#include "lib/model/onnx_layout.h"

int onnx_number_value(struct onnx_work *w, struct onnx_value *out, double number)
{
	struct onnx_tensor *t;
	struct onnx_value v;
	int rc;

	onnx_shape(&v, 0, NULL);
	rc = onnx_constant_new(w, &v, &t);
	if (rc < 0)
		return rc;
	onnx_constant_set(t, 0, number);
	*out = v;
	return 0;
}

/* A new constant in x's shape. */
static int like(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x,
	enum onnx_sort sort, struct onnx_tensor **t)
{
	onnx_shape(out, x->rank, x->dims);
	out->sort = sort;
	return onnx_constant_new(w, out, t);
}

static bool is_truth(enum nn_map f)
{
	return f == NN_MAP_NOT || f == NN_MAP_IS_NAN || f == NN_MAP_IS_INFINITE;
}

static int fold_map(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x,
	enum nn_map f, double a, double b)
{
	const struct onnx_tensor *from = onnx_tensor_of(w, x);
	struct onnx_value v;
	struct onnx_tensor *t;
	int rc;

	if (from->kind == ONNX_STRING)
		return onnx_refuse(w, "it computes with text");
	rc = like(w, &v, x, is_truth(f) ? ONNX_TRUTH : x->sort, &t);
	for (size_t i = 0; rc == 0 && i < v.count; i++)
		onnx_constant_set(t, i, onnx_fold_map(f, a, b, onnx_number(from, i)));
	if (rc == 0)
		*out = v;
	return rc;
}

/* Columns of doubles: 0 - x. */
static int negate(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x)
{
	struct onnx_value zero;
	int rc = onnx_number_value(w, &zero, 0);

	return rc < 0 ? rc : onnx_pair(w, out, &zero, x, NN_PAIR_SUBTRACT);
}

int onnx_map(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x, enum nn_map f,
	double a, double b)
{
	struct nn_step s = {.kind = NN_MAP,
		.width = x->count,
		.from = {x->source},
		.map = {f, (float)a, (float)b}};
	struct onnx_value v = *x;
	int rc;

	if (x->what == ONNX_CONSTANT)
		return fold_map(w, out, x, f, a, b);
	if (x->scale) /* only Neg comes here with them */
		return negate(w, out, x);
	if (is_truth(f))
		v.sort = ONNX_TRUTH;
	rc = onnx_step(w, &s, &v.source);
	if (rc == 0)
		*out = v;
	return rc;
}

int onnx_cast(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x,
	enum onnx_sort sort)
{
	struct onnx_value v = *x;
	int rc = 0;

	if (sort == ONNX_LETTERS || x->sort == ONNX_LETTERS)
		return onnx_refuse(w, "text has no place in a row");
	if (sort == ONNX_INTEGER && x->sort == ONNX_NUMBER)
		rc = onnx_map(w, &v, x, NN_MAP_TRUNCATE, 0, 0);
	if (sort == ONNX_TRUTH && x->sort != ONNX_TRUTH) {
		rc = onnx_map(w, &v, x, NN_MAP_NOT, 0, 0);
		if (rc == 0)
			rc = onnx_map(w, &v, &v, NN_MAP_NOT, 0, 0);
	}
	if (rc == 0 && v.what == ONNX_CONSTANT && v.sort != sort) {
		struct onnx_tensor *t;
		const struct onnx_tensor *from = onnx_tensor_of(w, &v);

		rc = like(w, &v, x, sort, &t);
		for (size_t i = 0; rc == 0 && i < v.count; i++)
			if (t->kind == ONNX_INT && from->kind == ONNX_INT)
				((int64_t *)t->ints)[i] = from->ints[i];
			else
				onnx_constant_set(t, i, onnx_number(from, i));
	}
	if (rc < 0)
		return rc;
	v.sort = sort;
	*out = v;
	return 0;
}

/* ---- two operands ---- */

static enum onnx_sort pair_sort(
	const struct onnx_value *a, const struct onnx_value *b, enum nn_pair f)
{
	if (f >= NN_PAIR_LESS && f <= NN_PAIR_XOR)
		return ONNX_TRUTH;
	if (f == NN_PAIR_POWER)
		return a->sort;
	return a->sort == ONNX_NUMBER || b->sort == ONNX_NUMBER ? ONNX_NUMBER : a->sort;
}

static int fold_pair(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *a,
	const struct onnx_value *b, const struct onnx_value *shape, enum nn_pair f)
{
	struct onnx_value wide_a, wide_b, v;
	const struct onnx_tensor *x, *y;
	struct onnx_tensor *t;
	bool whole;
	int rc = onnx_expand(w, &wide_a, a, shape);

	if (rc == 0)
		rc = onnx_expand(w, &wide_b, b, shape);
	if (rc == 0)
		rc = like(w, &v, shape, pair_sort(a, b, f), &t);
	if (rc < 0)
		return rc;
	x = onnx_tensor_of(w, &wide_a);
	y = onnx_tensor_of(w, &wide_b);
	whole = x->kind == ONNX_INT && y->kind == ONNX_INT && t->kind == ONNX_INT;
	for (size_t i = 0; i < v.count; i++) {
		double number;

		if (whole && onnx_fold_ints(f, x->ints[i], y->ints[i], &((int64_t *)t->ints)[i]))
			continue;
		if (whole && (f == NN_PAIR_DIVIDE || f == NN_PAIR_MODULO))
			return onnx_refuse(w, "a whole number is divided by 0");
		number = onnx_fold_pair(f, onnx_number(x, i), onnx_number(y, i));
		onnx_constant_set(t, i, number);
	}
	*out = v;
	return 0;
}

/* A constant in the shape, still a constant. */
static int spread(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x,
	const struct onnx_value *shape)
{
	struct onnx_value flat = *shape;

	if (x->what == ONNX_CONSTANT)
		flat.axis = ONNX_NONE;
	return onnx_expand(w, out, x, &flat);
}

/* The operand as a program's value of the shape's width, or of one column. */
static int operand(struct onnx_work *w, const struct onnx_value *x, const struct onnx_value *shape,
	size_t *source)
{
	struct onnx_value v = *x;
	int rc = x->count == 1 ? 0 : spread(w, &v, x, shape);

	if (rc == 0)
		rc = onnx_as_rows(w, &v, &v);
	if (rc == 0)
		*source = v.source;
	return rc;
}

static bool has_zero(const float *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (numbers[i] == 0)
			return true;
	return false;
}

/* x + c, x - c, x * c, x / c, c + x, c - x, c * x with a constant c: numbers per column. */
static int column_step(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *a,
	const struct onnx_value *b, const struct onnx_value *shape, enum nn_pair f)
{
	const bool is_first = a->what == ONNX_CONSTANT;
	struct nn_step s = {.kind = NN_COLUMNS, .width = shape->count};
	struct onnx_value v = *shape, x = is_first ? *b : *a, c = is_first ? *a : *b;
	const float *numbers;
	bool is_double = false;
	float *minus_one;
	int rc = onnx_expand(w, &x, &x, shape);

	if (rc == 0)
		rc = spread(w, &c, &c, shape);
	if (rc == 0)
		rc = onnx_floats(w, &c, true, &numbers);
	/* integers are divided without a rest */
	if (rc == 0 && x.scale &&
		(f != NN_PAIR_DIVIDE ||
			(x.sort == ONNX_NUMBER && !has_zero(numbers, shape->count))))
		rc = onnx_double_pair(w, &v, &x, &c, is_first, f, &is_double);
	if (rc == 0 && !is_double)
		rc = onnx_double_round(w, &x, &x);
	if (rc < 0)
		return rc;
	if (is_double) {
		*out = v;
		return 0;
	}
	s.from[0] = x.source;
	switch (f) {
	case NN_PAIR_ADD:
		s.columns.plus = numbers;
		break;
	case NN_PAIR_MULTIPLY:
		s.columns.times = numbers;
		break;
	case NN_PAIR_DIVIDE:
		s.columns.over = numbers;
		if (has_zero(numbers, shape->count))
			return onnx_refuse(w, "a division by 0");
		break;
	default: /* subtract */
		if (!is_first) {
			s.columns.minus = numbers;
			break;
		}
		rc = onnx_alloc(w, &minus_one, shape->count, sizeof(*minus_one));
		if (rc < 0)
			return rc;
		for (size_t i = 0; i < shape->count; i++)
			minus_one[i] = -1;
		s.columns.times = minus_one;
		s.columns.plus = numbers;
	}
	v.what = ONNX_ROWS;
	v.sort = pair_sort(a, b, f);
	rc = onnx_step(w, &s, &v.source);
	if (rc == 0)
		*out = v;
	return rc;
}

static bool goes_by_column(const struct onnx_value *a, const struct onnx_value *b, enum nn_pair f)
{
	const bool first = a->what == ONNX_CONSTANT, second = b->what == ONNX_CONSTANT;

	if (f == NN_PAIR_ADD || f == NN_PAIR_SUBTRACT || f == NN_PAIR_MULTIPLY)
		return first || second;
	return f == NN_PAIR_DIVIDE && second;
}

/* A constant that is computed with is a number. Limits may be infinite; what is compared, chosen or
 * looked for may be NaN, too. */
static int check_number(struct onnx_work *w, const struct onnx_value *x, enum nn_pair f)
{
	const bool is_limit = f == NN_PAIR_MAX || f == NN_PAIR_MIN;
	const struct onnx_tensor *t;

	if (x->what != ONNX_CONSTANT || (f >= NN_PAIR_LESS && f <= NN_PAIR_XOR))
		return 0;
	t = onnx_tensor_of(w, x);
	for (size_t i = 0; i < t->count; i++) {
		double number = onnx_number(t, i);

		if (isnan(number) || (isinf(number) && !is_limit))
			return onnx_refuse(
				w, "a constant that is not finite (%g at place %zu)", number, i);
	}
	return 0;
}

int onnx_pair(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *a,
	const struct onnx_value *b, enum nn_pair f)
{
	const struct onnx_value *both[2] = {a, b};
	struct nn_step s = {.kind = NN_PAIR, .pair = f};
	struct onnx_value shape;
	enum onnx_sort sort = pair_sort(a, b, f);
	int rc = onnx_broadcast(w, &shape, both, 2);

	if (rc == 0 && (a->sort == ONNX_LETTERS || b->sort == ONNX_LETTERS))
		return onnx_refuse(w, "it computes with text");
	if (rc < 0)
		return rc;
	if (a->what == ONNX_CONSTANT && b->what == ONNX_CONSTANT)
		return fold_pair(w, out, a, b, &shape, f);
	if (goes_by_column(a, b, f)) {
		rc = column_step(w, &shape, a, b, &shape, f);
	} else {
		rc = check_number(w, a, f);
		if (rc == 0)
			rc = check_number(w, b, f);
		if (rc == 0)
			rc = operand(w, a, &shape, &s.from[0]);
		if (rc == 0)
			rc = operand(w, b, &shape, &s.from[1]);
		s.width = shape.count;
		if (rc == 0)
			rc = onnx_step(w, &s, &shape.source);
	}
	shape.what = ONNX_ROWS;
	shape.sort = sort;
	if (rc == 0 && f == NN_PAIR_DIVIDE && sort != ONNX_NUMBER)
		rc = onnx_map(w, &shape, &shape, NN_MAP_TRUNCATE, 0, 0);
	if (rc == 0)
		*out = shape;
	return rc;
}

int onnx_select(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *condition,
	const struct onnx_value *a, const struct onnx_value *b)
{
	const struct onnx_value *all[3] = {condition, a, b};
	struct nn_step s = {.kind = NN_SELECT};
	struct onnx_value shape, wide[3];
	struct onnx_tensor *t;
	int rc = onnx_broadcast(w, &shape, all, 3);
	bool is_constant = true;

	for (size_t i = 0; i < 3; i++) {
		if (rc == 0 && all[i]->sort == ONNX_LETTERS)
			return onnx_refuse(w, "it chooses among texts");
		is_constant = is_constant && all[i]->what == ONNX_CONSTANT;
	}
	shape.sort = a->sort == ONNX_NUMBER ? a->sort : b->sort;
	for (size_t i = 0; rc == 0 && i < 3; i++)
		rc = is_constant ? onnx_expand(w, &wide[i], all[i], &shape)
				 : operand(w, all[i], &shape, &s.from[i]);
	if (rc < 0)
		return rc;
	if (!is_constant) {
		s.width = shape.count;
		shape.what = ONNX_ROWS;
		rc = onnx_step(w, &s, &shape.source);
	} else {
		rc = onnx_constant_new(w, &shape, &t);
		for (size_t i = 0; rc == 0 && i < shape.count; i++) {
			bool holds = onnx_number(onnx_tensor_of(w, &wide[0]), i) != 0;
			const struct onnx_tensor *from = onnx_tensor_of(w, &wide[holds ? 1 : 2]);

			onnx_constant_set(t, i, onnx_number(from, i));
		}
	}
	if (rc == 0)
		*out = shape;
	return rc;
}

/* A limit in every column. */
static int limit(struct onnx_work *w, const struct onnx_value *x, const struct onnx_value *at,
	const float **out)
{
	const float *number;
	float *numbers;
	int rc = onnx_floats(w, at, false, &number);

	if (rc < 0)
		return rc;
	if (isnan(*number))
		return onnx_refuse(w, "a limit that is not a number");
	rc = onnx_alloc(w, &numbers, x->count, sizeof(*numbers));
	for (size_t i = 0; rc == 0 && i < x->count; i++)
		numbers[i] = *number;
	*out = numbers;
	return rc;
}

int onnx_clip(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x,
	const struct onnx_value *low, const struct onnx_value *high)
{
	struct nn_step s = {.kind = NN_COLUMNS, .width = x->count, .from = {x->source}};
	struct onnx_value v = *x;
	int rc = 0;

	if ((low && low->count != 1) || (high && high->count != 1))
		return onnx_refuse(w, "a limit that is not one number");
	if (x->what == ONNX_CONSTANT || (low && low->what != ONNX_CONSTANT) ||
		(high && high->what != ONNX_CONSTANT)) {
		if (low)
			rc = onnx_pair(w, &v, &v, low, NN_PAIR_MAX);
		if (rc == 0 && high)
			rc = onnx_pair(w, &v, &v, high, NN_PAIR_MIN);
	} else if (low && !high && onnx_number(onnx_tensor_of(w, low), 0) == 0) {
		rc = onnx_map(w, &v, x, NN_MAP_RELU, 0, 0);
	} else if (low || high) {
		if (low)
			rc = limit(w, x, low, &s.columns.low);
		if (rc == 0 && high)
			rc = limit(w, x, high, &s.columns.high);
		if (rc == 0)
			rc = onnx_step(w, &s, &v.source);
	}
	if (rc == 0)
		*out = v;
	return rc;
}
