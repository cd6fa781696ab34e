/* The limits of the processor with NEON.  */
#include <arm_neon.h>

#define LANES 4
#define STREAMS 24
#define UNROLL _Pragma("GCC unroll 24")

typedef float32x4_t vec;

#define vec_all(f) vdupq_n_f32(f)
#define vec_fma(a, b, c) vfmaq_f32(c, a, b)
#define vec_hide(v) __asm__ volatile("" : "+w"(v))
#define vec_touch(p)                                                                      \
	do {                                                                              \
		vec loaded_;                                                              \
		__asm__ volatile("ldr %q0, %1" : "=w"(loaded_) : "m"(*(const vec *)(p))); \
	} while (0)

#include "tools/measure_machine.inc.c"

const struct measure_machine measure_machine_neon = {"neon", flops_per_ns, load_bytes_per_ns};
