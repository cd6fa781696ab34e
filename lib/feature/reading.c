/* Reads one element as one source: condition, id, tag, event time, and values. */
#include "lib/feature/reading.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/num.h"
#include "lib/feature/event_time.h"

#define ID_NUMBER_BOUND 9007199254740992.0 /* 2^53: integers below it are exact */

#define ID_WANTED "text of 1 to 128 bytes or an integer below 2^53 is wanted"

bool reading_id_of(const struct value *v, char out[ID_BYTES_MAX + 1])
{
	size_t len;

	if (v->kind == VALUE_NUMBER) {
		if (fabs(v->number) >= ID_NUMBER_BOUND || v->number != trunc(v->number))
			return false;
		snprintf(out, ID_BYTES_MAX + 1, "%" PRId64, (int64_t)v->number);
		return true;
	}
	if (v->kind != VALUE_TEXT)
		return false;
	len = strlen(v->text);
	if (len == 0 || len > ID_BYTES_MAX)
		return false;
	memcpy(out, v->text, len + 1);
	return true;
}

/* What is read of an element, and what the sentences need. */
struct job {
	const struct source *source;
	const struct topic_capture *captures;
	const struct element *element;
	struct err *err;
};

/* An id or tag while it is put together. */
struct id_text {
	char *out; /* [ID_BYTES_MAX + 1] */
	size_t len;
	const char *what; /* "unit" "lot" "tag" */
};

static bool add_bytes(const struct job *j, struct id_text *id, const char *bytes, size_t len)
{
	if (len > ID_BYTES_MAX - id->len) {
		err_set(j->err, -EINVAL, "source \"%s\": the %s has more than %d bytes",
			j->source->name, id->what, ID_BYTES_MAX);
		return false;
	}
	memcpy(id->out + id->len, bytes, len);
	id->len += len;
	return true;
}

static bool add_capture(const struct job *j, struct id_text *id, int capture)
{
	const struct topic_capture *c = &j->captures[capture];

	if (c->len > 0 && c->len <= ID_BYTES_MAX)
		return add_bytes(j, id, c->text, c->len);
	err_set(j->err, -EINVAL,
		"source \"%s\": the %s in the topic has %zu bytes, 1 to %d are allowed",
		j->source->name, id->what, c->len, ID_BYTES_MAX);
	return false;
}

static bool add_from_payload(
	const struct job *j, struct id_text *id, const struct payload_pointer *pointer)
{
	const cJSON *item = element_at(j->element, pointer);
	char text[ELEMENT_TEXT_MAX], part[ID_BYTES_MAX + 1];
	struct value v;

	if (item && !cJSON_IsBool(item) && json_value(item, &v) && reading_id_of(&v, part))
		return add_bytes(j, id, part, strlen(part));
	err_set(j->err, -EINVAL, "source \"%s\": the %s at %s%s is %s, " ID_WANTED, j->source->name,
		id->what, pointer->in_whole ? "#" : "", pointer->text,
		element_found(text, j->element, pointer));
	return false;
}

/* The name of a member, or the index of an array's element. */
static bool add_key(const struct job *j, struct id_text *id)
{
	const char *name = j->element->item->string;
	char index[24];

	if (name)
		return add_bytes(j, id, name, strlen(name));
	return add_bytes(
		j, id, index, (size_t)snprintf(index, sizeof(index), "%zu", j->element->index));
}

static bool add_part(const struct job *j, struct id_text *id, const struct id_part *part)
{
	switch (part->kind) {
	case ID_LITERAL:
		return add_bytes(j, id, part->text, strlen(part->text));
	case ID_CAPTURE:
		return add_capture(j, id, part->capture);
	case ID_KEY:
		return add_key(j, id);
	case ID_POINTER:
		break;
	}
	return add_from_payload(j, id, &part->pointer);
}

static bool read_id(const struct job *j, const char *what, const struct id_expr *from,
	char out[ID_BYTES_MAX + 1])
{
	struct id_text id = {.out = out, .what = what};

	for (size_t i = 0; i < from->count; i++)
		if (!add_part(j, &id, &from->parts[i]))
			return false;
	out[id.len] = '\0';
	if (id.len > 0 || from->count == 0)
		return true;
	err_set(j->err, -EINVAL, "source \"%s\": the %s is empty, " ID_WANTED, j->source->name,
		what);
	return false;
}

