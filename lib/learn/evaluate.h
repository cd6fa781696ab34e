/* A table through a model, and how good the result is. */
#pragma once

#include "lib/base/macros.h"
#include "lib/learn/table.h"
#include "lib/model/model.h"
#include "lib/nn/metrics.h"

struct buf;
struct err;

/* score [rows of the table]. Columns are found by name, others ignored. -EINVAL naming all
 * columns that are missing, or column and line of a text where the model wants a number;
 * -ENOMEM. */
MUST_CHECK int evaluate_scores(struct model_score *score, const struct model *m,
	const struct nn_kernels *k, const struct table *t, struct err *err);

/* What training left in a model. Texts belong to `memory`, "" where there is none. */
struct evaluate_origin {
	const char *label, *positive, *unit;
};
struct arena;
MUST_CHECK int evaluate_origin_of(
	struct evaluate_origin *out, const struct model *m, struct arena *memory);

/* The figures as members of a JSON object that is begun: threshold, accuracy,
 * balanced_accuracy, roc_auc, pr_auc, f1, brier, majority_accuracy, confusion. */
void evaluate_write_json(struct buf *out, const struct metrics *m);
