/* defectctl probe: what there is on a broker, and a line file for it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/config/config.h"
#include "lib/config/names.h"
#include "lib/feature/topic.h"
#include "tools/command.h"
#include "tools/new_file.h"
#include "tools/options.h"
#include "tools/printable.h"
#include "tools/probe_listen.h"
#include "tools/probe_report.h"

#define SECONDS_DEFAULT 30
#define SECONDS_MAX 86400

struct probe {
	struct probe_listen listen;
	struct option_list filters;
	const char *line, *out;
	uint64_t seconds, port;
};

static int check_filters(const struct option_list *filters)
{
	for (size_t i = 0; i < filters->count; i++) {
		CLEANUP(topic_template_free) struct topic_template *t = NULL;
		struct err err = {0};

		if (topic_template_new(&t, filters->item[i], &err) < 0)
			return command_usage(&command_probe, "--topic: %s", err.text);
	}
	return 0;
}

static int read_options(struct probe *p, int argc, char **argv)
{
	const struct option_row rows[] = {
		{"--seconds", OPTION_WHOLE, &p->seconds, false},
		{"--topic", OPTION_EACH, &p->filters, false},
		{"--host", OPTION_TEXT, &p->listen.host, false},
		{"--port", OPTION_WHOLE, &p->port, false},
		{"--line", OPTION_TEXT, &p->line, false},
		{"--out", OPTION_TEXT, &p->out, false},
		{"RECORDING", OPTION_POSITIONAL, &p->listen.recording, false},
	};
	int rc = options_read(&command_probe, rows, ARRAY_LEN(rows), argc, argv);

	if (rc == 0)
		rc = check_filters(&p->filters);
	if (rc != 0)
		return rc;
	if (p->seconds < 1 || p->seconds > SECONDS_MAX)
		return command_usage(&command_probe, "--seconds wants 1 to %d", SECONDS_MAX);
	if (p->port > 65535)
		return command_usage(&command_probe, "--port wants 1 to 65535");
	if (p->line && !name_is_valid_dashed(p->line))
		return command_usage(
			&command_probe, "--line is \"%s\", allowed is " DASHED_NAME_RULE, p->line);
	p->listen.ms = (int64_t)p->seconds * 1000;
	p->listen.port = (int)p->port;
	return 0;
}

/* One that was named must be there, the usual one may be missing: a first look comes before any
 * configuration. */
static bool wants_config(const struct probe *p, const struct context *ctx)
{
	bool is_named = strcmp(ctx->config_file, CONFIG_FILE_DEFAULT) != 0;

	if (p->listen.recording || p->listen.host || p->port)
		return is_named;
	return is_named || access(ctx->config_file, F_OK) == 0;
}

/* They tell of topics, which may hold anything. */
static void print_notes(const struct proposal_notes *notes)
{
	CLEANUP(buf_deinit) struct buf b;

	buf_init(&b);
	for (size_t i = 0; i < notes->count; i++) {
		buf_add(&b, "    ");
		printable_put(&b, notes->text[i], strlen(notes->text[i]), false);
		buf_add(&b, "\n");
	}
	fputs(buf_text(&b) ? b.data : "", stdout);
}

static void print_text(const struct probe *p, const struct probe_report *r, const char *line_file)
{
	const struct proposal *proposal = r->proposal;

	probe_report_print(stdout, r);
	if (proposal->feature_count == 0) {
		printf("\nNo line file can be proposed:\n");
		print_notes(&proposal->notes);
	} else if (!p->out) {
		printf("\nThe proposed line file:\n\n%s", line_file);
	} else {
		printf("\nThe proposed line file is %s; \"defectctl check\" says whether it "
		       "fits.\n",
			p->out);
	}
}

static int print_json(const struct probe_report *r, struct err *err)
{
	CLEANUP(buf_deinit) struct buf b;

	buf_init(&b);
	probe_report_json(&b, r);
	if (!buf_text(&b))
		return err_set(err, -ENOMEM, "no memory for the result");
	fputs(b.data, stdout);
	return 0;
}

/* The file first: what is printed says that it is there. */
static int report(const struct context *ctx, struct probe *p, const struct probe_topics *topics,
	struct err *err)
{
	CLEANUP(probe_templates_free) struct probe_templates *templates = NULL;
	CLEANUP(proposal_free) struct proposal *proposal = NULL;
	CLEANUP(buf_deinit) struct buf line_file;
	struct probe_report r = {.topics = topics, .own = p->listen.own};
	int rc = probe_templates_new(&templates, topics);

	buf_init(&line_file);
	probe_topics_heard(topics, &r.heard);
	if (rc == 0)
		rc = proposal_new(&proposal, templates, &r.heard, p->line);
	if (rc < 0)
		return err_set(err, rc, "no memory for what was heard");
	r.templates = templates;
	r.proposal = proposal;
	proposal_write(&line_file, proposal, true);
	if (!buf_text(&line_file))
		return err_set(err, -ENOMEM, "no memory for the line file");
	if (p->out && proposal->feature_count > 0)
		rc = new_file_write(p->out, line_file.data, line_file.len, err);
	if (rc == 0 && ctx->json)
		rc = print_json(&r, err);
	else if (rc == 0)
		print_text(p, &r, line_file.data);
	if (rc == 0 && p->out && proposal->feature_count == 0)
		rc = err_set(
			err, -ENODATA, "%s is not written: no line file can be proposed", p->out);
	return rc;
}

static int say_silence(const struct probe *p, struct err *err)
{
	if (p->listen.recording)
		return err_set(err, -ENODATA, "%s holds no message%s", p->listen.recording,
			p->listen.filter_count ? " on these topics" : "");
	return err_set(err, -ENODATA,
		"no message came within %llu s; is this the right broker, and may this user read "
		"its topics?",
		(unsigned long long)p->seconds);
}

static int run(const struct context *ctx, int argc, char **argv)
{
	CLEANUP(probe_topics_free) struct probe_topics *topics = NULL;
	CLEANUP(config_free) struct config *config = NULL;
	struct probe p = {.seconds = SECONDS_DEFAULT};
	struct probe_heard heard;
	struct err err = {0};
	int rc = read_options(&p, argc, argv);

	if (rc != 0)
		return rc;
	if (wants_config(&p, ctx)) {
		config = command_load_config(ctx);
		if (!config)
			return EX_CONFIG;
	}
	p.listen.config = config;
	p.listen.filters = p.filters.item;
	p.listen.filter_count = p.filters.count;
	p.listen.shows_progress = ctx->is_terminal;
	if (p.out && new_file_check(p.out, &err) < 0)
		return command_fail("probe", &err);
	rc = probe_topics_new(&topics);
	if (rc < 0)
		rc = err_set(&err, rc, "no memory for topics");
	if (rc == 0)
		rc = probe_listen(&p.listen, topics, &err);
	if (rc == 0) {
		probe_topics_heard(topics, &heard);
		rc = heard.messages ? report(ctx, &p, topics, &err) : say_silence(&p, &err);
	}
	return rc < 0 ? command_fail("probe", &err) : 0;
}

const struct command command_probe = {
	.name = "probe",
	.arguments = "[--seconds N] [--topic FILTER].. [--host H] [--port P] [RECORDING]\n"
		     "         [--line NAME] [--out LINE.json]",
	.summary = "listens, shows what topics and payloads there are, proposes a line file",
	.run = run,
};
