#include "lib/model/onnx_matmul.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/model/onnx_algebra.h"
#include "lib/model/onnx_layout.h"

#define GROUPS_MAX 1024 /* parts of a row that are multiplied one by one */

/* Both operands with at least two axes, and where the sum runs.
 * Element e of the result is the sum over k of a[a_first(e) + k a_step] b[b_first(e) + k b_step].*/
struct product {
	struct onnx_value a, b, shape; /* shape: of the result, two axes at least */
	size_t size;                   /* of the sum */
	int64_t a_strides[ONNX_RANK_MAX], b_strides[ONNX_RANK_MAX]; /* by the result's axes */
	int64_t a_step, b_step;
};

static int add_axis(struct onnx_work *w, struct onnx_value *v, size_t at)
{
	bool added[ONNX_RANK_MAX] = {false};

	added[at] = true;
	return onnx_unsqueeze(w, v, v, added, 1);
}

/* The leading axes broadcast; the last of a and b carry rows and columns of the result. */
static int shape_result(struct onnx_work *w, struct product *p)
{
	struct onnx_value left = p->a, right = p->b;
	const struct onnx_value *both[2] = {&left, &right};
	size_t ra = p->a.rank, rb = p->b.rank;

	if (p->a.axis == ra - 1 || p->b.axis == rb - 2)
		return onnx_refuse(w, "it sums over the batch: the rows would meet");
	if (p->a.dims[ra - 1] != p->b.dims[rb - 2])
		return onnx_refuse(w, "it multiplies %zu columns with %zu weights each",
			p->a.dims[ra - 1], p->b.dims[rb - 2]);
	p->size = p->a.dims[ra - 1];
	left.dims[ra - 1] = 1;
	right.dims[rb - 2] = 1;
	return onnx_broadcast(w, &p->shape, both, 2);
}

static void set_strides(struct product *p)
{
	int64_t a[ONNX_RANK_MAX], b[ONNX_RANK_MAX];
	size_t rank = p->shape.rank, ra = p->a.rank, rb = p->b.rank;

	onnx_strides(&p->a, a);
	onnx_strides(&p->b, b);
	p->a_step = a[ra - 1];
	p->b_step = b[rb - 2];
	for (size_t i = 0; i < rank; i++) {
		size_t of_a = i + ra - rank, of_b = i + rb - rank;

		p->a_strides[i] =
			i + ra >= rank && i != rank - 1 && p->a.dims[of_a] != 1 ? a[of_a] : 0;
		p->b_strides[i] =
			i + rb >= rank && i != rank - 2 && p->b.dims[of_b] != 1 ? b[of_b] : 0;
	}
}

/* firsts[e]: where the numbers of element e begin. */
static void firsts(size_t *out, const struct onnx_value *shape, const int64_t *strides)
{
	size_t at[ONNX_RANK_MAX] = {0};

	for (size_t e = 0; e < shape->count; e++) {
		int64_t first = 0;

		for (size_t i = 0; i < shape->rank; i++)
			first += (int64_t)at[i] * strides[i];
		out[e] = (size_t)first;
		onnx_next(shape->rank, shape->dims, at);
	}
}

static int multiply_constants(struct onnx_work *w, struct product *p, const size_t *a_first,
	const size_t *b_first, double alpha)
{
	const struct onnx_tensor *a = onnx_tensor_of(w, &p->a), *b = onnx_tensor_of(w, &p->b);
	struct onnx_tensor *t;
	int rc = onnx_constant_new(w, &p->shape, &t);

	for (size_t e = 0; rc == 0 && e < p->shape.count; e++) {
		double sum = 0;

		for (size_t k = 0; k < p->size; k++)
			sum += onnx_number(a, a_first[e] + k * (size_t)p->a_step) *
			       onnx_number(b, b_first[e] + k * (size_t)p->b_step);
		onnx_constant_set(t, e, alpha * sum);
	}
	return rc;
}

/* Rows times rows: all products side by side, then the sums. */
static int multiply_rows(struct onnx_work *w, struct product *p, double alpha)
{
	struct onnx_value wide = p->shape, a, b, factor;
	int64_t strides[ONNX_RANK_MAX];
	bool last[ONNX_RANK_MAX] = {false};
	int rc;

	if (wide.rank == ONNX_RANK_MAX || wide.count > ONNX_WIDTH_MAX)
		return onnx_refuse(w, "it multiplies too large tensors of a row");
	wide.dims[wide.rank++] = p->size;
	wide.count *= p->size;
	last[wide.rank - 1] = true;
	a = b = wide;
	memcpy(strides, p->a_strides, sizeof(strides));
	strides[wide.rank - 1] = p->a_step;
	rc = onnx_strided(w, &a, &p->a, 0, strides);
	memcpy(strides, p->b_strides, sizeof(strides));
	strides[wide.rank - 1] = p->b_step;
	if (rc == 0)
		rc = onnx_strided(w, &b, &p->b, 0, strides);
	if (rc == 0)
		rc = onnx_pair(w, &a, &a, &b, NN_PAIR_MULTIPLY);
	if (rc == 0)
		rc = onnx_reduce(w, &p->shape, &a, last, false, NN_REDUCE_SUM);
	if (rc == 0 && alpha != 1)
		rc = onnx_number_value(w, &factor, alpha);
	if (rc == 0 && alpha != 1)
		rc = onnx_pair(w, &p->shape, &p->shape, &factor, NN_PAIR_MULTIPLY);
	return rc;
}

