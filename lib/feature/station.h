/* One unit at one station: when it came in and went out, and what window that makes.
 *
 * The smallest enter counts, and the smallest exit that is not before it; where a station has
 * enters alone the next unit's enter plays the exit, where it has exits alone the previous unit's
 * exit plays the enter. An exit later than max_dwell after the enter counts as none. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/feature/assembled.h"
#include "lib/feature/plan.h"

#define NO_TIME INT64_MIN

struct visit {
	int64_t enter_ms, exit_ms;       /* event times; NO_TIME: not known */
	int64_t enter_at_ms, exit_at_ms; /* on the line's clock: when they became known; NO_TIME */
};

static inline struct visit visit_none(void)
{
	return (struct visit){NO_TIME, NO_TIME, NO_TIME, NO_TIME};
}

/* The named outcomes of an event. */
enum visit_event {
	VISIT_REPEATED, /* the unit has had it: ignored */
	VISIT_TAKEN,
	VISIT_REPLACED, /* taken, and the one before it counts as repeated */
};
enum visit_event visit_enter(struct visit *v, int64_t time_ms, int64_t clock_ms);
enum visit_event visit_exit(struct visit *v, int64_t time_ms, int64_t clock_ms);
/* Another unit's enter has made an end of it, where it is after its own. (An id that began anew may
 * have entered later than what follows its first life.) */
void visit_ended(struct visit *v, int64_t time_ms, int64_t clock_ms);

/* When, on the line's clock, the window is final; INT64_MAX: not as things stand. */
int64_t visit_final_ms(const struct station *s, const struct visit *v);

/* The window, both bounds included in [first_ms, last_ms]; from_ms and to_ms are as the station
 * has them. */
struct stay {
	enum value_missing missing; /* VALUE_PRESENT, MISSING_NO_ENTER, MISSING_NO_EXIT */
	int64_t from_ms, to_ms;
	int64_t first_ms, last_ms;
};
/* `previous_exit_ms`: of another unit, before its own; NO_TIME: none is known. */
struct stay visit_stay(const struct station *s, const struct visit *v, int64_t previous_exit_ms);
