/* The nodes of a graph in one list: operators that the file defines itself (functions) are
 * replaced by what they are made of, and names by values.
 *
 * A function has names and opsets of its own. Its inputs are what its caller reads, its outputs
 * what its caller makes; attributes that it refers to (ref_attr_name) are the caller's, else the
 * function's defaults, else they are not there. Depth, nodes and all they read and make have
 * limits; a function that needs itself is refused. */
#pragma once

#include "lib/base/macros.h"

struct err;
struct onnx_flat;
struct onnx_source;
struct Onnx__ModelProto;

#define ONNX_DEPTH_MAX 32 /* functions in functions */

/* Gets a zeroed struct; onnx_flat_deinit even after a failure. It points into the proto and the
 * source's memory. Only what outputs need is there; initializers are values where something reads
 * them, and are not decoded.
 * -EINVAL (with where and what), -EFBIG, -ENOMEM. */
MUST_CHECK int onnx_flatten(struct onnx_flat *out, const struct Onnx__ModelProto *m,
	struct onnx_source *s, struct err *err);
