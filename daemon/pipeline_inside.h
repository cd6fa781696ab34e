/* Inside the pipeline: what its files share. */
#pragma once

#include "daemon/batch.h"
#include "daemon/pipeline.h"
#include "lib/base/buf.h"

struct line_out {
	char *prediction, *alert, *reply; /* topics */
	int prediction_qos;
	struct pipeline_line_figures figures;
};

struct pipeline {
	struct pipeline_options o;
	struct engine *engine;
	struct committer *committer;
	struct line_out *lines;
	size_t line_count;
	char *gateway_reply; /* topic */
	struct buf text;     /* of the message in hand */

	struct batch *filling;
	struct batch *spare; /* list of those not in use */
	size_t in_commit_messages, in_commit_bytes;
	uint64_t delivery_end;
	size_t last_commit_messages;

	uint64_t snapshot_number, snapshot_ns; /* of the last one */
	size_t snapshot_bytes, journal_bytes;  /* of it, and since then */
	int64_t sampled_s[REFUSAL_COUNT];      /* one sample per reason and second */
	uv_timer_t deadline, commit_due;
	uint64_t input_ns; /* when the last input was journaled */
	int64_t armed_ms;  /* on the lines' clock; INT64_MAX: not */
	char trouble[1024];
	bool finishes, finished;
	size_t models_open; /* changes of the registry that are not committed */
	struct pipeline_figures figures;
};

/* Out of memory the process ends: nothing is acknowledged then, the broker sends it again. */
static inline void check_memory(int r)
{
	if (r < 0)
		pipeline_give_up();
}

/* pipeline_outcomes.c: publishes at once, and puts into the batch that fills; what the models
 * beside the champion say of a unit, when all has been published. */
void pipeline_take_outcome(
	struct pipeline *p, struct outcome *o, const struct engine_input *in, uint64_t received_ns);
void pipeline_score_shadows(struct pipeline *p, const struct outcome *o);
void pipeline_send_replies(struct pipeline *p, const struct batch *b); /* of a committed batch */

/* pipeline_reload.c: topics of the lines; -ENOMEM. */
struct config;
MUST_CHECK int pipeline_make_lines(
	struct line_out **out, const struct config *config, const struct pipeline *from);
void pipeline_free_lines(struct line_out *lines, size_t count);

/* pipeline.c */
int pipeline_take_input(struct pipeline *p, const struct engine_input *in, uint64_t received_ns);

/* pipeline_swap.c: a line file's model comes into force. */
void pipeline_adopt(struct pipeline *p, size_t line, struct model *m);

/* pipeline_swap.c: another model in force, after the input that asked for it. */
void pipeline_swap(
	struct pipeline *p, size_t line, const struct swap_request *request, int64_t now_ms);

void pipeline_put_registry(struct pipeline *p); /* all roles that matter, into the batch */

/* pipeline_commit.c: the engine's whole state, as it is between two inputs. */
void pipeline_put_snapshot(struct pipeline *p, struct batch *b);

/* pipeline.c: when the next deadline is due the timer says so. */
void pipeline_arm(struct pipeline *p, int64_t at_least_ms);
