/* The sources of a line: topics and how to read them. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/config/files.h"
#include "lib/config/line_source.h"
#include "lib/config/names.h"

/* The decoders' names, in the order of the enum. */
static const struct choice formats[] = {
	{"json", FORMAT_JSON}, {"number", FORMAT_NUMBER}, {"text", FORMAT_TEXT}, {0}};

static const struct choice time_formats[] = {
	{"ms", TIME_MS}, {"iso", TIME_ISO}, {"s", TIME_S}, {"us", TIME_US}, {"ns", TIME_NS}, {0}};

#define AT(member) .offset = offsetof(struct source_file, member)
#define FLAG(member) .flag = offsetof(struct source_file, member)
static const struct key source_keys[] = {
	{"topic", KEY_TEXT, AT(topic), .is_required = true, .help = "what to subscribe to"},
	{"qos", KEY_INT, AT(qos), .low = "0", .high = "1", .preset = "1"},
	{"format", KEY_CHOICE, AT(format), .choices = formats, .preset = "json"},
	{"each", KEY_TEXT, AT(each), .is_valid = json_pointer_is_valid,
		.rule = "a pointer to the array or object to take apart, such as \"/values\" "
			"(RFC 6901)"},
	{"when", KEY_MAP, AT(when)},
	{"unit", KEY_TEXT, AT(unit), .is_valid = name_is_id, .rule = ID_RULE, FLAG(has_unit)},
	{"lot", KEY_TEXT, AT(lot), .is_valid = name_is_id, .rule = ID_RULE, FLAG(has_lot)},
	{"tag", KEY_TEXT, AT(tag), .is_valid = name_is_id, .rule = ID_RULE},
	{"value", KEY_TEXT, AT(value), .is_valid = name_is_pointer, .rule = POINTER_RULE,
		FLAG(has_value)},
	{"time", KEY_TEXT, AT(time), .is_valid = name_is_pointer, .rule = POINTER_RULE,
		FLAG(has_time)},
	{"time_format", KEY_CHOICE, AT(time_format), .choices = time_formats, .preset = "ms",
		FLAG(has_time_format)},
	{"time_zone", KEY_TEXT, AT(time_zone)},
	{"shift", KEY_SHIFT, AT(shift_ms), .low = "-365d", .high = "365d"},
	{"quality", KEY_MAP, AT(quality)},
	{"fields", KEY_MAP, AT(fields)},
	{"journal", KEY_BOOL, AT(journal), .preset = "true"},
	{0},
};
#undef FLAG
#undef AT

void line_check_pointer(const struct source_draft *s, const char *pointer, const struct place *at)
{
	if (s->file->format != FORMAT_JSON && strcmp(pointer + (pointer[0] == '#'), "") != 0)
		place_error(at,
			"looks into \"%s\", but a payload of the format \"%s\" is one value, at "
			"\"\"",
			pointer, formats[s->file->format].name);
}

/* Unit or lot or neither? What is written down counts more than what is captured, and units more
 * than lots. */
static void read_kind(const struct source_draft *s)
{
	const struct source_file *f = s->file;
	struct source *source = s->source;
	bool captures_unit = topic_template_find_capture(source->topic, "unit") >= 0;
	bool captures_lot = topic_template_find_capture(source->topic, "lot") >= 0;

	if (f->has_unit && f->has_lot) {
		place_error(s->at, "has both \"unit\" and \"lot\": its values belong to the one or "
				   "to the other, remove one of the two");
		return;
	}
	if ((f->has_unit && !f->unit) || (f->has_lot && !f->lot))
		return; /* said already */
	source->kind = SOURCE_STREAM;
	if (f->lot || (!f->unit && !captures_unit && captures_lot)) {
		source->kind = SOURCE_LOT;
		line_read_id(s, "lot", f->lot, &source->id);
	} else if (f->unit || captures_unit) {
		source->kind = SOURCE_UNIT;
		line_read_id(s, "unit", f->unit, &source->id);
	}
}

static void read_each(const struct source_draft *s)
{
	struct place each = place_key(s->at, "each"), topic = place_key(s->at, "topic");
	const struct source_file *f = s->file;

	if (!f->each)
		return;
	s->source->each = files_copy(s->line->report, f->each);
	if (f->format != FORMAT_JSON)
		place_error(&each,
			"a payload of the format \"%s\" has nothing to take apart; remove "
			"the key",
			formats[f->format].name);
	if (topic_template_find_capture(s->source->topic, "key") >= 0)
		place_error(&topic,
			"captures {key}, which with \"each\" is the name or index of an "
			"element; choose another name");
}

