/* The features of a line: which values of a unit are recorded and scored. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config/files.h"
#include "lib/config/line_feature.h"
#include "lib/config/names.h"

enum feature_type { TYPE_NUMBER, TYPE_TEXT };

static const struct choice feature_types[] = {{"number", TYPE_NUMBER}, {"text", TYPE_TEXT}, {0}};
static const struct choice missing_choices[] = {{"reject", false}, {"impute", true}, {0}};

#define AT(member) .offset = offsetof(struct feature_file, member)
#define FLAG(member) .flag = offsetof(struct feature_file, member)
static const struct key feature_keys[] = {
	{"name", KEY_TEXT, AT(name), .is_required = true, .is_valid = name_is_valid,
		.rule = NAME_RULE, .help = "what the value is called"},
	{"from", KEY_TEXT, AT(from), .is_required = true,
		.help = "the signal it comes from, such as \"start.thickness\""},
	{"type", KEY_CHOICE, AT(type), .choices = feature_types, .preset = "number",
		FLAG(has_type)},
	{"lot", KEY_TEXT, AT(lot)},
	{"during", KEY_TEXT, AT(during), FLAG(has_during)},
	{"at", KEY_TEXT, AT(at), FLAG(has_at)},
	{"ago", KEY_DURATION, AT(ago_ms), .low = "0ms", .high = "365d", FLAG(has_ago)},
	{"over", KEY_DURATION, AT(over_ms), .low = "1ms", .high = "365d", FLAG(has_over)},
	{"take", KEY_ANY, AT(take)},
	{"hold", KEY_DURATION, AT(hold_ms), .low = "0ms", .high = "365d", FLAG(has_hold)},
	{"min_samples", KEY_COUNT, AT(min_samples), .low = "1", .high = "10000000",
		FLAG(has_min_samples)},
	{"min", KEY_REAL, AT(min), FLAG(has_min)},
	{"max", KEY_REAL, AT(max), FLAG(has_max)},
	{"missing", KEY_CHOICE, AT(missing), .choices = missing_choices, .preset = "reject"},
	{0},
};
#undef FLAG
#undef AT

/* A feature while it is read; what it shares with others of one `take`. */
struct feature_draft {
	struct draft *line;
	struct feature *feature; /* without its texts */
	const struct feature_file *file;
	const struct take_list *takes;
	const struct place *at;
};

/* "lot.<name>": the id of the unit's lot, always text. */
static void read_lot_id(const struct feature_draft *r)
{
	struct place from = place_key(r->at, "from"), type = place_key(r->at, "type"),
		     lot = place_key(r->at, "lot");
	const struct feature_file *f = r->file;

	r->feature->kind = FEATURE_LOT_ID;
	r->feature->is_text = true;
	(void)line_find_lot(r->line, f->from + strlen("lot."), &r->feature->lot, &from);
	if (f->has_type && f->type != TYPE_TEXT)
		place_error(&type, "is \"number\", but the id of a lot is text");
	if (f->lot)
		place_error(&lot, "the id of a lot has its lot in \"from\"; remove the key");
	if (f->has_min || f->has_max)
		place_error(r->at, "min and max are for numbers, and the id of a lot is text");
	line_refuse_window(f, NULL, r->at);
}

static void check_type(const struct feature_draft *r, const struct source *source)
{
	struct place type = place_key(r->at, "type");
	const struct feature_file *f = r->file;

	if (r->feature->is_text && source->decoder == decoder_find("number"))
		place_error(
			&type, "is \"text\", but the source \"%s\" sends numbers", source->name);
	if (!r->feature->is_text && source->decoder == decoder_find("text"))
		place_error(&type,
			"is \"number\"%s, but the source \"%s\" sends texts, allowed is \"text\"",
			f->has_type ? "" : " by default", source->name);
	if (r->feature->is_text && (f->has_min || f->has_max))
		place_error(r->at, "min and max are for numbers, and this feature is text");
}

static void read_of_unit(const struct feature_draft *r, const struct source *source)
{
	struct place from = place_key(r->at, "from"), lot = place_key(r->at, "lot");

	r->feature->kind = FEATURE_UNIT;
	if (r->line->line->plan.unit.every_ms > 0)
		place_error(&from,
			"units by the clock (\"every\") get nothing from \"%s\", a source of units",
			source->name);
	if (r->file->lot)
		place_error(&lot,
			"\"%s\" is a source of units, a lot means nothing here; remove the key",
			source->name);
	line_refuse_window(r->file, source, r->at);
}

static void read_of_lot(const struct feature_draft *r, const struct source *source)
{
	struct place lot = place_key(r->at, "lot");

	r->feature->kind = FEATURE_LOT;
	if (!r->file->lot)
		place_error(r->at,
			"\"%s\" is a source of lots; say with \"lot\" which of the unit's lots "
			"is meant",
			source->name);
	else
		(void)line_find_lot(r->line, r->file->lot, &r->feature->lot, &lot);
	line_refuse_window(r->file, source, r->at);
}

static void read_of_stream(const struct feature_draft *r, const struct source *source)
{
	struct place lot = place_key(r->at, "lot");

	r->feature->kind = FEATURE_STREAM;
	if (r->file->lot)
		place_error(&lot,
			"\"%s\" is a stream of the line, a lot means nothing here; remove the key",
			source->name);
	line_read_window(r->line, &r->feature->window, r->file, r->at);
	line_check_takes(r->takes, r->file, r->feature->is_text, r->at);
}

