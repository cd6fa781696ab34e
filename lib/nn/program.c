/* The program: its steps copied and prepared for the kernels. */
#include "lib/nn/program.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/nn/check.h"
#include "lib/nn/fold.h"
#include "lib/nn/program_parts.h"

#define FOLD_BLOCK_BYTES 65536

float *nn_floats_new(size_t n)
{
	const size_t bytes = nn_padded(n ? n : 1) * sizeof(float);
	float *v = aligned_alloc(NN_ALIGNMENT, bytes);

	if (v)
		memset(v, 0, bytes);
	return v;
}

float *nn_floats_copy(const float *from, size_t n)
{
	float *v = nn_floats_new(n);

	if (v)
		memcpy(v, from, n * sizeof(*v));
	return v;
}

/* Makes a borrowed array the program's own; NULL stays NULL. */
static int own(const float **array, size_t n)
{
	if (*array)
		*array = nn_floats_copy(*array, n);
	return *array ? 0 : -ENOMEM;
}

static int own_columns(struct nn_step *s)
{
	const float **const arrays[] = {&s->columns.minus, &s->columns.over, &s->columns.times,
		&s->columns.plus, &s->columns.low, &s->columns.high};
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(arrays); i++) /* all, so that none stays borrowed */
		if (*arrays[i] && own(arrays[i], s->width) < 0)
			r = -ENOMEM;
	return r;
}

static int own_affine(struct nn_step *s, struct nn_prepared *prepared, size_t inputs)
{
	const float *weights = s->affine.weights;
	const bool owns_weights = own(&s->affine.weights, inputs * s->width) == 0;
	const bool owns_bias = own(&s->affine.bias, s->width) == 0;

	prepared->packed = nn_floats_new(nn_packed_floats(inputs, s->width));
	if (!owns_weights || !owns_bias || !prepared->packed)
		return -ENOMEM;
	nn_pack(prepared->packed, inputs, s->width, weights);
	prepared->affine = (struct nn_affine){
		.inputs = inputs,
		.outputs = s->width,
		.weights = prepared->packed,
		.bias = s->affine.bias,
		.activation = s->affine.activation,
	};
	return 0;
}

static int own_copy(struct nn_step *s)
{
	const size_t bytes = s->width * sizeof(*s->copy.columns);
	struct nn_column *columns = malloc(bytes);

	if (columns)
		memcpy(columns, s->copy.columns, bytes);
	s->copy.columns = columns;
	return columns ? 0 : -ENOMEM;
}

static int own_step(struct nn_program *p, size_t i)
{
	struct nn_step *s = &p->steps[i];

	switch (s->kind) {
	case NN_CONSTANT:
		return own(&s->constant.values, s->width);
	case NN_AFFINE:
		return own_affine(s, &p->prepared[i], nn_program_width(p, s->from[0]));
	case NN_COLUMNS:
		return own_columns(s);
	case NN_COPY:
		return own_copy(s);
	default:
		return 0;
	}
}

static int find_places(struct nn_program *p, size_t i)
{
	const struct nn_step *s = &p->steps[i];
	uint32_t *places;

	if (s->kind != NN_COPY)
		return 0;
	places = malloc(s->width * sizeof(*places));
	if (!places)
		return -ENOMEM;
	for (size_t c = 0; c < s->width; c++)
		places[c] = (uint32_t)(p->offsets[s->copy.columns[c].value] +
				       s->copy.columns[c].column);
	p->prepared[i].places = places;
	return 0;
}

int nn_program_prepare(struct nn_program **out, size_t inputs, const struct nn_step *steps,
	size_t count, size_t result, struct err *err)
{
	CLEANUP(nn_program_free) struct nn_program *p = calloc(1, sizeof(*p));

	if (!p)
		return err_set(err, -ENOMEM, "no memory for a program of %zu steps", count);
	p->inputs = inputs;
	p->result = result;
	p->steps = calloc(count + 1, sizeof(*p->steps));
	p->prepared = calloc(count + 1, sizeof(*p->prepared));
	p->offsets = calloc(count + 1, sizeof(*p->offsets));
	if (!p->steps || !p->prepared || !p->offsets)
		return err_set(err, -ENOMEM, "no memory for a program of %zu steps", count);
	while (p->count < count) {
		const size_t i = p->count++;

		p->steps[i] = steps[i];
		if (own_step(p, i) < 0)
			return err_set(err, -ENOMEM, "no memory for step %zu of %zu columns", i,
				steps[i].width);
	}
	if (nn_program_lay_out(p) < 0 || nn_program_note_scaling(p) < 0)
		return err_set(err, -ENOMEM, "no memory for a program of %zu steps", count);
	for (size_t i = 0; i < count; i++)
		if (find_places(p, i) < 0)
			return err_set(err, -ENOMEM, "no memory for step %zu of %zu columns", i,
				steps[i].width);
	*out = TAKE(p);
	return 0;
}

int nn_program_build(struct nn_program **out, size_t inputs, const struct nn_step *steps,
	size_t count, size_t result, struct err *err)
{
	CLEANUP(arena_free) struct arena *memory = NULL;
	struct nn_steps folded = {inputs, count, result, steps};
	int r = nn_steps_check(inputs, steps, count, result, err);

	if (r == 0 && (arena_new(&memory, FOLD_BLOCK_BYTES) < 0 || nn_fold(&folded, memory) < 0))
		r = err_set(err, -ENOMEM, "no memory for a program of %zu steps", count);
	return r < 0 ? r
		     : nn_program_prepare(
			       out, inputs, folded.steps, folded.count, folded.result, err);
}

static void step_deinit(struct nn_step *s)
{
	switch (s->kind) {
	case NN_CONSTANT:
		free((void *)s->constant.values);
		break;
	case NN_AFFINE:
		free((void *)s->affine.weights);
		free((void *)s->affine.bias);
		break;
	case NN_COLUMNS:
		free((void *)s->columns.minus);
		free((void *)s->columns.over);
		free((void *)s->columns.times);
		free((void *)s->columns.plus);
		free((void *)s->columns.low);
		free((void *)s->columns.high);
		break;
	case NN_COPY:
		free((void *)s->copy.columns);
		break;
	default:
		break;
	}
}

void nn_program_free(struct nn_program *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->count; i++) {
		step_deinit(&p->steps[i]);
		free(p->prepared[i].packed);
		free(p->prepared[i].places);
	}
	free(p->steps);
	free(p->prepared);
	free(p->offsets);
	free(p->ones);
	free(p);
}

size_t nn_program_inputs(const struct nn_program *p)
{
	return p->inputs;
}

size_t nn_program_outputs(const struct nn_program *p)
{
	return nn_program_width(p, p->result);
}

bool nn_program_has_low(const struct nn_program *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->steps[i].kind == NN_LOW)
			return true;
	return false;
}

size_t nn_program_step_count(const struct nn_program *p)
{
	return p->count;
}

void nn_program_step(const struct nn_program *p, size_t i, struct nn_step *out)
{
	assert(i < p->count);
	*out = p->steps[i];
}

size_t nn_program_result(const struct nn_program *p)
{
	return p->result;
}

size_t nn_program_width(const struct nn_program *p, size_t value)
{
	assert(value <= p->count);
	return value == 0 ? p->inputs : p->steps[value - 1].width;
}
