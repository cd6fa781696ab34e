/* ONNX files put together byte by byte, sound or not: for tests of what reads them. A message is a
 * struct buf; onnx_part puts one into another and frees it. */
#pragma once

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/buf.h"

static inline void onnx_head(struct buf *b, unsigned field, unsigned wire)
{
	buf_put_varint(b, (uint64_t)field << 3 | wire);
}

static inline void onnx_number_field(struct buf *b, unsigned field, int64_t v)
{
	onnx_head(b, field, 0);
	buf_put_varint(b, (uint64_t)v);
}

static inline void onnx_float_field(struct buf *b, unsigned field, float v)
{
	onnx_head(b, field, 5);
	buf_put(b, &v, sizeof(v));
}

static inline void onnx_bytes_field(struct buf *b, unsigned field, const void *bytes, size_t len)
{
	onnx_head(b, field, 2);
	buf_put_varint(b, len);
	buf_put(b, bytes, len);
}

static inline void onnx_text_field(struct buf *b, unsigned field, const char *s)
{
	onnx_bytes_field(b, field, s, strlen(s));
}

static inline void onnx_part(struct buf *b, unsigned field, struct buf part)
{
	onnx_bytes_field(b, field, part.data, part.len);
	buf_deinit(&part);
}

/* "a,,c": three texts, the second empty; "": none */
static inline void onnx_texts(struct buf *b, unsigned field, const char *list)
{
	while (*list) {
		size_t len = strcspn(list, ",");

		onnx_bytes_field(b, field, list, len);
		list += len + (list[len] == ',');
	}
}

/* ---- tensors ---- */

#define DIMS(...) (const int64_t[]){__VA_ARGS__}, sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)
#define SCALAR NULL, 0

/* Without numbers yet. */
static inline struct buf onnx_tensor_of(
	const char *name, int type, const int64_t *dims, size_t rank)
{
	struct buf b = {0};

	for (size_t i = 0; i < rank; i++)
		onnx_number_field(&b, 1, dims[i]);
	onnx_number_field(&b, 2, type);
	onnx_text_field(&b, 8, name);
	return b;
}

static inline struct buf onnx_tensor_raw(
	const char *name, int type, const int64_t *dims, size_t rank, const void *bytes, size_t len)
{
	struct buf b = onnx_tensor_of(name, type, dims, rank);

	onnx_bytes_field(&b, 9, bytes, len);
	return b;
}

static inline struct buf onnx_tensor_floats(
	const char *name, const int64_t *dims, size_t rank, const float *v, size_t count)
{
	return onnx_tensor_raw(name, 1, dims, rank, v, count * sizeof(*v));
}

static inline void onnx_entry(struct buf *b, unsigned field, const char *key, const char *value)
{
	struct buf entry = {0};

	onnx_text_field(&entry, 1, key);
	onnx_text_field(&entry, 2, value);
	onnx_part(b, field, entry);
}

/* offset, length: "" leaves it out */
static inline struct buf onnx_tensor_external(const char *name, const int64_t *dims, size_t rank,
	const char *location, const char *offset, const char *length)
{
	struct buf b = onnx_tensor_of(name, 1, dims, rank);

	if (location[0])
		onnx_entry(&b, 13, "location", location);
	if (offset[0])
		onnx_entry(&b, 13, "offset", offset);
	if (length[0])
		onnx_entry(&b, 13, "length", length);
	onnx_number_field(&b, 14, 1);
	return b;
}

/* ---- nodes ---- */

static inline struct buf onnx_attr(const char *name, int type)
{
	struct buf b = {0};

	onnx_text_field(&b, 1, name);
	onnx_number_field(&b, 20, type);
	return b;
}

static inline struct buf onnx_attr_float(const char *name, float v)
{
	struct buf b = onnx_attr(name, 1);

	onnx_float_field(&b, 2, v);
	return b;
}

static inline struct buf onnx_attr_int(const char *name, int64_t v)
{
	struct buf b = onnx_attr(name, 2);

	onnx_number_field(&b, 3, v);
	return b;
}

