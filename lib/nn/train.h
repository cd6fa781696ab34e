/* Training an MLP for two classes: backpropagation, BCE from logits, Adam (Kingma, Ba 2015),
 * mini-batches, early stopping that restores the best weights.
 *
 * Deterministic: the same rows, options, kernels give the same bits. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/nn/kernels.h"
#include "lib/nn/program.h"

struct nn_train_options {
	const size_t *hidden; /* widths of the hidden layers, ReLU */
	size_t hidden_count;
	size_t batch;
	size_t max_epochs;
	size_t patience; /* epochs without a better validation loss; 0: no early stopping, the
			    last weights stay */
	double learning_rate, beta1, beta2, epsilon;
	double weight_decay; /* decoupled, on weights only; 0 for plain Adam */
	uint64_t seed;
	/* Called after every epoch; true stops training as if patience had run out. NULL is fine.
	 */
	bool (*epoch)(void *owner, size_t epoch, double train_loss, double validation_loss);
	void *owner;
};

/* hidden_count 0 is logistic regression.
 * The defaults: 64-64, batch 32, Adam 1e-3, 0.9, 0.999, 1e-8; 200 epochs, patience 15; seed 0. */
void nn_train_defaults(struct nn_train_options *o);

struct nn_matrix { /* borrowed, row-major */
	size_t rows, columns;
	const float *v;
};

struct nn_trained {
	struct nn_program *program; /* ends in a sigmoid; no input scaling */
	size_t epochs, best_epoch;  /* counted from 1; equal without early stopping */
	double best_loss;           /* validation loss at best_epoch; without validation rows the
				       training loss */
};

/* x already scaled, y 0 or 1 [rows]. Validation rows steer early stopping; none: trains
 * max_epochs, and `epoch` gets NAN as validation loss. Weights begin uniform after Glorot, Bengio
 * 2010, biases at 0. out->program belongs to the caller. -EINVAL (options or data that do not
 * serve, or the loss went beyond all numbers), -ENOMEM. */
MUST_CHECK int nn_train(struct nn_trained *out, const struct nn_train_options *o,
	const struct nn_kernels *k, struct nn_matrix x, const float *y, struct nn_matrix vx,
	const float *vy, struct err *err);

/* The loss and its gradient for one batch, as nn_train computes it: for the check against finite
 * differences. `parameters` and `gradient` are laid out layer by layer, weights [outputs][inputs]
 * then bias; nn_parameter_count says how many. */
size_t nn_parameter_count(size_t inputs, const size_t *hidden, size_t hidden_count);
MUST_CHECK int nn_loss_gradient(double *loss, float *gradient, const float *parameters,
	const size_t *hidden, size_t hidden_count, const struct nn_kernels *k, struct nn_matrix x,
	const float *y);
