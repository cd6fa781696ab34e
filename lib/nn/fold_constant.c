/* Steps that read constants alone, worked out. */
#include <math.h>

#include "lib/nn/check.h"
#include "lib/nn/fold_list.h"
#include "lib/nn/kernels_sets.h"
#include "lib/nn/rows.h"

bool fold_is_constant(const struct fold *f, const struct nn_step *s)
{
	if (s->kind == NN_CONSTANT || s->kind == NN_LOW)
		return false; /* there is nothing to work out */
	for (size_t o = 0; o < nn_operand_count(s->kind); o++)
		if (!fold_is(f, s->from[o], NN_CONSTANT))
			return false;
	for (size_t c = 0; s->kind == NN_COPY && c < s->width; c++)
		if (!fold_is(f, s->copy.columns[c].value, NN_CONSTANT))
			return false;
	return true;
}

static struct nn_operand operand(const struct fold *f, size_t value)
{
	return (struct nn_operand){
		fold_maker(f, value)->constant.values, fold_width(f, value) == 1 ? 0 : 1};
}

static void affine(const struct nn_step *s, size_t inputs, const float *x, float *y)
{
	for (size_t o = 0; o < s->width; o++) {
		double sum = (double)s->affine.bias[o];

		for (size_t i = 0; i < inputs; i++)
			sum += (double)s->affine.weights[o * inputs + i] * (double)x[i];
		y[o] = (float)sum;
		if (s->affine.activation == NN_RELU)
			y[o] = y[o] < 0 ? 0 : y[o];
		else if (s->affine.activation == NN_SIGMOID)
			y[o] = 1 / (1 + expf(-y[o]));
	}
}

static void work_out(const struct fold *f, const struct nn_step *s, float *y)
{
	const struct nn_operand x = nn_operand_count(s->kind) == 0 ? (struct nn_operand){NULL, 0}
								   : operand(f, s->from[0]);

	switch (s->kind) {
	case NN_CONSTANT:
	case NN_LOW:
		break;
	case NN_AFFINE:
		affine(s, fold_width(f, s->from[0]), x.at, y);
		break;
	case NN_COLUMNS:
		nn_columns_row(s, &nn_kernels_scalar, x.at, y);
		break;
	case NN_MAP:
		nn_map_row(&nn_kernels_scalar, s->map.f, s->map.a, s->map.b, s->width, x.at, y);
		break;
	case NN_PAIR:
		nn_pair_row(s->pair, s->width, x, operand(f, s->from[1]), y);
		break;
	case NN_SELECT:
		nn_select_row(s->width, x, operand(f, s->from[1]), operand(f, s->from[2]), y);
		break;
	case NN_REDUCE:
		nn_reduce_row(s->reduce.f, s->reduce.groups, x.at, y);
		break;
	case NN_GROUP:
		nn_group_row(
			&nn_kernels_scalar, s->group.f, s->group.epsilon, s->group.groups, x.at, y);
		break;
	case NN_COPY:
		for (size_t c = 0; c < s->width; c++)
			y[c] = fold_maker(f, s->copy.columns[c].value)
				       ->constant.values[s->copy.columns[c].column];
		break;
	}
}

size_t fold_put_worked_out(struct fold *f, const struct nn_step *s)
{
	struct nn_step made = {.kind = NN_CONSTANT, .width = s->width};
	float *y = fold_alloc(f, s->width, sizeof(*y));

	if (!y)
		return 0;
	work_out(f, s, y);
	made.constant.values = y;
	return fold_append(f, &made);
}
