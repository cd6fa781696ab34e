/* The assembler of one line: messages in, complete units out.
 *
 * Glossary
 *   now_ms    the gateway's clock: receipt times, times published
 *   clock_ms  the line's clock: deadlines and `again` run on it; it stands still while messages
 *             may still be waiting in the broker, and never goes back
 *   open      a unit that still collects values
 *   remembered  a scored unit whose late messages are still recognised
 *   required  a feature the model in force uses (without a model: every feature)
 *   final     a unit-keyed or lot value is final once there is one; a unit is complete when every
 *             required feature is final
 *
 * Event time alone decides what belongs to what; the order of arrival does not, except between
 * equal times. Nothing here reads a clock. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/value.h"
#include "lib/feature/message.h"
#include "lib/feature/plan.h"
#include "lib/feature/refusal.h"

struct assembler;

struct assembler_limits {
	size_t open_units;       /* beyond: the oldest is due at once */
	size_t remembered_units; /* beyond: the oldest is forgotten */
	size_t lots;             /* per line; beyond: least recently used goes */
	size_t samples;          /* per signal; beyond: the oldest go */
	size_t array_elements;   /* of one message; beyond: the rest is not looked at */
	int64_t future_limit_ms;
};

struct assembler_counts {
	uint64_t received; /* messages that some source of the line matched */
	uint64_t used;
	uint64_t refused[REFUSAL_COUNT];
	uint64_t values[VALUE_REFUSAL_COUNT];
	uint64_t open_units_over, remembered_units_over, lots_over; /* limits met */
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

/* A message for this line. REFUSAL_UNMATCHED when no source of the line matches; REFUSAL_NONE
 * when at least one source used it; else the reason of the first source that refused it, with a
 * sentence in err. A message that is refused changes nothing but counts. Deadlines that are due
 * at clock_ms are handled first by the caller (assembler_next until it says no more). When memory
 * runs out the process ends: the message is not acknowledged yet and comes again. */
enum refusal assembler_take(struct assembler *a, const struct message *msg, int64_t now_ms,
	int64_t clock_ms, struct err *err);

enum value_missing {
	VALUE_PRESENT,
	MISSING_NOT_SENT,     /* nothing came before the unit was scored */
	MISSING_OUT_OF_RANGE, /* the last that came was outside min / max: see refused */
	MISSING_WRONG_TYPE,
	MISSING_NO_LOT, /* the unit named no lot */
};
const char *value_missing_name(enum value_missing why); /* "not_sent", ... */

struct assembled_value {
	struct value value;
	enum value_missing missing;
	int64_t time_ms;      /* event time of the value */
	struct value refused; /* the raw value refused last, for the unit's detail */
};

/* A unit that is done: complete, or at its deadline. Texts live in the arena handed in. */
struct assembled {
	const char *unit;
	int64_t started_ms; /* the smallest event time among its messages */
	bool complete;      /* false: deadline, or pushed out by the limit of open units */
	const char *cause;  /* "complete" "deadline" "open_units" */
	struct assembled_value *values; /* [feature_count] */
	const char **lots;              /* [lot_count] ids, "" where none is bound */
};

/* The next unit that is done at clock_ms, taken out of the open ones and remembered from then on:
 * true and *out filled. Order: complete units in the order they became so, then deadlines by due
 * time. False: none. */
bool assembler_next(
	struct assembler *a, int64_t clock_ms, struct arena *arena, struct assembled *out);

/* When, on the line's clock, assembler_next has something next; INT64_MAX: never as things stand;
 * 0: at once. That a remembered unit is forgotten needs no tick: every assembler_next sees to it
 * first. */
int64_t assembler_due_ms(const struct assembler *a);

size_t assembler_open_count(const struct assembler *a);
const struct assembler_counts *assembler_counts(const struct assembler *a);
void assembler_forget_counts(struct assembler *a); /* they begin at 0 again */

/* The whole state (not the counts) to bytes and back. Values and lots are stored under names, so
 * that a state survives a changed plan: what the new plan lacks is dropped. Loading needs a new
 * assembler; -EINVAL when the bytes are not what assembler_save wrote, then it is of no use but to
 * be freed. */
void assembler_save(const struct assembler *a, struct buf *out);
MUST_CHECK int assembler_load(struct assembler *a, struct cursor *in, struct err *err);
