/* Messages of one kind of topic that tell of different things. */
#include "tools/probe_variants.h"

#include <errno.h>
#include <string.h>

#include "lib/base/arena.h"
#include "tools/probe_words.h"

#define VALUE_MAX 64

int probe_variants_init(struct probe_variants *v, struct probe_memory *m)
{
	int rc;

	*v = (struct probe_variants){0};
	rc = probe_shape_new(&v->all[0].shape, m);
	v->count = rc == 0;
	return rc;
}

void probe_variants_deinit(struct probe_variants *v)
{
	for (size_t i = 0; i < v->count; i++)
		probe_shape_free(v->all[i].shape);
	v->count = 0;
}

static bool is_kind(const cJSON *member)
{
	return cJSON_IsString(member) && probe_head(member->string) & WORD_EVENT &&
	       !strpbrk(member->string, "/~*");
}

/* What the message says that it is; NULL: nothing. Numbered values are no kinds. */
static const char *kind_of(struct probe_variants *v, struct probe_memory *m, const cJSON *payload)
{
	const cJSON *member = NULL;

	if (!cJSON_IsObject(payload))
		return NULL;
	if (v->pointer)
		member = cJSON_GetObjectItemCaseSensitive(payload, v->pointer + 1);
	for (const cJSON *c = payload->child; c && !v->pointer; c = c->next) {
		if (!is_kind(c))
			continue;
		member = c;
		v->pointer = arena_printf(m->arena, "/%s", c->string);
	}
	if (!cJSON_IsString(member) || strlen(member->valuestring) > VALUE_MAX ||
		probe_form(member->valuestring) != FORM_WORD)
		return NULL;
	return member->valuestring;
}

static int variant_of(struct probe_variants *v, struct probe_memory *m, const char *kind,
	struct probe_variant **out)
{
	struct probe_variant *new = &v->all[v->count];
	int rc;

	*out = &v->all[0];
	for (size_t i = 1; kind && i < v->count; i++) {
		if (strcmp(v->all[i].value, kind) == 0) {
			*out = &v->all[i];
			return 0;
		}
	}
	if (!kind)
		return 0;
	if (v->count > PROBE_VARIANTS_MAX || m->shapes_left == 0) {
		v->has_more = true;
		return 0;
	}
	new->value = arena_string(m->arena, kind);
	rc = new->value ? probe_shape_new(&new->shape, m) : -ENOMEM;
	if (rc < 0)
		return rc;
	v->count++;
	*out = new;
	return 0;
}

int probe_variants_add(struct probe_variants *v, struct probe_memory *m, const cJSON *payload,
	int64_t receipt_ms, bool is_retained)
{
	const char *kind = kind_of(v, m, payload);
	struct probe_variant *variant;
	int rc = variant_of(v, m, kind, &variant);

	return rc < 0 ? rc : probe_shape_add(variant->shape, payload, receipt_ms, is_retained);
}
