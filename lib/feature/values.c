/* The values of one unit or lot. */
#include "lib/feature/values.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define REFUSED_TEXT_BYTES 64 /* of a refused text, enough to recognise it */

void values_deinit(struct values *v)
{
	struct refused_value *next;

	for (size_t i = 0; i < v->count; i++) {
		if (v->slots[i].kind == VALUE_TEXT)
			free(v->slots[i].text);
		v->slots[i] = (struct value_slot){0};
	}
	for (struct refused_value *r = v->refused; r; r = next) {
		next = r->next;
		free(r);
	}
	v->refused = NULL;
}

static enum value_refusal judge_text(
	const struct value *in, struct value *out, char scratch[NUM_TEXT_MAX])
{
	*out = *in;
	if (in->kind == VALUE_NUMBER) {
		num_print(scratch, in->number, false);
		*out = (struct value){.kind = VALUE_TEXT, .text = scratch};
	}
	return strlen(out->text) > TEXT_VALUE_BYTES_MAX ? VALUE_REFUSAL_OUT_OF_RANGE
							: VALUE_REFUSAL_NONE;
}

enum value_refusal feature_judge(const struct feature *f, const struct value *in, struct value *out,
	char scratch[NUM_TEXT_MAX])
{
	if (in->kind == VALUE_MISSING)
		return VALUE_REFUSAL_WRONG_TYPE;
	if (f->is_text)
		return judge_text(in, out, scratch);
	if (in->kind != VALUE_NUMBER)
		return VALUE_REFUSAL_WRONG_TYPE;
	if (!isfinite(in->number) || (f->has_min && in->number < f->min) ||
		(f->has_max && in->number > f->max))
		return VALUE_REFUSAL_OUT_OF_RANGE;
	*out = *in;
	return VALUE_REFUSAL_NONE;
}

bool value_rule_allows(enum value_rule rule, bool is_there, int64_t there_ms, int64_t time_ms)
{
	if (!is_there)
		return true;
	switch (rule) {
	case RULE_NEWER_OR_EQUAL:
		return time_ms >= there_ms;
	case RULE_NEWER:
		return time_ms > there_ms;
	case RULE_ABSENT:
		break;
	}
	return false;
}

int values_put(struct values *v, size_t slot, const struct value *value, int64_t time_ms,
	enum value_rule rule)
{
	struct value_slot *s = &v->slots[slot];
	char *text = NULL;

	if (!value_rule_allows(rule, s->kind != VALUE_MISSING, s->time_ms, time_ms))
		return 0;
	if (value->kind == VALUE_TEXT) {
		text = strdup(value->text);
		if (!text)
			return -ENOMEM;
	}
	if (s->kind == VALUE_TEXT)
		free(s->text);
	*s = (struct value_slot){.time_ms = time_ms, .kind = value->kind};
	if (text)
		s->text = text;
	else
		s->number = value->number;
	return VALUES_CHANGED;
}

/* How many bytes of a text are kept: no more than allowed, and no character cut apart. */
static size_t kept_bytes(const char *text)
{
	size_t len = strnlen(text, REFUSED_TEXT_BYTES + 1);

	if (len <= REFUSED_TEXT_BYTES)
		return len;
	len = REFUSED_TEXT_BYTES;
	while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80) /* UTF-8 goes on */
		len--;
	return len;
}

int values_refuse(struct values *v, size_t feature, const struct value *value,
	enum value_refusal why, int64_t time_ms, enum value_rule rule)
{
	size_t len = value->kind == VALUE_TEXT ? kept_bytes(value->text) : 0;
	struct refused_value **at = &v->refused, *old, *fresh;

	while (*at && (*at)->feature < feature)
		at = &(*at)->next;
	old = *at && (*at)->feature == feature ? *at : NULL;
	if (!value_rule_allows(rule, old != NULL, old ? old->time_ms : 0, time_ms))
		return 0;
	fresh = calloc(1, sizeof(*fresh) + len + 1);
	if (!fresh)
		return -ENOMEM;
	*fresh = (struct refused_value){.next = old ? old->next : *at,
		.feature = feature,
		.time_ms = time_ms,
		.why = why,
		.kind = value->kind,
		.number = value->kind == VALUE_NUMBER ? value->number : 0};
	if (len > 0)
		memcpy(fresh->text, value->text, len);
	*at = fresh;
	free(old);
	return VALUES_CHANGED;
}

struct value values_get(const struct values *v, size_t slot)
{
	const struct value_slot *s = &v->slots[slot];

	switch (s->kind) {
	case VALUE_NUMBER:
		return (struct value){.kind = VALUE_NUMBER, .number = s->number};
	case VALUE_TEXT:
		return (struct value){.kind = VALUE_TEXT, .text = s->text};
	case VALUE_MISSING:
		break;
	}
	return (struct value){.kind = VALUE_MISSING};
}

const struct refused_value *values_refused(const struct values *v, size_t feature)
{
	const struct refused_value *r = v->refused;

	while (r && r->feature < feature)
		r = r->next;
	return r && r->feature == feature ? r : NULL;
}
