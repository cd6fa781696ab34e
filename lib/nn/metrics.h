/* How good scores are at telling two classes apart. Class 1 is "defect".
 * All take probabilities p [n], labels y [n] (0 or 1). Ties in p are handled exactly. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/base/macros.h"

struct metrics {
	size_t rows, positives;
	double threshold; /* positive when p >= threshold */
	size_t tp, fp, tn, fn;
	double accuracy, f1, brier;
	double balanced_accuracy; /* mean of both recalls; accuracy when a class is missing */
	double roc_auc;           /* Mann-Whitney; 0.5 when a class is missing */
	double pr_auc; /* average precision, sum over thresholds of (R_i - R_i-1) P_i; 0 without
			  positives */
	double majority_accuracy; /* of always saying the more common class */
};

MUST_CHECK int metrics_compute(struct metrics *out, size_t n, const double *p, const uint8_t *y,
	double threshold); /* -ENOMEM */

/* The threshold that maximises F1: midway between the lowest score called positive and the next
 * lower one, 0 being below all; of equally good ones the highest. 0.5 when there is no positive. */
MUST_CHECK int metrics_best_threshold(double *out, size_t n, const double *p, const uint8_t *y);
