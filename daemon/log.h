/* What the daemon says: into the journal with fields when stderr is the journal, else as plain
 * lines on stderr. The log target is the only global of the program. Any thread may log. */
#pragma once

#include <stdbool.h>

#include "lib/base/macros.h"

void log_open(void); /* looks where stderr leads; before anything is logged */

void log_error(const char *fmt, ...) PRINTF_LIKE(1, 2);   /* needs a person */
void log_warning(const char *fmt, ...) PRINTF_LIKE(1, 2); /* survived */
void log_info(const char *fmt, ...) PRINTF_LIKE(1, 2);    /* the state changed */

/* Remembers a sentence, so that a trouble that lasts is logged once per change. */
struct log_memory {
	char text[1024];
};
/* True when `text` is another than before, and remembers it. "" is no trouble. */
bool log_is_news(struct log_memory *m, const char *text);
