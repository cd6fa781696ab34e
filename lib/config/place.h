/* Where in which file something stands; findings begin with it. */
#pragma once

#include <stddef.h>

#include "lib/base/macros.h"
#include "lib/config/report.h"

struct reader {
	struct config_report *report;
	const char *file; /* as it is called in messages */
};

/* A chain of places, innermost first; lives on the stacks of those who walk down. */
struct place {
	const struct reader *reader;
	const struct place *parent; /* NULL: the top of the document */
	const char *key;            /* NULL: element `index` of an array */
	size_t index;
};

struct place place_top(const struct reader *reader);
struct place place_key(const struct place *parent, const char *key);
struct place place_element(const struct place *parent, size_t index);
void place_error(const struct place *at, const char *fmt, ...) PRINTF_LIKE(2, 3);
void place_warning(const struct place *at, const char *fmt, ...) PRINTF_LIKE(2, 3);
