/* Inside the engine: a model bound to a line's features by name, and what scoring with it needs. */
#pragma once

#include "lib/feature/plan.h"
#include "lib/model/model.h"

struct binding {
	struct model *model; /* shared; NULL: none is bound */
	struct model_scratch *scratch;
	size_t *at;           /* [model features] index into the plan's */
	struct value *inputs; /* [model features] of the unit in hand */
};

/* Replaces what was bound, which stays on failure. As engine_model_fits, -ENOMEM. */
MUST_CHECK int binding_set(
	struct binding *b, const struct plan *plan, const struct model *m, struct err *err);
void binding_clear(struct binding *b);

/* Values in the plan's order. */
void binding_score(struct binding *b, const struct nn_kernels *kernels, const struct value *values,
	struct model_score *out);
