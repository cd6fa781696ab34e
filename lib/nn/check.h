/* Whether steps make a program at all. */
#pragma once

#include "lib/base/macros.h"
#include "lib/nn/steps.h"

struct err;

#define NN_STEPS_MAX 100000u      /* of a program */
#define NN_WIDTH_MAX 65536u       /* columns of a value */
#define NN_COLUMNS_MAX (1u << 23) /* of all values together */
#define NN_WEIGHTS_MAX (1u << 26) /* of all matrices together: 256 MiB */

/* How many values a step reads by from[]; a copy reads others. */
size_t nn_operand_count(enum nn_step_kind kind);

/* -EINVAL with a sentence that names the step. */
MUST_CHECK int nn_steps_check(
	size_t inputs, const struct nn_step *steps, size_t count, size_t result, struct err *err);
