/* The arithmetic the network is made of, once per instruction set.
 *
 * Weights are packed in panels of 64 outputs, [inputs][64], so that one broadcast input meets
 * vectors of weights that follow each other; what is left over makes one narrower panel of whole
 * vectors, those of the widest set, filled up with zeros. A layer with one output is packed as its
 * plain row, which is a dot product. `scalar` is the reference: every other set is compared with it
 * on awkward sizes. Within one set, the same numbers in the same order give the same bits, and a
 * row gives the same bits alone and among others. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/macros.h"
#include "lib/nn/map.h"

struct err;

enum nn_activation {
	NN_LINEAR,
	NN_RELU,
	NN_SIGMOID, /* 1 / (1 + exp(-z)) */
};

/* The same for every set, so that a packed layer runs with any of them. */
#define NN_LANES 16     /* floats in the widest vector */
#define NN_PANEL 64     /* outputs in a panel */
#define NN_ALIGNMENT 64 /* bytes, of the widest vector */

/* n floats rounded up to whole vectors. */
static inline size_t nn_padded(size_t n)
{
	return (n + NN_LANES - 1) / NN_LANES * NN_LANES;
}

/* The width of the panel that begins with output `first`. */
static inline size_t nn_panel_width(size_t outputs, size_t first)
{
	const size_t left = nn_padded(outputs - first);

	return left < NN_PANEL ? left : NN_PANEL;
}

struct nn_affine {
	size_t inputs, outputs;
	const float *weights; /* packed by nn_pack, aligned by NN_ALIGNMENT */
	const float *bias;    /* [nn_padded(outputs)], zero beyond outputs, aligned too */
	enum nn_activation activation;
};

/* One step of Adam (Kingma, Ba 2015, algorithm 1) with its corrections for the step number taken
 * into `step` and `v_scale`, and decoupled decay (Loshchilov, Hutter 2019):
 * p = p * keep - step * m / (sqrt(v) * v_scale + epsilon). */
struct nn_adam {
	float beta1, beta2, epsilon;
	float step;    /* learning rate / (1 - beta1^t) */
	float v_scale; /* 1 / sqrt(1 - beta2^t) */
	float keep;    /* 1 - learning rate * weight decay */
};

struct nn_kernels {
	const char *name; /* "scalar", "avx2", "avx512", "neon" */
	/* y = f(W x + b). x [inputs]; y has room for nn_padded(outputs) floats (what is beyond
	 * outputs is scratch). x and y do not overlap; y is aligned by NN_ALIGNMENT, x need not
	 * be. */
	void (*affine_row)(const struct nn_affine *a, const float *x, float *y);
	/* The same for `rows` rows: x [rows][x_stride], y [rows][y_stride], y_stride a multiple of
	 * NN_LANES. */
	void (*affine_rows)(const struct nn_affine *a, size_t rows, const float *x, size_t x_stride,
		float *y, size_t y_stride);
	/* y = (x - mean) / sd, each [n]. The same bits in every set. */
	void (*scale)(size_t n, const float *x, const float *mean, const float *sd, float *y);
	/* y = f(x), each [n]; y may be x. False, and nothing is done, where the set has no f of its
	 * own. NULL: it has none at all. Within 3e-7 of the true value, relative to it; NaN,
	 * infinities and the smallest numbers come out as in plain C (rows.h). A column gives the
	 * same bits wherever it stands. */
	bool (*map)(enum nn_map f, float a, float b, size_t n, const float *x, float *y);

	/* For training, plain row-major matrices.
	 * c[m][n] (+)= a[m][k] * b[k][n]; with a_transposed a is [k][m]; b_transposed: b is [n][k].
	 */
	void (*gemm)(size_t m, size_t n, size_t k, const float *a, int a_transposed, const float *b,
		int b_transposed, float *c, int accumulate);
	/* Parameters p, gradient g, moments m and v, each [n]. The same bits in every set. */
	void (*adam)(
		const struct nn_adam *s, size_t n, const float *g, float *p, float *m, float *v);
};

/* How many floats a packed layer takes, and packing weights [outputs][inputs] into them. */
size_t nn_packed_floats(size_t inputs, size_t outputs);
void nn_pack(float *packed, size_t inputs, size_t outputs, const float *weights);

/* The best set of this machine, or the one called `name` ("scalar", "avx2", ..). NULL with a
 * sentence when there is none of that name or the processor lacks it. `name` NULL: the best. */
const struct nn_kernels *nn_kernels_choose(const char *name, struct err *err);
/* All sets that were built in, ended by NULL; some may not run here (nn_kernels_choose says). */
const struct nn_kernels *const *nn_kernels_all(void);
