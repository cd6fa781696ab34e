/* Raw features to the vector that goes into the graph. Holds nothing of its own: everything lives
 * in the arena it was made with. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/macros.h"
#include "lib/model/model.h"

struct arena;
struct err;
struct expression;

struct encoder_input {
	const struct expression *expression; /* of a derived input, else NULL */
	const size_t *features; /* what it is made of: one, or the expression's operands */
};

struct encoder {
	const struct model_input *inputs;
	const struct encoder_input *made_of; /* [input_count] */
	size_t input_count;
	const struct model_feature *features;
	size_t feature_count;
};

/* Finds the raw features that `inputs` (kept, not copied) are made of, and compiles derived ones.
 * -EINVAL when a feature is used both as a number and as a text, two inputs have one name, or an
 * expression is not sound; -ENOMEM. */
MUST_CHECK int encoder_init(struct encoder *out, struct arena *memory,
	const struct model_input *inputs, size_t count, struct err *err);

/* values [feature_count] -> out [input_count], not rounded to float32; numbers beyond its range
 * become its largest. `known` [feature_count] (may be NULL) gets 1 where a one-hot input was 1. */
void encoder_run(
	const struct encoder *e, const struct value *values, double *out, unsigned char *known);
