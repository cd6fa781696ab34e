#include "lib/base/rng.h"

#include <assert.h>
#include <math.h>

static uint64_t splitmix64(uint64_t *x)
{
	uint64_t z = (*x += 0x9E3779B97F4A7C15u);

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	return z ^ (z >> 31);
}

static uint64_t rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

void rng_init(struct rng *r, uint64_t seed, uint64_t stream)
{
	uint64_t x = seed;
	uint64_t y = splitmix64(&x) ^ stream;

	y = splitmix64(&y);
	for (int i = 0; i < 4; i++)
		r->s[i] = splitmix64(&y);
}

uint64_t rng_u64(struct rng *r)
{
	uint64_t *s = r->s;
	uint64_t result = rotl(s[0] + s[3], 23) + s[0];
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

double rng_uniform(struct rng *r)
{
	return (double)(rng_u64(r) >> 11) * 0x1p-53;
}

/* Lemire, "Fast Random Integer Generation in an Interval", 2019. */
uint64_t rng_below(struct rng *r, uint64_t bound)
{
	unsigned __int128 product;
	uint64_t refused;

	assert(bound > 0);
	refused = -bound % bound;
	do
		product = (unsigned __int128)rng_u64(r) * bound;
	while ((uint64_t)product < refused);
	return (uint64_t)(product >> 64);
}

/* The C library's log may differ in the last bit from one processor to the next. This one is
 * plain arithmetic: x = m * 2^e with m in [sqrt(1/2), sqrt(2)), log m = 2 atanh((m-1)/(m+1)). */
static double plain_log(double x)
{
	int e;
	double m = frexp(x, &e);
	double z, z2, sum = 0;

	if (m < 0.70710678118654752) {
		m *= 2;
		e--;
	}
	z = (m - 1) / (m + 1);
	z2 = z * z;
	for (int k = 23; k >= 1; k -= 2)
		sum = sum * z2 + 1.0 / k;
	return 2 * z * sum + e * 0.69314718055994531;
}

/* Marsaglia's polar method; the second value is not kept, so that the state is s alone. */
double rng_normal(struct rng *r)
{
	double u, v, q;

	do {
		u = 2 * rng_uniform(r) - 1;
		v = 2 * rng_uniform(r) - 1;
		q = u * u + v * v;
	} while (q >= 1 || q == 0);
	return u * sqrt(-2 * plain_log(q) / q);
}

void rng_shuffle(struct rng *r, uint32_t *v, size_t n)
{
	for (size_t i = n; i > 1; i--) {
		size_t j = rng_below(r, i);
		uint32_t t = v[i - 1];

		v[i - 1] = v[j];
		v[j] = t;
	}
}
