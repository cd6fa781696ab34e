/* What is configured, as people read it. */
#include <string.h>

#include "lib/base/num.h"
#include "lib/gateway/check.h"
#include "lib/gateway/plan_words.h"

#define MODEL_SHOWN 12 /* digits of the hash */

bool gateway_line_uses(const struct gateway_line *line, const char *feature)
{
	const struct model_feature *wanted = line->model ? model_features(line->model) : NULL;

	for (size_t i = 0; wanted && i < model_feature_count(line->model); i++)
		if (strcmp(wanted[i].name, feature) == 0)
			return true;
	return false;
}

/* The heading once, then blanks. */
static void add_heading(struct buf *b, const char *heading, size_t i)
{
	buf_addf(b, "  %-9s", i == 0 ? heading : "");
}

static void add_model(struct buf *b, const struct gateway_line *line)
{
	char threshold[NUM_TEXT_MAX];

	add_heading(b, "model", 0);
	if (!line->model) {
		buf_add(b, "none: units are recorded, not scored\n");
		return;
	}
	num_print(threshold,
		line->config->decide.has_threshold ? line->config->decide.threshold
						   : model_threshold(line->model),
		true);
	buf_addf(
		b, "%.*s, fits, threshold %s\n", MODEL_SHOWN, model_sha256(line->model), threshold);
}

static void add_sources(struct buf *b, const struct plan *plan)
{
	for (size_t i = 0; i < plan->source_count; i++) {
		const struct source *s = &plan->sources[i];

		add_heading(b, "sources", i);
		buf_addf(b, "%-22s %s  (", s->name, topic_template_text(s->topic));
		plan_words_source(b, s);
		buf_add(b, ")\n");
	}
}

static void add_stations(struct buf *b, const struct plan *plan)
{
	for (size_t i = 0; i < plan->station_count; i++) {
		add_heading(b, "stations", i);
		buf_addf(b, "%-22s ", plan->stations[i].name);
		plan_words_station(b, plan, &plan->stations[i]);
		buf_add(b, "\n");
	}
}

static void add_lots(struct buf *b, const struct plan *plan)
{
	for (size_t i = 0; i < plan->lot_count; i++) {
		add_heading(b, "lots", i);
		buf_addf(b, "%-22s ", plan->lots[i].name);
		plan_words_lot(b, plan, &plan->lots[i]);
		buf_add(b, "\n");
	}
}

static void add_unit(struct buf *b, const struct plan *plan)
{
	add_heading(b, "units", 0);
	plan_words_unit(b, plan);
	buf_add(b, "\n");
}

static void add_labels(struct buf *b, const struct plan *plan)
{
	for (size_t i = 0; i < plan->label_count; i++) {
		add_heading(b, "labels", i);
		plan_words_label(b, plan, &plan->labels[i]);
		buf_add(b, "\n");
	}
}

static void add_bounds(struct buf *b, const struct feature *f)
{
	char number[NUM_TEXT_MAX];

	if (f->has_min) {
		num_print(number, f->min, false);
		buf_addf(b, ", at least %s", number);
	}
	if (f->has_max) {
		num_print(number, f->max, false);
		buf_addf(b, ", at most %s", number);
	}
}

static void add_features(struct buf *b, const struct gateway_line *line)
{
	const struct plan *plan = &line->config->plan;

	for (size_t i = 0; i < plan->feature_count; i++) {
		const struct feature *f = &plan->features[i];

		add_heading(b, "features", i);
		buf_addf(b, "%-22s ", f->name);
		plan_words_feature(b, plan, f);
		buf_addf(b, "  (%s", f->is_text ? "text" : "number");
		add_bounds(b, f);
		buf_add(b, f->impute ? ", imputed when missing" : "");
		if (line->model && !gateway_line_uses(line, f->name))
			buf_add(b, ", recorded only");
		buf_add(b, ")\n");
	}
}

static void add_line(struct buf *b, const struct gateway_line *line)
{
	buf_addf(b, "line %s (%s)\n", line->config->name, line->config->file);
	add_heading(b, "publish", 0);
	buf_addf(b, "%s\n", line->config->publish);
	add_model(b, line);
	add_sources(b, &line->config->plan);
	add_stations(b, &line->config->plan);
	add_lots(b, &line->config->plan);
	add_unit(b, &line->config->plan);
	add_features(b, line);
	add_labels(b, &line->config->plan);
}

void gateway_check_text(const struct gateway_check *c, struct buf *out)
{
	size_t warnings = c->report.count - c->report.errors;

	if (c->gateway) {
		buf_addf(out, "gateway %s (%s)\n", c->config->instance, c->config->file);
		buf_addf(out, "  broker   %s port %d\n", c->config->broker.host,
			c->config->broker.port);
		buf_addf(out, "  publish  %s\n", c->config->publish);
		buf_addf(out, "  state    %s\n", c->config->state_dir);
		for (size_t i = 0; i < c->config->line_count; i++)
			add_line(out, &c->gateway->lines[i]);
		buf_addf(out, "note: %s\n", gateway_check_note);
	}
	if (c->report.errors == 0)
		buf_add(out, "ok");
	else
		buf_addf(out, "%zu error%s", c->report.errors, c->report.errors == 1 ? "" : "s");
	if (warnings > 0)
		buf_addf(out, ", %zu warning%s", warnings, warnings == 1 ? "" : "s");
	buf_add(out, "\n");
}
