/* The bytes of an ONNX file, and of the files beside it that hold its numbers, to a graph.
 *
 * Nothing is trusted: every length is checked before memory is taken (onnx_scan), decoding has a
 * limit in bytes (onnx_alloc), functions are put in place with a limit on depth and nodes
 * (onnx_functions), numbers must be as many as dims say (onnx_numbers), and files beside it are
 * looked for in its folder alone (onnx_external). What no output needs is dropped first and may
 * hold anything. The graph (onnx_graph.h) points into the file's struct and lives as long. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/base/macros.h"
#include "lib/model/onnx_graph.h"

struct err;
struct onnx_file;

/* `folder`: a directory's descriptor, which external data is looked for in and which stays the
 * caller's; or -1, then a file with external data is refused. `limit_bytes`: of the file and its
 * external data together. The bytes are not needed afterwards.
 * -EINVAL (refused, with where and what), -EFBIG (over the limit), -ENOMEM; an errno of opening or
 * reading external data. */
MUST_CHECK int onnx_file_open(struct onnx_file **out, const void *bytes, size_t len, int folder,
	size_t limit_bytes, struct err *err);
void onnx_file_free(struct onnx_file *f); /* NULL is fine */
CLEANUP_FOR(struct onnx_file, onnx_file_free)

const struct onnx_graph *onnx_file_graph(const struct onnx_file *f);

/* Who made it; texts are "" where the file does not say. */
struct onnx_about {
	const char *producer, *producer_version;
	int64_t ir_version, opset; /* of ONNX itself; 0 when the file names none */
	size_t external_bytes;     /* read from files beside it */
};
struct onnx_about onnx_file_about(const struct onnx_file *f);

/* metadata_props, in the file's order. Values are not NUL-terminated and never NULL. */
size_t onnx_file_property_count(const struct onnx_file *f);
const char *onnx_file_property(
	const struct onnx_file *f, size_t i, const char **value, size_t *len); /* the key */
/* The value of the first with this key, NULL when there is none. */
const char *onnx_file_metadata(const struct onnx_file *f, const char *key, size_t *len);