/* ---- rows times a constant ---- */

/* One operand is rows, one the weights. Elements that read the same columns make one affine step;
 * most often that is all of them. */
struct linear {
	const struct onnx_value *rows;
	const struct onnx_tensor *weights;
	const size_t *row_first, *weight_first; /* [elements] */
	size_t row_step, weight_step, size;
	double alpha;
	const float *bias; /* [elements], NULL: 0 */
	size_t *members;   /* elements of the group in hand */
	size_t member_count;
	const float *last_weights; /* of the group before, and its weight_firsts */
	size_t *last_firsts, last_count;
};

static int group_weights(struct onnx_work *w, struct linear *l, const float **out)
{
	const struct onnx_tensor *t = l->weights;
	bool in_place = t->kind == ONNX_FLOAT && l->weight_step == 1 && l->alpha == 1;
	bool same = l->last_weights && l->last_count == l->member_count;
	float *made;
	int rc;

	for (size_t i = 0; i < l->member_count; i++) {
		size_t first = l->weight_first[l->members[i]];

		in_place = in_place && first == l->weight_first[l->members[0]] + i * l->size;
		same = same && first == l->last_firsts[i];
		l->last_firsts[i] = first;
	}
	l->last_count = l->member_count;
	if (same) {
		*out = l->last_weights;
		return 0;
	}
	if (in_place) {
		*out = l->last_weights = t->floats + l->weight_first[l->members[0]];
		return 0;
	}
	rc = onnx_alloc(w, &made, l->member_count, l->size * sizeof(*made));
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < l->member_count; i++)
		for (size_t k = 0; k < l->size; k++)
			made[i * l->size + k] =
				(float)(l->alpha * onnx_number(t, l->weight_first[l->members[i]] +
									  k * l->weight_step));
	*out = l->last_weights = made;
	return 0;
}

static int group_bias(struct onnx_work *w, const struct linear *l, const float **out)
{
	float *made;
	int rc = onnx_alloc(w, &made, l->member_count, sizeof(*made));

	for (size_t i = 0; rc == 0 && l->bias && i < l->member_count; i++)
		made[i] = l->bias[l->members[i]];
	*out = made;
	return rc;
}

/* The columns that a group reads, next to each other. */
static int group_columns(struct onnx_work *w, const struct linear *l, size_t first, size_t *source)
{
	struct onnx_value v;
	int64_t strides[ONNX_RANK_MAX] = {(int64_t)l->row_step};
	int rc;

	onnx_shape(&v, 1, &l->size);
	rc = onnx_strided(w, &v, l->rows, (int64_t)first, strides);
	if (rc == 0)
		*source = v.source;
	return rc;
}

static int group_step(struct onnx_work *w, struct linear *l, size_t *value)
{
	struct nn_step s = {.kind = NN_AFFINE, .width = l->member_count};
	int rc = group_columns(w, l, l->row_first[l->members[0]], &s.from[0]);

	if (rc == 0)
		rc = group_weights(w, l, &s.affine.weights);
	if (rc == 0)
		rc = group_bias(w, l, &s.affine.bias);
	return rc < 0 ? rc : onnx_step(w, &s, value);
}

/* All groups; afterwards the columns are brought into the elements' order. */
static int linear_groups(
	struct onnx_work *w, struct linear *l, struct onnx_value *out, size_t *group_of)
{
	struct onnx_pick *picks;
	struct onnx_value *values;
	const struct onnx_value **list;
	size_t groups = 0, count = out->count;
	int rc = onnx_alloc(w, &picks, count, sizeof(*picks));

	if (rc == 0)
		rc = onnx_alloc(w, &values, count, sizeof(*values));
	if (rc == 0)
		rc = onnx_alloc(w, &list, count, sizeof(*list));
	for (size_t e = 0; rc == 0 && e < count; e++) {
		if (group_of[e] != ONNX_NONE)
			continue;
		l->member_count = 0;
		for (size_t i = e; i < count; i++)
			if (group_of[i] == ONNX_NONE && l->row_first[i] == l->row_first[e]) {
				group_of[i] = groups;
				picks[i] = (struct onnx_pick){
					(uint32_t)groups, (uint32_t)l->member_count};
				l->members[l->member_count++] = i;
			}
		onnx_shape(&values[groups], 1, &l->member_count);
		values[groups].what = ONNX_ROWS;
		rc = group_step(w, l, &values[groups].source);
		list[groups] = &values[groups];
		groups++;
		if (groups > GROUPS_MAX)
			return onnx_refuse(
				w, "it multiplies more than %u parts of a row", GROUPS_MAX);
	}
	return rc < 0 ? rc : onnx_pick(w, out, list, groups, picks);
}

