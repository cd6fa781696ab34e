/* Functions of groups of columns: those that make one column of a group, and those that keep it. */
#include <math.h>

#include "lib/nn/rows.h"

/* `size` columns, `step` apart. */
struct group {
	const float *at;
	size_t size, step;
};

static float column(struct group g, size_t i)
{
	return g.at[i * g.step];
}

static double sum(struct group g)
{
	double total = 0;

	for (size_t i = 0; i < g.size; i++)
		total += (double)column(g, i);
	return total;
}

static double sum_of_absolutes(struct group g)
{
	double total = 0;

	for (size_t i = 0; i < g.size; i++)
		total += fabs((double)column(g, i));
	return total;
}

static double sum_of_squares(struct group g, double around)
{
	double total = 0;

	for (size_t i = 0; i < g.size; i++) {
		const double d = (double)column(g, i) - around;

		total += d * d;
	}
	return total;
}

static float product(struct group g)
{
	float total = 1;

	for (size_t i = 0; i < g.size; i++)
		total *= column(g, i);
	return total;
}

/* The first largest; what is not a number is never larger. */
static size_t arg_max(struct group g)
{
	size_t best = 0;

	for (size_t i = 1; i < g.size; i++)
		if (column(g, i) > column(g, best))
			best = i;
	return best;
}

static size_t arg_min(struct group g)
{
	size_t best = 0;

	for (size_t i = 1; i < g.size; i++)
		if (column(g, i) < column(g, best))
			best = i;
	return best;
}

/* NaN when one is in the group. */
static float largest(struct group g)
{
	float best = g.at[0];

	for (size_t i = 1; i < g.size; i++)
		if (column(g, i) > best || isnan(column(g, i)))
			best = column(g, i);
	return best;
}

static float smallest(struct group g)
{
	float best = g.at[0];

	for (size_t i = 1; i < g.size; i++)
		if (column(g, i) < best || isnan(column(g, i)))
			best = column(g, i);
	return best;
}

/* sum(exp(x - shift)) */
static double sum_of_exp(struct group g, float shift)
{
	double total = 0;

	for (size_t i = 0; i < g.size; i++)
		total += (double)expf(column(g, i) - shift);
	return total;
}

static double log_sum_exp(struct group g)
{
	const float peak = largest(g), shift = isfinite(peak) ? peak : 0;

	return log(sum_of_exp(g, shift)) + (double)shift;
}

static float reduce(enum nn_reduce f, struct group g)
{
	switch (f) {
	case NN_REDUCE_SUM:
		return (float)sum(g);
	case NN_REDUCE_MEAN:
		return (float)(sum(g) / (double)g.size);
	case NN_REDUCE_MAX:
		return largest(g);
	case NN_REDUCE_MIN:
		return smallest(g);
	case NN_REDUCE_PRODUCT:
		return product(g);
	case NN_REDUCE_SUM_ABS:
		return (float)sum_of_absolutes(g);
	case NN_REDUCE_SUM_SQUARES:
		return (float)sum_of_squares(g, 0);
	case NN_REDUCE_NORM:
		return (float)sqrt(sum_of_squares(g, 0));
	case NN_REDUCE_LOG_SUM:
		return (float)log(sum(g));
	case NN_REDUCE_LOG_SUM_EXP:
		return (float)log_sum_exp(g);
	case NN_REDUCE_ARG_MAX:
		return (float)arg_max(g);
	case NN_REDUCE_ARG_MIN:
		return (float)arg_min(g);
	case NN_REDUCE_COUNT:
		break;
	}
	return NAN;
}

void nn_reduce_row(enum nn_reduce f, struct nn_groups groups, const float *x, float *y)
{
	for (size_t o = 0; o < groups.outer; o++)
		for (size_t i = 0; i < groups.inner; i++) {
			const struct group g = {
				x + o * groups.size * groups.inner + i, groups.size, groups.inner};

			y[o * groups.inner + i] = reduce(f, g);
		}
}

/* A group of nothing but -inf has no softmax: NaN, as everywhere. */
static void softmax(const struct nn_kernels *k, struct group g, float *y)
{
	const float peak = largest(g);
	double total = 0;

	for (size_t i = 0; i < g.size; i++)
		y[i * g.step] = column(g, i) - peak;
	for (size_t i = 0; g.step > 1 && i < g.size; i++)
		nn_map_row(k, NN_MAP_EXP, 0, 0, 1, y + i * g.step, y + i * g.step);
	if (g.step == 1)
		nn_map_row(k, NN_MAP_EXP, 0, 0, g.size, y, y);
	for (size_t i = 0; i < g.size; i++)
		total += (double)y[i * g.step];
	for (size_t i = 0; i < g.size; i++)
		y[i * g.step] = (float)((double)y[i * g.step] / total);
}

static void log_softmax(struct group g, float *y)
{
	const float peak = largest(g);
	const double total = log(sum_of_exp(g, peak));

	for (size_t i = 0; i < g.size; i++)
		y[i * g.step] = (float)((double)column(g, i) - (double)peak - total);
}

static void hard_max(struct group g, float *y)
{
	const size_t best = arg_max(g);

	for (size_t i = 0; i < g.size; i++)
		y[i * g.step] = i == best;
}

static void standardise(struct group g, float epsilon, float *y)
{
	const double mean = sum(g) / (double)g.size;
	const double variance = sum_of_squares(g, mean) / (double)g.size;
	const double sd = sqrt(variance + (double)epsilon);

	for (size_t i = 0; i < g.size; i++)
		y[i * g.step] = (float)(((double)column(g, i) - mean) / sd);
}

void nn_group_row(const struct nn_kernels *k, enum nn_group f, float epsilon,
	struct nn_groups groups, const float *x, float *y)
{
	for (size_t o = 0; o < groups.outer; o++)
		for (size_t i = 0; i < groups.inner; i++) {
			const size_t first = o * groups.size * groups.inner + i;
			const struct group g = {x + first, groups.size, groups.inner};

			if (f == NN_GROUP_SOFTMAX)
				softmax(k, g, y + first);
			else if (f == NN_GROUP_LOG_SOFTMAX)
				log_softmax(g, y + first);
			else if (f == NN_GROUP_HARD_MAX)
				hard_max(g, y + first);
			else
				standardise(g, epsilon, y + first);
		}
}
