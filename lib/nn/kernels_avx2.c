/* Kernels with AVX2 and FMA, for inference. Built with these flags, so nothing of this file may
 * be called before the processor was asked. The rest of the set: kernels_avx2_train.c.
 *
 * An FMA takes 4 cycles and two start per cycle, so 8 independent sums are needed to keep the
 * units busy. One row through a panel of 64 outputs has them; in a narrower panel each sum is
 * split into chains over the inputs. With many rows a tile of rows x outputs also reads each
 * weight once for all its rows. The additions for an output come in the order of row_panel, for
 * one row and for many. */
#include "lib/nn/kernels_avx2.h"

#include <math.h>

#include "lib/nn/kernels_sets.h"

#define SUMS 8      /* independent sums */
#define TILE_ROWS 4 /* rows of a tile, with 2 blocks each */

static float sigmoid(float z)
{
	return 1 / (1 + expf(-z));
}

INLINE __m256 relu_if(enum nn_activation f, __m256 z)
{
	/* The second operand comes back when one is NaN: NaN stays NaN. */
	return f == NN_RELU ? _mm256_max_ps(_mm256_setzero_ps(), z) : z;
}

static void sigmoid_row(size_t n, float *y)
{
	for (size_t i = 0; i < n; i++)
		y[i] = sigmoid(y[i]);
}

/* One row through the panel that begins with output `first` and is `blocks` vectors wide;
 * blocks * chains is at most SUMS. */
INLINE void row_panel(const size_t blocks, const size_t chains, const struct nn_affine *a,
	size_t first, const float *x, float *y)
{
	const size_t inputs = a->inputs, width = blocks * NN_LANES;
	const float *w = a->weights + first * inputs;
	__m256 sum[SUMS];
	size_t i = 0;
#pragma GCC unroll 8
	for (size_t s = 0; s < blocks * chains; s++)
		sum[s] = s < blocks ? _mm256_load_ps(a->bias + first + s * NN_LANES)
				    : _mm256_setzero_ps();
	for (; i + chains <= inputs; i += chains) {
#pragma GCC unroll 8
		for (size_t c = 0; c < chains; c++) {
			const __m256 v = _mm256_broadcast_ss(x + i + c);
#pragma GCC unroll 8
			for (size_t b = 0; b < blocks; b++)
				sum[c * blocks + b] = _mm256_fmadd_ps(v,
					_mm256_load_ps(w + (i + c) * width + b * NN_LANES),
					sum[c * blocks + b]);
		}
	}
	for (; i < inputs; i++)
#pragma GCC unroll 8
		for (size_t b = 0; b < blocks; b++)
			sum[b] = _mm256_fmadd_ps(_mm256_broadcast_ss(x + i),
				_mm256_load_ps(w + i * width + b * NN_LANES), sum[b]);
#pragma GCC unroll 8
	for (size_t half = chains / 2; half > 0; half /= 2)
#pragma GCC unroll 8
		for (size_t s = 0; s < half * blocks; s++)
			sum[s] = _mm256_add_ps(sum[s], sum[s + half * blocks]);
#pragma GCC unroll 8
	for (size_t b = 0; b < blocks; b++)
		_mm256_store_ps(y + first + b * NN_LANES, relu_if(a->activation, sum[b]));
}

/* The narrower panel that may end a layer. */
static void row_rest(const struct nn_affine *a, size_t first, const float *x, float *y)
{
	switch (first < a->outputs ? nn_panel_width(a->outputs, first) / NN_LANES : 0) {
	case 7:
		row_panel(7, 1, a, first, x, y);
		break;
	case 6:
		row_panel(6, 1, a, first, x, y);
		break;
	case 5:
		row_panel(5, 1, a, first, x, y);
		break;
	case 4:
		row_panel(4, 2, a, first, x, y);
		break;
	case 3:
		row_panel(3, 2, a, first, x, y);
		break;
	case 2:
		row_panel(2, 4, a, first, x, y);
		break;
	case 1:
		row_panel(1, 8, a, first, x, y);
		break;
	}
}

static float dot(size_t n, const float *w, const float *x)
{
	__m256 sum[4] = {0};
	size_t i = 0;

	for (; i + 4 * NN_LANES <= n; i += 4 * NN_LANES)
#pragma GCC unroll 8
		for (size_t s = 0; s < 4; s++)
			sum[s] = _mm256_fmadd_ps(_mm256_loadu_ps(x + i + s * NN_LANES),
				_mm256_load_ps(w + i + s * NN_LANES), sum[s]);
	for (; i + NN_LANES <= n; i += NN_LANES)
		sum[0] = _mm256_fmadd_ps(_mm256_loadu_ps(x + i), _mm256_load_ps(w + i), sum[0]);
	if (i < n)
		sum[1] = _mm256_fmadd_ps(_mm256_maskload_ps(x + i, first_lanes(n - i)),
			_mm256_load_ps(w + i), sum[1]);
	return add_lanes(
		_mm256_add_ps(_mm256_add_ps(sum[0], sum[1]), _mm256_add_ps(sum[2], sum[3])));
}

