/* What subcommands take from the configuration: itself, a line, the database. */
#include "tools/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/config/config.h"
#include "lib/store/store.h"

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

const struct line_config *command_find_line(
	const struct config *config, const char *name, struct err *err)
{
	const struct line_config *line = config_find_line(config, name);
	CLEANUP(buf_deinit) struct buf names;

	buf_init(&names);
	if (line)
		return line;
	for (size_t i = 0; i < config->line_count; i++)
		buf_addf(&names, "%s%s", i ? ", " : "", config->lines[i].name);
	err_set(err, -EINVAL, "line \"%s\" is not configured in %s; there %s %s", name,
		config->file, config->line_count > 1 ? "are" : "is",
		config->line_count > 0 && buf_text(&names) ? names.data : "none");
	return NULL;
}

int command_open_store(struct store **out, const struct config *config, struct err *err)
{
	char *path;
	int rc;

	if (asprintf(&path, "%s/defectd.db", config->state_dir) < 0)
		return err_set(err, -ENOMEM, "no memory for a path");
	rc = store_open(out, path, STORE_READ, err);
	free(path);
	return rc;
}
