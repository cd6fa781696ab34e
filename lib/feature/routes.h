/* What each source's messages feed: worked out once from a plan, so that a message costs no
 * search through names. */
#pragma once

#include <stddef.h>

#include "lib/feature/plan.h"
#include "lib/feature/reading.h"

#define NO_SLOT ((size_t)-1)

/* One field of a source, and who wants it. */
struct route {
	struct field_at at;
	size_t *features; /* [feature_count] indices: FEATURE_UNIT or FEATURE_LOT, as the source */
	size_t feature_count;
	size_t *lots; /* [lot_count] indices of lots that it names */
	size_t lot_count;
};

struct source_routes {
	struct route *v;
	size_t count; /* 0: nothing wants this source */
};

struct routes {
	struct source_routes *sources; /* [source_count] */
	size_t source_count;
	size_t *slots; /* [feature_count]: where a unit or lot keeps it; NO_SLOT for lot ids */
	size_t unit_slots, lot_slots;         /* how many a unit and a lot have */
	size_t *unit_features, *lot_features; /* [..]: which feature a slot holds */
};

/* Borrows the plan. -ENOMEM. */
MUST_CHECK int routes_init(struct routes *r, const struct plan *plan);
void routes_deinit(struct routes *r);
