/* Loading the configuration for a subcommand. */
#include "tools/command.h"

#include <stdio.h>
#include <string.h>

#include "lib/config/config.h"

struct config *command_load_config(const struct context *ctx)
{
	CLEANUP(config_report_deinit) struct config_report report = {0};
	struct config *config = NULL;
	int rc = config_load(&config, ctx->config_file, &report);

	for (size_t i = 0; i < report.count; i++) {
		const struct config_problem *p = &report.problems[i];

		fprintf(stderr, "%s%s\n", p->is_warning ? "warning: " : "", p->text);
	}
	if (rc != 0 && report.errors == 0)
		fprintf(stderr, "defectctl: %s: %s\n", ctx->config_file, strerror(-rc));
	return rc == 0 ? config : NULL;
}
