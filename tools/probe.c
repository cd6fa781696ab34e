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
#include "tools/probe_listen.h"
#include "tools/probe_report.h"

#define SECONDS_DEFAULT 30
#define SECONDS_MAX 86400
#define FILTERS_MAX 64

struct probe {
	struct probe_listen listen;
	const char *filters[FILTERS_MAX];
	const char *line, *out;
	uint64_t seconds, port;
};

static int add_filter(struct probe *p, const char *filter)
{
	CLEANUP(topic_template_free) struct topic_template *t = NULL;
	struct err err = {0};

	if (p->listen.filter_count == FILTERS_MAX)
		return command_usage(&command_probe, "more than %d --topic", FILTERS_MAX);
	if (topic_template_new(&t, filter, &err) < 0)
		return command_usage(&command_probe, "--topic: %s", err.text);
	p->filters[p->listen.filter_count++] = filter;
	return 0;
}

/* --topic may stand there several times: takes them out of argv, ended by NULL. */
static int take_filters(struct probe *p, int *argc, char **argv)
{
	int kept = 1, i = 1, rc = 0;

	for (; i < *argc && strcmp(argv[i], "--") != 0 && rc == 0; i++) {
		if (strncmp(argv[i], "--topic=", 8) == 0)
			rc = add_filter(p, argv[i] + 8);
		else if (strcmp(argv[i], "--topic") != 0)
			argv[kept++] = argv[i];
		else if (i + 1 >= *argc)
			rc = command_usage(&command_probe, "--topic wants a value");
		else
			rc = add_filter(p, argv[++i]);
	}
	for (; i < *argc; i++)
		argv[kept++] = argv[i];
	argv[kept] = NULL;
	*argc = kept;
	return rc;
}

static int read_options(struct probe *p, int argc, char **argv)
{
	const struct option_row rows[] = {
		{"--seconds", OPTION_WHOLE, &p->seconds, false},
		{"--host", OPTION_TEXT, &p->listen.host, false},
		{"--port", OPTION_WHOLE, &p->port, false},
		{"--line", OPTION_TEXT, &p->line, false},
		{"--out", OPTION_TEXT, &p->out, false},
		{"RECORDING", OPTION_POSITIONAL, &p->listen.recording, false},
	};
	int rc = take_filters(p, &argc, argv);

	if (rc == 0)
		rc = options_read(&command_probe, rows, ARRAY_LEN(rows), argc, argv);
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

static int write_line_file(const struct probe *p, const struct proposal *proposal, struct err *err)
{
	CLEANUP(buf_deinit) struct buf text;

	buf_init(&text);
	proposal_write(&text, proposal, true);
	if (!buf_text(&text))
		return err_set(err, -ENOMEM, "no memory for the line file");
	return new_file_write(p->out, text.data, text.len, err);
}

static void add_text(struct buf *b, const struct probe *p, const struct probe_report *r)
{
	const struct proposal *proposal = r->proposal;

	probe_report_text(b, r);
	if (proposal->feature_count == 0) {
		buf_add(b, "\nNo line file can be proposed:\n");
		for (size_t i = 0; i < proposal->notes.count; i++)
			buf_addf(b, "    %s\n", proposal->notes.text[i]);
	} else if (!p->out) {
		buf_add(b, "\nThe proposed line file:\n\n");
		proposal_write(b, proposal, true);
	} else {
		buf_addf(b,
			"\nThe proposed line file is %s; \"defectctl check\" says whether it "
			"fits.\n",
			p->out);
	}
}

static int report(const struct context *ctx, struct probe *p, const struct probe_topics *topics,
	struct err *err)
{
	CLEANUP(probe_templates_free) struct probe_templates *templates = NULL;
	CLEANUP(proposal_free) struct proposal *proposal = NULL;
	CLEANUP(buf_deinit) struct buf result;
	struct probe_report r = {.topics = topics, .own = p->listen.own};
	int rc = probe_templates_new(&templates, topics);

	buf_init(&result);
	probe_topics_heard(topics, &r.heard);
	if (rc == 0)
		rc = proposal_new(&proposal, templates, &r.heard, p->line);
	if (rc < 0)
		return err_set(err, rc, "no memory for what was heard");
	r.templates = templates;
	r.proposal = proposal;
	if (ctx->json)
		probe_report_json(&result, &r);
	else
		add_text(&result, p, &r);
	if (!buf_text(&result))
		return err_set(err, -ENOMEM, "no memory for the result");
	if (p->out && proposal->feature_count > 0)
		rc = write_line_file(p, proposal, err);
	if (rc == 0)
		fputs(result.data, stdout);
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
	p.listen.filters = p.filters;
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
