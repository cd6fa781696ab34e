/* Memory for protobuf-c with a limit in bytes: a small file may describe a large tree. */
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

struct onnx_alloc {
	ProtobufCAllocator vtable; /* hand this to protobuf-c */
	size_t left;               /* bytes that may still be taken */
	bool refused;              /* something was asked for that went over the limit */
};

/* Must stay where it is while memory from it is alive. */
void onnx_alloc_init(struct onnx_alloc *a, size_t limit_bytes);
