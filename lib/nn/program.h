/* A network as a straight-line program over rows: what inference runs.
 *
 * It is built from steps (steps.h) in any shape; building then makes it short: steps that nothing
 * reads go, copies and column-wise arithmetic move into the matrices behind them, activations into
 * the matrices before them (fold.h says what exactly, and what must never move). An MLP comes out
 * as fused affine steps alone, with one NN_COLUMNS before them where its input is scaled. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/nn/kernels.h"
#include "lib/nn/steps.h"

struct buf;
struct nn_program;
struct nn_scratch; /* the registers: one per thread */

/* A program of `inputs` columns that gives value `result`. Everything is copied. -EINVAL when sizes
 * do not fit, a weight, bias or divisor is not finite, a divisor is 0, or a limit is passed (the
 * sentence says which step); -ENOMEM. */
MUST_CHECK int nn_program_build(struct nn_program **out, size_t inputs, const struct nn_step *steps,
	size_t count, size_t result, struct err *err);

/* An unpacked layer: weights [outputs][inputs] row-major, bias [outputs]. Copied. */
struct nn_layer {
	size_t inputs, outputs;
	const float *weights;
	const float *bias;
	enum nn_activation activation;
};

/* The program of an MLP: (x - mean) / sd, then its layers. mean and sd [inputs of the first layer]
 * or both NULL. Errors as above. The scaling is not folded: what was trained is what runs. */
MUST_CHECK int nn_program_new(struct nn_program **out, const struct nn_layer *layers, size_t count,
	const float *mean, const float *sd, struct err *err);
void nn_program_free(struct nn_program *p); /* NULL is fine */
CLEANUP_FOR(struct nn_program, nn_program_free)
size_t nn_program_inputs(const struct nn_program *p);
size_t nn_program_outputs(const struct nn_program *p);

/* The steps as they run, for showing, saving and analysis. Pointers into the program; weights are
 * unpacked. */
size_t nn_program_step_count(const struct nn_program *p);
void nn_program_step(const struct nn_program *p, size_t i, struct nn_step *out);
size_t nn_program_result(const struct nn_program *p); /* the value that is given back */
size_t nn_program_width(const struct nn_program *p, size_t value);

/* A plain MLP back to its layers, for saving and training on: 0 when it is anything else. */
size_t nn_program_layer_count(const struct nn_program *p);
void nn_program_layer(const struct nn_program *p, size_t i, struct nn_layer *out);
const float *nn_program_mean(const struct nn_program *p); /* NULL without scaling */
const float *nn_program_sd(const struct nn_program *p);

/* One line per step, for people: "3  affine 64 x 64, relu". */
void nn_program_show(const struct nn_program *p, struct buf *out);

/* The bounds that every output is shown to keep, for any input; -INFINITY, INFINITY where nothing
 * is known. NaN is left aside, and so is rounding by up to 1e-6 below 0 and above 1.
 * low, high [outputs]. -ENOMEM. */
MUST_CHECK int nn_program_bounds(const struct nn_program *p, double *low, double *high);

MUST_CHECK int nn_scratch_new(struct nn_scratch **out, const struct nn_program *p, size_t rows);
void nn_scratch_free(struct nn_scratch *s);
CLEANUP_FOR(struct nn_scratch, nn_scratch_free)

/* Whether it reads the low part of its input: doubles then give more digits than floats. */
bool nn_program_has_low(const struct nn_program *p);

/* One row: x [inputs] -> y [outputs]. Allocates nothing. */
void nn_run_row(const struct nn_program *p, const struct nn_kernels *k, struct nn_scratch *s,
	const float *x, float *y);
/* rows rows, any number (worked through in blocks of the scratch's rows): x [rows][inputs] ->
 * y [rows][outputs]. */
void nn_run_rows(const struct nn_program *p, const struct nn_kernels *k, struct nn_scratch *s,
	size_t rows, const float *x, float *y);
/* The same for rows of doubles. They are rounded to float32 (beyond its range: infinite, without a
 * low part); a program that has no NN_LOW gives what it gives for the rounded rows. */
void nn_run_row_double(const struct nn_program *p, const struct nn_kernels *k, struct nn_scratch *s,
	const double *x, float *y);
void nn_run_rows_double(const struct nn_program *p, const struct nn_kernels *k,
	struct nn_scratch *s, size_t rows, const double *x, float *y);
