/* What comes out of the assembler: units that are done, with what is known of each feature, and
 * labels. Texts live in the arena handed in. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/value.h"

enum value_missing {
	VALUE_PRESENT,
	MISSING_NOT_SENT,     /* nothing came before the unit was scored */
	MISSING_OUT_OF_RANGE, /* the last that came was outside min / max: see refused */
	MISSING_WRONG_TYPE,
	MISSING_NO_LOT,    /* the unit named no lot, or none was loaded */
	MISSING_NO_SAMPLE, /* streams: none in the window */
	MISSING_TOO_FEW,   /* fewer than min_samples */
	MISSING_NO_ENTER,  /* the unit never entered the station */
	MISSING_NO_EXIT,   /* its exit did not come within max_dwell */
	MISSING_NO_ANCHOR, /* the source that the window ends at sent nothing */
	MISSING_TRUNCATED, /* the window reaches back to samples that are gone */
	MISSING_UNDEFINED, /* there is no such number: sd of one sample */
	MISSING_COUNT,
};
const char *value_missing_name(enum value_missing why); /* "not_sent", ... */

struct assembled_value {
	struct value value;
	enum value_missing missing;
	size_t n;               /* values it is made of; of a window the samples inside */
	int64_t from_ms, to_ms; /* event time of the value, or the window; both 0: not known */
	bool is_held;           /* the window began with an older value still in force */
	struct value refused;   /* the raw value refused last, for the unit's detail */
};

/* A unit that is done: complete, or at its deadline. */
struct assembled {
	const char *unit;
	int64_t started_ms; /* the first enter, else the smallest event time among its messages */
	bool complete;      /* every required feature was final */
	const char *cause;  /* "complete" "ready" "deadline" "open_units" "again" "every" */
	int64_t gap_ms;     /* how long in its time inputs cannot have reached us */
	struct assembled_value *values; /* [feature_count] */
	const char **lots;              /* [lot_count] ids, "" where none is bound */
};

/* What inspection says of a unit, whether there is such a unit or not. */
struct assembled_label {
	const char *unit;
	int64_t at_ms; /* event time */
	bool is_defect;
	const char *source;                /* of the plan */
	const char *class_name, *by, *why; /* "" where not given */
};
