/* The sources of a line: topics and how to read them. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/config/files.h"
#include "lib/config/line_file.h"
#include "lib/config/names.h"

#define ID_RULE "a pointer such as \"/serial\" or a capture of the topic such as \"{unit}\""

/* The document as it is read: texts are borrowed from it. */
struct source_file {
	const char *topic, *unit, *lot, *tag, *value, *time;
	bool has_unit, has_lot, has_value, has_time_format;
	int qos, format, time_format;
	const cJSON *fields;
};

enum format { FORMAT_JSON, FORMAT_NUMBER };

/* The decoders' names, in the order of the enum. */
static const struct choice formats[] = {
	{"json", FORMAT_JSON, false},
	{"number", FORMAT_NUMBER, false},
	{"text", 0, true},
	{0},
};

static const struct choice time_formats[] = {
	{"ms", TIME_MS, false},
	{"iso", TIME_ISO, false},
	{"s", 0, true},
	{"us", 0, true},
	{"ns", 0, true},
	{0},
};

#define AT(member) .offset = offsetof(struct source_file, member)
static const struct key source_keys[] = {
	{"topic", KEY_TEXT, AT(topic), .is_required = true, .help = "what to subscribe to"},
	{"qos", KEY_INT, AT(qos), .low = "0", .high = "1", .preset = "1"},
	{"format", KEY_CHOICE, AT(format), .choices = formats, .preset = "json"},
	{"unit", KEY_TEXT, AT(unit), .rule = ID_RULE,
		.flag = offsetof(struct source_file, has_unit)},
	{"lot", KEY_TEXT, AT(lot), .rule = ID_RULE, .flag = offsetof(struct source_file, has_lot)},
	{"tag", KEY_TEXT, AT(tag), .rule = ID_RULE},
	{"value", KEY_TEXT, AT(value), .is_valid = json_pointer_is_valid, .rule = POINTER_RULE,
		.flag = offsetof(struct source_file, has_value)},
	{"time", KEY_TEXT, AT(time), .is_valid = json_pointer_is_valid, .rule = POINTER_RULE},
	{"time_format", KEY_CHOICE, AT(time_format), .choices = time_formats, .preset = "ms",
		.flag = offsetof(struct source_file, has_time_format)},
	{"fields", KEY_MAP, AT(fields)},
	{"each", KEY_LATER, .help = "taking arrays apart is"},
	{"when", KEY_LATER, .help = "conditions on messages are"},
	{"quality", KEY_LATER, .help = "quality flags are"},
	{"journal", KEY_LATER, .help = "sources without a journal are"},
	{"shift", KEY_LATER, .help = "shifted times are"},
	{"time_zone", KEY_LATER, .help = "time zones are"},
	{0},
};
#undef AT

/* A source while it is read. */
struct source_draft {
	struct draft *line;
	struct source *source;
	const struct source_file *file;
	const struct place *at;
};

static void say_no_capture(const struct source_draft *s, const char *name, const struct place *at)
{
	CLEANUP(suggestion_deinit) struct suggestion hint;

	suggestion_init(&hint, name);
	for (size_t i = 0; i < topic_template_captures(s->source->topic); i++)
		suggestion_add(&hint, topic_template_capture_name(s->source->topic, i));
	place_error(at, "the topic captures no {%s}, %s", name, suggestion_text(&hint));
}

