/* The registry of models: table model (one row per line and file) and model_event.
 * Roles: "champion", "previous", "challenger", "retired". */
#pragma once

#include "lib/base/hash.h"
#include "lib/store/store.h"

struct registered_model {
	char sha256[SHA256_HEX];
	char role[16];
	int64_t at_ms; /* when it got this role */
};

/* 0 and out->sha256 "" when the line has no champion. */
MUST_CHECK int store_champion(
	struct store *s, const char *line, struct registered_model *out, struct err *err);
/* Has this line seen these contents, in whatever role? */
MUST_CHECK int store_model_is_known(
	struct store *s, const char *line, const char *sha256, bool *out, struct err *err);
/* Makes it champion; the earlier champion becomes previous, the earlier previous is retired; each
 * with a model_event. Nothing when it is champion already. In a transaction of its own. */
MUST_CHECK int store_promote(struct store *s, const char *line, const char *sha256,
	const char *file, const char *metrics, const char *by, const char *why, int64_t at_ms,
	struct err *err);
