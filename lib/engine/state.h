/* Inside the engine: what it is made of. */
#pragma once

#include "lib/engine/line.h"

struct engine {
	const struct nn_kernels *kernels;
	struct assembler_limits limits;
	size_t payload_bytes;
	const char *root; /* of the gateway's topics, NULL: none */
	struct engine_line *lines;
	size_t line_count;
	uint64_t number;  /* of the last input that changed something */
	int64_t clock_ms; /* the lines' clock at the last input */
	int64_t now_ms;   /* the gateway's clock then; 0: there was none */
	/* On the gateway's clock; INT64_MAX: none. What sources without a journal sent after
	 * lost_ms is lost; the first gap of a start tells the lines so. */
	int64_t lost_ms;
	int64_t start_ms; /* the first gap of the newest start */
	struct engine_counts counts;
	struct buf text; /* scratch */
};

/* engine.c: room for one more outcome, not yet counted. NULL: no memory. */
struct outcome *engine_next_outcome(struct outcomes *out);
/* Refuses the message of the input, counted. -ENOMEM. */
MUST_CHECK int engine_refuse(struct engine *e, const struct message *msg, size_t line,
	enum refusal reason, const char *text, struct outcomes *out);

/* command.c: the message came on <root>/cmd/<name>; line SIZE_MAX: the gateway's. 1 when it was
 * carried out, 0, -ENOMEM. */
MUST_CHECK int engine_take_command(struct engine *e, const struct engine_input *in, size_t line,
	const char *name, struct outcomes *out);

/* snapshot_models.c */
void snapshot_save_wanted(const struct engine_line *l, struct buf *out);
/* NULL: passed over. *sha256 of the model; the cursor may have failed. */
void snapshot_load_wanted(struct engine_line *l, struct cursor *in, char sha256[SHA256_HEX]);
void snapshot_save_models(const struct engine *e, struct buf *out);
MUST_CHECK int snapshot_load_models(struct engine *e, struct cursor *in, struct err *err);
