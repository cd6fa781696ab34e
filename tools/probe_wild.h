/* Payload shapes that are known: what gateways and devices of the field send. Recognised by their
 * structure, not by topics. */
#pragma once

#include "tools/probe_shape.h"

struct probe_wild {
	const char *id;   /* "neuron": for JSON */
	const char *name; /* "Neuron": for people */
	const char *what; /* a sentence: what the values are and what to watch */
	/* How to read it, as in a line file; NULL: as any other payload. `value` may lead to an
	 * object whose one scalar member is meant. */
	const char *each, *tag, *value, *time, *unit, *event;
	const char *quality, *good;    /* `good` as JSON */
	const char *when_at, *when_is; /* `when_is` as JSON */
};

/* NULL: none that is known. */
const struct probe_wild *probe_wild_match(const struct probe_shape *shape);
