/* The registry of models: table model (one row per line and file: the role it has now, since when,
 * who gave it and why) and model_event (how that came, a row for each change). Who gets which role
 * is decided in roles.h; here it is read and written. */
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

struct model_row {
	const char *line, *sha256;
	const char *role;    /* "champion" "previous" "challenger" "retired" */
	const char *file;    /* where its copy lies */
	const char *metrics; /* JSON text of its training, "" without */
	const char *by, *why;
	int64_t at_ms;
};

/* A model gets a role: its row, and a model_event. Of a model that is registered already an empty
 * `file` or `metrics` leaves what is there. Inside a transaction. */
MUST_CHECK int store_put_model(struct store *s, const struct model_row *m, struct err *err);
/* In order of lines; within one champion, previous, challenger, then what is retired, the newest
 * first. `line` NULL: of all lines, also of those that are no longer configured. A negative result
 * of `each` ends it and is returned. */
MUST_CHECK int store_each_model(struct store *s, const char *line,
	int (*each)(void *owner, const struct model_row *m), void *owner, struct err *err);

/* What another model than the champion's would have said of a unit. */
struct shadow_row {
	const char *line, *unit;
	int64_t started_ms;
	const char *model; /* sha256 */
	double p_defect;
};

/* Inside a transaction; what is there already stays. */
MUST_CHECK int store_put_shadow(struct store *s, const struct shadow_row *row, struct err *err);
