/* Rows through a program. */
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/nn/program_parts.h"
#include "lib/nn/rows.h"

#define FLOATS_MAX (1u << 26) /* of a scratch */

struct nn_scratch {
	size_t rows;   /* room for so many */
	float *values; /* [rows][stride] */
	float *x;      /* [rows][inputs] of rows of doubles, rounded */
};

/* One value of the rows that are worked on. */
struct view {
	const float *at;
	size_t stride; /* between two rows */
};

/* What a block of rows needs. */
struct run {
	const struct nn_program *p;
	const struct nn_kernels *k;
	size_t rows;
	const float *x;
	const double *exact; /* what x was rounded from; NULL: x is all there is */
	float *values;
};

static void put_constants(const struct nn_program *p, float *row)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->steps[i].kind == NN_CONSTANT)
			memcpy(row + p->offsets[i + 1], p->steps[i].constant.values,
				p->steps[i].width * sizeof(*row));
}

int nn_scratch_new(struct nn_scratch **out, const struct nn_program *p, size_t rows)
{
	CLEANUP(nn_scratch_free) struct nn_scratch *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->rows = rows ? rows : 1;
	if (s->rows > FLOATS_MAX / (p->stride + p->inputs))
		return -ENOMEM;
	s->values = nn_floats_new(s->rows * p->stride);
	s->x = nn_floats_new(s->rows * p->inputs);
	if (!s->values || !s->x)
		return -ENOMEM;
	for (size_t r = 0; r < s->rows; r++)
		put_constants(p, s->values + r * p->stride);
	*out = TAKE(s);
	return 0;
}

void nn_scratch_free(struct nn_scratch *s)
{
	if (!s)
		return;
	free(s->values);
	free(s->x);
	free(s);
}

static struct view view_of(const struct run *r, size_t value)
{
	const struct nn_program *p = r->p;

	if (value == 0 && !p->keeps_input)
		return (struct view){r->x, p->inputs};
	return (struct view){r->values + p->offsets[value], p->stride};
}

static void run_affine(
	const struct run *r, const struct nn_prepared *prepared, size_t from, float *y)
{
	const struct view x = view_of(r, from);

	if (r->rows == 1)
		r->k->affine_row(&prepared->affine, x.at, y);
	else
		r->k->affine_rows(&prepared->affine, r->rows, x.at, x.stride, y, r->p->stride);
}

static struct nn_operand operand(const struct run *r, size_t value, size_t row)
{
	const struct view v = view_of(r, value);

	return (struct nn_operand){
		v.at + row * v.stride, nn_program_width(r->p, value) == 1 ? 0 : 1};
}

/* An infinity has none, however it came about. */
static void low_row(const struct run *r, size_t row, float *y)
{
	const size_t first = row * r->p->inputs;

	for (size_t c = 0; c < r->p->inputs; c++)
		y[c] = r->exact && isfinite(r->x[first + c])
			       ? (float)(r->exact[first + c] - (double)r->x[first + c])
			       : 0;
}

static void run_row(const struct run *r, size_t i, size_t row, float *y)
{
	const struct nn_step *s = &r->p->steps[i];
	const struct nn_operand x = operand(r, s->from[0], row);
	const float *values = r->values + row * r->p->stride;

	switch (s->kind) {
	case NN_COLUMNS:
		nn_columns_row(s, r->k, x.at, y);
		break;
	case NN_MAP:
		nn_map_row(r->k, s->map.f, s->map.a, s->map.b, s->width, x.at, y);
		break;
	case NN_PAIR:
		nn_pair_row(s->pair, s->width, x, operand(r, s->from[1], row), y);
		break;
	case NN_SELECT:
		nn_select_row(
			s->width, x, operand(r, s->from[1], row), operand(r, s->from[2], row), y);
		break;
	case NN_REDUCE:
		nn_reduce_row(s->reduce.f, s->reduce.groups, x.at, y);
		break;
	case NN_GROUP:
		nn_group_row(r->k, s->group.f, s->group.epsilon, s->group.groups, x.at, y);
		break;
	case NN_COPY:
		for (size_t c = 0; c < s->width; c++)
			y[c] = values[r->p->prepared[i].places[c]];
		break;
	case NN_LOW:
		low_row(r, row, y);
		break;
	case NN_CONSTANT:
	case NN_AFFINE:
		break;
	}
}

static void run_step(const struct run *r, size_t i)
{
	const struct nn_step *s = &r->p->steps[i];
	float *y = r->values + r->p->offsets[i + 1];

	if (s->kind == NN_AFFINE)
		run_affine(r, &r->p->prepared[i], s->from[0], y);
	else if (s->kind != NN_CONSTANT)
		for (size_t row = 0; row < r->rows; row++)
			run_row(r, i, row, y + row * r->p->stride);
}

/* At most as many rows as the scratch has room for. */
static void run_block(const struct run *r, float *y)
{
	const struct nn_program *p = r->p;
	const size_t outputs = nn_program_outputs(p);
	struct view result;

	for (size_t row = 0; p->keeps_input && row < r->rows; row++)
		memcpy(r->values + row * p->stride + p->offsets[0], r->x + row * p->inputs,
			p->inputs * sizeof(*r->x));
	for (size_t i = 0; i < p->count; i++)
		run_step(r, i);
	result = view_of(r, p->result);
	for (size_t row = 0; row < r->rows; row++)
		memcpy(y + row * outputs, result.at + row * result.stride, outputs * sizeof(*y));
}

void nn_run_row(const struct nn_program *p, const struct nn_kernels *k, struct nn_scratch *s,
	const float *x, float *y)
{
	run_block(&(struct run){p, k, 1, x, NULL, s->values}, y);
}

void nn_run_rows(const struct nn_program *p, const struct nn_kernels *k, struct nn_scratch *s,
	size_t rows, const float *x, float *y)
{
	for (size_t done = 0; done < rows; done += s->rows) {
		const size_t n = rows - done < s->rows ? rows - done : s->rows;

		run_block(&(struct run){p, k, n, x + done * p->inputs, NULL, s->values},
			y + done * nn_program_outputs(p));
	}
}

/* At most as many rows as the scratch has room for. */
static void run_doubles(const struct nn_program *p, const struct nn_kernels *k,
	struct nn_scratch *s, size_t rows, const double *x, float *y)
{
	for (size_t i = 0; i < rows * p->inputs; i++)
		s->x[i] = (float)x[i];
	run_block(&(struct run){p, k, rows, s->x, x, s->values}, y);
}

void nn_run_row_double(const struct nn_program *p, const struct nn_kernels *k, struct nn_scratch *s,
	const double *x, float *y)
{
	run_doubles(p, k, s, 1, x, y);
}

void nn_run_rows_double(const struct nn_program *p, const struct nn_kernels *k,
	struct nn_scratch *s, size_t rows, const double *x, float *y)
{
	for (size_t done = 0; done < rows; done += s->rows)
		run_doubles(p, k, s, rows - done < s->rows ? rows - done : s->rows,
			x + done * p->inputs, y + done * nn_program_outputs(p));
}
