/* Names of what belongs to a line (for the files of the store). */
#pragma once

#include <stddef.h>

#define LINE_TABLE_MAX 64

/* "<prefix>_<line>" with "-" as "_": unit_press_3. Quote it in SQL all the same. */
void line_table(char out[LINE_TABLE_MAX], const char *prefix, const char *line);

/* SQL: does label l, of the line that is parameter or literal, belong to row u of its table? A
 * label belongs to the newest unit of that id that started before it. For sqlite3_mprintf: the
 * table's name is given once (%w). */
#define LABEL_BELONGS                                                                    \
	"l.unit = u.unit AND l.at_ms >= u.started_ms AND NOT EXISTS"                     \
	" (SELECT 1 FROM \"%w\" n WHERE n.unit = u.unit AND n.started_ms > u.started_ms" \
	" AND n.started_ms <= l.at_ms)"
