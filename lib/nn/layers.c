/* A plain MLP, its layers to a program and back. */
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "lib/base/err.h"
#include "lib/nn/check.h"
#include "lib/nn/program_parts.h"

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
	if (l->inputs > NN_WIDTH_MAX || l->outputs > NN_WIDTH_MAX ||
		l->inputs * l->outputs > NN_WEIGHTS_MAX)
		return err_set(err, -EINVAL,
			"layer %zu: %zu inputs and %zu outputs, allowed are %u of each and %u "
			"weights",
			i, l->inputs, l->outputs, NN_WIDTH_MAX, NN_WEIGHTS_MAX);
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

static void steps_of(
	struct nn_step *steps, const struct nn_layer *layers, size_t count, size_t scaling)
{
	for (size_t i = 0; i < count; i++)
		steps[scaling + i] = (struct nn_step){
			.kind = NN_AFFINE,
			.width = layers[i].outputs,
			.from = {scaling + i},
			.affine = {layers[i].weights, layers[i].bias, layers[i].activation},
		};
}

int nn_program_new(struct nn_program **out, const struct nn_layer *layers, size_t count,
	const float *mean, const float *sd, struct err *err)
{
	struct nn_step *steps;
	const size_t scaling = mean ? 1 : 0;
	int r = 0;

	if (count == 0)
		return err_set(err, -EINVAL, "a network needs at least one layer");
	for (size_t i = 0; i < count && r == 0; i++)
		r = check_layer(layers, i, err);
	if (r == 0)
		r = check_scaling(layers[0].inputs, mean, sd, err);
	if (r < 0)
		return r;
	steps = calloc(count + 1, sizeof(*steps));
	if (!steps)
		return err_set(err, -ENOMEM, "no memory for a network of %zu layers", count);
	if (mean)
		steps[0] = (struct nn_step){
			.kind = NN_COLUMNS,
			.width = layers[0].inputs,
			.columns = {.minus = mean, .over = sd},
		};
	steps_of(steps, layers, count, scaling);
	r = nn_steps_check(layers[0].inputs, steps, scaling + count, scaling + count, err);
	if (r == 0)
		r = nn_program_prepare(
			out, layers[0].inputs, steps, scaling + count, scaling + count, err);
	free(steps);
	return r;
}

/* The step that scales the input by subtraction and division alone. */
static const struct nn_step *scaling_step(const struct nn_program *p)
{
	const struct nn_step *s = &p->steps[0];

	return p->count > 0 && s->kind == NN_COLUMNS && s->columns.minus && !s->columns.times &&
			       !s->columns.plus && !s->columns.low && !s->columns.high
		       ? s
		       : NULL;
}

size_t nn_program_layer_count(const struct nn_program *p)
{
	const size_t first = scaling_step(p) ? 1 : 0;

	if (p->result != p->count)
		return 0;
	for (size_t i = 0; i < p->count; i++)
		if (p->steps[i].from[0] != i || (i >= first && p->steps[i].kind != NN_AFFINE))
			return 0;
	return p->count - first;
}

void nn_program_layer(const struct nn_program *p, size_t i, struct nn_layer *out)
{
	const size_t at = i + (scaling_step(p) ? 1 : 0);

	assert(at < p->count);
	*out = (struct nn_layer){
		.inputs = nn_program_width(p, at),
		.outputs = p->steps[at].width,
		.weights = p->steps[at].affine.weights,
		.bias = p->steps[at].affine.bias,
		.activation = p->steps[at].affine.activation,
	};
}

int nn_program_note_scaling(struct nn_program *p)
{
	const struct nn_step *scaling = nn_program_layer_count(p) > 0 ? scaling_step(p) : NULL;

	if (!scaling || scaling->columns.over)
		return 0;
	p->ones = nn_floats_new(p->inputs);
	for (size_t i = 0; p->ones && i < p->inputs; i++)
		p->ones[i] = 1;
	return p->ones ? 0 : -ENOMEM;
}

const float *nn_program_mean(const struct nn_program *p)
{
	const struct nn_step *scaling = nn_program_layer_count(p) > 0 ? scaling_step(p) : NULL;

	return scaling ? scaling->columns.minus : NULL;
}

const float *nn_program_sd(const struct nn_program *p)
{
	const struct nn_step *scaling = nn_program_layer_count(p) > 0 ? scaling_step(p) : NULL;

	return !scaling ? NULL : scaling->columns.over ? scaling->columns.over : p->ones;
}