static int multiply_weights(struct onnx_work *w, struct product *p, const size_t *a_first,
	const size_t *b_first, double alpha, const struct onnx_value *bias)
{
	const bool a_is_rows = p->a.what == ONNX_ROWS;
	const struct onnx_value *c = a_is_rows ? &p->b : &p->a;
	struct onnx_value flat = p->shape, spread;
	struct linear l = {
		.rows = a_is_rows ? &p->a : &p->b,
		.row_first = a_is_rows ? a_first : b_first,
		.weight_first = a_is_rows ? b_first : a_first,
		.row_step = (size_t)(a_is_rows ? p->a_step : p->b_step),
		.weight_step = (size_t)(a_is_rows ? p->b_step : p->a_step),
		.size = p->size,
		.alpha = alpha,
	};
	const float *checked;
	size_t *group_of;
	int rc = onnx_floats(w, c, true, &checked);

	l.weights = onnx_tensor_of(w, c);
	flat.axis = ONNX_NONE;
	if (rc == 0 && bias)
		rc = onnx_expand(w, &spread, bias, &flat);
	if (rc == 0 && bias)
		rc = onnx_floats(w, &spread, true, &l.bias);
	if (rc == 0)
		rc = onnx_alloc(w, &l.members, p->shape.count, sizeof(*l.members));
	if (rc == 0)
		rc = onnx_alloc(w, &l.last_firsts, p->shape.count, sizeof(*l.last_firsts));
	if (rc == 0)
		rc = onnx_alloc(w, &group_of, p->shape.count, sizeof(*group_of));
	if (rc < 0)
		return rc;
	for (size_t e = 0; e < p->shape.count; e++)
		group_of[e] = ONNX_NONE;
	return linear_groups(w, &l, &p->shape, group_of);
}

static int multiply(
	struct onnx_work *w, struct product *p, double alpha, const struct onnx_value *bias)
{
	size_t *a_first, *b_first;
	int rc = onnx_alloc(w, &a_first, p->shape.count, sizeof(*a_first));

	if (rc == 0)
		rc = onnx_alloc(w, &b_first, p->shape.count, sizeof(*b_first));
	if (rc < 0)
		return rc;
	firsts(a_first, &p->shape, p->a_strides);
	firsts(b_first, &p->shape, p->b_strides);
	if (p->a.what == ONNX_CONSTANT && p->b.what == ONNX_CONSTANT)
		return multiply_constants(w, p, a_first, b_first, alpha);
	if (p->a.what == ONNX_ROWS && p->b.what == ONNX_ROWS)
		return multiply_rows(w, p, alpha);
	return multiply_weights(w, p, a_first, b_first, alpha, bias);
}

/* Axes that 1-D operands were given go again. */
static int drop_axes(struct onnx_work *w, struct onnx_value *v, bool first, bool last)
{
	bool removed[ONNX_RANK_MAX] = {false};

	removed[v->rank - 2] = first;
	removed[v->rank - 1] = last;
	return first || last ? onnx_squeeze(w, v, v, removed) : 0;
}

int onnx_matmul(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *a,
	const struct onnx_value *b, double alpha, const struct onnx_value *bias)
{
	const bool a_is_vector = a->rank == 1, b_is_vector = b->rank == 1;
	const bool has_rows = a->what == ONNX_ROWS || b->what == ONNX_ROWS;
	const bool weighs = has_rows && a->what != b->what;
	struct product p = {.a = *a, .b = *b};
	int rc = 0;

	if (a->rank == 0 || b->rank == 0)
		return onnx_refuse(w, "an operand is a single number");
	if (a->sort == ONNX_LETTERS || b->sort == ONNX_LETTERS)
		return onnx_refuse(w, "it computes with text");
	if (a_is_vector)
		rc = add_axis(w, &p.a, 0);
	if (rc == 0 && b_is_vector)
		rc = add_axis(w, &p.b, 1);
	if (rc == 0)
		rc = shape_result(w, &p);
	if (rc < 0)
		return rc;
	if (p.size == 0 || p.shape.count > ONNX_PRODUCTS_MAX / p.size ||
		w->products + p.shape.count * p.size > ONNX_PRODUCTS_MAX)
		return onnx_refuse(
			w, "it makes %zu numbers of %zu products each", p.shape.count, p.size);
	w->products += p.shape.count * p.size;
	set_strides(&p);
	p.shape.sort =
		a->sort == ONNX_INTEGER && b->sort == ONNX_INTEGER ? ONNX_INTEGER : ONNX_NUMBER;
	rc = multiply(w, &p, alpha, bias);
	if (rc == 0)
		rc = drop_axes(w, &p.shape, a_is_vector, b_is_vector);
	if (rc == 0 && bias && !weighs)
		rc = onnx_pair(w, &p.shape, &p.shape, bias, NN_PAIR_ADD);
	if (rc == 0)
		*out = p.shape;
	return rc;
}
