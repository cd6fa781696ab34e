/* A checked ONNX graph to the program that runs it.
 *
 * The form is the one that onnx_write makes, a chain from the input to the output:
 * [Sub, Div] Gemm [Relu] Gemm [Relu] ... Gemm Sigmoid, with Gemm's transB 0 or 1, with or without
 * a bias. Everything else is refused by node and operator. */
#pragma once

#include "lib/base/macros.h"

struct err;
struct nn_program;
struct onnx_file;

/* -EINVAL, -ENOMEM. */
MUST_CHECK int onnx_chain_build(
	struct nn_program **out, const struct onnx_file *f, struct err *err);
