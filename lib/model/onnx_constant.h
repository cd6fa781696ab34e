/* Constants of a translation: making them, and reading what stands in them. */
#pragma once

#include "lib/model/onnx_work.h"

/* A dim, or another number of a shape: `number`, or that many times the batch's size. */
struct onnx_size {
	int64_t number;
	bool is_batch;
};

enum onnx_sort onnx_sort_of(int declared); /* TensorProto.DataType */

/* A constant that stands in the file. */
void onnx_constant(struct onnx_value *out, const struct onnx_tensor *t);
/* A new one with v's shape and type, its numbers to be filled in: integers for whole numbers and
 * truths, else doubles. Both tensors are the same one. */
MUST_CHECK int onnx_constant_new(
	struct onnx_work *w, struct onnx_value *v, struct onnx_tensor **out);
void onnx_constant_set(struct onnx_tensor *t, size_t i, double number);

/* In the world in hand (onnx_work.h). */
static inline const struct onnx_tensor *onnx_tensor_of(
	const struct onnx_work *w, const struct onnx_value *v)
{
	return v->tensors[w->world];
}

bool onnx_depends_on_batch(const struct onnx_value *v);
/* Operand i of the node in hand as a constant whatever the batch; refused else. */
MUST_CHECK int onnx_want_constant(struct onnx_work *w, size_t i, const struct onnx_tensor **out);
/* The numbers of operand i, or of the list of integers called `name` where there is no such
 * operand (older opsets); *count is ONNX_NONE where neither is there. */
MUST_CHECK int onnx_want_ints(
	struct onnx_work *w, size_t i, const char *name, const int64_t **out, size_t *count);
/* A constant as shape numbers: at most ONNX_RANK_MAX of them. */
MUST_CHECK int onnx_sizes(struct onnx_work *w, const struct onnx_value *v,
	struct onnx_size out[ONNX_RANK_MAX], size_t *count);

/* As float32 [count], for the program: refused when a number is not finite and `finite` is asked
 * for. Borrowed where the file has them so. */
MUST_CHECK int onnx_floats(
	struct onnx_work *w, const struct onnx_value *v, bool finite, const float **out);
