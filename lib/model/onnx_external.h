/* External data: the numbers of a tensor in a file beside the model.
 *
 * A location is a relative path without "..", each of whose parts is opened by itself without
 * following links, so that nothing outside of the folder can be reached; what is found must be a
 * regular file. It is read, not mapped: others may cut it short meanwhile. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/macros.h"

struct err;
struct Onnx__TensorProto;

struct onnx_external {
	int folder;     /* the caller's; -1: there is none */
	size_t left;    /* bytes that may still be read */
	size_t read;    /* bytes that were read */
	int file;       /* the one opened last, which often holds the next tensor too; or -1 */
	char *location; /* of that file */
	uint64_t size;  /* likewise */
};

void onnx_external_init(struct onnx_external *e, int folder, size_t limit_bytes);
void onnx_external_deinit(struct onnx_external *e);
static inline void onnx_external_deinit_at(struct onnx_external *e)
{
	onnx_external_deinit(e);
}

bool onnx_is_external(const struct Onnx__TensorProto *p);

/* Opens the file and makes sure that `bytes` bytes are there, which begin at *offset; nothing is
 * read yet. `what` begins the sentence: "initializer \"w\"".
 * -EINVAL (refused), -EFBIG (over the limit), -ENOMEM, other errno of opening. */
MUST_CHECK int onnx_external_find(struct onnx_external *e, const struct Onnx__TensorProto *p,
	size_t bytes, uint64_t *offset, const char *what, struct err *err);
/* From the file that was found last. */
MUST_CHECK int onnx_external_read(struct onnx_external *e, void *out, size_t bytes, uint64_t offset,
	const char *what, struct err *err);
