/* A line file: its sections. */
#include "lib/config/line_file.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/config/files.h"
#include "lib/config/names.h"

/* The document as it is read: borrowed from it. */
struct line_file {
	const char *line, *model, *publish;
	const cJSON *sources, *stations, *lots, *unit, *features, *decide, *label;
};

#define AT(member) .offset = offsetof(struct line_file, member)
static const struct key line_keys[] = {
	{"line", KEY_TEXT, AT(line), .is_required = true, .is_valid = name_is_valid_dashed,
		.rule = DASHED_NAME_RULE, .help = "the name of the line"},
	{"model", KEY_TEXT, AT(model)},
	{"publish", KEY_TEXT, AT(publish), .is_valid = name_is_topic, .rule = TOPIC_RULE},
	{"sources", KEY_MAP, AT(sources), .is_required = true,
		.help = "the topics and how to read them"},
	{"stations", KEY_MAP, AT(stations)},
	{"lots", KEY_MAP, AT(lots)},
	{"unit", KEY_MAP, AT(unit)},
	{"features", KEY_LIST, AT(features), .is_required = true,
		.help = "the values of a unit that are recorded and scored"},
	{"decide", KEY_MAP, AT(decide)},
	{"label", KEY_ANY, AT(label)},
	{"alarms", KEY_LATER, .help = "alarms are"},
	{"retrain", KEY_LATER, .help = "retraining is"},
	{0},
};
#undef AT

/* Models lie under <state_dir>/models unless the path is absolute. */
static void fill_texts(struct draft *d, const struct line_file *f)
{
	struct line_config *line = d->line;
	char *folder;

	if (f->line) {
		line->name = files_copy(d->report, f->line);
		line->plan.line = files_copy(d->report, f->line);
	}
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

static void read_document(struct draft *d, const cJSON *document, const struct place *top)
{
	struct line_file f = {0};

	(void)schema_read(line_keys, document, &f, top);
	if (!cJSON_IsObject(document))
		return;
	fill_texts(d, &f);
	if (f.sources)
		line_read_sources(d, f.sources, top);
	line_read_stations(d, f.stations, top);
	line_read_unit(d, f.unit, top);
	line_read_lots(d, f.lots, top);
	if (f.features)
		line_read_features(d, f.features, top);
	line_read_labels(d, f.label, top);
	line_read_decide(d, f.decide, top);
	if (!d->report->failed)
		line_mark_openers(d, f.unit, top);
	if (line_is_sound(d))
		line_warn(d, top);
}

/* out->text, which has `len` bytes. */
static bool read_text(struct line_config *out, const struct config *gateway, size_t len,
	struct config_report *report)
{
	struct reader reader = {.report = report, .file = out->file};
	struct draft d = {
		.gateway = gateway, .line = out, .report = report, .errors_before = report->errors};
	CLEANUP(json_free) cJSON *document = NULL;
	struct place top = place_top(&reader);
	struct err err = {0};

	sha256_hex(out->sha256, out->text, len);
	if (json_parse(&document, out->text, len, JSON_COMMENTS, &err) < 0)
		config_report_syntax(report, out->file, err.text);
	else
		read_document(&d, document, &top);
	free(d.is_station_broken);
	free(d.notes);
	return line_is_sound(&d);
}

bool line_file_read(struct line_config *out, const struct config *gateway, const char *path,
	struct config_report *report)
{
	size_t len;

	out->file = files_copy(report, path);
	out->text = files_read(report, path, &len);
	return out->file && out->text && read_text(out, gateway, len, report);
}

bool line_text_read(struct line_config *out, const struct config *gateway, const char *file,
	const char *text, struct config_report *report)
{
	out->file = files_copy(report, file);
	out->text = files_copy(report, text);
	return out->file && out->text && read_text(out, gateway, strlen(text), report);
}