/* *field: a pointer into "from". */
static void read_signal(const struct feature_draft *r, const char **field)
{
	static void (*const readers[])(const struct feature_draft *, const struct source *) = {
		[SOURCE_UNIT] = read_of_unit,
		[SOURCE_LOT] = read_of_lot,
		[SOURCE_STREAM] = read_of_stream,
	};
	struct place from = place_key(r->at, "from");
	const struct source *source;

	if (!r->line->notes || line_find_signal(r->line, r->file->from, LINE_USE_OPENS,
				       &r->feature->source, field, &from) != LINE_REF_OK)
		return;
	source = &r->line->line->plan.sources[r->feature->source];
	r->feature->is_text = r->file->type == TYPE_TEXT;
	check_type(r, source);
	readers[source->kind](r, source);
}

static void check_name(struct draft *d, const char *name, const struct place *at)
{
	if (name_is_reserved_column(name))
		place_error(at,
			"\"%s\" is a column that every table of units has, "
			"choose another name",
			name);
	if (plan_find_feature(&d->line->plan, name) >= 0)
		place_error(at, "there is a feature \"%s\" already", name);
}

/* "<name>_<take>". NULL: no memory. */
static char *taken_name(struct draft *d, const char *name, enum take take, const struct place *at)
{
	char *made = NULL;

	if (asprintf(&made, "%s_%s", name, take_name(take)) < 0) {
		d->report->failed = true;
		return NULL;
	}
	if (strlen(made) > NAME_LEN_MAX)
		place_error(at, "makes the name \"%s\" of %zu characters, allowed are %d", made,
			strlen(made), NAME_LEN_MAX);
	return made;
}

/* Appends the feature with the take `k`. `index`: which element of "features" it is of. */
static void append(const struct feature_draft *r, size_t k, const char *field, size_t index)
{
	struct place name = place_key(r->at, "name"), take = place_key(r->at, "take"),
		     element = place_element(&take, k);
	struct line_config *line = r->line->line;
	const char *base = r->file->name ? r->file->name : "";
	struct feature copy = *r->feature;
	bool is_made = r->file->name && r->takes->is_list && r->takes->count > 0;

	copy.take = r->takes->count > 0 ? r->takes->v[k] : TAKE_LAST;
	copy.name = is_made ? taken_name(r->line, base, copy.take, &element)
			    : files_copy(r->line->report, base);
	copy.field = field ? files_copy(r->line->report, field) : NULL;
	if (!copy.name) {
		free(copy.field);
		return;
	}
	if (r->file->name)
		check_name(r->line, copy.name, is_made ? &element : &name);
	line->feature_at[line->plan.feature_count] = index;
	line->plan.features[line->plan.feature_count++] = copy;
}

static void read_feature(struct draft *d, const cJSON *item, size_t index, const struct place *at)
{
	struct feature feature = {.window = {.station = NO_INDEX, .source = NO_INDEX}};
	struct feature_file f = {0};
	struct take_list takes;
	struct feature_draft r = {d, &feature, &f, &takes, at};
	const char *field = NULL;

	(void)schema_read(feature_keys, item, &f, at);
	line_read_takes(&takes, &f, at);
	if (f.from && strncmp(f.from, "lot.", 4) == 0)
		read_lot_id(&r);
	else if (f.from)
		read_signal(&r, &field);
	if (f.has_min && f.has_max && f.min > f.max)
		place_error(at, "min is above max");
	feature.has_min = f.has_min;
	feature.has_max = f.has_max;
	feature.min = f.min;
	feature.max = f.max;
	feature.impute = f.missing;
	feature.min_samples = (size_t)f.min_samples;
	for (size_t k = 0; k == 0 || k < takes.count; k++)
		append(&r, k, field, index);
}

/* How many features the list makes: one for each of a list of takes. */
static size_t count_features(const cJSON *features)
{
	const cJSON *item;
	size_t count = 0;

	cJSON_ArrayForEach(item, features)
	{
		int takes = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(item, "take"));

		count += takes > 0 ? (size_t)takes : 1;
	}
	return count;
}

void line_read_features(struct draft *d, const cJSON *features, const struct place *top)
{
	size_t limit = (size_t)d->gateway->limits.features, i = 0;
	size_t count = count_features(features);
	struct place at = place_key(top, "features");
	struct plan *plan = &d->line->plan;
	const cJSON *item;

	if (count == 0)
		place_error(&at, "is empty; a line needs at least one feature");
	if (count > limit)
		place_error(&at, "holds %zu features, allowed are %zu (\"limits\" of the gateway)",
			count, limit);
	plan->features = calloc(count + 1, sizeof(plan->features[0]));
	d->line->feature_at = calloc(count + 1, sizeof(d->line->feature_at[0]));
	if (!plan->features || !d->line->feature_at) {
		d->report->failed = true;
		return;
	}
	cJSON_ArrayForEach(item, features)
	{
		struct place here = place_element(&at, i);

		if (plan->feature_count >= limit || d->report->failed)
			return;
		read_feature(d, item, i++, &here);
	}
}