static inline struct buf onnx_attr_text(const char *name, const char *v)
{
	struct buf b = onnx_attr(name, 3);

	onnx_text_field(&b, 4, v);
	return b;
}

static inline struct buf onnx_attr_tensor(const char *name, struct buf tensor)
{
	struct buf b = onnx_attr(name, 4);

	onnx_part(&b, 5, tensor);
	return b;
}

/* The attribute `of` of the caller. */
static inline struct buf onnx_attr_ref(const char *name, int type, const char *of)
{
	struct buf b = onnx_attr(name, type);

	onnx_text_field(&b, 21, of);
	return b;
}

/* inputs and outputs as "a,b" */
static inline struct buf onnx_node_of(
	const char *name, const char *op, const char *inputs, const char *outputs)
{
	struct buf b = {0};

	onnx_texts(&b, 1, inputs);
	onnx_texts(&b, 2, outputs);
	if (name[0])
		onnx_text_field(&b, 3, name);
	onnx_text_field(&b, 4, op);
	return b;
}

static inline struct buf onnx_node_in(const char *domain, const char *name, const char *op,
	const char *inputs, const char *outputs)
{
	struct buf b = onnx_node_of(name, op, inputs, outputs);

	onnx_text_field(&b, 7, domain);
	return b;
}

/* The node with one attribute more. */
static inline struct buf onnx_with(struct buf node, struct buf attribute)
{
	onnx_part(&node, 5, attribute);
	return node;
}

/* ---- graphs ---- */

enum { /* fields of GraphProto, FunctionProto and ModelProto */
	GRAPH_NODE = 1,
	GRAPH_INITIALIZER = 5,
	GRAPH_INPUT = 11,
	GRAPH_OUTPUT = 12,
	FUNCTION_NODE = 7,
	MODEL_FUNCTION = 25,
};

/* A dim of 0 is named, so left open. */
static inline struct buf onnx_port_typed(
	const char *name, int type_of, const int64_t *dims, size_t rank)
{
	struct buf b = {0}, type = {0}, tensor = {0}, shape = {0};

	for (size_t i = 0; i < rank; i++) {
		struct buf dim = {0};

		if (dims[i])
			onnx_number_field(&dim, 1, dims[i]);
		else
			onnx_text_field(&dim, 2, "N");
		onnx_part(&shape, 1, dim);
	}
	onnx_number_field(&tensor, 1, type_of);
	onnx_part(&tensor, 2, shape);
	onnx_part(&type, 1, tensor);
	onnx_text_field(&b, 1, name);
	onnx_part(&b, 2, type);
	return b;
}

static inline struct buf onnx_port_of(const char *name, const int64_t *dims, size_t rank)
{
	return onnx_port_typed(name, 1, dims, rank);
}

static inline void onnx_opset(struct buf *b, unsigned field, const char *domain, int64_t version)
{
	struct buf set = {0};

	if (domain[0])
		onnx_text_field(&set, 1, domain);
	onnx_number_field(&set, 2, version);
	onnx_part(b, field, set);
}

/* The graph becomes a file of opset 17; functions and further opsets are put behind it. */
static inline struct buf onnx_model_of(struct buf graph)
{
	struct buf b = {0};

	onnx_number_field(&b, 1, 8);
	onnx_part(&b, 7, graph);
	onnx_opset(&b, 8, "", 17);
	return b;
}

/* Of the domain "f", of opset 17 inside; nodes are put behind it. */
static inline struct buf onnx_function_of(const char *name, const char *inputs, const char *outputs)
{
	struct buf b = {0};

	onnx_text_field(&b, 1, name);
	onnx_texts(&b, 4, inputs);
	onnx_texts(&b, 5, outputs);
	onnx_opset(&b, 9, "", 17);
	onnx_opset(&b, 9, "f", 1);
	onnx_text_field(&b, 10, "f");
	return b;
}
