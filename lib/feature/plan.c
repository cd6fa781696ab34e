/* What a plan owns, and finding its parts by name. */
#include "lib/feature/plan.h"

#include <stdlib.h>
#include <string.h>

static void source_deinit(struct source *s)
{
	for (size_t i = 0; i < s->field_count; i++) {
		free(s->fields[i].name);
		free(s->fields[i].pointer);
	}
	free(s->fields);
	free(s->time_pointer);
	free(s->value_pointer);
	free(s->tag.pointer);
	free(s->id.pointer);
	topic_template_free(s->topic);
	free(s->name);
}

void plan_deinit(struct plan *plan)
{
	for (size_t i = 0; i < plan->source_count; i++)
		source_deinit(&plan->sources[i]);
	for (size_t i = 0; i < plan->lot_count; i++) {
		free(plan->lots[i].name);
		free(plan->lots[i].bind_field);
	}
	for (size_t i = 0; i < plan->feature_count; i++) {
		free(plan->features[i].name);
		free(plan->features[i].field);
	}
	free(plan->sources);
	free(plan->lots);
	free(plan->features);
	*plan = (struct plan){0};
}

int plan_find_source(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->source_count; i++)
		if (strcmp(plan->sources[i].name, name) == 0)
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
