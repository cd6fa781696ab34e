/* Forward and backward through a batch, as products of matrices. */
#include "lib/nn/backprop.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct backprop {
	size_t count, rows, parameter_count;
	struct backprop_layer *layers;
	float **outputs; /* [count] of [rows][outputs]: after ReLU; of the last layer the logits */
	float *delta[2]; /* [rows][widest]: d loss / d output before ReLU, of two layers */
	float *ones;     /* [rows] */
};

int backprop_new(struct backprop **out, size_t inputs, const size_t *hidden, size_t hidden_count,
	size_t rows)
{
	CLEANUP(backprop_free) struct backprop *b = calloc(1, sizeof(*b));
	size_t widest = 1;

	if (!b)
		return -ENOMEM;
	b->layers = calloc(hidden_count + 1, sizeof(*b->layers));
	b->outputs = calloc(hidden_count + 1, sizeof(*b->outputs));
	if (!b->layers || !b->outputs)
		return -ENOMEM;
	b->count = hidden_count + 1;
	b->rows = rows;
	for (size_t i = 0; i < b->count; i++) {
		struct backprop_layer *l = &b->layers[i];

		l->inputs = i ? hidden[i - 1] : inputs;
		l->outputs = i < hidden_count ? hidden[i] : 1;
		l->weights = b->parameter_count;
		l->bias = l->weights + l->inputs * l->outputs;
		b->parameter_count = l->bias + l->outputs;
		if (widest < l->outputs)
			widest = l->outputs;
		b->outputs[i] = calloc(rows * l->outputs, sizeof(float));
		if (!b->outputs[i])
			return -ENOMEM;
	}
	b->ones = calloc(rows, sizeof(float));
	for (size_t i = 0; i < 2; i++)
		b->delta[i] = calloc(rows * widest, sizeof(float));
	if (!b->ones || !b->delta[0] || !b->delta[1])
		return -ENOMEM;
	for (size_t i = 0; i < rows; i++)
		b->ones[i] = 1;
	*out = TAKE(b);
	return 0;
}

void backprop_free(struct backprop *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->count; i++)
		free(b->outputs[i]);
	free(b->outputs);
	free(b->layers);
	free(b->delta[0]);
	free(b->delta[1]);
	free(b->ones);
	free(b);
}

size_t backprop_parameter_count(const struct backprop *b)
{
	return b->parameter_count;
}

size_t backprop_rows(const struct backprop *b)
{
	return b->rows;
}

size_t backprop_layer_count(const struct backprop *b)
{
	return b->count;
}

const struct backprop_layer *backprop_layer(const struct backprop *b, size_t i)
{
	assert(i < b->count);
	return &b->layers[i];
}

/* The logits [rows]. */
static const float *forward(struct backprop *b, const struct nn_kernels *k, const float *parameters,
	size_t rows, const float *x)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct backprop_layer *l = &b->layers[i];
		float *y = b->outputs[i];

		for (size_t r = 0; r < rows; r++)
			memcpy(y + r * l->outputs, parameters + l->bias, l->outputs * sizeof(*y));
		k->gemm(rows, l->outputs, l->inputs, i ? b->outputs[i - 1] : x, 0,
			parameters + l->weights, 1, y, 1);
		if (i + 1 < b->count)
			for (size_t j = 0; j < rows * l->outputs; j++)
				y[j] = y[j] < 0 ? 0 : y[j];
	}
	return b->outputs[b->count - 1];
}

/* -log of the probability that the logit z gives to y, without overflow for any z; *slope is its
 * derivative by z, sigmoid(z) - y. */
static double cross_entropy(double z, double y, double *slope)
{
	const double e = exp(-fabs(z));

	*slope = (z < 0 ? e : 1) / (1 + e) - y;
	return (z < 0 ? 0 : z) - z * y + log1p(e);
}

double backprop_loss(struct backprop *b, const struct nn_kernels *k, const float *parameters,
	size_t rows, const float *x, const float *y)
{
	const float *z = forward(b, k, parameters, rows, x);
	double sum = 0, slope;

	assert(rows <= b->rows);
	for (size_t r = 0; r < rows; r++)
		sum += cross_entropy((double)z[r], (double)y[r], &slope);
	return sum;
}

double backprop_gradient(struct backprop *b, const struct nn_kernels *k, const float *parameters,
	size_t rows, const float *x, const float *y, float *gradient)
{
	const float *z = forward(b, k, parameters, rows, x);
	float *delta = b->delta[0], *next = b->delta[1];
	double sum = 0, slope;

	assert(rows <= b->rows);
	for (size_t r = 0; r < rows; r++) {
		sum += cross_entropy((double)z[r], (double)y[r], &slope);
		delta[r] = (float)(slope / (double)rows);
	}
	for (size_t i = b->count; i-- > 0;) {
		const struct backprop_layer *l = &b->layers[i];
		const float *before = i ? b->outputs[i - 1] : x;
		float *swap = delta;

		k->gemm(l->outputs, l->inputs, rows, delta, 1, before, 0, gradient + l->weights, 0);
		k->gemm(1, l->outputs, rows, b->ones, 0, delta, 0, gradient + l->bias, 0);
		if (i == 0)
			break;
		k->gemm(rows, l->inputs, l->outputs, delta, 0, parameters + l->weights, 0, next, 0);
		for (size_t j = 0; j < rows * l->inputs; j++)
			next[j] = before[j] > 0 ? next[j] : 0;
		delta = next;
		next = swap;
	}
	return sum;
}
