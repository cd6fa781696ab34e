/* The engine: engine inputs in, outcomes out, for all lines of a gateway.
 *
 * An engine input is anything the engine reacts to: a message with its receipt time (a command is
 * one too), a tick, a time in which no input could reach us, a clock that was set. An outcome is
 * what it then wants done. The engine has no clock, loop, files, database or network; the same
 * inputs in the same order give the same outcomes, bit for bit on one build and kernel.
 *
 * Inputs that changed something are numbered 1, 2, 3, ... by the engine; those are what a journal
 * must hold. Start = engine_load of the last snapshot + the journaled inputs after it, taken with
 * the times they were journaled with. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/unit_row.h"
#include "lib/decide/verdict.h"
#include "lib/feature/assembler.h"
#include "lib/model/model.h"

struct engine;

/* What the engine needs to know of a line; borrowed, must outlive the engine. */
struct line_spec {
	const char *name;
	const char *publish; /* root of its topics */
	const struct plan *plan;
	const struct decide_policy *decide;
	const char *config_sha256;
};

enum engine_input_kind {
	INPUT_MESSAGE = 1,
	INPUT_TICK = 2,  /* time went on: deadlines may be due */
	INPUT_GAP = 3,   /* until now_ms inputs cannot have reached us */
	INPUT_CLOCK = 4, /* the gateway's clock was set, and says now_ms */
	INPUT_ALIVE = 5, /* nothing came, but it would have reached us: a tick that is journaled */
};

struct engine_input {
	enum engine_input_kind kind;
	int64_t now_ms;   /* the gateway's clock */
	int64_t clock_ms; /* the lines' clock; never goes back */
	struct message message;
	int64_t from_ms; /* GAP: its beginning on the gateway's clock; 0: it is that of a start, and
			    began at the last input */
	bool kept;       /* GAP: the broker kept what is of QoS 1 */
	int64_t jump_ms; /* CLOCK: by so much */
};

/* What a command came to; texts in the arena. */
struct command_reply {
	const char *req; /* as it was sent, "" without */
	bool ok;
	const char *code; /* "", "nothing_to_do", or why not: "bad_command" "unknown_command",
			     of models lib/gateway/swap.h */
	bool of_label;    /* it answers the label before it, which may turn out to be known */
	const char *text; /* one sentence */
};

/* A command wants another model in force, or the one of before; texts in the arena. Which model
 * that is and whether it may be used the engine does not know: the caller carries it out between
 * this input and the next (engine_set_model) and answers. */
struct swap_request {
	bool is_rollback;
	const char *req, *by, *why;
	const char *model; /* as the command names it; rollback: "" */
};

/* A command wants the configuration to be read again. The caller answers; texts in the arena. */
struct reload_request {
	const char *req, *by;
};

enum outcome_kind {
	OUTCOME_UNIT,    /* a unit was scored: record, publish prediction, perhaps an alert */
	OUTCOME_REFUSED, /* a message was not used: count and sample into quarantine */
	OUTCOME_LABEL,   /* inspection said something about a unit: record */
	OUTCOME_REPLY,   /* a command was carried out or not: publish once it is committed */
	OUTCOME_SWAP,    /* the last of its input */
	OUTCOME_RELOAD,  /* the same */
};

struct outcome {
	enum outcome_kind kind;
	size_t line; /* index; SIZE_MAX when no line is meant (REFUSED) */
	bool alert;  /* UNIT: publish an alert too */
	struct unit_row row;
	struct {
		enum refusal reason;
		const char *text;       /* one sentence */
		struct message message; /* borrowed from the input */
	} refused;
	struct assembled_label label; /* texts in the arena, or the plan's */
	struct command_reply reply;
	struct swap_request swap;
	struct reload_request reload;
};

struct outcomes {
	struct arena *arena; /* where texts and rows live; the caller resets it */
	struct outcome *v;   /* grows in the arena */
	size_t count, cap;
};

