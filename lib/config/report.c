/* What was found wrong with a configuration: collecting it, and as text. */
#include "lib/config/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config/config.h"

void config_report_deinit(struct config_report *r)
{
	for (size_t i = 0; i < r->count; i++) {
		free(r->problems[i].text);
		free(r->problems[i].file);
		free(r->problems[i].where);
	}
	free(r->problems);
	*r = (struct config_report){0};
}

/* `glue` stands between file and place: ":" before line and column, ": " before a pointer. */
static void add(struct config_report *r, bool is_warning, const char *file, const char *glue,
	const char *where, const char *what)
{
	struct config_problem p = {.is_warning = is_warning};
	struct config_problem *grown =
		realloc(r->problems, (r->count + 1) * sizeof(r->problems[0]));

	r->errors += !is_warning;
	if (!grown) {
		r->failed = true;
		return;
	}
	r->problems = grown;
	p.file = strdup(file);
	p.where = strdup(where);
	if (asprintf(&p.text, "%s%s%s: %s", file, where[0] ? glue : "", where, what) < 0)
		p.text = NULL;
	if (!p.file || !p.where || !p.text) {
		free(p.file);
		free(p.where);
		free(p.text);
		r->failed = true;
		return;
	}
	p.what = p.text + strlen(p.text) - strlen(what);
	r->problems[r->count++] = p;
}

static void add_formatted(struct config_report *r, bool is_warning, const char *file,
	const char *where, const char *fmt, va_list args)
{
	char *what = NULL;

	if (vasprintf(&what, fmt, args) < 0) {
		r->errors += !is_warning;
		r->failed = true;
		return;
	}
	add(r, is_warning, file, ": ", where, what);
	free(what);
}

void config_report_error(
	struct config_report *r, const char *file, const char *where, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add_formatted(r, false, file, where, fmt, args);
	va_end(args);
}

void config_report_warning(
	struct config_report *r, const char *file, const char *where, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add_formatted(r, true, file, where, fmt, args);
	va_end(args);
}

void config_report_syntax(struct config_report *r, const char *file, const char *sentence)
{
	const char *what = strstr(sentence, ": ");
	char *where = what ? strndup(sentence, (size_t)(what - sentence)) : NULL;

	add(r, false, file, ":", where ? where : "", where ? what + 2 : sentence);
	free(where);
}

void config_report_text(const struct config_report *r, struct buf *out)
{
	for (size_t i = 0; i < r->count; i++)
		buf_addf(out, "%s%s\n", r->problems[i].is_warning ? "warning: " : "",
			r->problems[i].text);
}

void config_report_model(struct config_report *r, const struct line_config *line,
	const char *why_none, bool is_champion, const char *trouble)
{
	bool is_wanted = line->model || (why_none && strcmp(why_none, "no_model") != 0);

	if (!why_none || !why_none[0] || !is_wanted)
		return;
	if (is_champion) /* whatever the line file names */
		config_report_error(
			r, line->file, "/line", "the champion in the registry: %s", trouble);
	else
		config_report_error(r, line->file, "/model", "%s", trouble);
}

const char *config_first_error(const struct config_report *r)
{
	for (size_t i = 0; i < r->count; i++) {
		if (!r->problems[i].is_warning)
			return r->problems[i].text;
	}
	return "";
}
