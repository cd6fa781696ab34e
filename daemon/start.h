/* What must stand before the loop runs: the state folder with its lock, the database, the engine
 * in the state of the last commit, the password. */
#pragma once

#include "lib/base/macros.h"

struct config;
struct daemon;
struct deliveries;
struct err;

/* Fills in lock, store, boot, gateway and clock; logs what is worth it. A database that is corrupt
 * is set aside and a new one begun. -errno with a sentence; what was filled in stays. */
MUST_CHECK int start_state(struct daemon *d, struct err *err);
/* The list of deliveries as the store kept it. */
MUST_CHECK int start_deliveries(struct daemon *d, struct deliveries **out, struct err *err);
/* The stored outbox goes to the outlet, to be sent again. */
MUST_CHECK int start_outbox(struct daemon *d, struct err *err);
/* The broker's; *out is the caller's, NULL: none is configured. */
MUST_CHECK int start_read_password(char **out, const struct config *config, struct err *err);
