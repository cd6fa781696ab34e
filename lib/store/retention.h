/* Deleting what is old, oldest first, in small slices. */
#pragma once

#include "lib/store/store.h"

struct retention {
	int64_t pass_ms, defect_ms, label_ms, quarantine_ms; /* how long to keep */
	int64_t max_bytes;       /* of the database; beyond, unlabelled passes go */
	int64_t quarantine_rows; /* newest kept */
};

#define RETENTION_MORE 1 /* named outcome: a slice was deleted, there is more */

/* One slice for `line` (at most 500 rows), in a transaction of its own. unsure and not_scored
 * units are kept as long as defects; a unit with a label as long as label_ms says; what other
 * models said of it (shadow) goes with it. */
MUST_CHECK int store_retain_units(struct store *s, const char *line, const struct retention *r,
	int64_t now_ms, struct err *err);
MUST_CHECK int store_retain_quarantine(
	struct store *s, const struct retention *r, int64_t now_ms, struct err *err);
