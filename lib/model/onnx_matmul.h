/* Products of matrices. */
#pragma once

#include "lib/model/onnx_work.h"

/* *out = a @ b with numpy's rules (1-D operands, broadcast leading axes). A constant operand makes
 * affine steps, `alpha` times its numbers as weights and `bias` (NULL, or a constant that
 * broadcasts to the result) as their bias; two operands of rows are multiplied and summed. */
MUST_CHECK int onnx_matmul(struct onnx_work *w, struct onnx_value *out, const struct onnx_value *a,
	const struct onnx_value *b, double alpha, const struct onnx_value *bias);