/* Empties the list and takes back the arena. */
static inline void outcomes_reset(struct outcomes *o)
{
	arena_reset(o->arena);
	o->v = NULL;
	o->count = o->cap = 0;
}

/* -ENOMEM. `kernels` is borrowed. payload_bytes bounds a payload. */
MUST_CHECK int engine_new(struct engine **out, const struct nn_kernels *kernels,
	const struct assembler_limits *limits, size_t payload_bytes, struct err *err);
void engine_free(struct engine *e);
CLEANUP_FOR(struct engine, engine_free)

MUST_CHECK int engine_add_line(struct engine *e, const struct line_spec *spec, struct err *err);
size_t engine_line_count(const struct engine *e);

/* A line file that has changed holds for units that open after it. Those that are open go on under
 * the file they were opened with, an outgoing generation of the line: it gets all that the line
 * gets, opens nothing, and is gone when its last unit is scored. Added before engine_load, the
 * oldest first; it has the model (shared) that it ran before, or none and why. -EINVAL when the
 * model does not fit. */
MUST_CHECK int engine_add_outgoing(struct engine *e, size_t line, const struct line_spec *spec,
	const struct model *model, const char *why_none, struct err *err);
/* The units that the line has open are due at the next input, as at their deadline. */
void engine_end_line(struct engine *e, size_t line);
/* `e` was loaded with what `old` saved, and goes on in its place: counts and all. */
void engine_go_on(struct engine *e, const struct engine *old);
/* A generation of a line: `ago` 0 is the newest, 1 the one before it. False: there is none. */
struct engine_generation {
	const char *line;
	const char *config_sha256, *why_none;
	const struct model *model;
	size_t open_units;
};
bool engine_generation(
	const struct engine *e, size_t line, size_t ago, struct engine_generation *out);

/* The gateway's own root of topics (borrowed). What we publish or listen to ourselves under it, or
 * under a line's, is never input: it is refused as unmatched. */
void engine_set_root(struct engine *e, const char *publish);
/* Is it one of the topics that the gateway or a line publishes or takes commands on? */
bool engine_is_own_topic(const struct engine *e, const char *topic);
bool engine_is_command_topic(const struct engine *e, const char *topic); /* ... takes commands on */

/* Puts a model in force, or none: then the line collects, and `why_none` ("no_model"
 * "model_refused" "model_misfit") is the reason of its rows. The model is shared (model_share).
 * Outgoing generations that it fits take it too; the others keep what they have. -EINVAL when the
 * model cannot score units (model_check_usable), or the line lacks a feature the model wants (names
 * it) or has it with another type; then nothing changes. */
MUST_CHECK int engine_set_model(struct engine *e, size_t line, const struct model *model,
	const char *why_none, struct err *err);
/* The same check without doing it: does the model fit the plan? */
MUST_CHECK int engine_model_fits(const struct plan *plan, const struct model *m, struct err *err);

/* Models that score beside the champion, on a line that collects too. They are no engine input, no
 * part of the state, and change nothing of it. */
enum engine_shadow { SHADOW_CHALLENGER, SHADOW_PREVIOUS };
#define ENGINE_SHADOWS 2

/* The model is borrowed and must outlive its use; NULL: none. -EINVAL, -ENOMEM as of
 * engine_set_model: what was set before stays. */
MUST_CHECK int engine_set_shadow(struct engine *e, size_t line, enum engine_shadow which,
	const struct model *model, struct err *err);

struct engine_shadow_score {
	const char *model; /* sha256, of the model's own memory */
	double p_defect;
};
/* What they say of a unit, from the values of its row alone; how many. A model for which a value is
 * missing that the line does not let it fill in, or that overflows, says nothing. */
size_t engine_score_shadows(struct engine *e, size_t line, const struct unit_row *row,
	struct engine_shadow_score out[ENGINE_SHADOWS]);

/* Named outcomes: the input changed the state, it has a number now, and the journal must hold it;
 * TICKED: the same, but it is journaled as a tick of its times: the message itself is of a source
 * without a journal, and something else was due. */
