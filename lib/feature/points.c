/* Sum, mean, standard deviation and slope of numbers at times. */
#include "lib/feature/points.h"

#include <math.h>
#include <stdlib.h>

#define MS_PER_S 1000

uint64_t points_weight(const struct points *p, size_t i)
{
	int64_t until_ms = i + 1 < p->n ? p->at[i + 1].time_ms : p->to_ms;

	return p->whole_ms > 0 ? (uint64_t)until_ms - (uint64_t)p->at[i].time_ms : 1;
}

/* Numbers whose largest is within 2^-400 and 2^400 can be squared and added as they are; others
 * are worked with times a power of two, which takes nothing of their exactness. Those without
 * weight may be larger and are left out everywhere. */
#define ORDINARY 400
#define SCALE_MAX 1000

static double scale_of(const struct points *p)
{
	double largest = 0;
	int exponent;

	for (size_t i = 0; i < p->n; i++)
		if (points_weight(p, i) > 0)
			largest = fmax(largest, fabs(p->at[i].number));
	frexp(largest, &exponent);
	if (abs(exponent) <= ORDINARY)
		return 1;
	return ldexp(1, exponent < -SCALE_MAX ? SCALE_MAX : -exponent);
}

/* A sum and what rounding took from it (Neumaier 1974); of products: Ogita, Rump, Oishi 2005. */
struct sum {
	double value, lost;
};

static void sum_add(struct sum *s, double v)
{
	double sum = s->value + v;

	s->lost += fabs(s->value) >= fabs(v) ? s->value - sum + v : v - sum + s->value;
	s->value = sum;
}

static double sum_of(const struct sum *s)
{
	return s->value + s->lost;
}

/* The upper half of a number's bits (Veltkamp 1968). */
static double upper(double v)
{
	double big = v * 0x8000001p0; /* 2^27 + 1 */

	return big - (big - v);
}

/* Adds a * b as if it were not rounded (Dekker 1971). */
static void sum_add_product(struct sum *s, double a, double b)
{
	double product = a * b;
	double a_up = upper(a), a_low = a - a_up, b_up = upper(b), b_low = b - b_up;

	sum_add(s, product);
	s->lost += a_low * b_low - (product - a_up * b_up - a_low * b_up - a_up * b_low);
}

double points_sum(const struct points *p)
{
	double scale = scale_of(p);
	struct sum sum = {0};

	for (size_t i = 0; i < p->n; i++)
		sum_add(&sum, p->at[i].number * scale);
	return sum_of(&sum) / scale;
}

static double whole_of(const struct points *p)
{
	return (double)(p->whole_ms > 0 ? p->whole_ms : p->n);
}

static double scaled_mean(const struct points *p, double scale)
{
	struct sum sum = {0};

	for (size_t i = 0; i < p->n; i++) {
		double weight = (double)points_weight(p, i);

		if (weight > 0)
			sum_add_product(&sum, weight, p->at[i].number * scale);
	}
	return sum_of(&sum) / whole_of(p);
}

double points_mean(const struct points *p)
{
	double scale = scale_of(p);

	return scaled_mean(p, scale) / scale;
}

/* The corrected two-pass algorithm (Chan, Golub, LeVeque 1983): the second term makes up for the
 * rounding of the mean. */
double points_sd(const struct points *p)
{
	double scale = scale_of(p), mean = scaled_mean(p, scale), whole = whole_of(p), left;
	struct sum squares = {0}, distances = {0};

	for (size_t i = 0; i < p->n; i++) {
		double weight = (double)points_weight(p, i);
		double d = p->at[i].number * scale - mean;

		if (!(weight > 0))
			continue;
		sum_add(&squares, weight * (d * d));
		sum_add(&distances, weight * d);
	}
	left = sum_of(&squares) - sum_of(&distances) * sum_of(&distances) / whole;
	return sqrt(fmax(left, 0) / (p->whole_ms > 0 ? whole : whole - 1)) / scale;
}

static double ms_since_first(const struct points *p, size_t i)
{
	return (double)((uint64_t)p->at[i].time_ms - (uint64_t)p->at[0].time_ms);
}

/* The whole millisecond next to the mean time: times since it are small, and exact. */
static double middle_of(const struct points *p)
{
	struct sum ms = {0};

	for (size_t i = 0; i < p->n; i++)
		sum_add(&ms, ms_since_first(p, i));
	return rint(sum_of(&ms) / (double)p->n);
}

/* (n Sum(tx) - Sum(t) Sum(x)) / (n Sum(tt) - Sum(t) Sum(t)), where Sum(t) is at most n / 2 and all
 * above the line is as good as exact: it is the difference of two nearly equal numbers. */
double points_slope(const struct points *p)
{
	struct points plain = {.at = p->at, .n = p->n};
	double scale = scale_of(&plain), n = (double)p->n, middle = middle_of(p);
	struct sum t = {0}, x = {0}, tt = {0}, tx = {0}, above = {0};

	for (size_t i = 0; i < p->n; i++) {
		double ms = ms_since_first(p, i) - middle, number = p->at[i].number * scale;

		sum_add(&t, ms);
		sum_add(&x, number);
		sum_add(&tt, ms * ms);
		sum_add_product(&tx, ms, number);
	}
	sum_add_product(&above, n, tx.value);
	sum_add_product(&above, n, tx.lost);
	sum_add_product(&above, -sum_of(&t), x.value);
	sum_add_product(&above, -sum_of(&t), x.lost);
	return sum_of(&above) / (n * sum_of(&tt) - sum_of(&t) * sum_of(&t)) * MS_PER_S / scale;
}
