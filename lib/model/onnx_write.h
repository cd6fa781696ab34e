/* A program to the bytes of an ONNX file: IR version 8, opset 17, input "input" [batch, inputs],
 * output "probability" [batch, 1], weights as float32 in raw_data. The same arguments give the
 * same bytes. */
#pragma once

#include "lib/base/macros.h"

struct buf;
struct err;
struct nn_program;

struct onnx_property { /* of metadata_props; written in the order given */
	const char *key;
	const char *value;
};

/* The program ends in a sigmoid with one output. Appends to `out`. -EINVAL, -ENOMEM. */
MUST_CHECK int onnx_write(struct buf *out, const struct nn_program *p,
	const struct onnx_property *properties, size_t property_count, struct err *err);
