/* Column-wise numbers and activations into the matrix before them.
 *
 * What a matrix carries is gathered per output, in double, and multiplied out once at the end of
 * the pass, however many steps there were. */
#include <float.h>
#include <math.h>

#include "lib/nn/fold_list.h"

/* Output o becomes times * (W x + b) + plus. */
struct row {
	double times, plus;
	double largest, smallest; /* of the weights that are not 0, without their signs */
	bool is_whole;            /* sums and differences of columns */
};

struct carried {
	struct row *rows; /* [outputs] */
	struct row *next; /* scratch */
};

static struct row look_at(const float *weights, size_t inputs)
{
	struct row row = {.times = 1, .smallest = DBL_MAX};
	size_t used = 0;
	bool is_whole = true;

	for (size_t i = 0; i < inputs; i++) {
		const double w = fabs((double)weights[i]);

		if (w == 0)
			continue;
		used++;
		is_whole = is_whole && w == rint(w);
		row.largest = fmax(row.largest, w);
		row.smallest = fmin(row.smallest, w);
	}
	row.is_whole = is_whole && used > 1;
	return row;
}

static struct carried *carried_by(struct fold *f, size_t matrix)
{
	const struct nn_step *s = fold_maker(f, matrix);
	const size_t inputs = fold_width(f, s->from[0]);
	struct carried *carried = f->values[matrix].carried;

	if (carried)
		return carried;
	carried = fold_alloc(f, 1, sizeof(*carried));
	if (!carried)
		return NULL;
	carried->rows = fold_alloc(f, s->width, sizeof(*carried->rows));
	carried->next = fold_alloc(f, s->width, sizeof(*carried->next));
	for (size_t o = 0; !f->failed && o < s->width; o++)
		carried->rows[o] = look_at(s->affine.weights + o * inputs, inputs);
	f->values[matrix].carried = f->failed ? NULL : carried;
	return f->values[matrix].carried;
}

static bool is_power_of_two(double v)
{
	int exponent;

	return fabs(frexp(v, &exponent)) == 0.5;
}

/* Whether the row with another factor still has all its digits. */
static bool holds(const struct row *row, float bias)
{
	const double b = row->times * (double)bias + row->plus, times = fabs(row->times);

	if (fabs(b) > (double)FLT_MAX)
		return false;
	if (row->is_whole && !is_power_of_two(row->times))
		return false;
	return row->largest == 0 || (times * row->largest <= (double)FLT_MAX &&
					    times * row->smallest >= (double)FLT_MIN);
}

static bool carry(struct fold *f, size_t matrix, const struct nn_step *s)
{
	struct carried *carried = carried_by(f, matrix);
	const float *bias = fold_maker(f, matrix)->affine.bias;
	struct row *rows;

	if (!carried)
		return false;
	for (size_t o = 0; o < s->width; o++) {
		const struct fold_stage stage = fold_stage_of(s, o);
		const double factor = (double)stage.times / (double)stage.over;
		struct row *next = &carried->next[o];

		*next = carried->rows[o];
		next->plus = (next->plus - (double)stage.minus) * factor + (double)stage.plus;
		next->times *= factor;
		if (!holds(next, bias[o]))
			return false;
	}
	rows = carried->rows;
	carried->rows = carried->next;
	carried->next = rows;
	return true;
}

/* A linear matrix that nothing but this step reads. */
static bool is_ready(const struct fold *f, size_t value)
{
	return fold_is(f, value, NN_AFFINE) && f->values[value].readers == 1 &&
	       fold_maker(f, value)->affine.activation == NN_LINEAR;
}

static size_t put_limits(struct fold *f, const struct nn_step *s)
{
	for (size_t c = 0; c < s->width; c++) {
		f->stages[c] = fold_nothing;
		f->stages[c].low = fold_stage_of(s, c).low;
		f->stages[c].high = fold_stage_of(s, c).high;
	}
	return fold_put_stages(f, s->from[0], s->width, f->stages);
}

/* An activation that the kernels have; false when it is none. */
static bool activate(struct fold *f, const struct nn_step *s)
{
	struct nn_step *matrix = fold_maker(f, s->from[0]);

	if (s->map.f != NN_MAP_RELU && s->map.f != NN_MAP_SIGMOID)
		return false;
	matrix->affine.activation = s->map.f == NN_MAP_RELU ? NN_RELU : NN_SIGMOID;
	f->values[s->from[0]].is_difference = false;
	return true;
}

size_t fold_into_front(struct fold *f, struct nn_step s)
{
	const size_t x = s.from[0];

	if (s.kind == NN_COLUMNS && is_ready(f, x) && carry(f, x, &s)) {
		const size_t limited = put_limits(f, &s);

		/* relu is a lower limit, too */
		if (fold_is(f, limited, NN_MAP) && limited != x &&
			activate(f, fold_maker(f, limited)))
			f->count--;
		else
			return limited;
		return x;
	}
	if (s.kind == NN_MAP && is_ready(f, x) && activate(f, &s))
		return x;
	return f->failed ? 0 : fold_append(f, &s);
}

static void carry_out(struct fold *f, struct nn_step *s, const struct row *rows)
{
	const size_t inputs = fold_width(f, s->from[0]);
	float *weights = fold_alloc(f, s->width * inputs, sizeof(*weights));
	float *bias = fold_alloc(f, s->width, sizeof(*bias));

	if (f->failed)
		return;
	for (size_t o = 0; o < s->width; o++) {
		bias[o] = (float)(rows[o].times * (double)s->affine.bias[o] + rows[o].plus);
		for (size_t i = o * inputs; i < (o + 1) * inputs; i++)
			weights[i] = (float)(rows[o].times * (double)s->affine.weights[i]);
	}
	s->affine.weights = weights;
	s->affine.bias = bias;
}

void fold_carry_out(struct fold *f)
{
	for (size_t value = 1; value <= f->count && !f->failed; value++)
		if (f->values[value].carried)
			carry_out(f, fold_maker(f, value), f->values[value].carried->rows);
}
