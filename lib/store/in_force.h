/* Which line files are in force: those that snapshot and journal are written under. Their texts
 * are in the table config (store_put_config). */
#pragma once

#include "lib/store/store.h"

struct in_force {
	const char *line;
	const char *sha256;
	const char *text; /* only read; NULL: it is not in the table config */
};

/* Replaces them all. Inside the transaction in which they come into force: with a snapshot, so
 * that the journal of those before is gone. */
MUST_CHECK int store_put_in_force(
	struct store *s, const struct in_force *v, size_t count, struct err *err);
/* The text of a line file; *out is the caller's (free), NULL when it is not there. */
MUST_CHECK int store_config_text(struct store *s, const char *sha256, char **out, struct err *err);
/* In order of the lines' names. A negative result of `each` ends it and is returned. */
MUST_CHECK int store_each_in_force(struct store *s,
	int (*each)(void *owner, const struct in_force *f), void *owner, struct err *err);
