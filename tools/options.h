/* The options of a subcommand: a table, read in one pass.
 *
 * "--name VALUE" and "--name=VALUE"; what is no option fills the positional rows in order;
 * everything behind "--" is positional. Given twice is an error, but not for OPTION_EACH. Targets
 * keep what they held (the default) when the option is not given. */
#pragma once

#include <stddef.h>

#include "lib/base/macros.h"
#include "tools/command.h"

enum option_kind {
	OPTION_TEXT,       /* const char ** */
	OPTION_FLAG,       /* bool * */
	OPTION_WHOLE,      /* uint64_t *, at most 2^53 */
	OPTION_REAL,       /* double * */
	OPTION_TIME,       /* int64_t *: ms since 1970, given so or as ISO 8601 with a zone */
	OPTION_LIST,       /* struct option_list *: names with commas between */
	OPTION_EACH,       /* struct option_list *: one each time it is given */
	OPTION_POSITIONAL, /* const char ** */
	OPTION_REST,       /* struct option_list *: all positionals that are left; the last row */
	OPTION_LATER,      /* known, but not in this version: refused; no target */
};

#define OPTION_LIST_MAX 256

struct option_list {
	char *text; /* private, of OPTION_LIST: option_list_deinit frees it; NULL otherwise */
	const char *item[OPTION_LIST_MAX];
	size_t count;
};

void option_list_deinit(struct option_list *l);
static inline void option_list_deinit_at(struct option_list *l)
{
	option_list_deinit(l);
}

struct option_row {
	const char *name; /* "--data"; of a positional what it is: "RECORDING" */
	enum option_kind kind;
	void *target;
	bool is_required;
};

/* 0, or the exit status (EX_USAGE) with a sentence on stderr. At most 64 rows. */
MUST_CHECK int options_read(const struct command *c, const struct option_row *rows, size_t count,
	int argc, char **argv);
