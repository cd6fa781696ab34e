/* Opening files that were put together (onnx_bytes.h); both helpers free them. */
#pragma once

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/model/onnx_file.h"
#include "tests/unit/model/onnx_bytes.h"

#define OPEN_LIMIT (1u << 20)

/* From a copy of just the size, so that a sanitizer sees a read beyond the end. */
static inline int open_in(
	struct onnx_file **out, struct buf model, int folder, size_t limit, struct err *err)
{
	char *copy = malloc(model.len ? model.len : 1);
	int rc;

	assert_non_null(copy);
	if (model.len)
		memcpy(copy, model.data, model.len);
	rc = onnx_file_open(out, copy, model.len, folder, limit, err);
	free(copy);
	buf_deinit(&model);
	return rc;
}

static inline struct onnx_file *opened_in(struct buf model, int folder)
{
	struct onnx_file *f = NULL;
	struct err err = {""};

	if (open_in(&f, model, folder, OPEN_LIMIT, &err) != 0)
		fail_msg("%s", err.text);
	return f;
}

static inline struct onnx_file *opened(struct buf model)
{
	return opened_in(model, -1);
}

static inline void is_refused_in(struct buf model, int folder, const char *sentence)
{
	struct onnx_file *f = NULL;
	struct err err = {""};

	assert_int_equal(open_in(&f, model, folder, OPEN_LIMIT, &err), -EINVAL);
	assert_string_equal(err.text, sentence);
	assert_null(f);
}

static inline void is_refused(struct buf model, const char *sentence)
{
	is_refused_in(model, -1, sentence);
}

/* A file whose one output is the initializer: its numbers are the graph's constant. */
static inline struct buf model_with_tensor(struct buf tensor)
{
	struct buf g = {0};

	onnx_part(&g, GRAPH_INITIALIZER, tensor);
	onnx_part(&g, GRAPH_OUTPUT, onnx_port_of("t", SCALAR));
	return onnx_model_of(g);
}

static inline const struct onnx_tensor *first_output(const struct onnx_file *f)
{
	const struct onnx_graph *g = onnx_file_graph(f);
	const struct onnx_tensor *t = g->constants[g->outputs[0].value];

	assert_non_null(t);
	return t;
}
