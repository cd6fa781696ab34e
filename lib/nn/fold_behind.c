/* Copies and column-wise numbers into the matrix behind them. */
#include <float.h>
#include <math.h>

#include "lib/nn/fold_list.h"

#define SUMMAND_MAX 4.0 /* that is carried into a bias */
#define STEPS_MAX 16    /* looked through before a matrix */
#define NO_COLUMN UINT32_MAX

/* What a matrix reads: input i is times * column + plus of a value, or plus alone. */
struct inflow {
	size_t value, count;
	struct term {
		uint32_t column;
		double times, plus;
	} * terms;
};

/* A value is not read where it would make the matrix much wider. */
static bool is_too_wide(const struct fold *f, const struct inflow *in, size_t value)
{
	return fold_width(f, value) > 2 * in->count;
}

/* The one value that a copy reads, constants aside; SIZE_MAX when it is not one. */
static size_t only_source(const struct fold *f, const struct nn_step *s)
{
	size_t source = SIZE_MAX;

	for (size_t c = 0; c < s->width; c++) {
		const size_t value = s->copy.columns[c].value;

		if (fold_is(f, value, NN_CONSTANT))
			continue;
		if (source != SIZE_MAX && source != value)
			return SIZE_MAX;
		source = value;
	}
	return source;
}

static bool through_copy(const struct fold *f, struct inflow *in)
{
	const struct nn_step *s = fold_maker(f, in->value);
	const size_t source = only_source(f, s);

	if (source == SIZE_MAX || is_too_wide(f, in, source))
		return false;
	for (size_t c = 0; c < s->width; c++) /* a weight times infinity is no bias */
		if (fold_is(f, s->copy.columns[c].value, NN_CONSTANT) &&
			!isfinite(fold_maker(f, s->copy.columns[c].value)
					  ->constant.values[s->copy.columns[c].column]))
			return false;
	for (size_t i = 0; i < in->count; i++) {
		struct term *t = &in->terms[i];
		struct nn_column from;

		if (t->column == NO_COLUMN)
			continue;
		from = s->copy.columns[t->column];
		t->column = from.column;
		if (from.value == source)
			continue;
		t->plus +=
			t->times * (double)fold_maker(f, from.value)->constant.values[from.column];
		t->column = NO_COLUMN;
	}
	in->value = source;
	return true;
}

/* What of a column-wise step goes into the matrix. */
enum carried_part { NONE, BEHIND_SUBTRACTION, ALL };

static enum carried_part carried_part(const struct fold *f, const struct inflow *in)
{
	const struct nn_step *s = fold_maker(f, in->value);
	const bool is_input = f->values[s->from[0]].is_input;
	bool subtracts = false, works = false;

	if (f->values[s->from[0]].is_difference)
		return NONE;
	for (size_t i = 0; i < in->count; i++) {
		struct fold_stage g;
		double factor;

		if (in->terms[i].column == NO_COLUMN)
			continue;
		g = fold_stage_of(s, in->terms[i].column);
		factor = (double)g.times / (double)g.over;
		if (fold_has_limits(g) || fabs((double)g.plus) > SUMMAND_MAX)
			return NONE;
		subtracts = subtracts || (is_input && g.minus != 0) ||
			    fabs((double)g.plus - (double)g.minus * factor) > SUMMAND_MAX;
		works = works || factor != 1 || g.plus != 0;
	}
	return !subtracts ? ALL : works ? BEHIND_SUBTRACTION : NONE;
}

/* The subtraction of a column-wise step alone, as a step of its own. */
static size_t subtraction_of(struct fold *f, size_t columns)
{
	struct nn_step s = *fold_maker(f, columns);

	if (f->values[columns].subtracted == 0) {
		s.columns = (__typeof__(s.columns)){.minus = s.columns.minus};
		s.from[0] = fold_maker(f, columns)->from[0];
		f->values[columns].subtracted = fold_append(f, &s);
	}
	return f->failed ? 0 : f->values[columns].subtracted;
}

static bool through_columns(struct fold *f, struct inflow *in)
{
	const struct nn_step s = *fold_maker(f, in->value);
	const enum carried_part part = carried_part(f, in);

	if (part == NONE)
		return false;
	for (size_t i = 0; i < in->count; i++) {
		struct term *t = &in->terms[i];
		struct fold_stage g;
		double factor;

		if (t->column == NO_COLUMN)
			continue;
		g = fold_stage_of(&s, t->column);
		factor = (double)g.times / (double)g.over;
		t->plus +=
			t->times * ((double)g.plus - (part == ALL ? (double)g.minus * factor : 0));
		t->times *= factor;
	}
	in->value = part == ALL ? s.from[0] : subtraction_of(f, in->value);
	return part == ALL;
}

/* A subtraction behind a copy is done before it: numbers [columns of the copy's source], where a
 * column that is taken twice has the same number. NULL when it has not. */
