/* Topic filters of MQTT (MQTT 5, 4.7): which one takes what another takes, and lists of them.
 *
 * Glossary
 *   covers   takes everything that the other one takes
 *   meets    there are topics that both take
 *   list     filters none of which covers another; where two meet, a broker may deliver a message
 *            twice */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/macros.h"

/* A topic is a filter too: then, does the filter take it? */
bool filter_covers(const char *filter, const char *other);
bool filter_meets(const char *a, const char *b);
/* The narrowest filter that covers both of two that meet: levels that differ become +. The
 * caller's; NULL: no memory. */
char *filter_join(const char *a, const char *b);

struct filter {
	char *text;
	int qos;
};

struct filters {
	struct filter *v;
	size_t count;
};

void filters_deinit(struct filters *f);
static inline void filters_deinit_at(struct filters *f)
{
	filters_deinit(f);
}
MUST_CHECK int filters_add(struct filters *f, const char *text, int qos); /* copied; -ENOMEM */
bool filters_have(const struct filters *f, const char *text);
bool filters_take(const struct filters *f, const char *topic); /* does any? */

/* Adds one: what it covers goes; where another covers it, that one stays; the higher QoS of both
 * holds. -ENOMEM. */
MUST_CHECK int filters_want(struct filters *f, const char *text, int qos);
/* Adds one, joined with those that it meets: then no two in the list meet, and a message comes
 * once, but so do some that nobody wants. -ENOMEM. */
MUST_CHECK int filters_want_wide(struct filters *f, const char *text, int qos);
