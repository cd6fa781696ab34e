/* A look over the bytes of a protobuf message before it is decoded: every length stays inside its
 * message, and what the schema has once is there once. (The decoder merges repeats, which takes
 * quadratic time for a hostile file.) Takes no memory. */
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/macros.h"

struct err;

/* `type` must not contain itself. -EINVAL names the byte. */
MUST_CHECK int onnx_scan(
	const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t len, struct err *err);
