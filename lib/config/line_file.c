/* A line file: its sections, and those that are one struct each. */
#include "lib/config/line_file.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/config/files.h"
#include "lib/config/names.h"

/* The document as it is read: texts are borrowed from it. */
struct unit_file {
	int ready;
	int64_t deadline_ms, again_ms;
	const cJSON *open;
};

struct decide_file {
	double threshold, unsure;
	bool has_threshold, has_max_imputed;
	int64_t max_imputed;
	const cJSON *alert_on;
	int prediction_qos;
};

struct line_file {
	const char *line, *model, *publish;
	const cJSON *sources, *lots, *features;
	struct unit_file unit;
	struct decide_file decide;
};

static const struct choice ready_choices[] = {{"complete", 0, false}, {0}};

static const struct choice alert_choices[] = {
	{"defect", VERDICT_DEFECT, false},
	{"unsure", VERDICT_UNSURE, false},
	{"not_scored", VERDICT_NOT_SCORED, false},
	{0},
};

#define AT(member) .offset = offsetof(struct unit_file, member)
static const struct key unit_keys[] = {
	{"ready", KEY_CHOICE, AT(ready), .choices = ready_choices, .preset = "complete",
		.later = "a unit that is ready on a source is"},
	{"deadline", KEY_DURATION, AT(deadline_ms), .low = "1ms", .high = "365d", .preset = "300s"},
	{"again", KEY_DURATION, AT(again_ms), .low = "0ms", .high = "10y", .preset = "24h"},
	{"open", KEY_LIST, AT(open)},
	{"every", KEY_LATER, .help = "units by the clock are"},
	{0},
};
#undef AT

#define AT(member) .offset = offsetof(struct decide_file, member)
static const struct key decide_keys[] = {
	{"threshold", KEY_REAL, AT(threshold), .low = "0", .high = "1",
		.flag = offsetof(struct decide_file, has_threshold)},
	{"unsure", KEY_REAL, AT(unsure), .low = "0", .high = "1", .preset = "0"},
	{"max_imputed", KEY_COUNT, AT(max_imputed), .low = "0", .high = "1900",
		.flag = offsetof(struct decide_file, has_max_imputed)},
	{"alert_on", KEY_LIST, AT(alert_on)},
	{"prediction_qos", KEY_INT, AT(prediction_qos), .low = "0", .high = "1", .preset = "0"},
	{0},
};
#undef AT

#define AT(member) .offset = offsetof(struct line_file, member)
static const struct key line_keys[] = {
	{"line", KEY_TEXT, AT(line), .is_required = true, .is_valid = name_is_valid_dashed,
		.rule = DASHED_NAME_RULE, .help = "the name of the line"},
	{"model", KEY_TEXT, AT(model)},
	{"publish", KEY_TEXT, AT(publish), .is_valid = name_is_topic, .rule = TOPIC_RULE},
	{"sources", KEY_MAP, AT(sources), .is_required = true,
		.help = "the topics and how to read them"},
	{"stations", KEY_LATER, .help = "stations are"},
	{"lots", KEY_MAP, AT(lots)},
	{"unit", KEY_OBJECT, AT(unit), .keys = unit_keys},
	{"features", KEY_LIST, AT(features), .is_required = true,
		.help = "the values of a unit that are recorded and scored"},
	{"decide", KEY_OBJECT, AT(decide), .keys = decide_keys},
	{"label", KEY_LATER, .help = "labels are"},
	{"alarms", KEY_LATER, .help = "alarms are"},
	{"retrain", KEY_LATER, .help = "retraining is"},
	{0},
};
#undef AT

static void read_alert_on(struct decide_policy *p, const cJSON *list, const struct place *decide)
{
	struct place at = place_key(decide, "alert_on");
	const cJSON *item;
	size_t i = 0;

	p->alert_on = 0;
	cJSON_ArrayForEach(item, list)
	{
		struct place here = place_element(&at, i++);
		int verdict;

		if (!schema_choice(item, alert_choices, &verdict, &here))
			continue;
		if (p->alert_on & (1u << verdict))
			place_error(&here, "stands here twice");
		p->alert_on |= 1u << verdict;
	}
}

static void read_decide(
	struct decide_policy *p, const struct decide_file *f, const struct place *top)
{
	struct place decide = place_key(top, "decide");

	decide_policy_defaults(p);
	p->has_threshold = f->has_threshold;
	p->threshold = f->has_threshold ? f->threshold : 0;
	p->unsure = f->unsure;
	p->max_imputed = f->has_max_imputed ? (long)f->max_imputed : -1;
	p->prediction_qos = f->prediction_qos;
	if (f->alert_on)
		read_alert_on(p, f->alert_on, &decide);
}

/* Models lie under <state_dir>/models unless the path is absolute. */
static void fill_texts(struct draft *d, const struct line_file *f)
{
	struct line_config *line = d->line;
	char *folder;

	if (f->line)
		line->name = files_copy(d->report, f->line);
	if (f->publish)
		line->publish = files_copy(d->report, f->publish);
	else if (f->line)
		line->publish = files_join(d->report, d->gateway->publish, f->line);
	if (f->model && f->model[0] == '/') {
		line->model = files_copy(d->report, f->model);
	} else if (f->model) {
		folder = files_join(d->report, d->gateway->state_dir, "models");
		line->model = folder ? files_join(d->report, folder, f->model) : NULL;
		free(folder);
	}
}

static void warn_of_unused(const struct draft *d, const struct place *top)
{
	struct place sources = place_key(top, "sources");

	for (size_t i = 0; i < d->line->plan.source_count; i++) {
		struct place here = place_key(&sources, d->line->plan.sources[i].name);

		if (!d->notes[i].is_used && !d->notes[i].is_broken)
			place_warning(&here, "no feature and no lot uses this source");
	}
}

static void read_document(struct draft *d, const cJSON *document, const struct place *top)
{
	struct place unit = place_key(top, "unit");
	struct line_file f = {0};
	size_t errors = d->report->errors;

	(void)schema_read(line_keys, document, &f, top);
	if (!cJSON_IsObject(document))
		return;
	fill_texts(d, &f);
	if (f.sources)
		line_read_sources(d, f.sources, top);
	if (f.lots)
		line_read_lots(d, f.lots, top);
	d->line->plan.unit.deadline_ms = f.unit.deadline_ms;
	d->line->plan.unit.again_ms = f.unit.again_ms;
	if (f.features)
		line_read_features(d, f.features, top);
	line_mark_openers(d, f.unit.open, &unit);
	read_decide(&d->line->decide, &f.decide, top);
	if (d->report->errors == errors && !d->report->failed)
		warn_of_unused(d, top);
}

bool line_file_read(struct line_config *out, const struct config *gateway, const char *path,
	struct config_report *report)
{
	struct reader reader = {.report = report, .file = path};
	struct draft d = {.gateway = gateway, .line = out, .report = report};
	CLEANUP(json_free) cJSON *document = NULL;
	struct place top = place_top(&reader);
	size_t errors = report->errors, len;
	struct err err = {0};

	out->file = files_copy(report, path);
	out->text = files_read(report, path, &len);
	if (!out->file || !out->text)
		return false;
	sha256_hex(out->sha256, out->text, len);
	if (json_parse(&document, out->text, len, JSON_COMMENTS, &err) < 0)
		config_report_syntax(report, path, err.text);
	else
		read_document(&d, document, &top);
	free(d.notes);
	return report->errors == errors && !report->failed;
}
