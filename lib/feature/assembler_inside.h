/* What the files of the assembler share. Of the rest only tests include this. */
#pragma once

#include "lib/feature/assembler.h"
#include "lib/feature/lot_table.h"
#include "lib/feature/reading.h"
#include "lib/feature/remembered.h"
#include "lib/feature/routes.h"
#include "lib/feature/unit_table.h"

struct err;

#define ASSEMBLER_MAGIC "line 1\n" /* begins a saved state; another form, another number */

struct assembler {
	const struct plan *plan;
	struct assembler_limits limits;
	struct assembler_counts counts;
	struct routes routes;
	struct unit_table *units;
	struct lot_table *lots;
	struct remembered *remembered;
	size_t *required; /* [required_count] features that must be final */
	size_t required_count;
	bool *near_us; /* [source_count]: has had an event time close to our clock */
	size_t near_count;
};

/* assembler_feed.c: what a message that was read does to its unit or lot. The reason why it was not
 * used, with a sentence in err; REFUSAL_NONE; or -ENOMEM. */
int assembler_feed_unit(struct assembler *a, size_t source, const struct reading *r,
	int64_t clock_ms, struct err *err);
int assembler_feed_lot(struct assembler *a, size_t source, const struct reading *r, bool retained,
	struct err *err);

/* Puts a unit among the complete ones, or takes it out, as its values now stand. */
void assembler_settle(struct assembler *a, struct open_unit *u);
/* The same for all units bound to a lot. */
void assembler_settle_lot(struct assembler *a, struct lot_entry *lot);
/* Properties of the lot have come: it is the one used last, and another may have to go. */
void assembler_keep_lot(struct assembler *a, struct lot_entry *lot);

/* a + b, at most INT64_MAX. */
static inline int64_t later_ms(int64_t a, int64_t b)
{
	int64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}