/* `text` as it stands under `key`; NULL: the capture of that name, if the topic has one. */
static void read_id(
	const struct source_draft *s, const char *key, const char *text, struct id_expr *out)
{
	struct place here = place_key(s->at, key);
	size_t len = text ? strlen(text) : 0;
	char name[NAME_LEN_MAX + 1];

	if (!text) {
		out->capture = topic_template_find_capture(s->source->topic, key);
		out->kind = out->capture >= 0 ? ID_CAPTURE : ID_NONE;
	} else if (text[0] == '/' && json_pointer_is_valid(text)) {
		out->kind = ID_POINTER;
		out->pointer = files_copy(s->line->report, text);
		if (s->file->format == FORMAT_NUMBER)
			place_error(&here, "a payload that is a number holds no pointer's value");
	} else if (len > 2 && len - 2 <= NAME_LEN_MAX && text[0] == '{' && text[len - 1] == '}' &&
		   strcspn(text + 1, "{}/") == len - 2) {
		memcpy(name, text + 1, len - 2);
		name[len - 2] = '\0';
		out->capture = topic_template_find_capture(s->source->topic, name);
		out->kind = ID_CAPTURE;
		if (out->capture < 0)
			say_no_capture(s, name, &here);
	} else if (strpbrk(text, "{}")) {
		place_error(&here,
			"is \"%s\": ids put together by a template are not part of this version "
			"yet, allowed is " ID_RULE,
			text);
	} else {
		place_error(&here, "is \"%s\", allowed is " ID_RULE, text);
	}
}

/* Unit or lot? What is written down counts more than what is captured, and units more than lots.
 */
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
	if (f->lot || (!f->unit && !captures_unit && captures_lot)) {
		source->kind = SOURCE_LOT;
		read_id(s, "lot", f->lot, &source->id);
	} else if (f->unit || captures_unit) {
		source->kind = SOURCE_UNIT;
		read_id(s, "unit", f->unit, &source->id);
	} else {
		place_error(s->at, "carries neither a unit nor a lot: streams of the line are not "
				   "part of this "
				   "version yet; add \"unit\" or \"lot\", or capture {unit} or "
				   "{lot} in the topic");
	}
}

static void read_tag(const struct source_draft *s)
{
	struct place value = place_key(s->at, "value"), fields = place_key(s->at, "fields");
	const struct source_file *f = s->file;
	struct source *source = s->source;

	read_id(s, "tag", f->tag, &source->tag);
	if (source->tag.kind != ID_NONE)
		source->value_pointer = files_copy(s->line->report, f->format == FORMAT_NUMBER ? ""
								    : f->value ? f->value
									       : "/value");
	if (f->has_value && source->tag.kind == ID_NONE)
		place_error(&value, "goes with a \"tag\", and this source has none; name the value "
				    "in \"fields\" instead");
	else if (f->has_value && f->format == FORMAT_NUMBER)
		place_error(&value, "the payload itself is the number; remove the key");
	if (f->fields && source->tag.kind != ID_NONE)
		place_error(
			&fields, "a source with a tag has one value, at \"value\"; remove the key");
	else if (f->fields && f->format == FORMAT_NUMBER)
		place_error(&fields, "a payload that is a number has one value, called \"value\"; "
				     "remove the key");
}

static void read_time(const struct source_draft *s)
{
	struct place time = place_key(s->at, "time"), format = place_key(s->at, "time_format");
	const struct source_file *f = s->file;

	s->source->time_format = f->time ? (enum time_format)f->time_format : TIME_OF_RECEIPT;
	if (f->time)
		s->source->time_pointer = files_copy(s->line->report, f->time);
	if (f->time && f->format == FORMAT_NUMBER)
		place_error(&time, "a payload that is a number holds no time; remove the key");
	if (f->has_time_format && !f->time)
		place_error(&format, "goes with \"time\", the pointer to it, which is missing");
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
		char found[FOUND_TEXT_MAX];

		if (!item->string[0]) {
			place_error(&here, "a field needs a name");
		} else if (!cJSON_IsString(item) || !json_pointer_is_valid(item->valuestring)) {
			place_error(&here, "is %s, allowed is " POINTER_RULE,
				schema_found(found, item));
		} else {
			field->name = files_copy(s->line->report, item->string);
			field->pointer = files_copy(s->line->report, item->valuestring);
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
		read_tag(&s);
	}
	read_time(&s);
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
