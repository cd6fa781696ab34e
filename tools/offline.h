/* The state folder in the hands of defectctl, while no daemon runs: locked, and taken up as a start
 * of the daemon would take it up. What is written belongs to whom the folder belongs, also when
 * root writes it. */
#pragma once

#include <stdbool.h>

#include "lib/gateway/gateway.h"

struct offline {
	int lock;
	struct store *store;
	struct gateway *gateway;
};

/* What this process makes from here on belongs to the owner of the state folder, where it may give
 * itself out as that. */
void offline_become_owner(const struct config *config);

/* Without `makes` a database that is not there is refused. */
MUST_CHECK int offline_open(
	struct offline *o, const struct config *config, bool makes, struct err *err);
void offline_close(struct offline *o);
static inline void offline_close_at(struct offline *o)
{
	offline_close(o);
}

int64_t offline_now_ms(void);
