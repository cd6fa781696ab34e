/* Inside the engine: one line, the model bound to it, and how its units become rows. */
#pragma once

#include "lib/engine/binding.h"
#include "lib/engine/engine.h"

struct engine_line {
	struct line_spec spec;
	struct assembler *assembler;
	const char **names; /* [feature_count] of the plan */

	struct binding champion; /* without a model: collecting */
	const char *why_none;
	double threshold;
	bool *required; /* [feature_count]: the model uses it */
	struct binding shadows[ENGINE_SHADOWS];

	/* of the snapshot that was loaded */
	bool has_loaded;
	char loaded_model[SHA256_HEX];

	uint64_t units, alerts, not_scored;
	int64_t last_unit_ms;
};

MUST_CHECK int line_init(struct engine_line *l, const struct line_spec *spec,
	const struct assembler_limits *limits, struct err *err);
void line_deinit(struct engine_line *l);

/* As engine_set_model. */
MUST_CHECK int line_set_model(
	struct engine_line *l, const struct model *model, const char *why_none, struct err *err);

/* Scores a unit that is done and counts it. The row's texts come to lie in the arena; `text` is
 * scratch. -ENOMEM. */
MUST_CHECK int line_score(struct engine_line *l, const struct nn_kernels *kernels,
	const struct assembled *unit, int64_t now_ms, struct arena *arena, struct buf *text,
	struct outcome *out);

/* The JSON columns of a row, appended to an empty buffer. */
void detail_put_features(struct buf *out, const struct plan *plan, const struct assembled *unit);
void detail_put_lots(struct buf *out, const struct plan *plan, const struct assembled *unit);
