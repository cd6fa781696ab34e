/* Which values of one topic level belong together, and what they are (for probe_templates.c). */
#pragma once

#include <stdbool.h>

#include "tools/probe_templates.h"

/* What a topic says of the values at one of its levels. */
struct probe_choice {
	const char *text;
	size_t first, count;    /* its topics: a run of the sorted slice */
	bool is_leaf, has_more; /* topics end here; topics go on */
	unsigned leaf_payload;  /* what topics that end here carry, a bit for each kind of it */
	uint64_t leaf, below;   /* bits of what they carry, of the names of the next level */
	struct probe_span live;
	uint64_t messages;
	/* Of probe_levels_group: */
	unsigned name; /* WORD_UNIT or WORD_LOT where a name or a payload says so, else 0 */
	bool is_by_id; /* it is a payload that says so */
	size_t group;
};

/* Where the level stands. */
struct probe_place {
	const char *before; /* the text of the level before it; NULL: none, or one that varies */
	int64_t begin_ms, end_ms;
	const struct map *ids; /* ids that payloads name: "unit" or "lot" */
};

/* Adds what one topic says of its level `depth`. */
void probe_choice_add(struct probe_choice *c, const struct probe_topic *t, size_t depth);
/* Numbers the choices' groups from 0 in order; choices that may vary together have the same one.
 * Returns how many groups there are. */
size_t probe_levels_group(struct probe_choice *choices, size_t count, const struct probe_place *p);
/* Does the group [count] vary, and as what? CAPTURE_NONE: each of its choices stands for itself.
 * *coming and *why are set for the others. -ENOMEM. */
MUST_CHECK int probe_levels_judge(enum probe_capture *out, enum probe_coming *coming,
	const char **why, const struct probe_choice *const *group, size_t count,
	const struct probe_place *p);
