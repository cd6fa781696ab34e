/* The open units of a line: by id, in the order in which their deadlines are due, and those that
 * are complete in the order they became so. */
#pragma once

#include "lib/base/macros.h"
#include "lib/feature/lot_table.h"
#include "lib/feature/values.h"

struct unit_table;

struct open_unit {
	int64_t started_ms;            /* the smallest event time among its messages */
	int64_t due_ms;                /* deadline, on the line's clock */
	uint64_t number;               /* counts openings: the order among equal deadlines */
	bool is_complete;              /* stands among the complete ones */
	struct open_unit *prev, *next; /* by deadline, then opening */
	struct open_unit *complete_prev, *complete_next; /* in the order they became complete */
	struct lot_binding *bindings;                    /* [lot_count] */
	struct values values;
	char *id;
};

/* Units with `slots` values and `lots` bindings each. -ENOMEM. */
MUST_CHECK int unit_table_new(struct unit_table **out, size_t slots, size_t lots);
/* The units' bindings must be gone: unit_table_close each before. */
void unit_table_free(struct unit_table *t);
CLEANUP_FOR(struct unit_table, unit_table_free)

size_t unit_table_count(const struct unit_table *t);
struct open_unit *unit_table_find(const struct unit_table *t, const char *id); /* or NULL */
/* Opens a unit with an id that is not open. NULL: no memory. */
struct open_unit *unit_table_open(
	struct unit_table *t, const char *id, int64_t started_ms, int64_t due_ms);
/* Takes a unit out and frees it; its bindings are undone in `lots`. */
void unit_table_close(struct unit_table *t, struct open_unit *u, struct lot_table *lots);

struct open_unit *unit_table_first_due(const struct unit_table *t);      /* then ->next */
struct open_unit *unit_table_first_complete(const struct unit_table *t); /* then ->complete_next */
void unit_table_complete(struct unit_table *t, struct open_unit *u);
void unit_table_incomplete(struct unit_table *t, struct open_unit *u);
bool unit_is_before(const struct open_unit *a, const struct open_unit *b);