/* Where the source has no times of its own: when the message came. */
static bool read_receipt(const struct job *j, struct reading *r, int64_t now_ms)
{
	if (event_time_shift(now_ms, j->source->shift_ms, &r->time_ms))
		return true;
	err_set(j->err, -EINVAL,
		"source \"%s\": the time of receipt, shifted by %" PRId64
		" ms, is not in the years 1970 to 9999",
		j->source->name, j->source->shift_ms);
	return false;
}

static bool read_time(const struct job *j, struct reading *r, int64_t now_ms)
{
	const struct source *s = j->source;
	const cJSON *item;
	char text[ELEMENT_TEXT_MAX];

	r->has_own_time = s->time_format != TIME_OF_RECEIPT;
	if (!r->has_own_time)
		return read_receipt(j, r, now_ms);
	item = element_at(j->element, &s->time);
	if (item && event_time_read(item, s->time_format, s->zone, s->shift_ms, &r->time_ms))
		return true;
	err_set(j->err, -EINVAL, "source \"%s\": %s%s is %s, %s", s->name,
		s->time.in_whole ? "#" : "", s->time.text,
		element_found(text, j->element, &s->time), event_time_wanted(s->time_format));
	return false;
}

static bool check_quality(const struct job *j)
{
	const struct condition *c = j->source->quality;
	char text[ELEMENT_TEXT_MAX];

	if (!c || element_meets(j->element, c))
		return true;
	err_set(j->err, 0, "source \"%s\": the quality at %s%s is %s", j->source->name,
		c->at.in_whole ? "#" : "", c->at.text, element_found(text, j->element, &c->at));
	return false;
}

enum refusal reading_init(struct reading *r, const struct source *source,
	const struct element *element, const struct topic_capture captures[TOPIC_CAPTURES_MAX],
	int64_t now_ms, struct err *err)
{
	const struct job j = {
		.source = source, .captures = captures, .element = element, .err = err};

	r->element = *element;
	if (!element_is_wanted(element, source, err))
		return REFUSAL_UNMATCHED;
	if (!read_id(&j, source->kind == SOURCE_LOT ? "lot" : "unit", &source->id, r->id) ||
		!read_id(&j, "tag", &source->tag, r->tag))
		return REFUSAL_BAD_ID;
	if (!read_time(&j, r, now_ms))
		return REFUSAL_BAD_TIME;
	return check_quality(&j) ? REFUSAL_NONE : REFUSAL_QUALITY;
}

struct field_at field_find(const struct source *source, const char *field)
{
	if (source->tag.count > 0)
		return (struct field_at){FIELD_TAGGED, field, NULL};
	if (source->field_count == 0)
		return (struct field_at){FIELD_MEMBER, field, NULL};
	for (size_t i = 0; i < source->field_count; i++)
		if (strcmp(source->fields[i].name, field) == 0)
			return (struct field_at){FIELD_POINTER, field, &source->fields[i].pointer};
	return (struct field_at){FIELD_NOWHERE, field, NULL};
}

static const cJSON *member_or_itself(const cJSON *item, const char *name)
{
	if (cJSON_IsObject(item))
		return cJSON_GetObjectItemCaseSensitive(item, name);
	return strcmp(name, "value") == 0 && !cJSON_IsArray(item) ? item : NULL;
}

const cJSON *reading_item(
	const struct reading *r, const struct source *source, const struct field_at *field)
{
	const cJSON *item = NULL;

	switch (field->kind) {
	case FIELD_POINTER:
		item = element_at(&r->element, field->pointer);
		break;
	case FIELD_MEMBER:
		item = member_or_itself(r->element.item, field->name);
		break;
	case FIELD_TAGGED:
		if (strcmp(r->tag, field->name) != 0)
			break;
		item = source->value.text ? element_at(&r->element, &source->value)
					  : member_or_itself(r->element.item, "value");
		break;
	case FIELD_NOWHERE:
		break;
	}
	return cJSON_IsNull(item) ? NULL : item;
}

bool reading_value(const struct reading *r, const struct source *source,
	const struct field_at *field, struct value *out, enum value_refusal *why)
{
	const cJSON *item = reading_item(r, source, field);

	*out = (struct value){.kind = VALUE_MISSING};
	*why = VALUE_REFUSAL_NONE;
	if (!item)
		return false;
	if (!json_value(item, out))
		*why = VALUE_REFUSAL_WRONG_TYPE;
	return true;
}
