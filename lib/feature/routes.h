/* What each source's messages feed, and which samples each signal keeps: worked out once from a
 * plan, so that a message costs no search through names. */
#pragma once

#include <stddef.h>

#include "lib/feature/plan.h"
#include "lib/feature/reading.h"

#define NO_SLOT ((size_t)-1)

/* A list of indices. */
struct index_list {
	size_t *v;
	size_t count;
};

/* One field of a source, and who wants it. */
struct route {
	struct field_at at;
	struct index_list features; /* FEATURE_UNIT or FEATURE_LOT, as the source */
	struct index_list lots;     /* that a unit-keyed field names */
	struct index_list signals;  /* of a stream: one of numbers, one of texts, one of the lot
				       loaded, as they are wanted */
};

struct source_routes {
	struct route *v; /* in the order of names where the source has a tag */
	size_t count;
	struct index_list enters, exits; /* stations whose event it is */
	struct index_list labels;        /* label rules */
	size_t moment;                   /* where a unit keeps when it came first; NO_SLOT */
};

/* A signal of the line. */
struct signal_route {
	size_t source;
	const char *field;          /* borrowed from the plan */
	bool is_text;               /* its samples are texts */
	size_t lot;                 /* tells the lot now loaded, of this lot; NO_INDEX */
	struct index_list features; /* FEATURE_STREAM taken of it */
	int64_t keep_ms;            /* behind its newest sample at least so much is kept */
};

struct routes {
	struct source_routes *sources; /* [source_count] */
	size_t source_count;
	size_t *slots;   /* [feature_count]: where a unit or lot keeps it; the signal of a
			    FEATURE_STREAM; NO_SLOT for lot ids */
	size_t *windows; /* [feature_count]: which of a unit's windows; NO_SLOT: it is of no stream
			  */
	size_t window_count;
	size_t unit_slots, lot_slots;         /* how many a unit and a lot have */
	size_t *unit_features, *lot_features; /* [..]: which feature a slot holds */
	struct signal_route *signals;
	size_t signal_count;
	size_t *lot_signals; /* [lot_count]: the signal that tells it; NO_SLOT */
	size_t *groups;      /* [feature_count]: the first feature taken of the same samples */
	size_t moments;      /* how many a unit keeps */
	int64_t widest_ms;   /* the longest window */
};

/* Borrows the plan. -ENOMEM. */
MUST_CHECK int routes_init(struct routes *r, const struct plan *plan);
void routes_deinit(struct routes *r);

/* The routes of an element with this tag: *count of them from the result on. */
const struct route *routes_find_tag(
	const struct source_routes *routes, const char *tag, size_t *count);

/* How far behind its anchor a window reaches, its held value included. */
int64_t window_reach_ms(const struct plan *plan, const struct window *w);
