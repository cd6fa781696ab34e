/* What functions make of ranges. */
#include <float.h>

#include "lib/nn/bounds.h"
#include "lib/nn/kernels_sets.h"
#include "lib/nn/rows.h"

static double times(double a, double b)
{
	return a == 0 || b == 0 ? 0 : a * b;
}

struct range range_multiply(struct range a, struct range b)
{
	const double p = times(a.low, b.low), q = times(a.low, b.high), r = times(a.high, b.low),
		     s = times(a.high, b.high);

	return range_of(fmin(fmin(p, q), fmin(r, s)), fmax(fmax(p, q), fmax(r, s)));
}

struct range range_divide(struct range a, struct range b)
{
	if (b.low <= 0 && b.high >= 0)
		return range_everything(); /* -0 is in it, too */
	return range_multiply(a, range_of(1 / b.high, 1 / b.low));
}

struct range range_absolute(struct range a)
{
	const double low = a.low > 0 ? a.low : a.high < 0 ? -a.high : 0;

	return range_of(low, fmax(fabs(a.low), fabs(a.high)));
}

struct range range_square(struct range a)
{
	const struct range size = range_absolute(a);

	return range_multiply(size, size);
}

static double at(enum nn_map f, float a, float b, double x)
{
	const float v = (float)x;
	float y;

	nn_map_row(&nn_kernels_scalar, f, a, b, 1, &v, &y);
	return (double)y;
}

/* A function that never falls. */
static struct range rising(enum nn_map f, float a, float b, struct range x)
{
	return range_of(at(f, a, b, x.low), at(f, a, b, x.high));
}

/* x g(x) with g from 0 to 1 that does not go below `least`. */
static struct range gated(double least, struct range x)
{
	return range_of(x.low >= 0 ? 0 : least, fmax(x.high, 0));
}

/* Functions whose parameter a may turn them round: only what is usual is known. */
static struct range with_slope(enum nn_map f, float a, float b, struct range x)
{
	const double slope = (double)a;

	if (f == NN_MAP_SWISH && a > 0)
		return gated(-0.27847 / slope, x);
	if (f == NN_MAP_HARD_SIGMOID && a < 0)
		return range_of(0, 1);
	if (f == NN_MAP_SWISH || a < 0 || (f == NN_MAP_SELU && b < 0))
		return range_everything();
	return rising(f, a, b, x);
}

struct range range_map(enum nn_map f, float a, float b, struct range x)
{
	const double half_turn = 3.1415927410125733; /* rounded up */

	switch (f) {
	case NN_MAP_SIN:
	case NN_MAP_COS:
		return range_of(-1, 1);
	case NN_MAP_TAN:
	case NN_MAP_ATANH:
		return range_everything();
	case NN_MAP_ASIN:
		return range_of(-half_turn / 2, half_turn / 2);
	case NN_MAP_ACOS:
		return range_of(0, half_turn);
	case NN_MAP_COSH:
		return range_of(1, (double)INFINITY);
	case NN_MAP_ACOSH:
		return range_of(0, (double)INFINITY);
	case NN_MAP_NOT:
	case NN_MAP_IS_NAN:
	case NN_MAP_IS_INFINITE:
		return range_of(0, 1);
	case NN_MAP_LOG:
	case NN_MAP_SQRT: /* NaN below 0 */
		return rising(f, a, b, range_of(fmax(x.low, 0), fmax(x.high, 0)));
	case NN_MAP_ABS:
		return range_absolute(x);
	case NN_MAP_NEGATE:
		return range_negate(x);
	case NN_MAP_RECIPROCAL:
		return range_divide(range_of(1, 1), x);
	case NN_MAP_SOFTSIGN: /* inf / inf is NaN at the ends */
		return range_of(x.low >= 0 ? 0 : -1, x.high <= 0 ? 0 : 1);
	case NN_MAP_LEAKY_RELU:
	case NN_MAP_ELU:
	case NN_MAP_SELU:
	case NN_MAP_CELU:
	case NN_MAP_HARD_SIGMOID:
	case NN_MAP_SWISH:
		return with_slope(f, a, b, x);
	case NN_MAP_GELU:
	case NN_MAP_GELU_TANH:
		return gated(-0.171, x);
	case NN_MAP_MISH:
		return gated(-0.309, x);
	case NN_MAP_HARD_SWISH:
		return gated(-0.376, x);
	case NN_MAP_THRESHOLDED:
		return range_hull(range_of(0, 0), range_larger(x, range_of((double)a, (double)a)));
	case NN_MAP_SHRINK:
		return range_everything();
	default:
		return rising(f, a, b, x);
	}
}

static struct range power(struct range a, struct range b)
{
	if (b.low == 2 && b.high == 2)
		return range_square(a);
	if (a.low < 0)
		return range_everything();
	if (a.high <= 1 && b.low >= 0)
		return range_of(0, 1);
	if (b.low >= 0 && b.low == b.high)
		return range_of(pow(a.low, b.low), pow(a.high, b.high));
	return range_of(0, (double)INFINITY);
}

/* What is left of a division by b > 0. */
static struct range rest(enum nn_pair f, struct range a, struct range b)
{
	if (b.low <= 0)
		return range_everything();
	return range_of(f == NN_PAIR_MODULO || a.low >= 0 ? 0 : -b.high, b.high);
}

static struct range prelu(struct range a, struct range b)
{
	const struct range zero = range_of(0, 0);

	return range_hull(range_larger(a, zero), range_multiply(range_smaller(a, zero), b));
}

struct range range_pair(enum nn_pair f, struct range a, struct range b)
{
	switch (f) {
	case NN_PAIR_ADD:
		return range_add(a, b);
	case NN_PAIR_SUBTRACT:
		return range_add(a, range_negate(b));
	case NN_PAIR_MULTIPLY:
		return range_multiply(a, b);
	case NN_PAIR_DIVIDE:
		return range_divide(a, b);
	case NN_PAIR_POWER:
		return power(a, b);
	case NN_PAIR_MAX:
		return range_larger(a, b);
	case NN_PAIR_MIN:
		return range_smaller(a, b);
	case NN_PAIR_REMAINDER:
	case NN_PAIR_MODULO:
		return rest(f, a, b);
	case NN_PAIR_PRELU:
		return prelu(a, b);
	case NN_PAIR_LESS:
	case NN_PAIR_LESS_EQUAL:
	case NN_PAIR_GREATER:
	case NN_PAIR_GREATER_EQUAL:
	case NN_PAIR_EQUAL:
	case NN_PAIR_AND:
	case NN_PAIR_OR:
	case NN_PAIR_XOR:
		return range_of(0, 1);
	case NN_PAIR_COUNT:
		break;
	}
	return range_everything();
}
