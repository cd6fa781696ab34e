/* What the files of probe_templates.h share. */
#pragma once

#include "tools/probe_templates.h"

struct owned_shape {
	struct probe_shape *shape;
	struct owned_shape *next;
};

struct probe_templates {
	struct arena *arena;
	struct probe_memory memory; /* of the templates' shapes */
	struct probe_template **all;
	size_t count, cap;
	struct owned_shape *shapes; /* of templates and their parts */
	struct map *ids;            /* ids in payloads: "unit" or "lot" */
	uint64_t mark;              /* of the last walk through the topics' shapes, from 1 */
	struct probe_heard heard;
};

/* From its levels: the text. -ENOMEM. */
MUST_CHECK int template_name(struct probe_templates *all, struct probe_template *t);
/* Of the values of levels, which templates with the same beginning share: those of its topics, as
 * they come there. -ENOMEM. */
MUST_CHECK int template_own_values(struct probe_templates *all, struct probe_template *t);
/* From its topics (and `only`): counts, rates, payload, shape. -ENOMEM. */
MUST_CHECK int template_measure(struct probe_templates *all, struct probe_template *t);
/* From its topics: whether messages of different kinds come. -ENOMEM. */
MUST_CHECK int template_find_kinds(struct probe_templates *all, struct probe_template *t);
