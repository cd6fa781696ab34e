/* The limits of the processor, in AVX2 and FMA. Built with these flags, so nothing of it may be
 * called before the processor was asked. */
#include "tools/measure.h"

#include <immintrin.h>

#define STREAMS 12 /* independent, so that only throughput counts */
#define ROUND 4096

double measure_flops_per_ns(void)
{
	/* Nothing in registers may be known to the compiler, or it computes less. */
	const __m256 near_one = _mm256_set1_ps(0.9999f), little = _mm256_set1_ps(1e-4f);
	__m256 v[STREAMS];
	double begin, end;

#pragma GCC unroll 12
	for (size_t s = 0; s < STREAMS; s++)
		v[s] = _mm256_set1_ps((float)s);
	begin = measure_now_ns();
	for (size_t i = 0; i < ROUND; i++) {
#pragma GCC unroll 12
		for (size_t s = 0; s < STREAMS; s++) {
			v[s] = _mm256_fmadd_ps(v[s], near_one, little);
			__asm__ volatile("" : "+x"(v[s]));
		}
	}
	end = measure_now_ns();
	return (double)ROUND * STREAMS * 8 * 2 / (end - begin);
}

double measure_load_bytes_per_ns(const float *buffer, size_t bytes)
{
	const size_t step = STREAMS * 8, n = bytes / sizeof(float) / step * step;
	double begin, end;

	begin = measure_now_ns();
	for (size_t i = 0; i < ROUND * step; i += n) {
		for (size_t j = 0; j < n; j += step) {
#pragma GCC unroll 12
			for (size_t s = 0; s < STREAMS; s++) {
				__m256 v;

				__asm__ volatile("vmovaps %1, %0"
						 : "=x"(v)
						 : "m"(*(const __m256 *)(buffer + j + s * 8)));
			}
		}
	}
	end = measure_now_ns();
	return (double)((ROUND * step + n - 1) / n * n) * sizeof(float) / (end - begin);
}
