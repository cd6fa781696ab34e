/* defectctl trace: why a unit came out as it did. */
#include "tools/trace.h"

#include <stdio.h>
#include <sysexits.h>

#include "lib/base/err.h"
#include "lib/config/config.h"
#include "lib/store/store.h"
#include "tools/command.h"
#include "tools/options.h"

static int run(const struct context *ctx, int argc, char **argv)
{
	CLEANUP(config_free) struct config *config = NULL;
	CLEANUP(store_close) struct store *s = NULL;
	CLEANUP(trace_deinit) struct trace t = {0};
	const struct line_config *line = NULL;
	const char *name = NULL, *unit = NULL;
	int64_t started_ms = TRACE_NEWEST;
	const struct option_row rows[] = {
		{"--line", OPTION_TEXT, &name, false},
		{"--started", OPTION_TIME, &started_ms, false},
		{"UNIT", OPTION_POSITIONAL, &unit, true},
	};
	struct err err = {0};
	int rc = options_read(&command_trace, rows, ARRAY_LEN(rows), argc, argv);

	if (rc != 0)
		return rc;
	config = command_load_config(ctx);
	if (!config)
		return EX_CONFIG;
	rc = command_choose_line(&line, &command_trace, config, name);
	if (rc != 0)
		return rc;
	rc = command_open_store(&s, config, &err);
	if (rc == 0)
		rc = trace_read(&t, s, line->name, unit, started_ms, &err);
	if (rc == 0)
		rc = trace_find_sources(&t, &err);
	if (rc < 0)
		return command_fail("trace", &err);
	if (ctx->json)
		trace_print_json(&t);
	else
		trace_print(&t);
	return 0;
}

const struct command command_trace = {
	.name = "trace",
	.arguments = "[--line L] UNIT [--started TIME]",
	.summary = "why a unit came out as it did: its values, where they came from, its verdict",
	.run = run,
};
