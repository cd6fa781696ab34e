/* What steps do with numbers (lib/nn/steps.h), in double and on whole numbers: for constants. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/nn/steps.h"

double onnx_fold_map(enum nn_map f, double a, double b, double x);
double onnx_fold_pair(enum nn_pair f, double a, double b);
/* Whole numbers, with wrapping arithmetic. false where there is no such result (a division by 0)
 * or the function gives none. */
bool onnx_fold_ints(enum nn_pair f, int64_t a, int64_t b, int64_t *out);
/* One group of numbers, `stride` apart. */
double onnx_fold_reduce(enum nn_reduce f, const double *x, size_t size, size_t stride);
