/* The features of a line: which values of a unit are recorded and scored. */
#include <stdlib.h>
#include <string.h>

#include "lib/config/files.h"
#include "lib/config/line_file.h"
#include "lib/config/names.h"

/* The document as it is read: texts are borrowed from it. */
struct feature_file {
	const char *name, *from, *lot;
	int type, missing;
	bool has_type, has_min, has_max;
	double min, max;
};

enum feature_type { TYPE_NUMBER, TYPE_TEXT };

static const struct choice feature_types[] = {
	{"number", TYPE_NUMBER, false}, {"text", TYPE_TEXT, false}, {0}};
static const struct choice missing_choices[] = {
	{"reject", false, false}, {"impute", true, false}, {0}};

#define AT(member) .offset = offsetof(struct feature_file, member)
static const struct key feature_keys[] = {
	{"name", KEY_TEXT, AT(name), .is_required = true, .is_valid = name_is_valid,
		.rule = NAME_RULE, .help = "what the value is called"},
	{"from", KEY_TEXT, AT(from), .is_required = true,
		.help = "the signal it comes from, such as \"start.thickness\""},
	{"type", KEY_CHOICE, AT(type), .choices = feature_types, .preset = "number",
		.flag = offsetof(struct feature_file, has_type)},
	{"lot", KEY_TEXT, AT(lot)},
	{"min", KEY_REAL, AT(min), .flag = offsetof(struct feature_file, has_min)},
	{"max", KEY_REAL, AT(max), .flag = offsetof(struct feature_file, has_max)},
	{"missing", KEY_CHOICE, AT(missing), .choices = missing_choices, .preset = "reject"},
	{"during", KEY_LATER, .help = "windows at a station are"},
	{"ago", KEY_LATER, .help = "windows over time are"},
	{"over", KEY_LATER, .help = "windows over time are"},
	{"at", KEY_LATER, .help = "windows over time are"},
	{"take", KEY_LATER, .help = "aggregates of a window are"},
	{"hold", KEY_LATER, .help = "windows over time are"},
	{"min_samples", KEY_LATER, .help = "windows over time are"},
	{0},
};
#undef AT

/* "lot.<name>": the id of the unit's lot, always text. */
static void read_lot_id(struct draft *d, struct feature *feature, const struct feature_file *f,
	const struct place *at)
{
	struct place from = place_key(at, "from"), type = place_key(at, "type"),
		     lot = place_key(at, "lot");

	feature->kind = FEATURE_LOT_ID;
	feature->is_text = true;
	(void)line_find_lot(d, f->from + strlen("lot."), &feature->lot, &from);
	if (f->has_type && f->type != TYPE_TEXT)
		place_error(&type, "is \"number\", but the id of a lot is text");
	if (f->lot)
		place_error(&lot, "the id of a lot has its lot in \"from\"; remove the key");
	if (f->has_min || f->has_max)
		place_error(at, "min and max are for numbers, and the id of a lot is text");
}

static void read_signal(struct draft *d, struct feature *feature, const struct feature_file *f,
	const struct place *at)
{
	struct place from = place_key(at, "from"), lot = place_key(at, "lot"),
		     type = place_key(at, "type");
	const char *field = NULL;
	const struct source *source;

	if (!d->notes ||
		line_find_signal(d, f->from, &feature->source, &field, &from) != LINE_REF_OK)
		return;
	source = &d->line->plan.sources[feature->source];
	feature->kind = source->kind == SOURCE_LOT ? FEATURE_LOT : FEATURE_UNIT;
	feature->field = files_copy(d->report, field);
	feature->is_text = f->type == TYPE_TEXT;
	if (feature->is_text && source->decoder == decoder_find("number"))
		place_error(
			&type, "is \"text\", but the source \"%s\" sends numbers", source->name);
	if (feature->is_text && (f->has_min || f->has_max))
		place_error(at, "min and max are for numbers, and this feature is text");
	if (feature->kind == FEATURE_UNIT && f->lot)
		place_error(&lot,
			"\"%s\" is a source of units, a lot means nothing here; remove the key",
			source->name);
	else if (feature->kind == FEATURE_LOT && !f->lot)
		place_error(at,
			"\"%s\" is a source of lots; say with \"lot\" which of the unit's lots "
			"is meant",
			source->name);
	else if (feature->kind == FEATURE_LOT)
		(void)line_find_lot(d, f->lot, &feature->lot, &lot);
}

static void check_name(struct draft *d, const char *name, const struct place *at)
{
	struct place here = place_key(at, "name");

	if (name_is_reserved_column(name))
		place_error(&here,
			"\"%s\" is a column that every table of units has, "
			"choose another name",
			name);
	if (plan_find_feature(&d->line->plan, name) >= 0)
		place_error(&here, "there is a feature \"%s\" already", name);
}

static void read_feature(
	struct draft *d, struct feature *feature, const cJSON *item, const struct place *at)
{
	struct feature_file f = {0};

	(void)schema_read(feature_keys, item, &f, at);
	feature->name = files_copy(d->report, f.name ? f.name : "");
	if (!feature->name)
		return;
	if (f.name)
		check_name(d, f.name, at);
	d->line->plan.feature_count++;
	if (f.from && strncmp(f.from, "lot.", 4) == 0)
		read_lot_id(d, feature, &f, at);
	else if (f.from)
		read_signal(d, feature, &f, at);
	if (f.has_min && f.has_max && f.min > f.max)
		place_error(at, "min is above max");
	feature->has_min = f.has_min;
	feature->has_max = f.has_max;
	feature->min = f.min;
	feature->max = f.max;
	feature->impute = f.missing;
}

void line_read_features(struct draft *d, const cJSON *features, const struct place *top)
{
	struct place at = place_key(top, "features");
	struct plan *plan = &d->line->plan;
	size_t limit = (size_t)d->gateway->limits.features, i = 0;
	size_t count = (size_t)cJSON_GetArraySize(features);
	const cJSON *item;

	if (count == 0)
		place_error(&at, "is empty; a line needs at least one feature");
	if (count > limit)
		place_error(&at, "holds %zu features, allowed are %zu (\"limits\" of the gateway)",
			count, limit);
	plan->features = calloc(count + 1, sizeof(plan->features[0]));
	if (!plan->features) {
		d->report->failed = true;
		return;
	}
	cJSON_ArrayForEach(item, features)
	{
		struct place here = place_element(&at, i++);

		if (i > limit || d->report->failed)
			return;
		read_feature(d, &plan->features[plan->feature_count], item, &here);
	}
}
