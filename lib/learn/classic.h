/* The recipe "classic": a network of 64-64-1, ReLU, sigmoid at the end, binary cross-entropy, Adam,
 * batches of 32, inputs scaled to mean 0 and sd 1.
 *
 * The rows are dealt into 5 folds. Five networks are trained, each without one fold, which is its
 * validation part: training stops when the loss there has not fallen for 15 epochs, and the best
 * weights are restored. So every row gets a score from a network that has not seen it, and the
 * threshold is the one that maximises F1 over all these scores: with few defects a single
 * validation part would leave it to chance. The network that stays is then trained on all rows,
 * for as many epochs as were best in the middle one of the five. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/base/macros.h"
#include "lib/learn/dataset.h"
#include "lib/nn/program.h"

struct err;

#define CLASSIC_STAGES 6 /* five folds and the network that stays */

struct classic_progress {
	size_t stage;           /* from 1 to CLASSIC_STAGES */
	size_t epoch;           /* from 1 */
	size_t max_epochs;      /* of this stage; folds usually stop earlier */
	double loss;            /* of training */
	double validation_loss; /* NAN in the last stage */
};

struct classic {
	struct nn_program *program; /* with its input scaling; belongs to the caller */
	double threshold;
	size_t epochs; /* of the network that stays */
};

/* From the rows to learn from. `progress` may be NULL. The same dataset, seed and kernels give
 * the same bits. -EINVAL (training diverged), -ENOMEM. */
MUST_CHECK int classic_train(struct classic *out, const struct dataset *d, uint64_t seed,
	const struct nn_kernels *k, void (*progress)(void *owner, const struct classic_progress *p),
	void *owner, struct err *err);
