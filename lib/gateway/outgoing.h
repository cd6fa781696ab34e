/* Inside the gateway: line files of before under which units are still open (engine_add_outgoing):
 * their texts and models, found again and put into an engine. */
#pragma once

#include "lib/gateway/gateway.h"

struct outgoing {
	char *line;
	char *text; /* of the line file; NULL: it is not known any longer */
	struct model *model;
	char why_none[32]; /* without a model */
};

struct outgoing_list { /* of each line the oldest first */
	struct outgoing *v;
	size_t count;
};

void outgoing_list_deinit(struct outgoing_list *list);
static inline void outgoing_list_deinit_at(struct outgoing_list *list)
{
	outgoing_list_deinit(list);
}

/* Those in a snapshot: texts from the store, models from the registry's copies. One that cannot be
 * loaded any longer leaves its units collecting, "model_refused". */
MUST_CHECK int outgoing_of_snapshot(struct outgoing_list *out, const struct gateway *g,
	struct store *s, const void *bytes, size_t len, struct err *err);

/* What those of `old` come to under `next`: a line file that has changed is one of them now. Lines
 * that are gone are left out. -ENOMEM. */
MUST_CHECK int outgoing_of_gateway(
	struct outgoing_list *out, const struct gateway *old, const struct config *next);

/* Adds them to the gateway's engine, which nothing was loaded into yet. A text that this program no
 * longer takes is replaced by today's file of the line, told in its `earlier_trouble`. */
MUST_CHECK int outgoing_add(struct gateway *g, const struct outgoing_list *list, struct err *err);
