/* The limits of the processor with AVX-512F. Built with these flags, so nothing of it may be
 * called before the processor was asked. */
#include <immintrin.h>

#define LANES 16
#define STREAMS 24
#define UNROLL _Pragma("GCC unroll 24")

typedef __m512 vec;

#define vec_all(f) _mm512_set1_ps(f)
#define vec_fma(a, b, c) _mm512_fmadd_ps(a, b, c)
#define vec_hide(v) __asm__ volatile("" : "+v"(v))
#define vec_touch(p)                                                                         \
	do {                                                                                 \
		vec loaded_;                                                                 \
		__asm__ volatile("vmovaps %1, %0" : "=v"(loaded_) : "m"(*(const vec *)(p))); \
	} while (0)

#include "tools/measure_machine.inc.c"

const struct measure_machine measure_machine_avx512 = {"avx512", flops_per_ns, load_bytes_per_ns};
