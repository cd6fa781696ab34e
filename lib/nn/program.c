/* The program: layers packed for the kernels, and running rows through them. */
#include "lib/nn/program.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"

#define WIDTH_MAX 65536u          /* of a layer */
#define WEIGHTS_MAX (1u << 26)    /* of a layer: 256 MiB of floats */
#define ROW_FLOATS_MAX (1u << 26) /* of a scratch register */

struct step {
	struct nn_affine affine; /* packed */
	float *weights, *bias;   /* as given; bias is padded and serves both */
	float *packed;
};

struct nn_program {
	size_t count;
	struct step *steps;
	float *mean, *sd; /* NULL without scaling */
};

/* Two registers that steps write in turn: step i reads what step i-1 wrote. */
struct nn_scratch {
	size_t rows;   /* room for so many */
	size_t stride; /* floats between two rows, whole vectors */
	float *registers[2];
};

/* n floats on a vector's boundary, whole vectors, zeroed. */
static float *floats_new(size_t n)
{
	const size_t bytes = nn_padded(n ? n : 1) * sizeof(float);
	float *v = aligned_alloc(NN_ALIGNMENT, bytes);

	if (v)
		memset(v, 0, bytes);
	return v;
}

static float *floats_copy(const float *from, size_t n)
{
	float *v = floats_new(n);

	if (v)
		memcpy(v, from, n * sizeof(*v));
	return v;
}

static int check_finite(const char *what, size_t layer, size_t n, const float *v, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(v[i]))
			return err_set(err, -EINVAL, "layer %zu: %s %zu is %s, not a finite number",
				layer, what, i, isnan(v[i]) ? "NaN" : "infinite");
	return 0;
}

static int check_layer(const struct nn_layer *layers, size_t i, struct err *err)
{
	const struct nn_layer *l = &layers[i];
	int r;

	if (l->inputs == 0 || l->outputs == 0)
		return err_set(err, -EINVAL,
			"layer %zu: %zu inputs and %zu outputs, at least 1 of each is needed", i,
			l->inputs, l->outputs);
	if (l->inputs > WIDTH_MAX || l->outputs > WIDTH_MAX || l->inputs * l->outputs > WEIGHTS_MAX)
		return err_set(err, -EINVAL,
			"layer %zu: %zu inputs and %zu outputs, allowed are %u of each and %u "
			"weights",
			i, l->inputs, l->outputs, WIDTH_MAX, WEIGHTS_MAX);
	if (i > 0 && l->inputs != layers[i - 1].outputs)
		return err_set(err, -EINVAL,
			"layer %zu: takes %zu inputs, but layer %zu has %zu outputs", i, l->inputs,
			i - 1, layers[i - 1].outputs);
	r = check_finite("weight", i, l->inputs * l->outputs, l->weights, err);
	return r < 0 ? r : check_finite("bias", i, l->outputs, l->bias, err);
}

static int check_scaling(size_t n, const float *mean, const float *sd, struct err *err)
{
	if (!mean != !sd)
		return err_set(err, -EINVAL, "scaling needs both mean and sd, only %s is there",
			mean ? "mean" : "sd");
	for (size_t i = 0; mean && i < n; i++)
		if (!isfinite(mean[i]) || !isfinite(sd[i]) || sd[i] == 0)
			return err_set(err, -EINVAL,
				"input %zu: scaling by mean %g and sd %g, both must be finite and "
				"sd not 0",
				i, (double)mean[i], (double)sd[i]);
	return 0;
}

static int step_init(struct step *s, const struct nn_layer *l)
{
	s->weights = floats_copy(l->weights, l->inputs * l->outputs);
	s->bias = floats_copy(l->bias, l->outputs);
	s->packed = floats_new(nn_packed_floats(l->inputs, l->outputs));
	if (!s->weights || !s->bias || !s->packed)
		return -ENOMEM;
	nn_pack(s->packed, l->inputs, l->outputs, l->weights);
	s->affine = (struct nn_affine){
		.inputs = l->inputs,
		.outputs = l->outputs,
		.weights = s->packed,
		.bias = s->bias,
		.activation = l->activation,
	};
	return 0;
}