/* Where the whole panels end and the narrower one begins. */
static size_t whole_panels(const struct nn_affine *a)
{
	return nn_padded(a->outputs) / NN_PANEL * NN_PANEL;
}

static void affine_row(const struct nn_affine *a, const float *x, float *y)
{
	if (a->outputs == 1) {
		const float z = a->bias[0] + dot(a->inputs, a->weights, x);

		y[0] = a->activation == NN_SIGMOID         ? sigmoid(z)
		       : a->activation == NN_RELU && z < 0 ? 0
							   : z;
		return;
	}
	for (size_t o = 0; o < whole_panels(a); o += NN_PANEL)
		row_panel(SUMS, 1, a, o, x, y);
	row_rest(a, whole_panels(a), x, y);
	if (a->activation == NN_SIGMOID)
		sigmoid_row(a->outputs, y);
}

/* TILE_ROWS rows through 2 vectors of outputs beginning with `first`, which lie in a whole panel;
 * additions in the order of row_panel with one chain. */
static void tile(const struct nn_affine *a, size_t first, const float *x, size_t x_stride, float *y,
	size_t y_stride)
{
	const float *w = a->weights + first / NN_PANEL * NN_PANEL * a->inputs + first % NN_PANEL;
	__m256 sum[TILE_ROWS][2];
#pragma GCC unroll 8
	for (size_t r = 0; r < TILE_ROWS; r++)
#pragma GCC unroll 8
		for (size_t b = 0; b < 2; b++)
			sum[r][b] = _mm256_load_ps(a->bias + first + b * NN_LANES);
	for (size_t i = 0; i < a->inputs; i++, w += NN_PANEL) {
		const __m256 w0 = _mm256_load_ps(w), w1 = _mm256_load_ps(w + NN_LANES);
#pragma GCC unroll 8
		for (size_t r = 0; r < TILE_ROWS; r++) {
			const __m256 v = _mm256_broadcast_ss(x + r * x_stride + i);

			sum[r][0] = _mm256_fmadd_ps(v, w0, sum[r][0]);
			sum[r][1] = _mm256_fmadd_ps(v, w1, sum[r][1]);
		}
	}
#pragma GCC unroll 8
	for (size_t r = 0; r < TILE_ROWS; r++)
#pragma GCC unroll 8
		for (size_t b = 0; b < 2; b++)
			_mm256_store_ps(y + r * y_stride + first + b * NN_LANES,
				relu_if(a->activation, sum[r][b]));
}

static void affine_rows(const struct nn_affine *a, size_t rows, const float *x, size_t x_stride,
	float *y, size_t y_stride)
{
	const size_t tiled_outputs = a->outputs == 1 ? 0 : whole_panels(a);
	const size_t tiled_rows = tiled_outputs ? rows - rows % TILE_ROWS : 0;

	for (size_t o = 0; o < tiled_outputs; o += 2 * NN_LANES)
		for (size_t r = 0; r < tiled_rows; r += TILE_ROWS)
			tile(a, o, x + r * x_stride, x_stride, y + r * y_stride, y_stride);
	for (size_t r = 0; r < tiled_rows; r++) {
		row_rest(a, tiled_outputs, x + r * x_stride, y + r * y_stride);
		if (a->activation == NN_SIGMOID)
			sigmoid_row(a->outputs, y + r * y_stride);
	}
	for (size_t r = tiled_rows; r < rows; r++)
		affine_row(a, x + r * x_stride, y + r * y_stride);
}

static void scale(size_t n, const float *x, const float *mean, const float *sd, float *y)
{
	size_t i = 0;

	for (; i + NN_LANES <= n; i += NN_LANES)
		_mm256_storeu_ps(y + i, _mm256_div_ps(_mm256_sub_ps(_mm256_loadu_ps(x + i),
							      _mm256_loadu_ps(mean + i)),
						_mm256_loadu_ps(sd + i)));
	for (; i < n; i++)
		y[i] = (x[i] - mean[i]) / sd[i];
}

const struct nn_kernels nn_kernels_avx2 = {
	.name = "avx2",
	.affine_row = affine_row,
	.affine_rows = affine_rows,
	.scale = scale,
	.gemm = nn_avx2_gemm,
	.adam = nn_avx2_adam,
};
