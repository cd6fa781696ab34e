/* The arithmetic the network is made of, once per instruction set.
 *
 * Weights are packed for rows of 8 outputs: block b holds outputs 8b .. 8b+7 as [inputs][8],
 * so that one broadcast input meets one vector of weights. Unused outputs of the last block are
 * zero. `scalar` is the reference: every other set is compared with it on awkward sizes.
 * Within one set, the same numbers in the same order give the same bits. */
#pragma once

#include <stddef.h>

#include "lib/base/macros.h"

struct err;

enum nn_activation {
	NN_LINEAR,
	NN_RELU,
	NN_SIGMOID, /* 1 / (1 + exp(-z)) */
};

struct nn_affine {
	size_t inputs, outputs;
	const float *weights; /* packed, 32-byte aligned: [ceil(outputs/8)][inputs][8] */
	const float *bias;    /* [ceil(outputs/8) * 8], zero beyond outputs */
	enum nn_activation activation;
};

struct nn_kernels {
	const char *name; /* "scalar", "avx2" */
	/* y = f(W x + b). x [inputs]; y has room for ceil(outputs/8)*8 floats (what is beyond
	 * outputs is scratch). x and y do not overlap; y is 32-byte aligned, x need not be. */
	void (*affine_row)(const struct nn_affine *a, const float *x, float *y);
	/* The same for `rows` rows: x [rows][x_stride], y [rows][y_stride]. */
	void (*affine_rows)(const struct nn_affine *a, size_t rows, const float *x, size_t x_stride,
		float *y, size_t y_stride);

	/* For training, plain row-major matrices.
	 * c[m][n] (+)= a[m][k] * b[k][n]; with a_transposed a is [k][m]; b_transposed: b is [n][k].
	 */
	void (*gemm)(size_t m, size_t n, size_t k, const float *a, int a_transposed, const float *b,
		int b_transposed, float *c, int accumulate);
};

/* The best set of this machine, or the one called `name` ("scalar", "avx2"). NULL with a
 * sentence when there is none of that name or the processor lacks it. `name` NULL: the best. */
const struct nn_kernels *nn_kernels_choose(const char *name, struct err *err);
/* All sets that were built in, ended by NULL; some may not run here (nn_kernels_choose says). */
const struct nn_kernels *const *nn_kernels_all(void);
