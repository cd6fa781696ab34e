/* Which model of a line has which role, in memory: the registry as a start read it, and what has
 * changed since. Deciding who gets which role is done here, and nowhere else: the daemon and
 * defectctl write the changes (store_put_model) in the transaction they belong to.
 *
 *   champion    scores; at most one
 *   previous    was champion before; at most one
 *   challenger  is tried beside the champion; at most one
 *   retired     all others */
#pragma once

#include <stddef.h>

#include "lib/base/hash.h"
#include "lib/store/store.h"

enum model_role { ROLE_CHAMPION, ROLE_PREVIOUS, ROLE_CHALLENGER, ROLE_RETIRED };

const char *model_role_name(enum model_role role);

struct role {
	char sha256[SHA256_HEX];
	enum model_role role;
	int64_t at_ms;     /* since when */
	bool file_is_gone; /* it was retired for long */
};

struct roles {
	struct role *v;
	size_t count, cap;
};

/* Replaces what is in *out by what the registry says of the line. */
MUST_CHECK int roles_load(struct roles *out, struct store *s, const char *line, struct err *err);
void roles_deinit(struct roles *r);
static inline void roles_deinit_at(struct roles *r)
{
	roles_deinit(r);
}

/* NULL: no model has it. Not for ROLE_RETIRED. */
const struct role *roles_with(const struct roles *r, enum model_role role);
const struct role *roles_find(const struct roles *r, const char *sha256); /* NULL: unknown */

#define ROLES_DIGITS_MIN 4 /* of a sha256 that is not given whole */

enum roles_lookup { ROLES_FOUND, ROLES_UNKNOWN, ROLES_AMBIGUOUS };
/* "challenger", "previous", "champion", or the beginning of a sha256. */
enum roles_lookup roles_look_up(const struct roles *r, const char *name, const struct role **out);

#define ROLE_CHANGES_MAX 3

struct role_changes {
	struct role v[ROLE_CHANGES_MAX]; /* in the order in which they are recorded */
	size_t count;
};

/* The model, known or not, gets the role `role`, champion or challenger. Who had it becomes
 * previous (and who was that is retired), or, as a challenger, is retired. */
struct role_changes roles_change(
	const struct roles *r, const char *sha256, enum model_role role, int64_t at_ms);
MUST_CHECK int roles_apply(struct roles *r, const struct role_changes *c); /* -ENOMEM */

/* Retired, and not among the newest `keep` of those: its file may go. */
bool roles_is_outdated(const struct roles *r, const char *sha256, size_t keep);
/* Those of them whose files are not gone yet. */
void roles_each_outdated(const struct roles *r, size_t keep,
	void (*each)(void *owner, const char *sha256), void *owner);
void roles_forget_file(struct roles *r, const char *sha256);

/* Makes it champion, with its rows and events; nothing when it is champion already. In a
 * transaction of its own. */
MUST_CHECK int store_promote(struct store *s, const char *line, const char *sha256,
	const char *file, const char *metrics, const char *by, const char *why, int64_t at_ms,
	struct err *err);
