/* The assembler of one line: messages in, complete units out.
 *
 * Glossary
 *   now_ms    the gateway's clock: receipt times, times published
 *   clock_ms  the line's clock: deadlines and `again` run on it; it stands still while messages
 *             may still be waiting in the broker, and never goes back
 *   open      a unit that still collects values
 *   remembered  a scored unit whose late messages are still recognised
 *   required  a feature the model in force uses (without a model: every feature)
 *   final     a unit-keyed or lot value is final once there is one, a window when nothing that
 *             belongs to it is waited for any longer; a unit is complete when every required
 *             feature is final
 *   signal    samples of a stream, kept as long as a window may want them
 *   loaded    a lot that a stream tells for the line: the unit's is the one loaded at its start
 *
 * Event time alone decides what belongs to what; the order of arrival does not, except between
 * equal times. Nothing here reads a clock. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/feature/assembled.h"
#include "lib/feature/message.h"
#include "lib/feature/plan.h"
#include "lib/feature/refusal.h"

struct assembler;

struct assembler_limits {
	size_t open_units;       /* beyond: the oldest is due at once */
	size_t remembered_units; /* beyond: the oldest is forgotten */
	size_t lots;             /* per line; beyond: least recently used goes */
	size_t samples;          /* per signal; beyond: the oldest go */
	size_t array_elements;   /* of a message; those beyond are left out */
	int64_t future_limit_ms;
};

struct assembler_counts {
	uint64_t received; /* messages that some source of the line matched */
	uint64_t used;
	uint64_t refused[REFUSAL_COUNT];
	uint64_t values[VALUE_REFUSAL_COUNT];
	uint64_t open_units_over, remembered_units_over, lots_over; /* limits met */
	uint64_t samples_over, array_elements_over;
	uint64_t events_repeated; /* enters and exits that a unit had had already */
	uint64_t every_skipped;   /* units by the clock that were due and not made up */
};

/* `plan` is borrowed and must outlive the assembler. -EINVAL for a limit of 0 and for a plan whose
 * features and lots do not go with the kinds of their sources, -ENOMEM. */
MUST_CHECK int assembler_new(struct assembler **out, const struct plan *plan,
	const struct assembler_limits *limits, struct err *err);
void assembler_free(struct assembler *a);
CLEANUP_FOR(struct assembler, assembler_free)

/* Which features must be final before a unit is complete: [feature_count]; NULL: all. Units that
 * are complete by the new rule come out of assembler_next. */
void assembler_require(struct assembler *a, const bool *required);

/* A message for this line. REFUSAL_UNMATCHED when no source of the line matches, or the `when` of
 * none that does; REFUSAL_NONE when at least one source used it; else the reason of the first
 * source that wants it and refused it, with a sentence in err. A message that is refused changes
 * nothing but counts. Deadlines that are due at clock_ms are handled first by the caller
 * (assembler_next until it says no more). When memory runs out the process ends: the message is not
 * acknowledged yet and comes again. */
enum refusal assembler_take(struct assembler *a, const struct message *msg, int64_t now_ms,
	int64_t clock_ms, struct err *err);
/* A message that is refused before anybody reads it. Counted and true where a source of the line
 * would have taken its topic. */
bool assembler_refuse(struct assembler *a, const char *topic, enum refusal why);
/* Was the topic of the last message one of the line's, whatever became of it? */
bool assembler_knows_topic(const struct assembler *a);
/* Was the last message used by sources without a journal alone? */
bool assembler_spares_journal(const struct assembler *a);
/* The labels that the last message brought: *count of them, until the next message. */
const struct assembled_label *assembler_labels(const struct assembler *a, size_t *count);

/* Inputs cannot have reached us between these times of the gateway's clock: the daemon was down
 * or not connected. `kept`: the broker kept what is of QoS 1, so that only lines with other
 * sources miss anything. Sources without a journal miss what came since `saved_ms` as well (when
 * the state was saved that this start began with; INT64_MAX: nothing was lost). */
void assembler_add_gap(
	struct assembler *a, int64_t from_ms, int64_t to_ms, int64_t saved_ms, bool kept);
/* The gateway's clock was set: it jumped by so much to now_ms. Units by the clock are not made up
 * for times that never were. */
void assembler_clock_set(struct assembler *a, int64_t jump_ms, int64_t now_ms, int64_t clock_ms);

/* The next unit that is done at clock_ms, taken out of the open ones and remembered from then on:
 * true and *out filled. Order: complete units in the order they became so, then deadlines by due
 * time, units by the clock last. False: none. */
bool assembler_next(struct assembler *a, int64_t now_ms, int64_t clock_ms, struct arena *arena,
	struct assembled *out);

/* When, on the line's clock, assembler_next has something next; INT64_MAX: never as things stand;
 * 0: at once. That a remembered unit is forgotten needs no tick: every assembler_next sees to it
 * first. */
int64_t assembler_due_ms(const struct assembler *a);

size_t assembler_open_count(const struct assembler *a);
const struct assembler_counts *assembler_counts(const struct assembler *a);
void assembler_forget_counts(struct assembler *a); /* they begin at 0 again */
void assembler_set_counts(struct assembler *a, const struct assembler_counts *counts);
void assembler_counts_add(struct assembler_counts *to, const struct assembler_counts *more);

/* A line file that has changed holds for units that open after it. `a`, new and under the new plan,
 * opens them: it takes over all that `old` knows of streams, lots and scored units. What is open
 * stays with `old`. Both must be told their order then. -EINVAL, -ENOMEM; `a` is of no use then. */
MUST_CHECK int assembler_succeed(struct assembler *a, struct assembler *old, struct err *err);
/* The assemblers of a line in a row: `newest` opens units (NULL: `a` is that one), `older` is the
 * next one that has some open still (NULL: none). Each message is given to all of them, the newest
 * first; done units are asked for from the oldest on. Of what they answer to a message
 * REFUSAL_UNMATCHED says the least. Counts are for the caller to put together. */
void assembler_set_order(struct assembler *a, struct assembler *newest, struct assembler *older);
void assembler_end(struct assembler *a); /* what is open is due at once, as at its deadline */
/* `a` holds what `old` saved: it goes on with what is not part of that, the counts among it. */
void assembler_go_on(struct assembler *a, const struct assembler *old);

/* The whole state (not the counts) to bytes and back. Values and lots are stored under names, so
 * that a state survives a changed plan: what the new plan lacks is dropped. Loading needs a new
 * assembler; -EINVAL when the bytes are not what assembler_save wrote, then it is of no use but to
 * be freed. */
void assembler_save(const struct assembler *a, struct buf *out);
MUST_CHECK int assembler_load(struct assembler *a, struct cursor *in, struct err *err);
