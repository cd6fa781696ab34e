/* Lists of topic filters none of which covers another (see filter.h). Where two in a list meet, a
 * broker may deliver a message once for each. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/macros.h"

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
