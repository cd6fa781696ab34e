/* Functions of a column in vectors, all out of exp: kernels_vector.h says who includes this.
 *
 * exp(x) = 2^n (1 + m), n a whole number and x - n ln 2 small (Cody, Waite 1980). What is 0 or 1
 * nearly everywhere is computed from 1 + m or m, whichever keeps its digits. The polynomials are
 * minimax fits with an error below a tenth of a float's last digit. */
#include "lib/nn/kernels_vector.h"

typedef int ivec __attribute__((vector_size(sizeof(vec))));

#define LOG2_E 1.44269504f
#define LN2_HIGH 0x1.62e43p-1f
#define LN2_LOW -0x1.05c61p-29f /* ln 2 - LN2_HIGH */
#define WHOLE 0x1.8p23f         /* added to it, a float keeps no fraction */
#define SIGN ((int)0x80000000)

struct power { /* 2^n (1 + m) */
	ivec n;
	vec m;
};

/* c[0] + c[1] x + .. */
INLINE vec polynomial(vec x, const size_t count, const float *c)
{
	vec sum = vec_all(c[count - 1]);
#pragma GCC unroll 16
	for (size_t i = count - 1; i-- > 0;)
		sum = vec_fma(sum, x, vec_all(c[i]));
	return sum;
}

INLINE vec absolute(vec x)
{
	return (vec)((ivec)x & ~SIGN);
}

/* x, which is not negative, with the sign of y. */
INLINE vec with_sign(vec x, vec y)
{
	return (vec)((ivec)x | ((ivec)y & SIGN));
}

/* NaN stays NaN. */
INLINE vec clamp(vec x, float low, float high)
{
	return vec_min(vec_all(high), vec_max(vec_all(low), x));
}

/* exp of x from -105 to 89. */
INLINE struct power power_of(vec x)
{
	static const float c[] = {0.5f, 0.16666542f, 0.0416662805f, 0.00836664438f, 0.00139465521f};
	const vec shifted = vec_fma(x, vec_all(LOG2_E), vec_all(WHOLE));
	const vec n = shifted - vec_all(WHOLE);
	const vec r = vec_fma(n, vec_all(-LN2_LOW), vec_fma(n, vec_all(-LN2_HIGH), x));

	return (struct power){
		(ivec)shifted - (ivec)vec_all(WHOLE), vec_fma(r * r, polynomial(r, 5, c), r)};
}

/* 2^n, n from -126 to 127. */
INLINE vec power_of_two(ivec n)
{
	return (vec)((n + 127) << 23);
}

INLINE vec exponential(vec x)
{
	const struct power p = power_of(clamp(x, -105, 89));
	const ivec half = p.n >> 1; /* in two steps, to the smallest numbers and to infinity */

	return (1 + p.m) * power_of_two(half) * power_of_two(p.n - half);
}

/* exp(x) - 1 of x up to 80. Below -30 it is -1. */
INLINE vec exponential_less_1(vec x)
{
	const struct power p = power_of(clamp(x, -30, 80));
	const vec scale = power_of_two(p.n);

	return vec_fma(scale, p.m, scale - 1);
}

INLINE vec sigmoid(vec x)
{
	const vec e = exponential(-absolute(x));

	return vec_if_less(x, vec_all(0), e, vec_all(1)) / (1 + e);
}

INLINE vec hyperbolic_tangent(vec x)
{
	const vec m = exponential_less_1(2 * clamp(absolute(x), 0, 20));

	return with_sign(m / (m + 2), x);
}

/* log(1 + exp(x)): log(1 + t) = 2 artanh(t / (2 + t)); t is too small to be halved first. */
INLINE vec softplus(vec x)
{
	static const float c[] = {
		0.333333373f, 0.199994385f, 0.143084422f, 0.107138284f, 0.121504687f};
	const vec t = exponential(-absolute(x)), s2 = 2 * t / (2 + t), z = 0.25f * s2 * s2;

	return vec_max(vec_all(0), x) + vec_fma(s2 * z, polynomial(z, 5, c), s2);
}