static float *subtrahends_before(
	struct fold *f, const struct nn_step *copy, size_t source, const float *minus)
{
	const size_t n = fold_width(f, source);
	float *before = fold_alloc(f, n, sizeof(*before));
	bool *is_set = fold_alloc(f, n, sizeof(*is_set));

	for (size_t c = 0; !f->failed && c < copy->width; c++) {
		const struct nn_column from = copy->copy.columns[c];

		if (from.value != source ||
			(is_set[from.column] && before[from.column] != minus[c]))
			return NULL;
		before[from.column] = minus[c];
		is_set[from.column] = true;
	}
	return f->failed ? NULL : before;
}

static bool only_subtracts(const struct nn_step *s)
{
	return s->kind == NN_COLUMNS && s->columns.minus && !s->columns.over && !s->columns.times &&
	       !s->columns.plus && !s->columns.low && !s->columns.high;
}

/* copy, subtraction -> subtraction, copy; the copy then goes into the matrix. */
static bool before_copy(struct fold *f, struct inflow *in)
{
	const struct nn_step *s = fold_maker(f, in->value), *copy;
	struct nn_step moved = {.kind = NN_COLUMNS};
	size_t source;

	if (!s || !only_subtracts(s) || !fold_is(f, s->from[0], NN_COPY))
		return false;
	copy = fold_maker(f, s->from[0]);
	source = only_source(f, copy);
	if (source == SIZE_MAX || is_too_wide(f, in, source))
		return false;
	if (f->values[in->value].moved == 0) {
		moved.width = fold_width(f, source);
		moved.from[0] = source;
		moved.columns.minus = subtrahends_before(f, copy, source, s->columns.minus);
		if (!moved.columns.minus)
			return false;
		f->values[in->value].moved = fold_append(f, &moved);
		if (f->failed)
			return false;
		copy = fold_maker(f, fold_maker(f, in->value)->from[0]); /* the list has moved */
	}
	for (size_t i = 0; i < in->count; i++)
		if (in->terms[i].column != NO_COLUMN)
			in->terms[i].column = copy->copy.columns[in->terms[i].column].column;
	in->value = f->values[in->value].moved;
	return true;
}

/* One output of the matrix over the new value; false where digits would be lost. */
static bool multiply_out(const struct inflow *in, const float *weights, size_t n, double *sums,
	float *out, double *bias)
{
	for (size_t i = 0; i < n; i++)
		sums[i] = 0;
	for (size_t i = 0; i < in->count; i++) {
		const struct term *t = &in->terms[i];

		*bias += (double)weights[i] * t->plus;
		if (t->column != NO_COLUMN)
			sums[t->column] += (double)weights[i] * t->times;
	}
	for (size_t i = 0; i < n; i++) {
		const double size = fabs(sums[i]);

		if (sums[i] != 0 && !(size >= (double)FLT_MIN && size <= (double)FLT_MAX))
			return false;
		out[i] = (float)sums[i];
	}
	return fabs(*bias) <= (double)FLT_MAX;
}

static size_t put_matrix(struct fold *f, const struct nn_step *s, const struct inflow *in)
{
	const size_t n = fold_width(f, in->value);
	struct nn_step made = *s;
	float *weights = fold_alloc(f, s->width * n, sizeof(*weights));
	float *bias = fold_alloc(f, s->width, sizeof(*bias));
	double *sums = fold_alloc(f, n, sizeof(*sums));

	for (size_t o = 0; !f->failed && o < s->width; o++) {
		double b = (double)s->affine.bias[o];

		if (!multiply_out(
			    in, s->affine.weights + o * in->count, n, sums, weights + o * n, &b))
			return fold_append(f, s);
		bias[o] = (float)b;
	}
	if (f->failed)
		return 0;
	made.from[0] = in->value;
	made.affine.weights = weights;
	made.affine.bias = bias;
	return fold_append(f, &made);
}

size_t fold_into_behind(struct fold *f, struct nn_step s)
{
	struct inflow in = {.value = s.from[0]};
	bool goes_on = true;

	if (s.kind != NN_AFFINE ||
		!(fold_is(f, in.value, NN_COPY) || fold_is(f, in.value, NN_COLUMNS)))
		return fold_append(f, &s);
	in.count = fold_width(f, in.value);
	in.terms = fold_alloc(f, in.count, sizeof(*in.terms));
	for (size_t i = 0; in.terms && i < in.count; i++)
		in.terms[i] = (struct term){(uint32_t)i, 1, 0};
	for (size_t i = 0; goes_on && !f->failed && i < STEPS_MAX; i++)
		goes_on = fold_is(f, in.value, NN_COPY)      ? through_copy(f, &in)
			  : fold_is(f, in.value, NN_COLUMNS) ? through_columns(f, &in)
							     : false;
	while (!f->failed && before_copy(f, &in))
		;
	if (f->failed)
		return 0;
	return in.value == s.from[0] ? fold_append(f, &s) : put_matrix(f, &s, &in);
}
