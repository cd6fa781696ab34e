/* An ONNX graph as it was read: numbers instead of names, one kind of number per tensor, operators
 * that the file defines itself (functions) replaced by what they are made of.
 *
 * What is checked when it is made (onnx_file.h): sizes before memory is taken, the opsets, that
 * every value a node reads was made before (so no cycles), that nothing is made twice, that
 * initializers have as many numbers as their dims say. Not checked: whether weights are finite
 * (constants of -inf are legitimate: the program refuses what is not finite where it is a weight),
 * and what operators mean: that is the translation's business (onnx_translate.h).
 *
 * Glossary
 *   value      what a node reads or makes; an index
 *   constant   a value whose numbers stand in the file (an initializer, or a Constant node)
 *   domain     "" for ONNX itself, "ai.onnx.ml", "com.microsoft", ... */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/macros.h"

#define ONNX_OPSET_MIN 7
#define ONNX_OPSET_MAX 24
#define ONNX_NODES_MAX 20000 /* after functions were put in their place */
#define ONNX_RANK_MAX 8
#define ONNX_NONE SIZE_MAX /* a value that is left out */

enum onnx_type { /* TensorProto.DataType */
	ONNX_TYPE_FLOAT = 1,
	ONNX_TYPE_UINT8,
	ONNX_TYPE_INT8,
	ONNX_TYPE_UINT16,
	ONNX_TYPE_INT16,
	ONNX_TYPE_INT32,
	ONNX_TYPE_INT64,
	ONNX_TYPE_STRING,
	ONNX_TYPE_BOOL,
	ONNX_TYPE_FLOAT16,
	ONNX_TYPE_DOUBLE,
	ONNX_TYPE_UINT32,
	ONNX_TYPE_UINT64,
	ONNX_TYPE_COMPLEX64,
	ONNX_TYPE_COMPLEX128,
	ONNX_TYPE_BFLOAT16,
};
const char *onnx_type_name(int declared); /* "float16", or "unknown" */

/* How a tensor's numbers are kept; what the file called them is `declared`. */
enum onnx_kind {
	ONNX_FLOAT,  /* float: FLOAT, FLOAT16, BFLOAT16 */
	ONNX_DOUBLE, /* double: DOUBLE */
	ONNX_INT,    /* int64_t: all integers, BOOL */
	ONNX_STRING, /* char *: STRING */
};

struct onnx_tensor {
	enum onnx_kind kind;
	int declared; /* enum onnx_type */
	size_t rank;
	size_t dims[ONNX_RANK_MAX]; /* 0 is allowed: an empty tensor */
	size_t count;               /* their product; 1 at rank 0 */
	union {
		const float *floats;
		const double *doubles;
		const int64_t *ints;
		const char *const *texts;
	};
};

enum onnx_attribute_kind { /* AttributeProto.AttributeType */
	ONNX_ATTRIBUTE_FLOAT = 1,
	ONNX_ATTRIBUTE_INT = 2,
	ONNX_ATTRIBUTE_STRING = 3,
	ONNX_ATTRIBUTE_TENSOR = 4,
	ONNX_ATTRIBUTE_FLOATS = 6,
	ONNX_ATTRIBUTE_INTS = 7,
	ONNX_ATTRIBUTE_STRINGS = 8,
	/* graphs, sparse tensors, types: the reader refuses a node with one */
};

struct onnx_attribute {
	const char *name;
	enum onnx_attribute_kind kind;
	float f;
	int64_t i;
	const char *text;                 /* NUL-terminated */
	const struct onnx_tensor *tensor; /* TENSOR */
	size_t count;                     /* FLOATS, INTS, STRINGS */
	const float *floats;
	const int64_t *ints;
	const char *const *texts;
};

struct onnx_node {
	const char *op, *domain; /* domain "" for ONNX itself */
	const char *name;        /* "" without; of a node inside a function: "caller/inner" */
	size_t place;            /* in the file's list of nodes (or the function's), from 1 */
	int64_t opset;           /* of its domain, where it stands (a function has its own) */
	size_t input_count, output_count, attribute_count;
	const size_t *inputs;  /* values, ONNX_NONE where left out */
	const size_t *outputs; /* likewise */
	const struct onnx_attribute *attributes;
};

/* What the file says of a graph's input or output. */
struct onnx_port {
	const char *name;
	size_t value;
	bool is_tensor; /* else a sequence or map (ZipMap) */
	int declared;   /* enum onnx_type; 0: not said */
	bool has_shape;
	size_t rank;
	int64_t dims[ONNX_RANK_MAX]; /* -1: left open (or not above 0 in the file) */
};

struct onnx_graph {
	size_t node_count, value_count, input_count, output_count;
	const struct onnx_node *nodes;              /* each behind all it reads; no Constant */
	const char *const *names;                   /* [value_count], for messages */
	const struct onnx_tensor *const *constants; /* [value_count] NULL: no constant */
	const struct onnx_port *inputs;             /* in the file's order, initializers left out */
	const struct onnx_port *outputs;
};

#define ONNX_TEXT 96 /* room for a name as it stands in a message */
/* For messages: a name with odd characters replaced and cut to fit; "node \"a\" (Relu)". */
const char *onnx_show(char out[ONNX_TEXT], const char *name);
const char *onnx_node_text(char out[2 * ONNX_TEXT], const struct onnx_graph *g, size_t node);

static inline double onnx_number(const struct onnx_tensor *t, size_t i)
{
	return t->kind == ONNX_FLOAT    ? (double)t->floats[i]
	       : t->kind == ONNX_DOUBLE ? t->doubles[i]
					: (double)t->ints[i];
}

/* NULL when the node has none of that name. */
const struct onnx_attribute *onnx_attribute(const struct onnx_node *n, const char *name);
