/* Attributes of nodes, and the defaults of a function's. */
#pragma once

#include "lib/base/macros.h"
#include "lib/model/onnx_graph.h"

struct err;
struct onnx_source;
struct Onnx__AttributeProto;

/* Points into `p` and the source's memory. An attribute without a type (from before it was asked
 * for) has that of its value. `where` begins the sentence: "node \"a\" (Gemm)".
 * -EINVAL (graphs, sparse tensors and types too), -EFBIG, -ENOMEM. */
MUST_CHECK int onnx_attribute_read(struct onnx_attribute *out, const struct Onnx__AttributeProto *p,
	struct onnx_source *s, const char *where, struct err *err);
