/* What subcommands take from the configuration: itself, a line, the database. */
#include "tools/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/config/config.h"
#include "lib/store/store.h"

struct config *command_load_config(const struct context *ctx)
{
	CLEANUP(config_report_deinit) struct config_report report = {0};
	struct config *config = NULL;
	int rc = config_load(&config, ctx->config_file, &report);

	for (size_t i = 0; i < report.count; i++) {
		if (!report.problems[i].is_warning)
			fprintf(stderr, "%s\n", report.problems[i].text);
	}
	if (rc != 0 && report.errors == 0)
		fprintf(stderr, "defectctl: %s: %s\n", ctx->config_file, strerror(-rc));
	return rc == 0 ? config : NULL;
}

/* "are press-3, press-4" */
static const char *those_there(struct buf *b, const struct config *config)
{
	buf_addf(b, "%s", config->line_count > 1 ? "are " : "is ");
	for (size_t i = 0; i < config->line_count; i++)
		buf_addf(b, "%s%s", i ? ", " : "", config->lines[i].name);
	return config->line_count > 0 && buf_text(b) ? b->data : "is none";
}

const struct line_config *command_find_line(
	const struct config *config, const char *name, struct err *err)
{
	const struct line_config *line = config_find_line(config, name);
	CLEANUP(buf_deinit) struct buf b;

	buf_init(&b);
	if (!line)
		err_set(err, -EINVAL, "line \"%s\" is not configured in %s; there %s", name,
			config->file, those_there(&b, config));
	return line;
}

int command_choose_line(const struct line_config **out, const struct command *c,
	const struct config *config, const char *name)
{
	CLEANUP(buf_deinit) struct buf b;
	struct err err = {0};

	buf_init(&b);
	if (!name && config->line_count > 1)
		return command_usage(c, "--line is missing: there %s", those_there(&b, config));
	if (!name && config->line_count == 0)
		err_set(&err, -EINVAL, "no line is configured in %s", config->file);
	else
		*out = name ? command_find_line(config, name, &err) : config->lines;
	return err.text[0] ? command_fail(c->name, &err) : 0;
}

int command_open_store(struct store **out, const struct config *config, struct err *err)
{
	char *path;
	int rc;

	if (asprintf(&path, "%s/defectd.db", config->state_dir) < 0)
		return err_set(err, -ENOMEM, "no memory for a path");
	if (access(path, F_OK) < 0 && errno == ENOENT)
		rc = err_set(err, -ENOENT,
			"%s: %s; the daemon makes the database when it first runs", path,
			strerror(ENOENT));
	else
		rc = store_open(out, path, STORE_READ, err);
	free(path);
	return rc;
}
