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
 *   low      what the rounding of the program's input to float32 took away: x - (float)x, where
 * rows are given as doubles. With it a large number is subtracted without losing digits groups   a
 * row looked at as [outer][size][inner]; a group runs along `size` */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/nn/kernels.h"
#include "lib/nn/map.h"

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
	NN_LOW,      /* the low part of every input; 0 where rows are given as floats */
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
	size_t from[3]; /* values; unused by NN_CONSTANT, NN_COPY and NN_LOW */
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