int nn_program_new(struct nn_program **out, const struct nn_layer *layers, size_t count,
	const float *mean, const float *sd, struct err *err)
{
	CLEANUP(nn_program_free) struct nn_program *p = NULL;
	int r = 0;

	if (count == 0)
		return err_set(err, -EINVAL, "a network needs at least one layer");
	for (size_t i = 0; i < count && r == 0; i++)
		r = check_layer(layers, i, err);
	if (r == 0)
		r = check_scaling(layers[0].inputs, mean, sd, err);
	if (r < 0)
		return r;

	p = calloc(1, sizeof(*p));
	if (p)
		p->steps = calloc(count, sizeof(*p->steps));
	if (!p || !p->steps)
		return err_set(err, -ENOMEM, "no memory for a network of %zu layers", count);
	p->count = count;
	for (size_t i = 0; i < count; i++)
		if (step_init(&p->steps[i], &layers[i]) < 0)
			return err_set(err, -ENOMEM, "no memory for layer %zu of %zu x %zu", i,
				layers[i].outputs, layers[i].inputs);
	if (mean) {
		p->mean = floats_copy(mean, layers[0].inputs);
		p->sd = floats_copy(sd, layers[0].inputs);
		if (!p->mean || !p->sd)
			return err_set(err, -ENOMEM, "no memory for the scaling of %zu inputs",
				layers[0].inputs);
	}
	*out = TAKE(p);
	return 0;
}

void nn_program_free(struct nn_program *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->count; i++) {
		free(p->steps[i].weights);
		free(p->steps[i].bias);
		free(p->steps[i].packed);
	}
	free(p->steps);
	free(p->mean);
	free(p->sd);
	free(p);
}

size_t nn_program_inputs(const struct nn_program *p)
{
	return p->steps[0].affine.inputs;
}

size_t nn_program_outputs(const struct nn_program *p)
{
	return p->steps[p->count - 1].affine.outputs;
}

size_t nn_program_layer_count(const struct nn_program *p)
{
	return p->count;
}

void nn_program_layer(const struct nn_program *p, size_t i, struct nn_layer *out)
{
	const struct step *s = &p->steps[i];

	assert(i < p->count);
	*out = (struct nn_layer){
		.inputs = s->affine.inputs,
		.outputs = s->affine.outputs,
		.weights = s->weights,
		.bias = s->bias,
		.activation = s->affine.activation,
	};
}

const float *nn_program_mean(const struct nn_program *p)
{
	return p->mean;
}

const float *nn_program_sd(const struct nn_program *p)
{
	return p->sd;
}

int nn_scratch_new(struct nn_scratch **out, const struct nn_program *p, size_t rows)
{
	CLEANUP(nn_scratch_free) struct nn_scratch *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->rows = rows ? rows : 1;
	s->stride = nn_padded(nn_program_inputs(p));
	for (size_t i = 0; i < p->count; i++)
		if (s->stride < nn_padded(p->steps[i].affine.outputs))
			s->stride = nn_padded(p->steps[i].affine.outputs);
	if (s->rows > ROW_FLOATS_MAX / s->stride)
		return -ENOMEM;
	for (size_t i = 0; i < 2; i++) {
		s->registers[i] = floats_new(s->rows * s->stride);
		if (!s->registers[i])
			return -ENOMEM;
	}
	*out = TAKE(s);
	return 0;
}

void nn_scratch_free(struct nn_scratch *s)
{
	if (!s)
		return;
	free(s->registers[0]);
	free(s->registers[1]);
	free(s);
}

void nn_run_row(const struct nn_program *p, const struct nn_kernels *k, struct nn_scratch *s,
	const float *x, float *y)
{
	const float *from = x;
	size_t turn = 0;

	if (p->mean) {
		k->scale(nn_program_inputs(p), x, p->mean, p->sd, s->registers[1]);
		from = s->registers[1];
	}
	for (size_t i = 0; i < p->count; i++, turn = !turn) {
		k->affine_row(&p->steps[i].affine, from, s->registers[turn]);
		from = s->registers[turn];
	}
	memcpy(y, from, nn_program_outputs(p) * sizeof(*y));
}

/* At most s->rows rows. */
static void run_block(const struct nn_program *p, const struct nn_kernels *k, struct nn_scratch *s,
	size_t rows, const float *x, float *y)
{
	const size_t inputs = nn_program_inputs(p), outputs = nn_program_outputs(p);
	const float *from = x;
	size_t stride = inputs, turn = 0;

	if (p->mean) {
		for (size_t r = 0; r < rows; r++)
			k->scale(inputs, x + r * inputs, p->mean, p->sd,
				s->registers[1] + r * s->stride);
		from = s->registers[1];
		stride = s->stride;
	}
	for (size_t i = 0; i < p->count; i++, turn = !turn) {
		k->affine_rows(
			&p->steps[i].affine, rows, from, stride, s->registers[turn], s->stride);
		from = s->registers[turn];
		stride = s->stride;
	}
	for (size_t r = 0; r < rows; r++)
		memcpy(y + r * outputs, from + r * s->stride, outputs * sizeof(*y));
}

void nn_run_rows(const struct nn_program *p, const struct nn_kernels *k, struct nn_scratch *s,
	size_t rows, const float *x, float *y)
{
	for (size_t done = 0; done < rows; done += s->rows) {
		const size_t n = rows - done < s->rows ? rows - done : s->rows;

		run_block(p, k, s, n, x + done * nn_program_inputs(p),
			y + done * nn_program_outputs(p));
	}
}
