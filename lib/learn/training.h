/* From a table to a model file: the training set, the recipe, the figures of the rows held out,
 * the bytes. */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/macros.h"
#include "lib/learn/classic.h"
#include "lib/learn/dataset.h"
#include "lib/learn/table.h"
#include "lib/nn/metrics.h"

struct err;

struct training_options {
	struct dataset_options data;
	const struct nn_kernels *kernels;
	void (*progress)(void *owner, const struct classic_progress *p); /* NULL is fine */
	void *owner;
};

struct training {
	struct dataset *dataset;
	struct metrics metrics; /* of the rows held out, at the threshold */
	double threshold;
	size_t epochs;
	struct buf model; /* the bytes of the ONNX file */
};

/* The same file, options and kernels give the same bytes. -EINVAL with what dataset_new and
 * classic_train refuse, -ENOMEM. The table must outlive the result. */
MUST_CHECK int training_run(struct training *out, const struct table *t,
	const struct training_options *o, struct err *err);
void training_deinit(struct training *t);
static inline void training_deinit_at(struct training *t)
{
	training_deinit(t);
}
