/* What was found wrong with a configuration, all of it at once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/buf.h"
#include "lib/base/macros.h"

/* One finding: "<file>:<line>:<column>: ..." for what is no JSON, else "<file>: <pointer>: ...". */
struct config_problem {
	bool is_warning;
	char *text;       /* the whole line, as people read it */
	char *file;       /* and its parts: the file, */
	char *where;      /* "12:5", a JSON Pointer, or "" for the file itself, */
	const char *what; /* the sentence (points into text) */
};

/* Begins as {0}. When memory runs out, findings are lost and `failed` says so. */
struct config_report {
	struct config_problem *problems;
	size_t count, errors;
	bool failed;
};

void config_report_deinit(struct config_report *r);
static inline void config_report_deinit_at(struct config_report *r)
{
	config_report_deinit(r);
}

/* `where` is a JSON Pointer, or "" for the file itself. */
void config_report_error(struct config_report *r, const char *file, const char *where,
	const char *fmt, ...) PRINTF_LIKE(4, 5);
void config_report_warning(struct config_report *r, const char *file, const char *where,
	const char *fmt, ...) PRINTF_LIKE(4, 5);
/* A text that json_parse refused: its sentence begins with "<line>:<column>: ". */
void config_report_syntax(struct config_report *r, const char *file, const char *sentence);

/* "" without one. */
const char *config_first_error(const struct config_report *r);

/* Every finding on a line of its own; warnings begin with "warning: ". */
void config_report_text(const struct config_report *r, struct buf *out);
