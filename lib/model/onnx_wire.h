/* Protobuf on the wire: the fields of a message one by one, and the few bytes before a value. For
 * files that onnx_scan found sound, where something is changed without decoding the rest. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ONNX_WIRE_VARINT 0
#define ONNX_WIRE_BYTES 2

struct buf;

struct onnx_field {
	unsigned number, wire;
	size_t begin, value, end; /* in the file: of the tag, of what is in it, behind it */
};

/* The field at `at` of a message that ends at `end`; false when it does not fit there. */
bool onnx_field_next(struct onnx_field *out, const uint8_t *file, size_t at, size_t end);
/* The number in a varint field. */
uint64_t onnx_field_number(const struct onnx_field *f, const uint8_t *file);

/* Tag and length of a field of bytes. */
void onnx_put_head(struct buf *b, unsigned number, size_t len);
