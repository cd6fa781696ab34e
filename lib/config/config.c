/* Loading a configuration: the gateway's file, its line files, and what only shows when all of
 * them are seen together. */
#include "lib/config/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/config/across.h"
#include "lib/config/files.h"
#include "lib/config/gateway_file.h"
#include "lib/config/line_file.h"

#define LINES_DEFAULT "lines.d/*.json"

static void line_config_deinit(struct line_config *line)
{
	free(line->name);
	free(line->file);
	free(line->text);
	free(line->model);
	free(line->publish);
	free(line->feature_at);
	plan_deinit(&line->plan);
}

/* Every text that a configuration owns, but for its lines'. */
#define TEXTS 10
static void texts_of(struct config *c, char **texts[TEXTS])
{
	char **all[TEXTS] = {&c->file, &c->instance, &c->broker.host, &c->broker.username,
		&c->broker.password_file, &c->broker.tls.ca_file, &c->broker.tls.cert_file,
		&c->broker.tls.key_file, &c->publish, &c->state_dir};

	memcpy(texts, all, sizeof(all));
}

void config_free(struct config *c)
{
	char **texts[TEXTS];

	if (!c)
		return;
	for (size_t i = 0; i < c->line_count; i++)
		line_config_deinit(&c->lines[i]);
	free(c->lines);
	texts_of(c, texts);
	for (size_t i = 0; i < TEXTS; i++)
		free(*texts[i]);
	free(c);
}

static void add_pattern(
	struct file_list *files, struct config *c, const char *pattern, const struct place *at)
{
	size_t found = file_list_add(files, at->reader->report, c->file, pattern);

	if (found == 0 && !strpbrk(pattern, "*?["))
		place_error(at, "there is no file \"%s\"", pattern);
}

static void find_line_files(
	struct file_list *files, struct config *c, const cJSON *patterns, const struct place *top)
{
	struct place at = place_key(top, "lines");
	const cJSON *item;
	size_t i = 0;

	if (!patterns)
		(void)file_list_add(files, at.reader->report, c->file, LINES_DEFAULT);
	cJSON_ArrayForEach(item, patterns)
	{
		struct place here = place_element(&at, i++);
		const char *pattern = schema_text(item, "a path or a pattern of paths", &here);

		if (pattern)
			add_pattern(files, c, pattern, &here);
	}
	if (files->count == 0 && at.reader->report->errors == 0)
		place_warning(&at, "no line file was found: nothing will be scored");
}

static void read_lines(struct config *c, const struct file_list *files, struct config_report *r)
{
	c->lines = calloc(files->count + 1, sizeof(c->lines[0]));
	if (!c->lines) {
		r->failed = true;
		return;
	}
	for (size_t i = 0; i < files->count; i++)
		(void)line_file_read(&c->lines[c->line_count++], c, files->paths[i], r);
}

static void read_all(struct config *c, struct config_report *report)
{
	struct reader reader = {.report = report, .file = c->file};
	CLEANUP(file_list_deinit) struct file_list files = {0};
	CLEANUP(json_free) cJSON *document = NULL;
	struct place top = place_top(&reader);
	const cJSON *patterns = NULL;
	struct err err = {0};
	size_t len;
	char *text = files_read(report, c->file, &len);
	int r = text ? json_parse(&document, text, len, JSON_COMMENTS, &err) : 0;

	free(text);
	if (r < 0)
		config_report_syntax(report, c->file, err.text);
	if (!document)
		return;
	gateway_file_read(c, &patterns, document, &reader);
	if (report->failed || !cJSON_IsObject(document))
		return;
	find_line_files(&files, c, patterns, &top);
	read_lines(c, &files, report);
	across_check(c, report);
}

int config_load(struct config **out, const char *file, struct config_report *report)
{
	CLEANUP(config_free) struct config *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->file = strdup(file);
	if (!c->file)
		return -ENOMEM;
	read_all(c, report);
	if (report->failed)
		return -ENOMEM;
	if (report->errors > 0)
		return -EINVAL;
	*out = TAKE(c);
	return 0;
}

int config_without_lines(struct config **out, const struct config *c)
{
	CLEANUP(config_free) struct config *copy = malloc(sizeof(*copy));
	char **texts[TEXTS];
	bool failed = false;

	if (!copy)
		return -ENOMEM;
	*copy = *c;
	copy->lines = NULL;
	copy->line_count = 0;
	texts_of(copy, texts);
	/* to the end even without memory: nothing of `c` must be freed with the copy */
	for (size_t i = 0; i < TEXTS; i++) {
		if (*texts[i]) {
			*texts[i] = strdup(*texts[i]);
			failed = failed || !*texts[i];
		}
	}
	if (failed)
		return -ENOMEM;
	*out = TAKE(copy);
	return 0;
}

int config_add_line(
	struct config *c, const char *file, const char *text, struct config_report *report)
{
	struct line_config *lines = realloc(c->lines, (c->line_count + 1) * sizeof(*lines));
	struct line_config *line;

	if (!lines)
		return -ENOMEM;
	c->lines = lines;
	line = &lines[c->line_count];
	*line = (struct line_config){0};
	if (line_text_read(line, c, file, text, report) && !report->failed) {
		c->line_count++;
		return 0;
	}
	line_config_deinit(line);
	return report->failed ? -ENOMEM : -EINVAL;
}

const struct line_config *config_find_line(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->line_count; i++)
		if (strcmp(c->lines[i].name, name) == 0)
			return &c->lines[i];
	return NULL;
}

struct assembler_limits config_assembler_limits(const struct config *c)
{
	return (struct assembler_limits){
		.open_units = (size_t)c->limits.open_units,
		.remembered_units = (size_t)c->limits.remembered_units,
		.lots = (size_t)c->limits.lots,
		.samples = (size_t)c->limits.samples,
		.array_elements = (size_t)c->limits.array_elements,
		.future_limit_ms = c->future_limit_ms,
	};
}
