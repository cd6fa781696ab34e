/* What a plan owns, and finding its parts by name. */
#include "lib/feature/plan.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/time_zone.h"

static void scalars_deinit(struct scalar_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->v[i].text);
	free(list->v);
}

static void condition_deinit(struct condition *c)
{
	free(c->at.text);
	scalars_deinit(&c->values);
}

static void id_deinit(struct id_expr *id)
{
	for (size_t i = 0; i < id->count; i++) {
		free(id->parts[i].text);
		free(id->parts[i].pointer.text);
	}
	free(id->parts);
}

static void source_deinit(struct source *s)
{
	for (size_t i = 0; i < s->field_count; i++) {
		free(s->fields[i].name);
		free(s->fields[i].pointer.text);
	}
	free(s->fields);
	if (s->quality)
		condition_deinit(s->quality);
	free(s->quality);
	time_zone_free(s->zone);
	free(s->time.text);
	free(s->value.text);
	id_deinit(&s->tag);
	id_deinit(&s->id);
	for (size_t i = 0; i < s->when_count; i++)
		condition_deinit(&s->when[i]);
	free(s->when);
	free(s->each);
	topic_template_free(s->topic);
	free(s->name);
}

static void label_deinit(struct label_rule *l)
{
	free(l->field);
	scalars_deinit(&l->defect);
	scalars_deinit(&l->good);
	free(l->class_field);
	free(l->by_field);
	free(l->why_field);
}

void plan_deinit(struct plan *plan)
{
	for (size_t i = 0; i < plan->source_count; i++)
		source_deinit(&plan->sources[i]);
	for (size_t i = 0; i < plan->station_count; i++)
		free(plan->stations[i].name);
	for (size_t i = 0; i < plan->lot_count; i++) {
		free(plan->lots[i].name);
		free(plan->lots[i].bind_field);
	}
	for (size_t i = 0; i < plan->feature_count; i++) {
		free(plan->features[i].name);
		free(plan->features[i].field);
	}
	for (size_t i = 0; i < plan->label_count; i++)
		label_deinit(&plan->labels[i]);
	free(plan->line);
	free(plan->sources);
	free(plan->stations);
	free(plan->lots);
	free(plan->features);
	free(plan->labels);
	*plan = (struct plan){0};
}

int plan_find_source(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->source_count; i++)
		if (strcmp(plan->sources[i].name, name) == 0)
			return (int)i;
	return -1;
}

int plan_find_station(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->station_count; i++)
		if (strcmp(plan->stations[i].name, name) == 0)
			return (int)i;
	return -1;
}

int plan_find_lot(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->lot_count; i++)
		if (strcmp(plan->lots[i].name, name) == 0)
			return (int)i;
	return -1;
}

int plan_find_feature(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->feature_count; i++)
		if (strcmp(plan->features[i].name, name) == 0)
			return (int)i;
	return -1;
}

static bool scalar_is(const struct scalar *s, const cJSON *item)
{
	switch (s->kind) {
	case SCALAR_NUMBER:
		return cJSON_IsNumber(item) && item->valuedouble == s->number;
	case SCALAR_TEXT:
		return cJSON_IsString(item) && strcmp(item->valuestring, s->text) == 0;
	case SCALAR_BOOL:
		return cJSON_IsBool(item) && (s->number != 0) == (bool)cJSON_IsTrue(item);
	}
	return false;
}

bool scalar_list_has(const struct scalar_list *list, const cJSON *item)
{
	for (size_t i = 0; i < list->count; i++)
		if (scalar_is(&list->v[i], item))
			return true;
	return false;
}
