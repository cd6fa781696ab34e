/* Kernels in plain C: the reference, and what runs where nothing better does. */
#include <math.h>
#include <string.h>

#include "lib/nn/kernels_sets.h"

/* Four sums side by side: registers of any target, which wider vectors are not. */
#define QUAD 4
#define LANES (2 * QUAD)
typedef float quad __attribute__((vector_size(QUAD * sizeof(float)), may_alias));

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

/* Outputs first .. first+7; `w` are their weights for the first input, the next `width` on. */
static void affine_block(const struct nn_affine *a, size_t first, const float *w, size_t width,
	const float *x, float *y)
{
	const quad *bias = (const quad *)(a->bias + first);
	quad low = bias[0], high = bias[1];

	for (size_t i = 0; i < a->inputs; i++, w += width) {
		low += ((const quad *)w)[0] * x[i];
		high += ((const quad *)w)[1] * x[i];
	}
	((quad *)(y + first))[0] = low;
	((quad *)(y + first))[1] = high;
}

static void affine_row(const struct nn_affine *a, const float *x, float *y)
{
	if (a->outputs == 1) {
		float sum = a->bias[0];

		for (size_t i = 0; i < a->inputs; i++)
			sum += a->weights[i] * x[i];
		y[0] = sum;
	} else {
		for (size_t o = 0; o < a->outputs; o += LANES) {
			const size_t first = o - o % NN_PANEL;

			affine_block(a, o, a->weights + first * a->inputs + o % NN_PANEL,
				nn_panel_width(a->outputs, first), x, y);
		}
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

/* Columns of c, a product's rows c_row apart, += a b, for these columns of b as [k][2] quads. */
static void gemm_panel(size_t m, size_t k, const float *a, size_t a_row, size_t a_column,
	const quad *panel, float *c, size_t c_row, size_t columns)
{
	for (size_t i = 0; i < m; i++) {
		quad sum[2] = {0}, low, high;

		memcpy(sum, c + i * c_row, columns * sizeof(*c));
		low = sum[0];
		high = sum[1];
		for (size_t p = 0; p < k; p++) {
			const float v = a[i * a_row + p * a_column];

			low += v * panel[2 * p];
			high += v * panel[2 * p + 1];
		}
		sum[0] = low;
		sum[1] = high;
		memcpy(c + i * c_row, sum, columns * sizeof(*c));
	}
}

static void gemm(size_t m, size_t n, size_t k, const float *a, int a_transposed, const float *b,
	int b_transposed, float *c, int accumulate)
{
	const size_t a_row = a_transposed ? 1 : k, a_column = a_transposed ? m : 1;
	const size_t b_row = b_transposed ? 1 : n, b_column = b_transposed ? k : 1;
	quad panel[PANEL_ROWS][2];

	if (!accumulate)
		memset(c, 0, m * n * sizeof(*c));
	for (size_t p = 0; p < k; p += PANEL_ROWS) {
		const size_t rows = k - p < PANEL_ROWS ? k - p : PANEL_ROWS;

		for (size_t j = 0; j < n; j += LANES) {
			const size_t columns = n - j < LANES ? n - j : LANES;

			memset(panel, 0, rows * sizeof(*panel));
			for (size_t i = 0; i < rows; i++)
				for (size_t l = 0; l < columns; l++)
					panel[i][l / QUAD][l % QUAD] =
						b[(p + i) * b_row + (j + l) * b_column];
			gemm_panel(m, rows, a + p * a_column, a_row, a_column, panel[0], c + j, n,
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
