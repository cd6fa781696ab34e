/* Raw features to the vector that goes into the graph. Holds nothing of its own: everything lives
 * in the arena it was made with. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/macros.h"
#include "lib/model/model.h"

struct arena;
struct err;

struct encoder {
	const struct model_input *inputs;
	size_t input_count;
	const size_t *feature_of; /* [input_count] */
	const struct model_feature *features;
	const bool *is_number; /* [feature_count]: some input takes it as a number */
	size_t feature_count;
};

/* Finds the raw features that `inputs` (kept, not copied) are made of. -EINVAL when one is used
 * both as a number and as a text, or two inputs have one name; -ENOMEM. */
MUST_CHECK int encoder_init(struct encoder *out, struct arena *memory,
	const struct model_input *inputs, size_t count, struct err *err);

/* values [feature_count] -> out [input_count]. Numbers beyond the range of float32 become its
 * largest. `known` [feature_count] (may be NULL) gets 1 where a one-hot input was 1. */
void encoder_run(
	const struct encoder *e, const struct value *values, float *out, unsigned char *known);
