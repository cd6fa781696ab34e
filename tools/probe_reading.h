/* How to read what comes on a template: where in the payload the unit, lot, tag, value and time
 * are, and which array is taken apart. One template may be read in several ways: its payload
 * itself, the elements of an array in it, and of either those that carry a unit where not all do.
 */
#pragma once

#include "tools/probe_templates.h"
#include "tools/probe_wild.h"

#define PROBE_READINGS_MAX 4

/* A member and the pointer to it as a line file has it: "/x" in the element, "#/x" in all. */
struct probe_at {
	const struct probe_field *field; /* NULL: there is none */
	char pointer[PROBE_POINTER_BYTES_MAX + 2];
};

struct probe_reading {
	const struct probe_template *from;
	const struct probe_wild *known; /* NULL: no known shape */
	const char *each;               /* NULL: the payload as it is */
	bool each_is_object;
	char element[PROBE_POINTER_BYTES_MAX +
		     1];            /* where elements are in the shape; "" without each */
	struct probe_at unit, lot;  /* in the payload; the topic's stand in the template */
	struct probe_at tag, value; /* tag.pointer "{key}": the member's name */
	struct probe_at time, event;
	struct probe_time clock; /* of `time` */
	struct probe_at
		far_time; /* a time that is no use: too far from ours; its clock is `clock` */
	const char *quality, *good;
	/* Where only some messages (or elements) have a unit: the reading of those, and of the
	 * others (whose `unit` is NULL), by the member that holds it. NULL: all or none have one.
	 */
	const struct probe_field *with, *without;
};

/* How many ways there are; 0: nothing in it can be read (binary, empty). begin, end: when there was
 * listening. */
size_t probe_readings(struct probe_reading out[PROBE_READINGS_MAX], const struct probe_template *t,
	int64_t begin_ms, int64_t end_ms);

/* Is the member one of the messages (or elements) that are meant? */
bool probe_reading_has(const struct probe_reading *r, const struct probe_field *f);
/* The pointer that a line file needs for a member, relative to the reading's element; false when
 * there is none, as it lies in another array. */
bool probe_reading_pointer(const struct probe_reading *r, const struct probe_field *f,
	char out[PROBE_POINTER_BYTES_MAX + 2]);
