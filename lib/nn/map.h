/* The functions of one column. */
#pragma once

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