/* Near 0 by its series, else 1 - exp(-q(|x|)). */
INLINE vec error_function(vec x)
{
	static const float near[] = {0.128379166f, -0.37612626f, 0.112836003f, -0.0268544443f,
		0.00518953521f, -0.000802084105f, 7.8891193e-05f};
	static const float far[] = {0.000353708921f, 1.12704003f, 0.638225615f, 0.103037439f,
		-0.0218053516f, 0.00293961586f, -0.0001855749f};
	const vec t = clamp(absolute(x), 0, 4);
	const vec small = vec_fma(t, polynomial(t * t, 7, near), t);
	const vec large = 1 - exponential(-polynomial(t, 7, far));

	return with_sign(vec_if_less(t, vec_all(1), small, large), x);
}

INLINE vec elu(vec x, vec a, vec b)
{
	(void)b;
	return vec_if_less(x, vec_all(0), a * exponential_less_1(x), x);
}

INLINE vec selu(vec x, vec a, vec b)
{
	return b * vec_if_less(vec_all(0), x, x, a * exponential_less_1(x));
}

INLINE vec gelu(vec x)
{
	return 0.5f * x * (1 + error_function(x * 0.707106781f));
}

INLINE vec gelu_tanh(vec x)
{
	return 0.5f * x * (1 + hyperbolic_tangent(0.797884561f * (x + 0.044715f * x * x * x)));
}

INLINE vec swish(vec x, vec a, vec b)
{
	(void)b;
	return x * sigmoid(a * x);
}

/* tanh(softplus(x)) = ((1 + e)^2 - 1) / ((1 + e)^2 + 1), e = exp(x); for positive x both times
 * exp(-2 x). */
INLINE vec mish(vec x)
{
	const vec e = exponential(-absolute(x)), zero = vec_all(0);
	const vec above = vec_if_less(x, zero, e * (e + 2), 1 + 2 * e);

	return x * (above / (above + vec_if_less(x, zero, vec_all(2), 2 * e * e)));
}

INLINE bool each(vec (*const f)(vec x), size_t n, const float *x, float *y)
{
	size_t i = 0;

	for (; i + LANES <= n; i += LANES)
		vec_storeu(y + i, f(vec_loadu(x + i)));
	if (i < n)
		vec_store_first(y + i, f(vec_load_first(x + i, n - i)), n - i);
	return true;
}

INLINE bool each_with(
	vec (*const f)(vec x, vec a, vec b), float a, float b, size_t n, const float *x, float *y)
{
	const vec av = vec_all(a), bv = vec_all(b);
	size_t i = 0;

	for (; i + LANES <= n; i += LANES)
		vec_storeu(y + i, f(vec_loadu(x + i), av, bv));
	if (i < n)
		vec_store_first(y + i, f(vec_load_first(x + i, n - i), av, bv), n - i);
	return true;
}

static bool map(enum nn_map f, float a, float b, size_t n, const float *x, float *y)
{
	switch (f) {
	case NN_MAP_EXP:
		return each(exponential, n, x, y);
	case NN_MAP_SIGMOID:
		return each(sigmoid, n, x, y);
	case NN_MAP_TANH:
		return each(hyperbolic_tangent, n, x, y);
	case NN_MAP_ERF:
		return each(error_function, n, x, y);
	case NN_MAP_SOFTPLUS:
		return each(softplus, n, x, y);
	case NN_MAP_GELU:
		return each(gelu, n, x, y);
	case NN_MAP_GELU_TANH:
		return each(gelu_tanh, n, x, y);
	case NN_MAP_MISH:
		return each(mish, n, x, y);
	case NN_MAP_ELU:
		return each_with(elu, a, b, n, x, y);
	case NN_MAP_SELU:
		return each_with(selu, a, b, n, x, y);
	case NN_MAP_SWISH:
		return each_with(swish, a, b, n, x, y);
	default:
		return false;
	}
}
