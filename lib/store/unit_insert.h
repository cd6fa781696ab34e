/* The prepared INSERT of each line (for the files of the store). */
#pragma once

#include <sqlite3.h>

#include "lib/base/unit_row.h"
#include "lib/store/store.h"

struct unit_insert {
	struct unit_insert *next;
	sqlite3_stmt *stmt;
	char *line;
	char **names; /* [count] the features it has parameters for, behind the fixed ones */
	size_t count;
};

/* The one that fits the row, made when there is none. It belongs to the store. */
MUST_CHECK int unit_insert_get(
	struct unit_insert **out, struct store *s, const struct unit_row *row, struct err *err);
void unit_inserts_free(struct unit_insert *list);
