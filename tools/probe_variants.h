/* Messages of one kind of topic that tell of different things, each with a shape of its own: a text
 * member such as "event" or "MessageName" says which is which. */
#pragma once

#include "tools/probe_shape.h"

#define PROBE_VARIANTS_MAX 16 /* of one kind of topic; more values are no kinds of messages */

struct probe_variant {
	const char *value; /* NULL: of all messages that have none of the values */
	struct probe_shape *shape;
};

struct probe_variants {
	const char *pointer; /* of the member that says it: "/event"; NULL: there is none */
	struct probe_variant all[PROBE_VARIANTS_MAX + 1]; /* the first has no value */
	size_t count;
	bool has_more; /* values than are kept */
	uint64_t mark; /* for who goes through the variants of many topics: seen already */
};

/* The first one gets its shape at once, so that there always is one. -ENOMEM. */
MUST_CHECK int probe_variants_init(struct probe_variants *v, struct probe_memory *m);
void probe_variants_deinit(struct probe_variants *v);
MUST_CHECK int probe_variants_add(struct probe_variants *v, struct probe_memory *m,
	const cJSON *payload, int64_t receipt_ms, bool is_retained);