static void read_tag(const struct source_draft *s)
{
	struct place value = place_key(s->at, "value"), fields = place_key(s->at, "fields");
	const struct source_file *f = s->file;
	struct source *source = s->source;
	bool has_tag = f->tag || topic_template_find_capture(source->topic, "tag") >= 0;

	line_read_id(s, "tag", f->tag, &source->tag);
	if (f->has_value && !has_tag)
		place_error(&value, "goes with a \"tag\", and this source has none; name the value "
				    "in \"fields\" instead");
	else if (f->has_value && f->format != FORMAT_JSON)
		place_error(&value, "the payload itself is the %s; remove the key",
			formats[f->format].name);
	else if (f->value)
		line_copy_pointer(s->line, &source->value, f->value);
	if (f->fields && has_tag)
		place_error(
			&fields, "a source with a tag has one value, at \"value\"; remove the key");
	else if (f->fields && f->format != FORMAT_JSON)
		place_error(&fields,
			"a payload that is a %s has one value, called \"value\"; "
			"remove the key",
			formats[f->format].name);
}

static void read_journal(const struct source_draft *s)
{
	struct place at = place_key(s->at, "journal");

	s->source->journal = s->file->journal;
	if (s->file->journal)
		return;
	if (s->file->qos != 0)
		place_error(&at,
			"is false, which goes with \"qos\" 0 alone: what comes at QoS 1 is "
			"not lost");
	else if (s->source->topic && s->source->kind != SOURCE_STREAM)
		place_error(&at, "is false, which is for streams alone, and this is %s",
			line_kind_text(s->source->kind));
}

static void read_fields(const struct source_draft *s)
{
	struct place fields = place_key(s->at, "fields");
	int count = cJSON_GetArraySize(s->file->fields);
	const cJSON *item;

	if (count == 0) {
		place_error(
			&fields, "is empty; without the key every member of the payload is read");
		return;
	}
	s->source->fields = calloc((size_t)count, sizeof(s->source->fields[0]));
	if (!s->source->fields) {
		s->line->report->failed = true;
		return;
	}
	cJSON_ArrayForEach(item, s->file->fields)
	{
		struct place here = place_key(&fields, item->string);
		struct source_field *field = &s->source->fields[s->source->field_count];

		if (!item->string[0]) {
			place_error(&here, "a field needs a name");
		} else if (!cJSON_IsString(item) || !name_is_pointer(item->valuestring)) {
			schema_refuse(item, &here, POINTER_RULE);
		} else {
			field->name = files_copy(s->line->report, item->string);
			line_copy_pointer(s->line, &field->pointer, item->valuestring);
			s->source->field_count++;
		}
	}
}

static void read_topic(const struct source_draft *s)
{
	struct place topic = place_key(s->at, "topic");
	struct err err = {0};

	if (!s->file->topic)
		return;
	if (topic_template_new(&s->source->topic, s->file->topic, &err) < 0) {
		s->source->topic = NULL;
		place_error(&topic, "%s", err.text);
	}
}

static void read_source(
	struct draft *d, struct source *source, const cJSON *item, const struct place *at)
{
	struct source_file f = {0};
	struct source_draft s = {.line = d, .source = source, .file = &f, .at = at};

	if (!schema_read(source_keys, item, &f, at) && !cJSON_IsObject(item))
		return;
	source->qos = f.qos;
	source->decoder = decoder_find(formats[f.format].name);
	read_topic(&s);
	if (source->topic) {
		read_kind(&s);
		read_each(&s);
		read_tag(&s);
	}
	line_read_conditions(&s);
	line_read_time(&s);
	read_journal(&s);
	if (f.fields && f.format == FORMAT_JSON)
		read_fields(&s);
}

static void check_name(struct draft *d, const char *name, size_t before, const struct place *at)
{
	if (strcmp(name, "lot") == 0)
		place_error(
			at, "no source may be called \"lot\": \"lot.<name>\" is the id of a lot");
	else if (!name_is_valid_dashed(name))
		place_error(at, "is no name for a source, allowed is " DASHED_NAME_RULE);
	for (size_t i = 0; i < before; i++)
		if (names_fall_together(name, d->line->plan.sources[i].name))
			place_error(at, "falls together with \"%s\": - and _ count as the same",
				d->line->plan.sources[i].name);
}

void line_read_sources(struct draft *d, const cJSON *sources, const struct place *top)
{
	struct place at = place_key(top, "sources");
	struct plan *plan = &d->line->plan;
	size_t count = (size_t)cJSON_GetArraySize(sources);
	const cJSON *item;

	if (count == 0) {
		place_error(&at, "is empty; a line needs at least one source");
		return;
	}
	plan->sources = calloc(count, sizeof(plan->sources[0]));
	d->notes = calloc(count, sizeof(d->notes[0]));
	if (!plan->sources || !d->notes) {
		d->report->failed = true;
		return;
	}
	cJSON_ArrayForEach(item, sources)
	{
		struct place here = place_key(&at, item->string);
		size_t errors = d->report->errors, i = plan->source_count;

		plan->sources[i].name = files_copy(d->report, item->string);
		if (!plan->sources[i].name)
			return;
		check_name(d, item->string, i, &here);
		plan->source_count++;
		read_source(d, &plan->sources[i], item, &here);
		d->notes[i].is_broken = d->report->errors != errors || d->report->failed;
	}
}
