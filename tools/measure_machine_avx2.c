/* The limits of the processor with AVX2 and FMA. Built with these flags, so nothing of it may be
 * called before the processor was asked. */
#include <immintrin.h>

#define LANES 8
#define STREAMS 12
#define UNROLL _Pragma("GCC unroll 12")

typedef __m256 vec;

#define vec_all(f) _mm256_set1_ps(f)
#define vec_fma(a, b, c) _mm256_fmadd_ps(a, b, c)
#define vec_hide(v) __asm__ volatile("" : "+x"(v))
#define vec_touch(p)                                                                         \
	do {                                                                                 \
		vec loaded_;                                                                 \
		__asm__ volatile("vmovaps %1, %0" : "=x"(loaded_) : "m"(*(const vec *)(p))); \
	} while (0)

#include "tools/measure_machine.inc.c"

const struct measure_machine measure_machine_avx2 = {"avx2", flops_per_ns, load_bytes_per_ns};
