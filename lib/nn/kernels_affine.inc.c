/* Layers in vectors: kernels_vector.h says who includes this, behind kernels_map.inc.c.
 *
 * A multiply-add takes about 4 cycles and one or two start per cycle, so several independent sums
 * are needed to keep the units busy. One row through a wide panel has them; in a narrower panel
 * each output has several chains of inputs. With many rows, tiles of rows x outputs read each
 * weight once for all their rows.
 * Both add in the same order: the inputs are cut into segments, as many as there are chains or a
 * multiple of that; the products of a segment are summed from 0 on, the segments' sums are then
 * added to the bias, one after the other. A segment is short enough for its part of a panel to
 * stay in the second cache while all rows go through it. */
#include <math.h>

#include "lib/nn/kernels_vector.h"

#define CHAINS_MAX 4
#define SEGMENT_MAX 384 /* inputs: 96 KiB of a panel */

/* NaN stays NaN. */
INLINE vec relu(vec v)
{
	return vec_max(vec_all(0), v);
}

/* Chains of a panel of so many columns. */
INLINE size_t chains_of(const size_t columns)
{
	const size_t n = SUMS * LANES / columns;

	return n < 1 ? 1 : n > CHAINS_MAX ? CHAINS_MAX : n;
}

/* The first `longer` of the segments have step + 1 inputs, the others step. */
struct cut {
	size_t segments, step, longer;
};

INLINE struct cut cut_inputs(size_t inputs, const size_t chains)
{
	const size_t most = chains * SEGMENT_MAX;
	struct cut c = {chains, inputs / chains, inputs % chains};

	if (inputs > most) {
		c.segments = (inputs + most - 1) / most * chains;
		c.step = inputs / c.segments;
		c.longer = inputs % c.segments;
	}
	return c;
}

INLINE size_t segment_begin(const struct cut *c, size_t s)
{
	return s * c->step + (s < c->longer ? s : c->longer);
}

/* An input, in all lanes of v, times its weights. */
INLINE void add_input(const size_t vectors, vec v, const float *w, vec *sum)
{
#pragma GCC unroll 16
	for (size_t b = 0; b < vectors; b++)
		sum[b] = vec_fma(v, vec_load(w + b * LANES), sum[b]);
}

/* Sums of one row, of a segment for each chain: sum[chain * vectors + vector]. */
INLINE void row_segments(const size_t columns, const struct cut *cut, size_t s, const float *x,
	const float *w, vec *sum)
{
	const size_t vectors = columns / LANES, chains = chains_of(columns);
	const float *xs[CHAINS_MAX], *ws[CHAINS_MAX];
	size_t i = 0;
#pragma GCC unroll 16
	for (size_t c = 0; c < chains; c++) {
		xs[c] = x + segment_begin(cut, s + c);
		ws[c] = w + segment_begin(cut, s + c) * columns;
	}
#pragma GCC unroll 16
	for (size_t b = 0; b < chains * vectors; b++)
		sum[b] = vec_all(0);
	for (; i + 4 <= cut->step; i += 4)
#pragma GCC unroll 16
		for (size_t c = 0; c < chains; c++) {
			vec v[4];

			vec_all4(xs[c] + i, v);
#pragma GCC unroll 16
			for (size_t j = 0; j < 4; j++)
				add_input(vectors, v[j], ws[c] + (i + j) * columns,
					sum + c * vectors);
		}
	for (; i < cut->step; i++)
#pragma GCC unroll 16
		for (size_t c = 0; c < chains; c++)
			add_input(
				vectors, vec_all(xs[c][i]), ws[c] + i * columns, sum + c * vectors);
#pragma GCC unroll 16
	for (size_t c = 0; c < chains; c++)
		if (s + c < cut->longer)
			add_input(
				vectors, vec_all(xs[c][i]), ws[c] + i * columns, sum + c * vectors);
}

