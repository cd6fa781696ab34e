/* defectd.inputs, defectd.threshold and defectd.training: what stands beside the graph in a model
 * file, as JSON. Read strictly: a key that is not known is refused by name, since ignoring it would
 * change what the model says. */
#pragma once

#include <stddef.h>

#include "lib/base/macros.h"
#include "lib/model/model.h"

#define METADATA_BYTES_MAX (1u << 20) /* of one entry; JSON takes many times its text in memory */

struct arena;
struct buf;
struct err;

/* A JSON list in vector order. Statistics that are NAN are left out. */
void metadata_write_inputs(struct buf *out, const struct model_input *inputs, size_t count);
/* inputs [count], in the arena; `count` is what the graph wants. -EINVAL, -ENOMEM. */
MUST_CHECK int metadata_read_inputs(struct model_input **out, size_t count, struct arena *memory,
	const char *text, size_t len, struct err *err);

void metadata_write_threshold(struct buf *out, double threshold);
MUST_CHECK int metadata_read_threshold(double *out, const char *text, size_t len, struct err *err);

/* Any JSON object; kept as it is. *out is in the arena. */
MUST_CHECK int metadata_read_training(
	const char **out, struct arena *memory, const char *text, size_t len, struct err *err);
