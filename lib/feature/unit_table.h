/* The open units of a line: by id, in the order in which their deadlines are due, and those that
 * are complete in the order they became so. */
#pragma once

#include "lib/base/macros.h"
#include "lib/feature/frozen.h"
#include "lib/feature/lot_table.h"
#include "lib/feature/station.h"
#include "lib/feature/values.h"
#include "lib/feature/wake_queue.h"

struct unit_table;

/* How many of what a unit of the line has. */
struct unit_shape {
	size_t slots, lots, stations, moments, windows;
};

struct open_unit {
	int64_t started_ms; /* the first enter, else first_ms */
	int64_t first_ms;   /* the smallest event time among its messages */
	int64_t opened_ms;  /* the gateway's clock at its opening */
	int64_t due_ms;     /* deadline, on the line's clock */
	int64_t ready_ms;   /* on the line's clock: ready by `ready_on` then; INT64_MAX: not yet */
	uint64_t number;    /* counts openings: the order among equal deadlines */
	struct wake wake;   /* when, on the line's clock, it may have become complete */
	bool is_complete;   /* stands among the complete ones */
	bool is_retired;    /* for good: its id has begun anew */
	const char *cause;  /* of being complete */
	struct visit *visits; /* [station_count] */
	int64_t *moments;     /* [moments] event time of a source's first message; NO_TIME */
	size_t window_count;
	struct frozen_value *frozen;   /* [windows] worked out early; NULL: none is */
	struct open_unit *prev, *next; /* by deadline, then opening */
	struct open_unit *complete_prev, *complete_next; /* in the order they became complete */
	struct lot_binding *bindings;                    /* [lot_count] */
	struct values values;
	char *id;
};

MUST_CHECK int unit_table_new(
	struct unit_table **out, const struct unit_shape *shape); /* -ENOMEM */
/* The units' bindings must be gone: unit_table_close each before. */
void unit_table_free(struct unit_table *t);
CLEANUP_FOR(struct unit_table, unit_table_free)

size_t unit_table_count(const struct unit_table *t);
struct open_unit *unit_table_find(const struct unit_table *t, const char *id); /* or NULL */
/* Opens a unit with an id that is not open. NULL: no memory. */
struct open_unit *unit_table_open(
	struct unit_table *t, const char *id, int64_t started_ms, int64_t due_ms);
/* Another unit of this id may open: the unit is found no longer, and stands among the complete
 * ones because of `cause`. */
void unit_table_retire(struct unit_table *t, struct open_unit *u, const char *cause);
/* Keeps what a window of the unit gave. -ENOMEM. */
MUST_CHECK int unit_table_freeze(
	struct unit_table *t, struct open_unit *u, size_t window, const struct assembled_value *v);
/* Takes a unit out and frees it; its bindings are undone in `lots`. */
void unit_table_close(struct unit_table *t, struct open_unit *u, struct lot_table *lots);

struct open_unit *unit_table_first_due(const struct unit_table *t);      /* then ->next */
struct open_unit *unit_table_first_complete(const struct unit_table *t); /* then ->complete_next */
void unit_table_complete(struct unit_table *t, struct open_unit *u, const char *cause);
void unit_table_incomplete(struct unit_table *t, struct open_unit *u);
/* When the unit is to be looked at again; INT64_MAX: by no time. -ENOMEM. */
MUST_CHECK int unit_table_wake(struct unit_table *t, struct open_unit *u, int64_t clock_ms);
struct open_unit *unit_table_first_wake(const struct unit_table *t); /* NULL: none */
bool unit_is_before(const struct open_unit *a, const struct open_unit *b);
