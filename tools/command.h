/* What a subcommand of defectctl is: a row of the table in main.c and a file of its own.
 *
 * stdout carries the result alone; progress and messages go to stderr. A command returns the
 * exit status: 0, EX_USAGE (64), EX_CONFIG (78), or 1 with one sentence on stderr. */
#pragma once

#include <stdbool.h>

#include "lib/base/err.h"

struct context {
	const char *config_file; /* --config, or the default */
	bool json;               /* --json: one JSON document on stdout */
	bool is_terminal;        /* stderr is one: progress bars are welcome */
};

struct command {
	const char *name;
	const char *arguments; /* "--model M.onnx --data FILE.csv [--unit COL]" */
	const char *summary;   /* one line */
	/* argv[0] is the command's name. */
	int (*run)(const struct context *ctx, int argc, char **argv);
};

extern const struct command command_check, command_train, command_evaluate, command_predict,
	command_replay, command_record, command_play, command_simulate, command_label,
	command_export, command_model, command_trace, command_quarantine, command_probe,
	command_status, command_bench;

/* Prints "defectctl NAME: <sentence>" to stderr and returns the status. */
int command_fail(const char *name, const struct err *err);                          /* 1 */
int command_usage(const struct command *c, const char *fmt, ...) PRINTF_LIKE(2, 3); /* 64 */

/* Loads the configuration, printing every error to stderr; NULL: return EX_CONFIG. Warnings are for
 * `check` and the daemon to tell. */
struct config;
struct config *command_load_config(const struct context *ctx);
/* The line of that name; NULL with a sentence that lists those there are. */
struct line_config;
const struct line_config *command_find_line(
	const struct config *config, const char *name, struct err *err);
/* The same for a --line that may be left out (NULL) where one line alone is configured. 0, or the
 * exit status with a sentence on stderr: EX_USAGE where it is left out all the same. */
MUST_CHECK int command_choose_line(const struct line_config **out, const struct command *c,
	const struct config *config, const char *name);
/* Opens state_dir/defectd.db for reading. Negative errno with a sentence. */
struct store;
MUST_CHECK int command_open_store(struct store **out, const struct config *config, struct err *err);
