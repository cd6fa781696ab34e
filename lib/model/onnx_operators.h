/* The operators that can be run: a table, a row each, by family in the files onnx_op_*.c.
 *
 * `translate` finds its node, operands and its row in the work (onnx_work.h) and gives results. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/base/macros.h"

struct onnx_work;

#define ONNX_ML "ai.onnx.ml"
#define ONNX_MICROSOFT "com.microsoft"
#define ONNX_NO_SHAPE 0

struct onnx_operator {
	const char *name, *domain;
	int first, last; /* opsets of the domain it holds for; last 0: all from the first on */
	int (*translate)(struct onnx_work *w);
	int f;                     /* which of the family: an nn_map, nn_pair, nn_reduce, ... */
	const char *a, *b;         /* a map's parameters: attributes */
	double a_preset, b_preset; /* and what stands for them */
	/* The operand (from 1) that is a shape: the operator copes with a batch in it. */
	unsigned shape_operand;
};

struct onnx_operator_list {
	const struct onnx_operator *rows;
	size_t count;
};

/* The families. */
extern const struct onnx_operator_list onnx_elementwise_operators, onnx_linear_operators,
	onnx_shape_operators, onnx_column_operators, onnx_gather_operators, onnx_pad_operators,
	onnx_fill_operators, onnx_einsum_operators, onnx_window_operators, onnx_reduce_operators,
	onnx_norm_operators, onnx_ml_operators, onnx_microsoft_operators;

/* NULL when there is none of that name for that opset. */
const struct onnx_operator *onnx_operator_find(const char *domain, const char *name, int64_t opset);
/* Why an operator that is not in the table cannot be run, as well as is known; never NULL. */
const char *onnx_operator_refusal(const char *domain, const char *name);
/* All rows, for listing them: NULL behind the last. */
const struct onnx_operator *onnx_operator_at(size_t i);
