/* A translation in progress: what every value of the graph has turned out to be, and the steps so
 * far. Operators (onnx_op_*.c) read and give values through here.
 *
 * A value is one of
 *   constant   a tensor that is known while translating
 *   rows       a tensor with the batch along one axis: its other axes, in order, are the columns of
 *              one value of the program
 * Everything is worked out for one row: `dims` are what is left of the tensor when the batch is
 * taken out. A tensor of [N, 4, 6] is rows with dims [1, 4, 6] and axis 0; [N x 4, 6] (a row has
 * four of the second) is rows with dims [4, 6] and axis 0, and so is [4 x N, 6], but with outer 4:
 * that many parts of the axis come before the batch in it. Rows without an axis are the same tensor
 * in every row of the batch, or files that were made for a single row.
 *
 * The batch's size is not known, yet graphs compute with it (Shape, Gather, Concat, Reshape). So
 * constants have two tensors: what they would be at one size of the batch and at another. Where the
 * two are the same the batch does not matter; where both are the same multiple of the batch's size,
 * it is that multiple (sizes, onnx_constant.h). */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/macros.h"
#include "lib/model/onnx_graph.h"
#include "lib/nn/steps.h"

struct arena;

#define ONNX_WIDTH_MAX 65536         /* columns of a value */
#define ONNX_COLUMNS_MAX (4u << 20)  /* of all values */
#define ONNX_PRODUCTS_MAX (1u << 28) /* of a row, and worked out */
#define ONNX_FOLD_BYTES (256u << 20) /* for what is worked out */

enum onnx_what {
	ONNX_NOTHING, /* not translated, or not given by its operator */
	ONNX_CONSTANT,
	ONNX_ROWS,
};

/* Numbers are kept as float32 whatever they are; what they are decides how they divide. */
enum onnx_sort {
	ONNX_NUMBER,  /* floating point of any size */
	ONNX_INTEGER, /* of any size */
	ONNX_TRUTH,   /* 0 or 1 */
	ONNX_LETTERS,
};

struct onnx_value {
	enum onnx_what what;
	enum onnx_sort sort;
	size_t rank, dims[ONNX_RANK_MAX], count;
	const struct onnx_tensor *tensors[2]; /* constant: at either size of the batch */
	size_t axis;                          /* rows: where the batch is, ONNX_NONE: nowhere */
	size_t outer;                         /* rows: of dims[axis], what is before the batch */
	size_t source;                        /* rows: the program's value */
	/* rows of doubles: source * scale + shift, not rounded yet, [count] each (onnx_double.h).
	 * NULL: the source itself */
	const double *scale, *shift;
	bool is_float; /* the source is all there is; else its columns are the program's input's,
			  which have low parts, too */
};

struct onnx_work {
	const struct onnx_graph *graph;
	struct arena *memory;
	struct onnx_value *values; /* [graph->value_count] */
	/* likewise: those of doubles rounded, where they were read so; else nothing */
	struct onnx_value *rounded;
	bool reads_doubles;    /* the node in hand: unrounded */
	size_t low;            /* the program's value of NN_LOW; 0: not made */
	size_t batch;          /* that the file was made for; 0: any */
	size_t inputs;         /* columns of a row */
	struct nn_step *steps; /* malloc'ed */
	size_t step_count, step_room;
	size_t columns;                       /* of all steps */
	size_t products;                      /* of numbers, in matrices */
	const struct onnx_node *node;         /* in hand */
	const struct onnx_operator *operator; /* of it */
	size_t node_index;
	/* The node in hand has constants alone: it is worked out, once in either world (that is:
	 * from the tensors of either size of the batch) where they differ. */
	bool is_folding;
	unsigned world;
	struct err *err;
};

/* The two sizes of the batch that shapes are worked out with: primes far from any real dim. */
extern const int64_t onnx_batches[2];

/* Says why the node in hand cannot be run: "node "a" (Relu): ...". Returns -EINVAL. */
int onnx_refuse(const struct onnx_work *w, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The same call, written so that the compiler sees the result (as err_set is). */
#define onnx_refuse(...)                          \
	({                                        \
		(void)(onnx_refuse)(__VA_ARGS__); \
		-EINVAL;                          \
	})
/* Here, so that the compiler sees what is set when it was not needed. */
static inline int onnx_no_memory(const struct onnx_work *w)
{
	return err_set(w->err, -ENOMEM, "no memory for the model");
}

/* An operand of the node in hand. NULL where it is left out. */
const struct onnx_value *onnx_in(const struct onnx_work *w, size_t i);
/* The same, refused where it is left out. */
MUST_CHECK int onnx_want(const struct onnx_work *w, size_t i, const struct onnx_value **out);
/* A result of the node in hand; nothing when nobody wants it. */
void onnx_give(struct onnx_work *w, size_t i, const struct onnx_value *v);

/* Attributes of the node in hand, or what stands for them. */
int64_t onnx_int(const struct onnx_work *w, const char *name, int64_t preset);
double onnx_float(const struct onnx_work *w, const char *name, double preset);
const char *onnx_string(const struct onnx_work *w, const char *name, const char *preset);

/* Memory for what is worked out, limited over the whole translation. */
MUST_CHECK int onnx_alloc(struct onnx_work *w, void *out, size_t count, size_t size);

/* Adds a step, its `width` set; *value is what it makes. Arrays must outlive the translation. */
MUST_CHECK int onnx_step(struct onnx_work *w, const struct nn_step *s, size_t *value);
size_t onnx_width(const struct onnx_work *w, size_t value); /* columns of a program's value */

/* Whether rows have the batch along this axis. In files for a single row it is as any other. */
bool onnx_is_batch(const struct onnx_work *w, const struct onnx_value *x, size_t axis);
/* -1 counts from behind. */
MUST_CHECK int onnx_axis(const struct onnx_work *w, int64_t axis, size_t rank, size_t *out);
size_t onnx_product(const size_t *dims, size_t from, size_t to);
/* The shape alone: dims, rank and count, all else empty. */
void onnx_shape(struct onnx_value *v, size_t rank, const size_t *dims);
