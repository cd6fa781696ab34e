/* defectctl check: configuration, models and their fit, without a broker. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/json.h"
#include "lib/gateway/check.h"
#include "lib/gateway/plan_words.h"
#include "tools/command.h"
#include "tools/options.h"

static void begin_item(struct buf *b, size_t i)
{
	buf_add(b, i ? "," : "");
	jsonw_begin(b);
}

static void add_bool(struct buf *b, const char *key, bool is_true)
{
	jsonw_key(b, key);
	buf_add(b, is_true ? "true" : "false");
}

static void add_problems(struct buf *b, const struct config_report *report)
{
	jsonw_key(b, "problems");
	buf_add(b, "[");
	for (size_t i = 0; i < report->count; i++) {
		const struct config_problem *p = &report->problems[i];

		begin_item(b, i);
		jsonw_text(b, "file", p->file);
		jsonw_text(b, "where", p->where);
		jsonw_text(b, "text", p->what);
		add_bool(b, "warning", p->is_warning);
		jsonw_end(b);
	}
	buf_add(b, "]");
}

static void add_sources(struct buf *b, const struct plan *plan)
{
	static const char *const carried[] = {
		[SOURCE_UNIT] = "unit",
		[SOURCE_LOT] = "lot",
		[SOURCE_STREAM] = "",
	};

	jsonw_key(b, "sources");
	buf_add(b, "[");
	for (size_t i = 0; i < plan->source_count; i++) {
		const struct source *s = &plan->sources[i];

		begin_item(b, i);
		jsonw_text(b, "name", s->name);
		jsonw_text(b, "topic", topic_template_text(s->topic));
		jsonw_text(b, "filter", topic_template_filter(s->topic));
		jsonw_int(b, "qos", s->qos);
		jsonw_text(b, "format", s->decoder->name);
		jsonw_text(b, "carries", carried[s->kind]);
		add_bool(b, "opens", s->opens);
		jsonw_end(b);
	}
	buf_add(b, "]");
}

static void add_features(struct buf *b, const struct gateway_line *line)
{
	const struct plan *plan = &line->config->plan;
	CLEANUP(buf_deinit) struct buf words;

	buf_init(&words);
	jsonw_key(b, "features");
	buf_add(b, "[");
	for (size_t i = 0; i < plan->feature_count; i++) {
		const struct feature *f = &plan->features[i];
		bool is_of_lot = f->kind == FEATURE_LOT || f->kind == FEATURE_LOT_ID;

		buf_clear(&words);
		plan_words_feature(&words, plan, f);

		begin_item(b, i);
		jsonw_text(b, "name", f->name);
		jsonw_text(b, "type", f->is_text ? "text" : "number");
		jsonw_text(b, "source",
			f->kind == FEATURE_LOT_ID ? "" : plan->sources[f->source].name);
		jsonw_text(b, "field", f->kind == FEATURE_LOT_ID ? "" : f->field);
		jsonw_text(b, "lot", is_of_lot ? plan->lots[f->lot].name : "");
		jsonw_text(b, "take", f->kind == FEATURE_STREAM ? take_name(f->take) : "");
		jsonw_text(b, "words", buf_text(&words));
		add_bool(b, "in_model", gateway_line_uses(line, f->name));
		jsonw_end(b);
	}
	buf_add(b, "]");
}

static void add_lines(struct buf *b, const struct gateway_check *c)
{
	jsonw_key(b, "lines");
	buf_add(b, "[");
	for (size_t i = 0; c->gateway && i < c->config->line_count; i++) {
		const struct gateway_line *line = &c->gateway->lines[i];

		begin_item(b, i);
		jsonw_text(b, "line", line->config->name);
		jsonw_text(b, "file", line->config->file);
		jsonw_text(b, "publish", line->config->publish);
		jsonw_text(b, "model", line->model ? model_sha256(line->model) : "");
		jsonw_text(b, "why_none", line->model ? "" : line->why_none);
		add_sources(b, &line->config->plan);
		add_features(b, line);
		jsonw_end(b);
	}
	buf_add(b, "]");
}

static void add_json(struct buf *b, const struct gateway_check *c)
{
	jsonw_begin(b);
	add_bool(b, "ok", c->report.errors == 0);
	add_problems(b, &c->report);
	add_lines(b, c);
	jsonw_key(b, "notes");
	buf_add(b, "[");
	jsonw_raw_text(b, gateway_check_note, strlen(gateway_check_note));
	buf_add(b, "]");
	jsonw_end(b);
	buf_add(b, "\n");
}

static int run(const struct context *ctx, int argc, char **argv)
{
	CLEANUP(gateway_check_deinit) struct gateway_check check = {0};
	CLEANUP(buf_deinit) struct buf findings, result;
	const struct nn_kernels *kernels;
	struct err err = {0};
	int rc = options_read(&command_check, NULL, 0, argc, argv);

	buf_init(&findings);
	buf_init(&result);
	if (rc != 0)
		return rc;
	kernels = nn_kernels_choose(NULL, &err);
	if (!kernels || gateway_check(&check, ctx->config_file, kernels, &err) < 0)
		return command_fail("check", &err);
	config_report_text(&check.report, &findings);
	if (ctx->json)
		add_json(&result, &check);
	else
		gateway_check_text(&check, &result);
	if (!buf_text(&findings) || !buf_text(&result)) {
		err_set(&err, -ENOMEM, "no memory for the result");
		return command_fail("check", &err);
	}
	fputs(findings.data, stderr);
	fputs(result.data, stdout);
	return check.report.errors ? EX_CONFIG : 0;
}

const struct command command_check = {
	.name = "check",
	.arguments = "",
	.summary = "configuration, models and their fit, without a broker",
	.run = run,
};
