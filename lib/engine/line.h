/* Inside the engine: one line, the model bound to it, and how its units become rows.
 *
 * A line whose file has changed goes on under both: each file is a generation. The newest is the
 * line; those before it hang behind it as long as they have units open. */
#pragma once

#include "lib/engine/binding.h"
#include "lib/engine/engine.h"

/* Of all generations; over restarts. */
struct line_tally {
	uint64_t units, alerts, not_scored;
	int64_t last_unit_ms;
};

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

	struct line_tally tally;   /* of the newest alone */
	struct engine_line *older; /* the generation before; NULL: none has units open */
	struct engine_line *over;  /* those that had: rows still borrow their names */
};

MUST_CHECK int line_init(struct engine_line *l, const struct line_spec *spec,
	const struct assembler_limits *limits, struct err *err);
void line_deinit(struct engine_line *l);
/* Gives up all but what rows borrow. */
void line_shut(struct engine_line *l);

/* As engine_set_model. */
MUST_CHECK int line_set_model(
	struct engine_line *l, const struct model *model, const char *why_none, struct err *err);

/* Scores a unit that is done and counts it in `tally`. The row's texts come to lie in the arena;
 * `text` is scratch. -ENOMEM. */
MUST_CHECK int line_score(struct engine_line *l, struct line_tally *tally,
	const struct nn_kernels *kernels, const struct assembled *unit, int64_t now_ms,
	struct arena *arena, struct buf *text, struct outcome *out);

/* generation.c */
void line_free_generations(struct engine_line *l); /* all but the newest */
void line_set_order(struct engine_line *l);        /* after the newest has moved or changed */
/* As engine_add_outgoing. */
MUST_CHECK int line_add_outgoing(struct engine_line *l, const struct line_spec *spec,
	const struct assembler_limits *limits, const struct model *model, const char *why_none,
	struct err *err);
void line_drop_done(struct engine_line *l); /* older ones without open units */
/* The older ones take a model too where it fits; what they have stays otherwise. */
MUST_CHECK int line_set_models(
	struct engine_line *l, const struct model *model, const char *why_none, struct err *err);

struct line_answer {
	bool knows_topic, spares_journal; /* as assembler_knows_topic, assembler_spares_journal */
};
/* As assembler_take, for all generations. */
enum refusal line_take(struct engine_line *l, const struct message *msg, int64_t now_ms,
	int64_t clock_ms, struct line_answer *out, struct err *err);
bool line_refuse(struct engine_line *l, const char *topic, enum refusal why);
void line_gather_counts(struct engine_line *l);
int64_t line_due_ms(const struct engine_line *l);
size_t line_open_units(const struct engine_line *l);
/* The next generation before it that has units open; NULL: none. */
const struct engine_line *line_older(const struct engine_line *l);
size_t line_older_count(const struct engine_line *l);

/* The JSON columns of a row, appended to an empty buffer. */
void detail_put_features(struct buf *out, const struct plan *plan, const struct assembled *unit);
void detail_put_lots(struct buf *out, const struct plan *plan, const struct assembled *unit);
