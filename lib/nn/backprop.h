/* The loss of an MLP for two classes and its gradient, batch by batch; what nn_train steps along.
 *
 * Hidden layers are ReLU, the one output is a logit, the loss is the binary cross-entropy taken
 * from the logit. Parameters are laid out layer by layer, weights [outputs][inputs] then bias. */
#pragma once

#include <stddef.h>

#include "lib/nn/kernels.h"

struct backprop;

/* Room for batches of up to `rows` rows. -ENOMEM. */
MUST_CHECK int backprop_new(struct backprop **out, size_t inputs, const size_t *hidden,
	size_t hidden_count, size_t rows);
void backprop_free(struct backprop *b);
CLEANUP_FOR(struct backprop, backprop_free)

size_t backprop_parameter_count(const struct backprop *b);
size_t backprop_rows(const struct backprop *b); /* the most of a batch */

/* Where a layer lies among the parameters. */
struct backprop_layer {
	size_t inputs, outputs;
	size_t weights, bias; /* index of the first */
};
size_t backprop_layer_count(const struct backprop *b);
const struct backprop_layer *backprop_layer(const struct backprop *b, size_t i);

/* The loss summed over the rows of a batch; x [rows][inputs], y [rows] of 0 or 1. */
double backprop_loss(struct backprop *b, const struct nn_kernels *k, const float *parameters,
	size_t rows, const float *x, const float *y);
/* The same, and the gradient of the batch's mean loss. */
double backprop_gradient(struct backprop *b, const struct nn_kernels *k, const float *parameters,
	size_t rows, const float *x, const float *y, float *gradient);
