/* Kernels in plain C: the reference, and what runs where nothing better does. */
#include <math.h>
#include <string.h>

#include "lib/nn/kernels_sets.h"

static float activate(enum nn_activation f, float z)
{
	switch (f) {
	case NN_RELU:
		return z < 0 ? 0 : z; /* NaN stays NaN */
	case NN_SIGMOID:
		return 1 / (1 + expf(-z));
	case NN_LINEAR:
		break;
	}
	return z;
}

static void affine_block(const struct nn_affine *a, size_t block, const float *x, float *y)
{
	const float *w = a->weights + block * a->inputs * NN_LANES;
	float sum[NN_LANES];

	for (size_t l = 0; l < NN_LANES; l++)
		sum[l] = a->bias[block * NN_LANES + l];
	for (size_t i = 0; i < a->inputs; i++)
		for (size_t l = 0; l < NN_LANES; l++)
			sum[l] += w[i * NN_LANES + l] * x[i];
	for (size_t l = 0; l < NN_LANES; l++)
		y[block * NN_LANES + l] = sum[l];
}

static void affine_row(const struct nn_affine *a, const float *x, float *y)
{
	if (a->outputs == 1) {
		float sum = a->bias[0];

		for (size_t i = 0; i < a->inputs; i++)
			sum += a->weights[i] * x[i];
		y[0] = sum;
	} else {
		for (size_t b = 0; b < nn_padded(a->outputs) / NN_LANES; b++)
			affine_block(a, b, x, y);
	}
	for (size_t o = 0; o < a->outputs; o++)
		y[o] = activate(a->activation, y[o]);
}

static void affine_rows(const struct nn_affine *a, size_t rows, const float *x, size_t x_stride,
	float *y, size_t y_stride)
{
	for (size_t r = 0; r < rows; r++)
		affine_row(a, x + r * x_stride, y + r * y_stride);
}

static void scale(size_t n, const float *x, const float *mean, const float *sd, float *y)
{
	for (size_t i = 0; i < n; i++)
		y[i] = (x[i] - mean[i]) / sd[i];
}

#define PANEL_ROWS 256

/* `columns` columns of c (row by row c_row apart) += a b, for columns of b copied to [k][8]. */
static void gemm_panel(size_t m, size_t k, const float *a, size_t a_row, size_t a_column,
	const float *panel, float *c, size_t c_row, size_t columns)
{
	for (size_t i = 0; i < m; i++) {
		float sum[NN_LANES] = {0};

		for (size_t l = 0; l < columns; l++)
			sum[l] = c[i * c_row + l];
		for (size_t p = 0; p < k; p++)
			for (size_t l = 0; l < NN_LANES; l++)
				sum[l] += a[i * a_row + p * a_column] * panel[p * NN_LANES + l];
		for (size_t l = 0; l < columns; l++)
			c[i * c_row + l] = sum[l];
	}
}

static void gemm(size_t m, size_t n, size_t k, const float *a, int a_transposed, const float *b,
	int b_transposed, float *c, int accumulate)
{
	const size_t a_row = a_transposed ? 1 : k, a_column = a_transposed ? m : 1;
	const size_t b_row = b_transposed ? 1 : n, b_column = b_transposed ? k : 1;
	float panel[PANEL_ROWS * NN_LANES];

	if (!accumulate)
		memset(c, 0, m * n * sizeof(*c));
	for (size_t p = 0; p < k; p += PANEL_ROWS) {
		const size_t rows = k - p < PANEL_ROWS ? k - p : PANEL_ROWS;

		for (size_t j = 0; j < n; j += NN_LANES) {
			const size_t columns = n - j < NN_LANES ? n - j : NN_LANES;

			memset(panel, 0, rows * NN_LANES * sizeof(*panel));
			for (size_t i = 0; i < rows; i++)
				for (size_t l = 0; l < columns; l++)
					panel[i * NN_LANES + l] =
						b[(p + i) * b_row + (j + l) * b_column];
			gemm_panel(m, rows, a + p * a_column, a_row, a_column, panel, c + j, n,
				columns);
		}
	}
}

static void adam(const struct nn_adam *s, size_t n, const float *g, float *p, float *m, float *v)
{
	for (size_t i = 0; i < n; i++) {
		m[i] = s->beta1 * m[i] + (1 - s->beta1) * g[i];
		v[i] = s->beta2 * v[i] + (1 - s->beta2) * (g[i] * g[i]);
		p[i] = p[i] * s->keep - s->step * m[i] / (sqrtf(v[i]) * s->v_scale + s->epsilon);
	}
}

const struct nn_kernels nn_kernels_scalar = {
	.name = "scalar",
	.affine_row = affine_row,
	.affine_rows = affine_rows,
	.scale = scale,
	.gemm = gemm,
	.adam = adam,
};