#define ENGINE_CHANGED 1
#define ENGINE_TICKED 2

/* Takes one input; appends to *out. 0 when it needs no journal, ENGINE_CHANGED, ENGINE_TICKED, or
 * -ENOMEM (the engine is then of no further use). What changes: a message was used (by a source
 * with a journal), a unit was scored, a gap or a set clock was noted. Counting is no change; nor is
 * forgetting remembered units, which the clock of the next input does all the same. Deadlines due
 * at the input's clock_ms are handled before it. Allocates from the arena of *out alone, apart from
 * what the assembler keeps. */
MUST_CHECK int engine_take(struct engine *e, const struct engine_input *in, struct outcomes *out);
uint64_t engine_number(const struct engine *e); /* of the last input that changed something */
/* After a journal was replayed under another configuration than it was written under, fewer of its
 * inputs may have changed something: the next number is then behind `number` all the same. */
void engine_skip_to(struct engine *e, uint64_t number);
int64_t engine_clock_ms(const struct engine *e); /* the lines' clock at the last input */
int64_t engine_now_ms(const struct engine *e);   /* the gateway's clock then; 0: there was none */
int64_t engine_due_ms(const struct engine *e);   /* when a tick is due on it; INT64_MAX: never */

/* Counts of the gateway: every message once. They begin at 0 with the engine. */
struct engine_counts {
	uint64_t received, used;
	uint64_t refused[REFUSAL_COUNT];
};
const struct engine_counts *engine_counts(const struct engine *e);
/* After snapshot and journal: the counts of gateway and lines begin at 0 again, since what the
 * journal gave was counted before; and what sources without a journal sent after the snapshot, or
 * after the newest start that the journal holds, is known to be lost. */
void engine_resume(struct engine *e);
/* The intake recognised a redelivery: it never reaches the engine, but is counted here. */
void engine_count_duplicate(struct engine *e);

struct engine_line_state {
	const struct model *model; /* NULL: collecting */
	const char *why_none;
	double threshold;                   /* in force; 0 without a model */
	uint64_t units, alerts, not_scored; /* over restarts */
	int64_t last_unit_ms;               /* scored_ms of the newest; 0: none yet */
	size_t open_units;
	size_t outgoing; /* generations before the newest that have units open */
	const struct assembler_counts *counts;
};
void engine_line_state(const struct engine *e, size_t line, struct engine_line_state *out);

/* The whole state between two inputs. Loading needs a new engine with its lines added: lines are
 * found by name, what is unknown is dropped. As many outgoing generations as a line has in the
 * snapshot must have been added to it: then its newest state goes on under the newest line file.
 * With one more, the newest state becomes that of the last of them, and what opens from then on
 * belongs to the newest line file. From then on units are waited for as under the model that was in
 * force when it was saved, whatever model is set, so that a journal gives the state it gave then;
 * engine_set_model ends that. -EINVAL when the bytes are not a snapshot of this version. */
void engine_save(const struct engine *e, struct buf *out);
MUST_CHECK int engine_load(struct engine *e, const void *bytes, size_t len, struct err *err);

/* The sha256 of the model that was in force when it was saved, "": none. NULL: the snapshot, or
 * that there was none, does not say. */
const char *engine_loaded_model(const struct engine *e, size_t line);

/* The outgoing generations in a snapshot, of each line the oldest first. A negative result of
 * `each` ends it and is returned. */
struct saved_generation {
	const char *line;
	const char *config_sha256;
	const char *model_sha256, *why_none; /* one of them is "" */
};
MUST_CHECK int engine_each_outgoing(const void *bytes, size_t len,
	int (*each)(void *owner, const struct saved_generation *g), void *owner, struct err *err);

/* An input as bytes for the journal, and back (the message then points into the bytes; its topic
 * is NUL-terminated there). False at the end or when the bytes are broken (cursor failed). */
void engine_input_put(struct buf *out, const struct engine_input *in);
bool engine_input_get(struct cursor *c, struct engine_input *out);
