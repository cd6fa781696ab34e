/* What the files share that load an assembler's state. Nothing in the bytes is trusted. */
#pragma once

#include "lib/base/timestamp.h"
#include "lib/feature/assembler_inside.h"

#define NONE ((size_t)-1)

/* A name in the state. */
struct span {
	const char *at;
	size_t len;
};

/* A feature as the state names it. */
struct saved_feature {
	struct span name, source, field;
	unsigned kind;
	size_t first; /* of the plan's features that take its values, chained by loader.next */
};

/* Names in the state, and where the plan has them: an index, or NONE. */
struct named {
	size_t *at; /* [count] */
	size_t count;
};

struct loader {
	struct assembler *a;
	struct cursor *in;
	struct saved_feature *features;
	size_t feature_count;
	size_t *next; /* [the plan's feature_count] */
	struct named lots, stations, sources;
};

/* How many of something follow that takes at least `bytes` each. */
static inline size_t loader_count(struct cursor *in, size_t bytes)
{
	uint32_t count = cursor_u32(in);

	if (count > cursor_left(in) / bytes)
		in->failed = true;
	return in->failed ? 0 : count;
}

/* A time in a message or on the gateway's clock; what is worked out of it then cannot overflow. */
static inline bool loader_is_time(int64_t ms)
{
	return ms >= 0 && ms <= TIMESTAMP_MAX_MS;
}

static inline bool loader_is_time_or_none(int64_t ms)
{
	return ms == NO_TIME || loader_is_time(ms);
}

/* assembler_load_units.c: material lots, open units. -EINVAL, -ENOMEM. */
MUST_CHECK int loader_take_lots(struct loader *l);
MUST_CHECK int loader_take_units(struct loader *l);
