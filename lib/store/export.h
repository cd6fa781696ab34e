/* A line's units as CSV, each with its label.
 *
 * Read in slices, each of one moment: a daemon that writes meanwhile is not held up, nor does its
 * WAL grow while whoever takes the text is slow. Memory does not grow with the rows; their order is
 * in a temporary file of SQLite's (in $SQLITE_TMPDIR, $TMPDIR, else /var/tmp). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/store/store.h"

struct store_export {
	const char *line;
	bool only_labelled;
	/* Takes the next piece of the text: whole lines. A negative result ends it. */
	int (*take)(void *owner, const char *text, size_t len, struct err *err);
	void *owner;
	uint64_t units, labelled; /* filled in: rows written, and how many with a label */
};

/* A header line, then a line for each unit that was there at the beginning and still is, by
 * started_ms and unit: the columns of unit_<line> in their order, then label_defect, label_class,
 * label_at_ms, label_source, label_by, label_why. Numbers are the shortest text that reads back;
 * NULL and an empty text are empty. -ENOENT when the line has no table. */
MUST_CHECK int store_export_csv(struct store *s, struct store_export *e, struct err *err);
