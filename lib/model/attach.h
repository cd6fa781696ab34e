/* What a file of another program lacks to score units, put into it: `model import`.
 *
 * The graph stays byte for byte. What the attachment has replaces what the file says; what it does
 * not have is left as it is. A self-test is made where there is none: rows of the inputs' means,
 * minima and maxima. */
#pragma once

#include <stddef.h>

#include "lib/base/macros.h"
#include "lib/model/model.h"

#define ATTACH_THRESHOLD 0.5 /* where nobody says one */

struct buf;
struct err;

struct attachment {
	const struct model_input *inputs; /* NULL: none */
	size_t input_count;
	const char *from; /* what messages call where the inputs come from: "inputs.json" */
	double threshold; /* NAN: none */
	const char *const *classes, *const *defects; /* both or neither (NULL) */
	size_t class_count, defect_count;
	bool has_logits;
	const char *reference; /* JSON text, NULL: none */
};

/* Appends the finished file to `out` and loads it: *model is usable. `bytes` stand alone
 * (model_pack). `notes` gets a line for each thing to tell: what was replaced, what was taken for
 * granted.
 * -EINVAL: the file is refused, has inputs in another number than the list, has a scaler in both
 * places, or cannot score units for all that; -EFBIG; -ENOMEM. */
MUST_CHECK int attach(struct buf *out, struct model **model, const void *bytes, size_t len,
	const struct attachment *a, size_t limit_bytes, const struct nn_kernels *k,
	struct buf *notes, struct err *err);
