/* CSV written (RFC 4180, lines end in LF). */
#pragma once

#include "lib/base/buf.h"

/* Appends one field, quoted where it must be: a comma, a quote or the end of a line in it, or a
 * space at either end, which some readers cut off. */
void csvw_text(struct buf *b, const char *text);
