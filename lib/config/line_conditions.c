/* What a payload's values are compared with: `when` and `quality` of a source, and lists of
 * scalars. */
#include <stdlib.h>
#include <string.h>

#include "lib/config/files.h"
#include "lib/config/line_source.h"
#include "lib/config/names.h"

#define SCALAR_RULE "a number, a text, true or false"

void line_copy_pointer(struct draft *d, struct payload_pointer *out, const char *text)
{
	out->in_whole = text[0] == '#';
	out->text = files_copy(d->report, text + out->in_whole);
}

static void add_scalar(
	struct draft *d, struct scalar_list *out, const cJSON *item, const struct place *at)
{
	struct scalar *s = &out->v[out->count];

	if (!cJSON_IsNumber(item) && !cJSON_IsString(item) && !cJSON_IsBool(item)) {
		schema_refuse(item, at, SCALAR_RULE);
		return;
	}
	if (scalar_list_has(out, item)) {
		place_error(at, "stands here twice");
		return;
	}
	if (cJSON_IsString(item)) {
		s->kind = SCALAR_TEXT;
		s->text = files_copy(d->report, item->valuestring);
		if (!s->text)
			return;
	} else {
		s->kind = cJSON_IsBool(item) ? SCALAR_BOOL : SCALAR_NUMBER;
		s->number = cJSON_IsBool(item) ? cJSON_IsTrue(item) : item->valuedouble;
	}
	out->count++;
}

static bool make_room(struct draft *d, struct scalar_list *out, int count)
{
	out->v = calloc((size_t)count, sizeof(out->v[0]));
	d->report->failed |= !out->v;
	return out->v;
}

bool line_read_scalars(
	struct draft *d, struct scalar_list *out, const cJSON *list, const struct place *at)
{
	int count = cJSON_GetArraySize(list);
	size_t errors = d->report->errors, i = 0;
	const cJSON *item;

	if (count == 0) {
		place_error(at, "is empty, allowed is a list of values, each " SCALAR_RULE);
		return false;
	}
	if (!make_room(d, out, count))
		return false;
	cJSON_ArrayForEach(item, list)
	{
		struct place here = place_element(at, i++);

		add_scalar(d, out, item, &here);
	}
	return d->report->errors == errors;
}

/* A value, or a list of them. */
static void read_values(
	struct draft *d, struct scalar_list *out, const cJSON *item, const struct place *at)
{
	if (cJSON_IsArray(item))
		(void)line_read_scalars(d, out, item, at);
	else if (make_room(d, out, 1))
		add_scalar(d, out, item, at);
}

static void read_condition(
	struct draft *d, struct condition *c, const cJSON *item, const struct place *at)
{
	const cJSON *not = cJSON_GetObjectItemCaseSensitive(item, "not");
	struct place inner = place_key(at, "not");

	if (!cJSON_IsObject(item)) {
		if (cJSON_IsNull(item))
			schema_refuse(item, at,
				"a value, a list of values, or {\"not\": [...]}; a missing value "
				"matches nothing");
		else
			read_values(d, &c->values, item, at);
		return;
	}
	if (!not || item->child->next) {
		place_error(at, "is an object, allowed is one with the key \"not\" alone");
		return;
	}
	c->is_not = true;
	read_values(d, &c->values, not, &inner);
}

static void read_when(const struct source_draft *s)
{
	struct place at = place_key(s->at, "when");
	int count = cJSON_GetArraySize(s->file->when);
	const cJSON *item;

	if (count == 0) {
		place_error(&at, "is empty; without the key every message is taken");
		return;
	}
	s->source->when = calloc((size_t)count, sizeof(s->source->when[0]));
	if (!s->source->when) {
		s->line->report->failed = true;
		return;
	}
	cJSON_ArrayForEach(item, s->file->when)
	{
		struct place here = place_key(&at, item->string);
		struct condition *c = &s->source->when[s->source->when_count++];

		if (!name_is_pointer(item->string)) {
			place_error(&here, "\"%s\" is no pointer, allowed is " POINTER_RULE,
				item->string);
			continue;
		}
		line_copy_pointer(s->line, &c->at, item->string);
		line_check_pointer(s, item->string, &here);
		read_condition(s->line, c, item, &here);
	}
}

/* The document as it is read: borrowed from it. */
struct quality_file {
	const char *at;
	const cJSON *good;
};

#define AT(member) .offset = offsetof(struct quality_file, member)
static const struct key quality_keys[] = {
	{"at", KEY_TEXT, AT(at), .is_required = true, .is_valid = name_is_pointer,
		.rule = POINTER_RULE, .help = "the pointer to the mark of quality"},
	{"good", KEY_LIST, AT(good), .is_required = true,
		.help = "the values that mean that a value is good"},
	{0},
};
#undef AT

static void read_quality(const struct source_draft *s)
{
	struct place at = place_key(s->at, "quality");
	struct place pointer = place_key(&at, "at"), good = place_key(&at, "good");
	struct quality_file f = {0};

	(void)schema_read(quality_keys, s->file->quality, &f, &at);
	s->source->quality = calloc(1, sizeof(*s->source->quality));
	if (!s->source->quality) {
		s->line->report->failed = true;
		return;
	}
	if (f.at) {
		line_copy_pointer(s->line, &s->source->quality->at, f.at);
		line_check_pointer(s, f.at, &pointer);
	}
	if (f.good)
		(void)line_read_scalars(s->line, &s->source->quality->values, f.good, &good);
}

void line_read_conditions(const struct source_draft *s)
{
	if (s->file->when)
		read_when(s);
	if (s->file->quality)
		read_quality(s);
}
