/* Functions of two columns, the choice between two, and column-wise numbers. */
#include <math.h>

#include "lib/nn/rows.h"

static float larger(float a, float b)
{
	return isnan(a) || a > b ? a : b; /* NaN when either is */
}

static float smaller(float a, float b)
{
	return isnan(a) || a < b ? a : b;
}

static float modulo(float a, float b)
{
	const float r = fmodf(a, b);

	return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

#define EACH(expression)                                                \
	for (size_t i = 0; i < n; i++) {                                \
		const float p = a.at[i * a.step], q = b.at[i * b.step]; \
		y[i] = (float)(expression);                             \
	}                                                               \
	return

static void arithmetic(enum nn_pair f, size_t n, struct nn_operand a, struct nn_operand b, float *y)
{
	switch ((int)f) {
	case NN_PAIR_ADD:
		EACH(p + q);
	case NN_PAIR_SUBTRACT:
		EACH(p - q);
	case NN_PAIR_MULTIPLY:
		EACH(p * q);
	case NN_PAIR_DIVIDE:
		EACH(p / q);
	case NN_PAIR_POWER:
		EACH(powf(p, q));
	case NN_PAIR_MAX:
		EACH(larger(p, q));
	case NN_PAIR_MIN:
		EACH(smaller(p, q));
	case NN_PAIR_REMAINDER:
		EACH(fmodf(p, q));
	case NN_PAIR_MODULO:
		EACH(modulo(p, q));
	case NN_PAIR_PRELU:
		EACH(p < 0 ? p * q : p);
	}
}

static void logic(enum nn_pair f, size_t n, struct nn_operand a, struct nn_operand b, float *y)
{
	switch ((int)f) {
	case NN_PAIR_LESS:
		EACH(p < q);
	case NN_PAIR_LESS_EQUAL:
		EACH(p <= q);
	case NN_PAIR_GREATER:
		EACH(p > q);
	case NN_PAIR_GREATER_EQUAL:
		EACH(p >= q);
	case NN_PAIR_EQUAL:
		EACH(p == q);
	case NN_PAIR_AND:
		EACH(p != 0 && q != 0);
	case NN_PAIR_OR:
		EACH(p != 0 || q != 0);
	case NN_PAIR_XOR:
		EACH((p != 0) != (q != 0));
	}
}

void nn_pair_row(enum nn_pair f, size_t n, struct nn_operand a, struct nn_operand b, float *y)
{
	if (f >= NN_PAIR_LESS && f <= NN_PAIR_XOR)
		logic(f, n, a, b, y);
	else
		arithmetic(f, n, a, b, y);
}

void nn_select_row(
	size_t n, struct nn_operand condition, struct nn_operand a, struct nn_operand b, float *y)
{
	for (size_t i = 0; i < n; i++)
		y[i] = condition.at[i * condition.step] != 0 ? a.at[i * a.step] : b.at[i * b.step];
}

void nn_columns_row(const struct nn_step *s, const struct nn_kernels *k, const float *x, float *y)
{
	const size_t n = s->width;
	const float *minus = s->columns.minus, *over = s->columns.over, *times = s->columns.times,
		    *plus = s->columns.plus, *low = s->columns.low, *high = s->columns.high;

	if (minus && over)
		k->scale(n, x, minus, over, y);
	else
		for (size_t i = 0; i < n; i++)
			y[i] = minus ? x[i] - minus[i] : over ? x[i] / over[i] : x[i];
	for (size_t i = 0; times && i < n; i++)
		y[i] = y[i] * times[i];
	for (size_t i = 0; plus && i < n; i++)
		y[i] = y[i] + plus[i];
	for (size_t i = 0; low && i < n; i++)
		y[i] = y[i] < low[i] ? low[i] : y[i]; /* NaN stays NaN */
	for (size_t i = 0; high && i < n; i++)
		y[i] = y[i] > high[i] ? high[i] : y[i];
}
