/* Payload shapes that are known: what gateways and devices of the field send. Recognised by their
 * structure, not by topics. */
#pragma once

#include "tools/probe_shape.h"

#define PROBE_WILD_ONLY_MAX 3

struct probe_wild {
	const char *id;   /* "neuron": for JSON */
	const char *name; /* "Neuron": for people */
	const char *what; /* a sentence: what the values are and what to watch */
	/* How to read it, as in a line file; NULL: as any other payload. `value` may lead to an
	 * object whose one scalar member is meant. */
	const char *each, *tag, *value, *time, *unit;
	const char *quality, *good; /* `good` as JSON */
	/* Of a template with several kinds of messages: those that it is about; none: all. */
	const char *only[PROBE_WILD_ONLY_MAX];
};

/* NULL: none that is known. */
const struct probe_wild *probe_wild_match(const struct probe_shape *shape);
