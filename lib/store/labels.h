/* Labels: what inspection found of a unit. A label needs no row of its unit yet; it belongs to the
 * newest unit of that id that started before it or at its time (line_table.h has that as SQL).
 *
 * One label is told by line, unit, time and source. The same again changes nothing; another word
 * under the same four is a correction, and what it replaced is kept in label_history. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/store/store.h"

struct label_row {
	const char *line, *unit;
	int64_t at_ms; /* event time */
	bool defect;
	const char *class_name; /* "" without */
	const char *source;     /* a source of the line, or "command" */
	const char *by;         /* who inspected it; "" when not said */
	const char *why;        /* why it was inspected; "" when not said */
};

/* Inside a transaction. `now_ms` is when a correction replaced what was there. */
MUST_CHECK int store_put_label(
	struct store *s, const struct label_row *row, int64_t now_ms, struct err *err);

/* Is this very label there already: would store_put_label change nothing? */
MUST_CHECK int store_label_is_known(
	struct store *s, const struct label_row *row, bool *out, struct err *err);
