/* A payload, decoded and taken apart. */
#include "lib/feature/document.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/num.h"

#define SHOWN_BYTES 40 /* of a payload's text, in a sentence */

const char *element_found(
	char out[ELEMENT_TEXT_MAX], const struct element *e, const struct payload_pointer *p)
{
	const cJSON *item = json_at(p->in_whole ? e->whole : e->item, p->text);

	if (!item)
		return "missing";
	if (cJSON_IsString(item))
		snprintf(out, ELEMENT_TEXT_MAX, "\"%.*s%s\"", SHOWN_BYTES, item->valuestring,
			strlen(item->valuestring) > SHOWN_BYTES ? "..." : "");
	else if (cJSON_IsNumber(item))
		num_print(out, item->valuedouble, false);
	else
		return json_kind(item);
	return out;
}

static bool meets(
	const struct element *e, const struct source *source, size_t which, struct err *err)
{
	const struct condition *c = &source->when[which];
	char text[ELEMENT_TEXT_MAX];

	if (element_meets(e, c))
		return true;
	err_set(err, 0, "source \"%s\" does not want it: %s%s is %s", source->name,
		c->at.in_whole ? "#" : "", c->at.text, element_found(text, e, &c->at));
	return false;
}

bool element_is_wanted(const struct element *e, const struct source *source, struct err *err)
{
	for (size_t i = 0; i < source->when_count; i++)
		if (!meets(e, source, i, err))
			return false;
	return true;
}

/* A payload that is not wanted need not have what is to be taken apart. */
static bool whole_is_wanted(const cJSON *tree, const struct source *source, struct err *err)
{
	const struct element whole = {.item = tree, .whole = tree};

	for (size_t i = 0; i < source->when_count; i++)
		if (source->when[i].at.in_whole && !meets(&whole, source, i, err))
			return false;
	return true;
}

enum refusal document_init(
	struct document *d, const struct source *source, const struct message *msg, struct err *err)
{
	const cJSON *found;

	*d = (struct document){0};
	if (source->decoder->decode(&d->tree, msg->payload, msg->payload_len, err) < 0) {
		err_prefix(err, -EINVAL, "source \"%s\"", source->name);
		return REFUSAL_BAD_PAYLOAD;
	}
	if (!source->each)
		return REFUSAL_NONE;
	if (!whole_is_wanted(d->tree, source, err)) {
		document_deinit(d);
		return REFUSAL_UNMATCHED;
	}
	found = json_at(d->tree, source->each);
	if (cJSON_IsArray(found) || cJSON_IsObject(found)) {
		d->collection = found;
		return REFUSAL_NONE;
	}
	err_set(err, -EINVAL,
		"source \"%s\": what \"each\" takes apart at \"%s\" is %s, an array "
		"or object is wanted",
		source->name, source->each, found ? json_kind(found) : "missing");
	document_deinit(d);
	return REFUSAL_BAD_PAYLOAD;
}

void document_deinit(struct document *d)
{
	json_free(d->tree);
	*d = (struct document){0};
}

bool document_first(const struct document *d, struct element *out)
{
	*out = (struct element){
		.item = d->collection ? d->collection->child : d->tree, .whole = d->tree};
	return out->item != NULL;
}

bool document_next(const struct document *d, struct element *e)
{
	if (!d->collection || !e->item->next)
		return false;
	e->item = e->item->next;
	e->index++;
	return true;
}

const cJSON *element_at(const struct element *e, const struct payload_pointer *p)
{
	const cJSON *item = json_at(p->in_whole ? e->whole : e->item, p->text);

	return cJSON_IsNull(item) ? NULL : item;
}

bool element_meets(const struct element *e, const struct condition *c)
{
	const cJSON *item = element_at(e, &c->at);

	return item && scalar_list_has(&c->values, item) != c->is_not;
}
