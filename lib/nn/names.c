/* Names of steps and functions. */
#include "lib/nn/names.h"

#define NAME_OF(names, i) ((size_t)(i) < ARRAY_LEN(names) && (names)[i] ? (names)[i] : "?")

const char *nn_kind_name(enum nn_step_kind kind)
{
	static const char *const names[] = {
		[NN_CONSTANT] = "constant",
		[NN_AFFINE] = "affine",
		[NN_COLUMNS] = "columns",
		[NN_MAP] = "map",
		[NN_PAIR] = "pair",
		[NN_SELECT] = "select",
		[NN_REDUCE] = "reduce",
		[NN_GROUP] = "group",
		[NN_COPY] = "copy",
		[NN_LOW] = "low",
	};

	return NAME_OF(names, kind);
}

const char *nn_map_name(enum nn_map f)
{
	static const char *const names[NN_MAP_COUNT] = {
		[NN_MAP_RELU] = "relu",
		[NN_MAP_SIGMOID] = "sigmoid",
		[NN_MAP_TANH] = "tanh",
		[NN_MAP_EXP] = "exp",
		[NN_MAP_LOG] = "log",
		[NN_MAP_SQRT] = "sqrt",
		[NN_MAP_ABS] = "abs",
		[NN_MAP_NEGATE] = "negate",
		[NN_MAP_RECIPROCAL] = "reciprocal",
		[NN_MAP_SIGN] = "sign",
		[NN_MAP_FLOOR] = "floor",
		[NN_MAP_CEIL] = "ceil",
		[NN_MAP_ROUND] = "round",
		[NN_MAP_TRUNCATE] = "truncate",
		[NN_MAP_ERF] = "erf",
		[NN_MAP_SIN] = "sin",
		[NN_MAP_COS] = "cos",
		[NN_MAP_TAN] = "tan",
		[NN_MAP_ASIN] = "asin",
		[NN_MAP_ACOS] = "acos",
		[NN_MAP_ATAN] = "atan",
		[NN_MAP_SINH] = "sinh",
		[NN_MAP_COSH] = "cosh",
		[NN_MAP_ASINH] = "asinh",
		[NN_MAP_ACOSH] = "acosh",
		[NN_MAP_ATANH] = "atanh",
		[NN_MAP_NOT] = "not",
		[NN_MAP_IS_NAN] = "is nan",
		[NN_MAP_IS_INFINITE] = "is infinite",
		[NN_MAP_SOFTPLUS] = "softplus",
		[NN_MAP_SOFTSIGN] = "softsign",
		[NN_MAP_LEAKY_RELU] = "leaky relu",
		[NN_MAP_ELU] = "elu",
		[NN_MAP_SELU] = "selu",
		[NN_MAP_CELU] = "celu",
		[NN_MAP_HARD_SIGMOID] = "hard sigmoid",
		[NN_MAP_HARD_SWISH] = "hard swish",
		[NN_MAP_THRESHOLDED] = "thresholded relu",
		[NN_MAP_SHRINK] = "shrink",
		[NN_MAP_GELU] = "gelu",
		[NN_MAP_GELU_TANH] = "gelu (tanh)",
		[NN_MAP_SWISH] = "swish",
		[NN_MAP_MISH] = "mish",
	};

	return NAME_OF(names, f);
}

const char *nn_pair_name(enum nn_pair f)
{
	static const char *const names[NN_PAIR_COUNT] = {
		[NN_PAIR_ADD] = "add",
		[NN_PAIR_SUBTRACT] = "subtract",
		[NN_PAIR_MULTIPLY] = "multiply",
		[NN_PAIR_DIVIDE] = "divide",
		[NN_PAIR_POWER] = "power",
		[NN_PAIR_MAX] = "max",
		[NN_PAIR_MIN] = "min",
		[NN_PAIR_REMAINDER] = "remainder",
		[NN_PAIR_MODULO] = "modulo",
		[NN_PAIR_LESS] = "less",
		[NN_PAIR_LESS_EQUAL] = "less or equal",
		[NN_PAIR_GREATER] = "greater",
		[NN_PAIR_GREATER_EQUAL] = "greater or equal",
		[NN_PAIR_EQUAL] = "equal",
		[NN_PAIR_AND] = "and",
		[NN_PAIR_OR] = "or",
		[NN_PAIR_XOR] = "xor",
		[NN_PAIR_PRELU] = "prelu",
	};

	return NAME_OF(names, f);
}

const char *nn_reduce_name(enum nn_reduce f)
{
	static const char *const names[NN_REDUCE_COUNT] = {
		[NN_REDUCE_SUM] = "sum",
		[NN_REDUCE_MEAN] = "mean",
		[NN_REDUCE_MAX] = "max",
		[NN_REDUCE_MIN] = "min",
		[NN_REDUCE_PRODUCT] = "product",
		[NN_REDUCE_SUM_ABS] = "sum of absolutes",
		[NN_REDUCE_SUM_SQUARES] = "sum of squares",
		[NN_REDUCE_NORM] = "norm",
		[NN_REDUCE_LOG_SUM] = "log of sum",
		[NN_REDUCE_LOG_SUM_EXP] = "log of sum of exp",
		[NN_REDUCE_ARG_MAX] = "arg max",
		[NN_REDUCE_ARG_MIN] = "arg min",
	};

	return NAME_OF(names, f);
}

const char *nn_group_name(enum nn_group f)
{
	static const char *const names[NN_GROUP_COUNT] = {
		[NN_GROUP_SOFTMAX] = "softmax",
		[NN_GROUP_LOG_SOFTMAX] = "log softmax",
		[NN_GROUP_HARD_MAX] = "hard max",
		[NN_GROUP_STANDARDISE] = "standardise",
	};

	return NAME_OF(names, f);
}

const char *nn_activation_name(enum nn_activation f)
{
	static const char *const names[] = {
		[NN_LINEAR] = "linear",
		[NN_RELU] = "relu",
		[NN_SIGMOID] = "sigmoid",
	};

	return NAME_OF(names, f);
}
