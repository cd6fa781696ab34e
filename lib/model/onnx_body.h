/* A list of nodes, the graph's or a function's, before it is put in place: what its outputs need,
 * and the attributes of those nodes. Names are the file's.
 *
 * What no output needs is never looked at again and may hold anything. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/macros.h"
#include "lib/model/onnx_graph.h"

#define ONNX_NAME_MAX 4096                     /* bytes of a tensor's name */
#define ONNX_ATTRIBUTES_MAX 100                /* of one node, and defaults of one function */
#define ONNX_RESULTS_MAX (10 * ONNX_NODES_MAX) /* what all nodes make */

struct arena;
struct err;
struct map;
struct onnx_function;
struct onnx_source;
struct Onnx__NodeProto;
struct Onnx__OperatorSetIdProto;

struct onnx_body_node {
	const struct Onnx__NodeProto *proto;
	const char *domain;             /* "" for ONNX itself */
	struct onnx_function *function; /* set by whoever knows the functions; else NULL */
	bool is_needed;                 /* what follows is there only then */
	size_t attribute_count;
	const struct onnx_attribute *attributes;
	/* [attribute_count] or NULL where there are none: the caller's attribute that stands here
	 * (ref_attr_name), NULL for one with a value of its own */
	const char *const *references;
};

struct onnx_body {
	size_t node_count;
	struct onnx_body_node *nodes;
	struct map *makers; /* what any of the nodes makes */
	struct map *opsets; /* domain -> OperatorSetIdProto */
};

/* What the file says; the graph and functions have it in different messages. */
struct onnx_body_parts {
	const char *who; /* begins sentences: "the file" */
	size_t node_count, output_count, opset_count;
	struct Onnx__NodeProto *const *nodes;
	const char *const *outputs;
	struct Onnx__OperatorSetIdProto *const *opsets;
};

/* Gets a zeroed struct; onnx_body_deinit even after a failure. Refused: two makers of one name, an
 * opset of ONNX out of range, and of the nodes that are needed: attributes that cannot be read,
 * graphs of their own among them (control flow). -EINVAL, -EFBIG, -ENOMEM. */
MUST_CHECK int onnx_body_init(struct onnx_body *b, const struct onnx_body_parts *parts,
	struct onnx_source *s, struct err *err);
void onnx_body_deinit(struct onnx_body *b);

/* The version of a domain, 0 when it is not named. */
int64_t onnx_body_opset(const struct onnx_body *b, const char *domain);

const char *onnx_domain(const char *domain); /* "" for all names of ONNX itself */
/* As onnx_node_text, of a node as it stands in the file. */
const char *onnx_body_node_text(char out[2 * ONNX_TEXT], const struct onnx_body *b, size_t node);
