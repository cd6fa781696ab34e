/* What a program is made of, before it is prepared for running: a list of steps over rows.
 *
 * A value is a row of columns (float32). Value 0 is the program's input, step i makes value i + 1
 * out of values made before it. A row never meets another row: there is no step across the batch.
 * Every operation is rounded to float32, in the order given, without fused multiply-add, but for
 * the sum of products inside of an affine step.
 * True and false are 1 and 0; a condition holds when it is not 0.
 *
 * Glossary
 *   step     one operation over all columns of a row
 *   value    what a step makes; `width` columns
 *   affine   W x + b and an activation behind it: what the kernels run
 *   groups   a row looked at as [outer][size][inner]; a group runs along `size` */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/nn/kernels.h"

enum nn_step_kind {
	NN_CONSTANT, /* the same columns in every row */
	NN_AFFINE,   /* y = activation(W x + b) */
	NN_COLUMNS,  /* y = clip(((x - minus) / over) * times + plus), each a number per column */
	NN_MAP,      /* y = f(x), column by column */
	NN_PAIR,     /* y = f(a, b), column by column; one of them may have a single column */
	NN_SELECT,   /* y = condition ? a : b; any of the three may have a single column */
	NN_REDUCE,   /* every group becomes one column: [outer][size][inner] -> [outer][inner] */
	NN_GROUP,    /* every group becomes a group of the same size, as softmax does */
	NN_COPY,     /* columns of earlier values, put together */
};

/* a, b: the parameters of a map */
enum nn_map {
	NN_MAP_RELU,
	NN_MAP_SIGMOID,
	NN_MAP_TANH,
	NN_MAP_EXP,
	NN_MAP_LOG,
	NN_MAP_SQRT,
	NN_MAP_ABS,
	NN_MAP_NEGATE,
	NN_MAP_RECIPROCAL,
	NN_MAP_SIGN,
	NN_MAP_FLOOR,
	NN_MAP_CEIL,
	NN_MAP_ROUND,    /* halves to even */
	NN_MAP_TRUNCATE, /* towards 0, as a cast to an integer does */
	NN_MAP_ERF,
	NN_MAP_SIN,
	NN_MAP_COS,
	NN_MAP_TAN,
	NN_MAP_ASIN,
	NN_MAP_ACOS,
	NN_MAP_ATAN,
	NN_MAP_SINH,
	NN_MAP_COSH,
	NN_MAP_ASINH,
	NN_MAP_ACOSH,
	NN_MAP_ATANH,
	NN_MAP_NOT,
	NN_MAP_IS_NAN,
	NN_MAP_IS_INFINITE,  /* a, b: are -inf and +inf looked for (0 or 1) */
	NN_MAP_SOFTPLUS,     /* log(1 + exp(x)) */
	NN_MAP_SOFTSIGN,     /* x / (1 + |x|) */
	NN_MAP_LEAKY_RELU,   /* x < 0 ? a x : x */
	NN_MAP_ELU,          /* x < 0 ? a (exp(x) - 1) : x */
	NN_MAP_SELU,         /* b (x > 0 ? x : a (exp(x) - 1)) */
	NN_MAP_CELU,         /* max(0, x) + min(0, a (exp(x / a) - 1)) */
	NN_MAP_HARD_SIGMOID, /* max(0, min(1, a x + b)) */
	NN_MAP_HARD_SWISH,   /* x max(0, min(1, x / 6 + 0.5)) */
	NN_MAP_THRESHOLDED,  /* x > a ? x : 0 */
	NN_MAP_SHRINK,       /* x < -a ? x + b : x > a ? x - b : 0 */
	NN_MAP_GELU,         /* 0.5 x (1 + erf(x / sqrt(2))) */
	NN_MAP_GELU_TANH,    /* 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) */
	NN_MAP_SWISH,        /* x sigmoid(a x) */
	NN_MAP_MISH,         /* x tanh(softplus(x)) */
	NN_MAP_COUNT
};

enum nn_pair {
	NN_PAIR_ADD,
	NN_PAIR_SUBTRACT,
	NN_PAIR_MULTIPLY,
	NN_PAIR_DIVIDE,
	NN_PAIR_POWER,
	NN_PAIR_MAX,       /* NaN when either is */
	NN_PAIR_MIN,       /* likewise */
	NN_PAIR_REMAINDER, /* fmod: the sign of a */
	NN_PAIR_MODULO,    /* the sign of b */
	NN_PAIR_LESS,
	NN_PAIR_LESS_EQUAL,
	NN_PAIR_GREATER,
	NN_PAIR_GREATER_EQUAL,
	NN_PAIR_EQUAL,
	NN_PAIR_AND,
	NN_PAIR_OR,
	NN_PAIR_XOR,
	NN_PAIR_PRELU, /* a < 0 ? a b : a */
	NN_PAIR_COUNT
};

enum nn_reduce {
	NN_REDUCE_SUM,
	NN_REDUCE_MEAN,
	NN_REDUCE_MAX,
	NN_REDUCE_MIN,
	NN_REDUCE_PRODUCT,
	NN_REDUCE_SUM_ABS,
	NN_REDUCE_SUM_SQUARES,
	NN_REDUCE_NORM, /* the root of the sum of squares */
	NN_REDUCE_LOG_SUM,
	NN_REDUCE_LOG_SUM_EXP,
	NN_REDUCE_ARG_MAX, /* the place of the first largest, from 0 */
	NN_REDUCE_ARG_MIN,
	NN_REDUCE_COUNT
};

enum nn_group {
	NN_GROUP_SOFTMAX,
	NN_GROUP_LOG_SOFTMAX,
	NN_GROUP_HARD_MAX,    /* 1 at the first largest, else 0 */
	NN_GROUP_STANDARDISE, /* (x - mean) / sqrt(variance + epsilon), as LayerNormalization does
			       */
	NN_GROUP_COUNT
};

struct nn_groups {
	size_t outer, size, inner;
};

struct nn_column {
	uint32_t value, column;
};

/* All arrays are borrowed until nn_program_build returns. */
struct nn_step {
	enum nn_step_kind kind;
	size_t width;   /* columns of the value it makes */
	size_t from[3]; /* values; unused by NN_CONSTANT and NN_COPY */
	union {
		struct {
			const float *values; /* [width] */
		} constant;
		struct {
			const float *weights; /* [width][columns of from[0]] */
			const float *bias;    /* [width] */
			enum nn_activation activation;
		} affine;
		struct {
			/* [width] each; NULL: leaves every column as it is */
			const float *minus, *over, *times, *plus, *low, *high;
		} columns;
		struct {
			enum nn_map f;
			float a, b;
		} map;
		enum nn_pair pair;
		struct {
			enum nn_reduce f;
			struct nn_groups groups;
		} reduce;
		struct {
			enum nn_group f;
			float epsilon;
			struct nn_groups groups;
		} group;
		struct {
			const struct nn_column *columns; /* [width] */
		} copy;
	};
};
