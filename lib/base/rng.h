/* Random numbers that repeat for a seed: xoshiro256++ (Blackman, Vigna 2019), seeded by
 * splitmix64. The same on every machine. */
#pragma once

#include <stdint.h>

#include "lib/base/macros.h"

struct rng {
	uint64_t s[4];
};

void rng_init(struct rng *r, uint64_t seed, uint64_t stream); /* streams of a seed are unrelated */
uint64_t rng_u64(struct rng *r);
double rng_uniform(struct rng *r);                      /* [0, 1) with 53 bits */
uint64_t rng_below(struct rng *r, uint64_t bound);      /* [0, bound), unbiased; bound > 0 */
double rng_normal(struct rng *r);                       /* mean 0, sd 1 */
void rng_shuffle(struct rng *r, uint32_t *v, size_t n); /* Fisher-Yates */
