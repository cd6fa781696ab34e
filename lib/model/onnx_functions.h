/* The functions of a file: operators that it defines itself. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/macros.h"
#include "lib/model/onnx_body.h"

struct err;
struct map;
struct onnx_source;
struct Onnx__FunctionProto;
struct Onnx__ModelProto;

struct onnx_function {
	const struct Onnx__FunctionProto *proto;
	bool is_ready; /* what follows is there */
	bool is_open;  /* it is being put in place, so it must not be met again */
	struct onnx_body body;
	const struct onnx_attribute *defaults; /* [proto->n_attribute_proto] */
};

struct onnx_functions {
	size_t count;
	struct onnx_function *list; /* in the arena */
	struct map *by_name;        /* domain, name and overload together */
};

/* Gets a zeroed struct; onnx_functions_deinit even after a failure. Nothing is looked into yet:
 * functions that nothing calls may hold anything. -EINVAL (defined twice), -ENOMEM. */
MUST_CHECK int onnx_functions_init(struct onnx_functions *f, const struct Onnx__ModelProto *m,
	struct onnx_source *s, struct err *err);
void onnx_functions_deinit(struct onnx_functions *f);

/* Which of the nodes that are needed call a function of the file. -ENOMEM. */
MUST_CHECK int onnx_functions_find(const struct onnx_functions *f, struct onnx_body *b,
	struct onnx_source *s, struct err *err);
/* Reads the body and the defaults, once. -EINVAL, -EFBIG, -ENOMEM. */
MUST_CHECK int onnx_function_prepare(struct onnx_function *fn, const struct onnx_functions *all,
	struct onnx_source *s, struct err *err);
