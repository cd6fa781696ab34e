/* Kernels with AVX2 and FMA. Built with these flags, so nothing of this file may be called before
 * the processor was asked. */
#include <immintrin.h>

#include "lib/nn/kernels_sets.h"
#include "lib/nn/kernels_vector.h"

#define LANES 8
#define SUMS 8
#define TILE_COLUMNS NN_LANES
#define TILE_ROWS 6 /* x 2 vectors: 12 of 16 registers */
#define GEMM_VECTORS 2

typedef __m256 vec;

INLINE vec vec_load(const float *p)
{
	return _mm256_load_ps(p);
}

INLINE vec vec_loadu(const float *p)
{
	return _mm256_loadu_ps(p);
}

INLINE void vec_store(float *p, vec v)
{
	_mm256_store_ps(p, v);
}

INLINE void vec_storeu(float *p, vec v)
{
	_mm256_storeu_ps(p, v);
}

/* A mask of the first n lanes. */
INLINE __m256i first_lanes(size_t n)
{
	static const int mask[2 * LANES] = {-1, -1, -1, -1, -1, -1, -1, -1};

	return _mm256_loadu_si256((const __m256i *)(mask + LANES - n));
}

INLINE vec vec_load_first(const float *p, size_t n)
{
	return _mm256_maskload_ps(p, first_lanes(n));
}

INLINE void vec_store_first(float *p, vec v, size_t n)
{
	_mm256_maskstore_ps(p, first_lanes(n), v);
}

INLINE vec vec_all(float f)
{
	return _mm256_set1_ps(f);
}

INLINE void vec_all4(const float *p, vec v[4])
{
	const vec four = _mm256_broadcast_ps((const __m128 *)p);

	v[0] = _mm256_permute_ps(four, 0x00);
	v[1] = _mm256_permute_ps(four, 0x55);
	v[2] = _mm256_permute_ps(four, 0xaa);
	v[3] = _mm256_permute_ps(four, 0xff);
}

INLINE vec vec_fma(vec a, vec b, vec c)
{
	return _mm256_fmadd_ps(a, b, c);
}

INLINE vec vec_min(vec a, vec b)
{
	return _mm256_min_ps(a, b);
}

INLINE vec vec_max(vec a, vec b)
{
	return _mm256_max_ps(a, b);
}

INLINE vec vec_if_less(vec a, vec b, vec x, vec y)
{
	return _mm256_blendv_ps(y, x, _mm256_cmp_ps(a, b, _CMP_LT_OQ));
}

INLINE vec vec_sqrt(vec v)
{
	return _mm256_sqrt_ps(v);
}

INLINE float vec_sum(vec v)
{
	const __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
	const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));

	return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

#include "lib/nn/kernels_map.inc.c"

#include "lib/nn/kernels_affine.inc.c"
#include "lib/nn/kernels_train.inc.c"

const struct nn_kernels nn_kernels_avx2 = {
	.name = "avx2",
	.affine_row = affine_row,
	.affine_rows = affine_rows,
	.scale = scale,
	.map = map,
	.gemm = gemm,
	.adam = adam,
};
