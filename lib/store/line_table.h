/* What belongs to a line: names, and which label belongs to which unit (for the files of the store,
 * and for queries of one's own). */
#pragma once

#include "lib/store/units.h"

#define LINE_TABLE_MAX 64

/* "<prefix>_<line>" with "-" as "_": unit_press_3. Quote it in SQL all the same. */
void line_table(char out[LINE_TABLE_MAX], const char *prefix, const char *line);
/* unit_<line>; -ENOENT with a sentence when there is no such table yet. */
MUST_CHECK int line_table_find(
	char out[LINE_TABLE_MAX], struct store *s, const char *line, struct err *err);

/* SQL: does label l, of the line that is parameter or literal, belong to row u of its table? A
 * label belongs to the newest unit of that id that started before it or at its time. For
 * sqlite3_mprintf: the table's name is given once (%w). */
#define LABEL_BELONGS                                                                    \
	"l.unit = u.unit AND l.at_ms >= u.started_ms AND NOT EXISTS"                     \
	" (SELECT 1 FROM \"%w\" n WHERE n.unit = u.unit AND n.started_ms > u.started_ms" \
	" AND n.started_ms <= l.at_ms)"

/* SQL: the _rowid_ of the label that counts for row u, NULL where it has none. For
 * sqlite3_mprintf: the line (%Q), the table (%w), and label_order (%s). */
#define LABEL_OF                                                              \
	"(SELECT l._rowid_ FROM label l WHERE l.line = %Q AND " LABEL_BELONGS \
	" ORDER BY %s LIMIT 1)"
const char *label_order(enum label_combine combine);

/* SQL: the label's columns as the view and the export name them. */
#define LABEL_COLUMNS                                                               \
	"l.defect AS label_defect, l.class AS label_class, l.at_ms AS label_at_ms," \
	" l.source AS label_source, l.by AS label_by, l.why AS label_why"
#define LABEL_COLUMN_COUNT 6

/* What store_add_line was told last for this line, as its view has it; LABEL_LATEST without one. */
MUST_CHECK int line_combine(
	struct store *s, const char *line, enum label_combine *out, struct err *err);