/* One row through the panel that begins with output `first`. */
INLINE void row_panel(
	const size_t columns, const struct nn_affine *a, size_t first, const float *x, float *y)
{
	const size_t vectors = columns / LANES, chains = chains_of(columns);
	const struct cut cut = cut_inputs(a->inputs, chains);
	const float *so_far = a->bias + first;

	y += first;
	for (size_t s = 0; s < cut.segments; s += chains) {
		vec sum[NN_PANEL / LANES > CHAINS_MAX ? NN_PANEL / LANES * 2 : CHAINS_MAX * 4];

		row_segments(columns, &cut, s, x, a->weights + first * a->inputs, sum);
#pragma GCC unroll 16
		for (size_t b = 0; b < vectors; b++) {
			vec total = vec_load(so_far + b * LANES);
#pragma GCC unroll 16
			for (size_t c = 0; c < chains; c++)
				total = total + sum[c * vectors + b];
			if (a->activation == NN_RELU && s + chains == cut.segments)
				total = relu(total);
			vec_store(y + b * LANES, total);
		}
		so_far = y;
	}
}

static float dot(size_t n, const float *w, const float *x)
{
	vec sum[4] = {vec_all(0), vec_all(0), vec_all(0), vec_all(0)};
	size_t i = 0;

	for (; i + 4 * LANES <= n; i += 4 * LANES)
#pragma GCC unroll 4
		for (size_t s = 0; s < 4; s++)
			sum[s] = vec_fma(
				vec_loadu(x + i + s * LANES), vec_load(w + i + s * LANES), sum[s]);
	for (; i + LANES <= n; i += LANES)
		sum[0] = vec_fma(vec_loadu(x + i), vec_load(w + i), sum[0]);
	if (i < n)
		sum[1] = vec_fma(vec_load_first(x + i, n - i), vec_load(w + i), sum[1]);
	return vec_sum((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

/* A function for each width: in one alone the compiler runs out of registers for addresses. */
#define ROW_PANEL(n)                                                               \
	static __attribute__((noinline)) void row_panel_##n(                       \
		const struct nn_affine *a, size_t first, const float *x, float *y) \
	{                                                                          \
		row_panel((n)*NN_LANES, a, first, x, y);                           \
	}
ROW_PANEL(1)
ROW_PANEL(2)
ROW_PANEL(3)
ROW_PANEL(4)

/* The last layer of most networks. One alone is not faster in a vector. */
static float single_output(const struct nn_affine *a, const float *x)
{
	const float z = a->bias[0] + dot(a->inputs, a->weights, x);

	if (a->activation == NN_SIGMOID)
		return 1 / (1 + expf(-z));
	return a->activation == NN_RELU && z < 0 ? 0 : z;
}

static void affine_row(const struct nn_affine *a, const float *x, float *y)
{
	static void (*const panels[])(const struct nn_affine *, size_t, const float *, float *) = {
		row_panel_1, row_panel_2, row_panel_3, row_panel_4};

	if (a->outputs == 1) {
		y[0] = single_output(a, x);
		return;
	}
	for (size_t o = 0; o < a->outputs; o += NN_PANEL)
		panels[nn_panel_width(a->outputs, o) / NN_LANES - 1](a, o, x, y);
	if (a->activation == NN_SIGMOID)
		map(NN_MAP_SIGMOID, 0, 0, a->outputs, y, y);
}

/* Rows through some outputs of a panel, for one segment of the inputs. */
struct tile {
	size_t inputs;
	const float *x, *w; /* of the segment */
	size_t x_stride, w_stride;
	const float *so_far; /* what their sums are added to: the bias, or y */
	size_t so_far_stride;
	float *y;
	size_t y_stride;
	int is_relu_due;
};

INLINE void tile(const size_t rows, const size_t vectors, const struct tile *t)
{
	const size_t x_stride = t->x_stride, w_stride = t->w_stride, inputs = t->inputs;
	const float *x = t->x, *w = t->w;
	vec sum[TILE_ROWS_MAX][TILE_COLUMNS / LANES];
#pragma GCC unroll 16
	for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 16
		for (size_t b = 0; b < vectors; b++)
			sum[r][b] = vec_all(0);
	for (size_t i = 0; i < inputs; i++, w += w_stride) {
		vec weights[TILE_COLUMNS / LANES];
#pragma GCC unroll 16
		for (size_t b = 0; b < vectors; b++)
			weights[b] = vec_load(w + b * LANES);
#pragma GCC unroll 16
		for (size_t r = 0; r < rows; r++) {
			const vec v = vec_all(x[r * x_stride + i]);
#pragma GCC unroll 16
			for (size_t b = 0; b < vectors; b++)
				sum[r][b] = vec_fma(v, weights[b], sum[r][b]);
		}
	}
#pragma GCC unroll 16
	for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 16
		for (size_t b = 0; b < vectors; b++) {
			const vec total =
				vec_load(t->so_far + r * t->so_far_stride + b * LANES) + sum[r][b];

			vec_store(t->y + r * t->y_stride + b * LANES,
				t->is_relu_due ? relu(total) : total);
		}
}

INLINE void tile_rows(size_t rows, const size_t vectors, const struct tile *t)
{
	switch (rows) {
	case 6:
		tile(6, vectors, t);
		break;
	case 5:
		tile(5, vectors, t);
		break;
	case 4:
		tile(4, vectors, t);
		break;
	case 3:
		tile(3, vectors, t);
		break;
	case 2:
		tile(2, vectors, t);
		break;
	case 1:
		tile(1, vectors, t);
		break;
	}
}

static void tile_columns(size_t rows, size_t columns, const struct tile *t)
{
	switch (TILE_COLUMNS == NN_LANES ? 1 : columns / NN_LANES) {
	case 4:
		tile_rows(rows, 4 * NN_LANES / LANES, t);
		break;
	case 3:
		tile_rows(rows, 3 * NN_LANES / LANES, t);
		break;
	case 2:
		tile_rows(rows, 2 * NN_LANES / LANES, t);
		break;
	case 1:
		tile_rows(rows, NN_LANES / LANES, t);
		break;
	}
}

/* Rows of the next tile: those left are dealt out evenly. */
static size_t next_rows(size_t left)
{
	const size_t tiles = (left + TILE_ROWS - 1) / TILE_ROWS;

	return (left + tiles - 1) / tiles;
}

/* All rows through the panel that begins with output `first`. */
static void rows_panel(const struct nn_affine *a, size_t first, size_t rows, const float *x,
	size_t x_stride, float *y, size_t y_stride)
{
	const size_t columns = nn_panel_width(a->outputs, first);
	const size_t width = columns < TILE_COLUMNS ? columns : TILE_COLUMNS;
	const struct cut cut = cut_inputs(a->inputs, chains_of(columns));

	for (size_t s = 0; s < cut.segments; s++) {
		const size_t begin = segment_begin(&cut, s);
		const float *w = a->weights + first * a->inputs + begin * columns;
		struct tile t = {
			.inputs = segment_begin(&cut, s + 1) - begin,
			.x_stride = x_stride,
			.w_stride = columns,
			.so_far_stride = s ? y_stride : 0,
			.y_stride = y_stride,
			.is_relu_due = a->activation == NN_RELU && s + 1 == cut.segments,
		};

		for (size_t r = 0, n; r < rows; r += n) {
			n = next_rows(rows - r);
			t.x = x + r * x_stride + begin;
			for (size_t o = 0; o < columns; o += width) {
				t.w = w + o;
				t.y = y + r * y_stride + first + o;
				t.so_far = s ? t.y : a->bias + first + o;
				tile_columns(n, width, &t);
			}
		}
	}
}

static void affine_rows(const struct nn_affine *a, size_t rows, const float *x, size_t x_stride,
	float *y, size_t y_stride)
{
	if (a->outputs == 1) {
		for (size_t r = 0; r < rows; r++)
			y[r * y_stride] = single_output(a, x + r * x_stride);
		return;
	}
	if (rows == 1) {
		affine_row(a, x, y);
		return;
	}
	for (size_t o = 0; o < a->outputs; o += NN_PANEL)
		rows_panel(a, o, rows, x, x_stride, y, y_stride);
	for (size_t r = 0; r < rows && a->activation == NN_SIGMOID; r++)
		map(NN_MAP_SIGMOID, 0, 0, a->outputs, y + r * y_stride, y + r * y_stride);
}

static void scale(size_t n, const float *x, const float *mean, const float *sd, float *y)
{
	size_t i = 0;

	for (; i + LANES <= n; i += LANES)
		vec_storeu(y + i, (vec_loadu(x + i) - vec_loadu(mean + i)) / vec_loadu(sd + i));
	for (; i < n; i++)
		y[i] = (x[i] - mean[i]) / sd[i];
}
