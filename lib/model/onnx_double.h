/* Graphs that compute in double, or in integers of 32 and 64 bits: there the first subtraction is
 * worked out with all digits of the input and of the constant, and only what it leaves is rounded
 * to float32. Programs are float32, so such columns stay unrounded as long as nothing but constants
 * is added and multiplied: x * scale + shift in double, a pair of numbers per column (onnx_value).
 * What reads them otherwise reads them rounded: steps that use both parts of the constant and,
 * where the input is not of float32 itself, of the input (NN_LOW) for the subtraction. */
#pragma once

#include <stdbool.h>

#include "lib/model/onnx_work.h"

/* From here on it is computed in double: columns of the program's input, or of float32 all of them
 * (is_float). */
MUST_CHECK int onnx_double_begin(struct onnx_work *w, struct onnx_value *v, bool is_float);
/* Types that hold numbers which float32 does not. */
bool onnx_double_is_meant(int declared);
/* Whether the node in hand takes unrounded columns as they are. */
bool onnx_double_is_taken(const struct onnx_work *w);
/* Rounded: what else there is comes out as it is. */
MUST_CHECK int onnx_double_round(
	struct onnx_work *w, struct onnx_value *out, const struct onnx_value *x);
/* Unrounded x with a constant of as many numbers: x + c, x - c, x * c, x / c; is_first: c + x,
 * c - x, c * x. False in *fits where the numbers leave what float32 can hold. */
MUST_CHECK int onnx_double_pair(struct onnx_work *w, struct onnx_value *out,
	const struct onnx_value *x, const struct onnx_value *c, bool is_first, enum nn_pair f,
	bool *fits);
