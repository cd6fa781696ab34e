/* Kernels with AVX2 and FMA, for training: small matrices, and Adam.
 *
 * A product works through b in panels of 16 columns and at most PANEL_ROWS rows. A panel that is
 * transposed or narrower than 16 is first copied, in order and filled up with zeros; so there is
 * one inner loop, 4 rows of c by 16 columns. */
#include "lib/nn/kernels_avx2.h"

#include <math.h>
#include <string.h>

#define PANEL_ROWS 256
#define PANEL_COLUMNS 16
#define TILE_ROWS 4

/* b[i][j] at at[i * row + j * column] */
struct view {
	const float *at;
	size_t row, column;
};

/* Rows 0 .. rows-1 and columns 0 .. columns-1 of b, as [rows][16]. */
static void copy_panel(float *panel, struct view b, size_t rows, size_t columns)
{
	if (columns < PANEL_COLUMNS)
		memset(panel, 0, rows * PANEL_COLUMNS * sizeof(*panel));
	for (size_t j = 0; j < columns; j++)
		for (size_t p = 0; p < rows; p++)
			panel[p * PANEL_COLUMNS + j] = b.at[p * b.row + j * b.column];
}

INLINE void store_some(float *c, __m256 v, size_t n)
{
	if (n >= NN_LANES)
		_mm256_storeu_ps(c, v);
	else if (n > 0)
		_mm256_maskstore_ps(c, first_lanes(n), v);
}

INLINE __m256 load_some(const float *c, size_t n)
{
	if (n >= NN_LANES)
		return _mm256_loadu_ps(c);
	return n > 0 ? _mm256_maskload_ps(c, first_lanes(n)) : _mm256_setzero_ps();
}

/* `rows` rows of c (stride n) by up to 16 columns. */
INLINE void tile(const size_t rows, size_t k, struct view a, const float *b, size_t b_row, float *c,
	size_t n, size_t columns, int accumulate)
{
	const size_t left = columns < NN_LANES ? columns : NN_LANES, right = columns - left;
	__m256 sum[TILE_ROWS][2];
#pragma GCC unroll 8
	for (size_t r = 0; r < rows; r++) {
		sum[r][0] = accumulate ? load_some(c + r * n, left) : _mm256_setzero_ps();
		sum[r][1] = accumulate ? load_some(c + r * n + left, right) : _mm256_setzero_ps();
	}
	for (size_t p = 0; p < k; p++) {
		const __m256 b0 = _mm256_loadu_ps(b + p * b_row);
		const __m256 b1 = _mm256_loadu_ps(b + p * b_row + NN_LANES);
#pragma GCC unroll 8
		for (size_t r = 0; r < rows; r++) {
			const __m256 v = _mm256_broadcast_ss(a.at + r * a.row + p * a.column);

			sum[r][0] = _mm256_fmadd_ps(v, b0, sum[r][0]);
			sum[r][1] = _mm256_fmadd_ps(v, b1, sum[r][1]);
		}
	}
#pragma GCC unroll 8
	for (size_t r = 0; r < rows; r++) {
		store_some(c + r * n, sum[r][0], left);
		store_some(c + r * n + left, sum[r][1], right);
	}
}

/* All m rows of c for one panel of b. */
static void panel_product(size_t m, size_t k, struct view a, const float *b, size_t b_row, float *c,
	size_t n, size_t columns, int accumulate)
{
	size_t i = 0;

	for (; i + TILE_ROWS <= m; i += TILE_ROWS, a.at += TILE_ROWS * a.row)
		tile(TILE_ROWS, k, a, b, b_row, c + i * n, n, columns, accumulate);
	for (; i < m; i++, a.at += a.row)
		tile(1, k, a, b, b_row, c + i * n, n, columns, accumulate);
}

void nn_avx2_gemm(size_t m, size_t n, size_t k, const float *a, int a_transposed, const float *b,
	int b_transposed, float *c, int accumulate)
{
	_Alignas(NN_ALIGNMENT) float panel[PANEL_ROWS * PANEL_COLUMNS];

	/* A column is computed as a row: c and b lie in memory the same way, the lanes are used. */
	if (n == 1 && m > 1) {
		nn_avx2_gemm(1, m, k, b, 0, a, !a_transposed, c, accumulate);
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

void nn_avx2_adam(const struct nn_adam *s, size_t n, const float *g, float *p, float *m, float *v)
{
	const __m256 beta1 = _mm256_set1_ps(s->beta1), rest1 = _mm256_set1_ps(1 - s->beta1);
	const __m256 beta2 = _mm256_set1_ps(s->beta2), rest2 = _mm256_set1_ps(1 - s->beta2);
	const __m256 keep = _mm256_set1_ps(s->keep), step = _mm256_set1_ps(s->step);
	const __m256 v_scale = _mm256_set1_ps(s->v_scale), epsilon = _mm256_set1_ps(s->epsilon);
	size_t i = 0;

	for (; i + NN_LANES <= n; i += NN_LANES) {
		const __m256 gi = _mm256_loadu_ps(g + i), pi = _mm256_loadu_ps(p + i);
		/* Multiplied and added one by one, as the scalar set does it: the same bits. */
		const __m256 mi = _mm256_add_ps(
			_mm256_mul_ps(beta1, _mm256_loadu_ps(m + i)), _mm256_mul_ps(rest1, gi));
		const __m256 vi = _mm256_add_ps(_mm256_mul_ps(beta2, _mm256_loadu_ps(v + i)),
			_mm256_mul_ps(rest2, _mm256_mul_ps(gi, gi)));
		const __m256 below =
			_mm256_add_ps(_mm256_mul_ps(_mm256_sqrt_ps(vi), v_scale), epsilon);

		_mm256_storeu_ps(m + i, mi);
		_mm256_storeu_ps(v + i, vi);
		_mm256_storeu_ps(p + i, _mm256_sub_ps(_mm256_mul_ps(pi, keep),
						_mm256_div_ps(_mm256_mul_ps(step, mi), below)));
	}
	for (; i < n; i++) {
		m[i] = s->beta1 * m[i] + (1 - s->beta1) * g[i];
		v[i] = s->beta2 * v[i] + (1 - s->beta2) * (g[i] * g[i]);
		p[i] = p[i] * s->keep - s->step * m[i] / (sqrtf(v[i]) * s->v_scale + s->epsilon);
	}
}
