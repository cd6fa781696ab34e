/* Kernels with NEON, which every 64-bit ARM has. */
#include <arm_neon.h>
#include <string.h>

#include "lib/nn/kernels_sets.h"
#include "lib/nn/kernels_vector.h"

#define LANES 4
#define SUMS 16
#define TILE_COLUMNS NN_LANES
#define TILE_ROWS 6 /* x 4 vectors: 24 of 32 registers */
#define GEMM_VECTORS 4

typedef float32x4_t vec;

INLINE vec vec_load(const float *p)
{
	return vld1q_f32(p);
}

INLINE vec vec_loadu(const float *p)
{
	return vld1q_f32(p);
}

INLINE void vec_store(float *p, vec v)
{
	vst1q_f32(p, v);
}

INLINE void vec_storeu(float *p, vec v)
{
	vst1q_f32(p, v);
}

INLINE vec vec_load_first(const float *p, size_t n)
{
	float f[LANES] = {0};

	memcpy(f, p, n * sizeof(*f));
	return vld1q_f32(f);
}

INLINE void vec_store_first(float *p, vec v, size_t n)
{
	float f[LANES];

	vst1q_f32(f, v);
	memcpy(p, f, n * sizeof(*f));
}

INLINE vec vec_all(float f)
{
	return vdupq_n_f32(f);
}

INLINE void vec_all4(const float *p, vec v[4])
{
	const vec four = vld1q_f32(p);

	v[0] = vdupq_laneq_f32(four, 0);
	v[1] = vdupq_laneq_f32(four, 1);
	v[2] = vdupq_laneq_f32(four, 2);
	v[3] = vdupq_laneq_f32(four, 3);
}

INLINE vec vec_fma(vec a, vec b, vec c)
{
	return vfmaq_f32(c, a, b);
}

INLINE vec vec_min(vec a, vec b)
{
	return vminq_f32(a, b);
}

INLINE vec vec_max(vec a, vec b)
{
	return vmaxq_f32(a, b);
}

INLINE vec vec_if_less(vec a, vec b, vec x, vec y)
{
	return vbslq_f32(vcltq_f32(a, b), x, y);
}

INLINE vec vec_sqrt(vec v)
{
	return vsqrtq_f32(v);
}

INLINE float vec_sum(vec v)
{
	return vaddvq_f32(v);
}

#include "lib/nn/kernels_map.inc.c"

#include "lib/nn/kernels_affine.inc.c"
#include "lib/nn/kernels_train.inc.c"

const struct nn_kernels nn_kernels_neon = {
	.name = "neon",
	.affine_row = affine_row,
	.affine_rows = affine_rows,
	.scale = scale,
	.map = map,
	.gemm = gemm,
	.adam = adam,
};
