/* Texts from outside on a terminal. */
#pragma once

#include <stddef.h>

#include "lib/base/buf.h"

/* Appends the text; control characters and what is no UTF-8 as \x1b. Line feeds and tabs stay when
 * `is_long`. */
void printable_put(struct buf *b, const char *text, size_t len, bool is_long);
