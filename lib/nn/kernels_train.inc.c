/* Training in vectors: small matrices, and Adam. kernels_vector.h says who includes this.
 *
 * A product works through b in panels of PANEL_COLUMNS columns and at most PANEL_ROWS rows. A
 * panel that is transposed or narrower is first copied, in order and filled up with zeros; so
 * there is one inner loop, 4 rows of c by PANEL_COLUMNS. */
#include <math.h>
#include <string.h>

#include "lib/nn/kernels_vector.h"

#define PANEL_ROWS 256
#define PANEL_COLUMNS (GEMM_VECTORS * LANES)
#define GEMM_ROWS 4

/* b[i][j] at at[i * row + j * column] */
struct view {
	const float *at;
	size_t row, column;
};

/* Rows 0 .. rows-1 and columns 0 .. columns-1 of b, as [rows][PANEL_COLUMNS]. */
static void copy_panel(float *panel, struct view b, size_t rows, size_t columns)
{
	if (columns < PANEL_COLUMNS)
		memset(panel, 0, rows * PANEL_COLUMNS * sizeof(*panel));
	for (size_t j = 0; j < columns; j++)
		for (size_t p = 0; p < rows; p++)
			panel[p * PANEL_COLUMNS + j] = b.at[p * b.row + j * b.column];
}

/* The columns of vector v among so many. */
INLINE size_t columns_in(size_t v, size_t columns)
{
	return columns > v * LANES ? columns - v * LANES : 0;
}

INLINE void store_some(float *c, vec v, size_t n)
{
	if (n >= LANES)
		vec_storeu(c, v);
	else if (n > 0)
		vec_store_first(c, v, n);
}

INLINE vec load_some(const float *c, size_t n)
{
	if (n >= LANES)
		return vec_loadu(c);
	return n > 0 ? vec_load_first(c, n) : vec_all(0);
}

/* `rows` rows of c (stride n) by up to PANEL_COLUMNS columns. */
INLINE void gemm_tile(const size_t rows, size_t k, struct view a, const float *b, size_t b_row,
	float *c, size_t n, size_t columns, int accumulate)
{
	vec sum[GEMM_ROWS][GEMM_VECTORS];
#pragma GCC unroll 16
	for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 16
		for (size_t v = 0; v < GEMM_VECTORS; v++)
			sum[r][v] = accumulate ? load_some(c + r * n + v * LANES,
							 columns_in(v, columns))
					       : vec_all(0);
	for (size_t p = 0; p < k; p++) {
		vec bs[GEMM_VECTORS];
#pragma GCC unroll 16
		for (size_t v = 0; v < GEMM_VECTORS; v++)
			bs[v] = vec_loadu(b + p * b_row + v * LANES);
#pragma GCC unroll 16
		for (size_t r = 0; r < rows; r++) {
			const vec f = vec_all(a.at[r * a.row + p * a.column]);
#pragma GCC unroll 16
			for (size_t v = 0; v < GEMM_VECTORS; v++)
				sum[r][v] = vec_fma(f, bs[v], sum[r][v]);
		}
	}
#pragma GCC unroll 16
	for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 16
		for (size_t v = 0; v < GEMM_VECTORS; v++)
			store_some(c + r * n + v * LANES, sum[r][v], columns_in(v, columns));
}

/* All m rows of c for one panel of b. */
static void panel_product(size_t m, size_t k, struct view a, const float *b, size_t b_row, float *c,
	size_t n, size_t columns, int accumulate)
{
	size_t i = 0;

	for (; i + GEMM_ROWS <= m; i += GEMM_ROWS, a.at += GEMM_ROWS * a.row)
		gemm_tile(GEMM_ROWS, k, a, b, b_row, c + i * n, n, columns, accumulate);
	for (; i < m; i++, a.at += a.row)
		gemm_tile(1, k, a, b, b_row, c + i * n, n, columns, accumulate);
}

static void gemm(size_t m, size_t n, size_t k, const float *a, int a_transposed, const float *b,
	int b_transposed, float *c, int accumulate)
{
	_Alignas(NN_ALIGNMENT) float panel[PANEL_ROWS * PANEL_COLUMNS];

	/* A column is computed as a row: c and b lie in memory the same way, the lanes are used. */
	if (n == 1 && m > 1) {
		gemm(1, m, k, b, 0, a, !a_transposed, c, accumulate);
		return;
	}
	if (k == 0 && !accumulate)
		memset(c, 0, m * n * sizeof(*c));
	for (size_t p = 0; p < k; p += PANEL_ROWS) {
		const size_t rows = k - p < PANEL_ROWS ? k - p : PANEL_ROWS;
		const struct view av =
			a_transposed ? (struct view){a + p * m, 1, m} : (struct view){a + p, k, 1};

		for (size_t j = 0; j < n; j += PANEL_COLUMNS) {
			const size_t columns = n - j < PANEL_COLUMNS ? n - j : PANEL_COLUMNS;
			const struct view bv = b_transposed ? (struct view){b + j * k + p, 1, k}
							    : (struct view){b + p * n + j, n, 1};
			const int direct = !b_transposed && columns == PANEL_COLUMNS;

			if (!direct)
				copy_panel(panel, bv, rows, columns);
			panel_product(m, rows, av, direct ? bv.at : panel,
				direct ? n : PANEL_COLUMNS, c + j, n, columns, accumulate || p > 0);
		}
	}
}

static void adam(const struct nn_adam *s, size_t n, const float *g, float *p, float *m, float *v)
{
	const vec beta1 = vec_all(s->beta1), rest1 = vec_all(1 - s->beta1);
	const vec beta2 = vec_all(s->beta2), rest2 = vec_all(1 - s->beta2);
	const vec keep = vec_all(s->keep), step = vec_all(s->step);
	const vec v_scale = vec_all(s->v_scale), epsilon = vec_all(s->epsilon);
	size_t i = 0;

	for (; i + LANES <= n; i += LANES) {
		const vec gi = vec_loadu(g + i), pi = vec_loadu(p + i);
		/* Multiplied and added one by one, as the scalar set does it: the same bits. */
		const vec mi = beta1 * vec_loadu(m + i) + rest1 * gi;
		const vec vi = beta2 * vec_loadu(v + i) + rest2 * (gi * gi);

		vec_storeu(m + i, mi);
		vec_storeu(v + i, vi);
		vec_storeu(p + i, pi * keep - step * mi / (vec_sqrt(vi) * v_scale + epsilon));
	}
	for (; i < n; i++) {
		m[i] = s->beta1 * m[i] + (1 - s->beta1) * g[i];
		v[i] = s->beta2 * v[i] + (1 - s->beta2) * (g[i] * g[i]);
		p[i] = p[i] * s->keep - s->step * m[i] / (sqrtf(v[i]) * s->v_scale + s->epsilon);
	}
}
