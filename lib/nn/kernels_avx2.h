/* What the files of the AVX2 set share. Included by nothing else: it needs their flags. */
#pragma once

#include <immintrin.h>
#include <stddef.h>

#include "lib/nn/kernels.h"

#define INLINE static inline __attribute__((always_inline))

/* A mask of the first n lanes, 0 < n < 8. */
INLINE __m256i first_lanes(size_t n)
{
	static const int mask[16] = {-1, -1, -1, -1, -1, -1, -1, -1};

	return _mm256_loadu_si256((const __m256i *)(mask + NN_LANES - n));
}

INLINE float add_lanes(__m256 v)
{
	const __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
	const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));

	return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

void nn_avx2_gemm(size_t m, size_t n, size_t k, const float *a, int a_transposed, const float *b,
	int b_transposed, float *c, int accumulate);
void nn_avx2_adam(const struct nn_adam *s, size_t n, const float *g, float *p, float *m, float *v);
