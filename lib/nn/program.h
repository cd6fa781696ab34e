/* A network as a straight-line program over rows: what inference runs.
 *
 * Steps are executed in order, each from one register (a row of floats) to another. Today there
 * is one kind, the fused affine + activation; graphs of other exporters will add elementwise
 * steps, reductions and copies of columns. Before the first step the program may scale its input
 * column by column, (x - mean) / sd in float32, as the ONNX file does with Sub and Div. */
#pragma once

#include <stddef.h>

#include "lib/nn/kernels.h"

struct nn_program;
struct nn_scratch; /* the registers: one per thread */

/* An unpacked layer: weights [outputs][inputs] row-major, bias [outputs]. Copied. */
struct nn_layer {
	size_t inputs, outputs;
	const float *weights;
	const float *bias;
	enum nn_activation activation;
};

/* mean and sd [inputs of the first layer] or both NULL. -EINVAL when sizes do not fit or a number
 * is not finite or an sd is 0; -ENOMEM. */
MUST_CHECK int nn_program_new(struct nn_program **out, const struct nn_layer *layers, size_t count,
	const float *mean, const float *sd, struct err *err);
void nn_program_free(struct nn_program *p); /* NULL is fine */
CLEANUP_FOR(struct nn_program, nn_program_free)
size_t nn_program_inputs(const struct nn_program *p);
size_t nn_program_outputs(const struct nn_program *p);
/* Back to layers, for saving and showing. Pointers into the program. */
size_t nn_program_layer_count(const struct nn_program *p);
void nn_program_layer(const struct nn_program *p, size_t i, struct nn_layer *out);
const float *nn_program_mean(const struct nn_program *p); /* NULL without scaling */
const float *nn_program_sd(const struct nn_program *p);

MUST_CHECK int nn_scratch_new(struct nn_scratch **out, const struct nn_program *p, size_t rows);
void nn_scratch_free(struct nn_scratch *s);
CLEANUP_FOR(struct nn_scratch, nn_scratch_free)

/* One row: x [inputs] -> y [outputs]. Allocates nothing. */
void nn_run_row(const struct nn_program *p, const struct nn_kernels *k, struct nn_scratch *s,
	const float *x, float *y);
/* rows rows, any number (worked through in blocks of the scratch's rows): x [rows][inputs] ->
 * y [rows][outputs]. */
void nn_run_rows(const struct nn_program *p, const struct nn_kernels *k, struct nn_scratch *s,
	size_t rows, const float *x, float *y);
