/* What the kernel sets with vectors share: each is one file that says what a vector is on its
 * machine and then includes the kernels, kernels_*.inc.c, which are written once.
 *
 * Before that it defines
 *   vec            a vector of floats, of which C's + - * / work lane by lane
 *   LANES          floats in it
 *   SUMS           independent sums that keep the units for multiply-add busy
 *   TILE_COLUMNS   outputs of a tile: NN_LANES, or NN_PANEL where there are registers for them
 *   TILE_ROWS      rows of a tile, at most TILE_ROWS_MAX
 *   GEMM_VECTORS   columns of a tile in training, in vectors
 * and, inlined,
 *   vec vec_load(const float *p)                    aligned as a vector is
 *   vec vec_loadu(const float *p)                   from anywhere
 *   vec vec_load_first(const float *p, size_t n)    0 < n < LANES; the others are 0, unread
 *   void vec_store(float *p, vec v)                 and so on, likewise
 *   vec vec_all(float f)                            f in every lane
 *   void vec_all4(const float *p, vec v[4])         v[i]: p[i] in every lane; one load for four
 *   vec vec_fma(vec a, vec b, vec c)                a * b + c, rounded once
 *   vec vec_min(vec a, vec b), vec_max              NaN when b is
 *   vec vec_if_less(vec a, vec b, vec x, vec y)     a < b ? x : y
 *   vec vec_sqrt(vec v)
 *   float vec_sum(vec v)                            of its lanes, in an order that is its own */
#pragma once

#include <stddef.h>

#include "lib/nn/kernels.h"

#define INLINE static inline __attribute__((always_inline))
#define TILE_ROWS_MAX 6
