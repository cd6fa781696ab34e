/* Reads one message as one source: id, tag, event time, and values. */
#include "lib/feature/reading.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/num.h"
#include "lib/base/timestamp.h"

#define ID_NUMBER_BOUND 9007199254740992.0 /* 2^53: integers below it are exact */
#define TIME_MS_MAX 253402300799999        /* the end of the year 9999 */
#define SHOWN_BYTES 40                     /* of a payload's text, in a sentence */
#define FOUND_MAX (SHOWN_BYTES + 8)

#define ID_WANTED "text of 1 to 128 bytes or an integer below 2^53 is wanted"

/* What stands at a pointer, for a sentence: "abc" in quotes, a number, or the kind of item. */
static const char *found(char out[FOUND_MAX], const cJSON *item)
{
	if (!item)
		return "missing";
	if (cJSON_IsString(item))
		snprintf(out, FOUND_MAX, "\"%.*s%s\"", SHOWN_BYTES, item->valuestring,
			strlen(item->valuestring) > SHOWN_BYTES ? "..." : "");
	else if (cJSON_IsNumber(item))
		num_print(out, item->valuedouble, false);
	else
		return json_kind(item);
	return out;
}

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

/* What is read of a message, and what the sentences need. */
struct job {
	const struct source *source;
	const struct topic_capture *captures;
	const cJSON *tree;
	struct err *err;
};

static bool id_from_capture(
	const struct job *j, const char *what, int capture, char out[ID_BYTES_MAX + 1])
{
	const struct topic_capture *c = &j->captures[capture];

	if (c->len == 0 || c->len > ID_BYTES_MAX) {
		err_set(j->err, -EINVAL,
			"source \"%s\": the %s in the topic has %zu bytes, 1 to %d are allowed",
			j->source->name, what, c->len, ID_BYTES_MAX);
		return false;
	}
	memcpy(out, c->text, c->len);
	out[c->len] = '\0';
	return true;
}

static bool id_from_payload(
	const struct job *j, const char *what, const char *pointer, char out[ID_BYTES_MAX + 1])
{
	const cJSON *item = json_at(j->tree, pointer);
	char text[FOUND_MAX];
	struct value v;

	if (!cJSON_IsBool(item) && json_value(item, &v) && reading_id_of(&v, out))
		return true;
	err_set(j->err, -EINVAL, "source \"%s\": the %s at %s is %s, " ID_WANTED, j->source->name,
		what, pointer, found(text, item));
	return false;
}

static bool read_id(const struct job *j, const char *what, const struct id_expr *from,
	char out[ID_BYTES_MAX + 1])
{
	switch (from->kind) {
	case ID_CAPTURE:
		return id_from_capture(j, what, from->capture, out);
	case ID_POINTER:
		return id_from_payload(j, what, from->pointer, out);
	case ID_NONE:
		break;
	}
	out[0] = '\0';
	return true;
}

static bool time_from_ms(const cJSON *item, int64_t *out)
{
	if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0) || item->valuedouble > TIME_MS_MAX)
		return false;
	*out = (int64_t)item->valuedouble; /* fractions of a millisecond are cut */
	return true;
}

static bool time_from_iso(const cJSON *item, int64_t *out)
{
	int64_t ms;
	bool has_zone;

	if (!cJSON_IsString(item) ||
		!timestamp_parse(item->valuestring, strlen(item->valuestring), &ms, &has_zone) ||
		ms < 0)
		return false;
	*out = ms;
	return true;
}

static const struct {
	bool (*read)(const cJSON *item, int64_t *out);
	const char *wanted;
} time_formats[] = {
	[TIME_MS] = {time_from_ms, "milliseconds since 1970 are wanted"},
	[TIME_ISO] = {time_from_iso, "an ISO 8601 time is wanted"},
};

static bool read_time(const struct job *j, struct reading *r, int64_t now_ms)
{
	enum time_format format = j->source->time_format;
	const cJSON *item;
	char text[FOUND_MAX];

	r->has_own_time = format != TIME_OF_RECEIPT;
	r->time_ms = now_ms;
	if (!r->has_own_time)
		return true;
	item = json_at(j->tree, j->source->time_pointer);
	if (time_formats[format].read(item, &r->time_ms))
		return true;
	err_set(j->err, -EINVAL, "source \"%s\": %s is %s, %s", j->source->name,
		j->source->time_pointer, found(text, item), time_formats[format].wanted);
	return false;
}

enum refusal reading_init(struct reading *r, const struct source *source, const struct message *msg,
	const struct topic_capture captures[TOPIC_CAPTURES_MAX], int64_t now_ms, struct err *err)
{
	struct job j = {.source = source, .captures = captures, .err = err};
	const char *what = source->kind == SOURCE_LOT ? "lot" : "unit";
	enum refusal why = REFUSAL_NONE;

	*r = (struct reading){0};
	if (source->decoder->decode(&r->tree, msg->payload, msg->payload_len, err) < 0) {
		err_prefix(err, -EINVAL, "source \"%s\"", source->name);
		return REFUSAL_BAD_PAYLOAD;
	}
	j.tree = r->tree;
	if (!read_id(&j, what, &source->id, r->id) || !read_id(&j, "tag", &source->tag, r->tag))
		why = REFUSAL_BAD_ID;
	else if (!read_time(&j, r, now_ms))
		why = REFUSAL_BAD_TIME;
	if (why != REFUSAL_NONE)
		reading_deinit(r);
	return why;
}

void reading_deinit(struct reading *r)
{
	json_free(r->tree);
	r->tree = NULL;
}

struct field_at field_find(const struct source *source, const char *field)
{
	if (source->tag.kind != ID_NONE)
		return (struct field_at){FIELD_TAGGED, field};
	if (source->decoder == &decoder_number)
		return strcmp(field, "value") == 0 ? (struct field_at){FIELD_POINTER, ""}
						   : (struct field_at){FIELD_NOWHERE, field};
	if (source->field_count == 0)
		return (struct field_at){FIELD_MEMBER, field};
	for (size_t i = 0; i < source->field_count; i++)
		if (strcmp(source->fields[i].name, field) == 0)
			return (struct field_at){FIELD_POINTER, source->fields[i].pointer};
	return (struct field_at){FIELD_NOWHERE, field};
}

static const cJSON *field_item(
	const struct reading *r, const struct source *source, const struct field_at *field)
{
	switch (field->kind) {
	case FIELD_POINTER:
		return json_at(r->tree, field->text);
	case FIELD_MEMBER:
		return cJSON_GetObjectItemCaseSensitive(r->tree, field->text);
	case FIELD_TAGGED:
		return strcmp(r->tag, field->text) == 0 ? json_at(r->tree, source->value_pointer)
							: NULL;
	case FIELD_NOWHERE:
		break;
	}
	return NULL;
}

bool reading_value(const struct reading *r, const struct source *source,
	const struct field_at *field, struct value *out, enum value_refusal *why)
{
	const cJSON *item = field_item(r, source, field);

	*out = (struct value){.kind = VALUE_MISSING};
	*why = VALUE_REFUSAL_NONE;
	if (!item || cJSON_IsNull(item))
		return false;
	if (!json_value(item, out))
		*why = VALUE_REFUSAL_WRONG_TYPE;
	return true;
}
