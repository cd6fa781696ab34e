/* Kernels with AVX-512F. Built with this flag, so nothing of this file may be called before the
 * processor was asked. */
#include <immintrin.h>

#include "lib/nn/kernels_sets.h"
#include "lib/nn/kernels_vector.h"

#define LANES 16
#define SUMS 8
#define TILE_COLUMNS NN_PANEL
#define TILE_ROWS 6 /* x 4 vectors: 24 of 32 registers */
#define GEMM_VECTORS 2

typedef __m512 vec;

INLINE vec vec_load(const float *p)
{
	return _mm512_load_ps(p);
}

INLINE vec vec_loadu(const float *p)
{
	return _mm512_loadu_ps(p);
}

INLINE void vec_store(float *p, vec v)
{
	_mm512_store_ps(p, v);
}

INLINE void vec_storeu(float *p, vec v)
{
	_mm512_storeu_ps(p, v);
}

INLINE __mmask16 first_lanes(size_t n)
{
	return (__mmask16)((1u << n) - 1);
}

INLINE vec vec_load_first(const float *p, size_t n)
{
	return _mm512_maskz_loadu_ps(first_lanes(n), p);
}

INLINE void vec_store_first(float *p, vec v, size_t n)
{
	_mm512_mask_storeu_ps(p, first_lanes(n), v);
}

INLINE vec vec_all(float f)
{
	return _mm512_set1_ps(f);
}

INLINE void vec_all4(const float *p, vec v[4])
{
	const vec four = _mm512_broadcast_f32x4(_mm_loadu_ps(p));

	v[0] = _mm512_permute_ps(four, 0x00);
	v[1] = _mm512_permute_ps(four, 0x55);
	v[2] = _mm512_permute_ps(four, 0xaa);
	v[3] = _mm512_permute_ps(four, 0xff);
}

INLINE vec vec_fma(vec a, vec b, vec c)
{
	return _mm512_fmadd_ps(a, b, c);
}

INLINE vec vec_min(vec a, vec b)
{
	return _mm512_min_ps(a, b);
}

INLINE vec vec_max(vec a, vec b)
{
	return _mm512_max_ps(a, b);
}

INLINE vec vec_if_less(vec a, vec b, vec x, vec y)
{
	return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), y, x);
}

INLINE vec vec_sqrt(vec v)
{
	return _mm512_sqrt_ps(v);
}

INLINE float vec_sum(vec v)
{
	return _mm512_reduce_add_ps(v);
}

#include "lib/nn/kernels_map.inc.c"

#include "lib/nn/kernels_affine.inc.c"
#include "lib/nn/kernels_train.inc.c"

const struct nn_kernels nn_kernels_avx512 = {
	.name = "avx512",
	.affine_row = affine_row,
	.affine_rows = affine_rows,
	.scale = scale,
	.map = map,
	.gemm = gemm,
	.adam = adam,
};
