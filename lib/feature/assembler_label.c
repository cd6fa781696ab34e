/* Labels: what inspection says of a unit, read from an element. */
#include <errno.h>
#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/feature/assembler_inside.h"

void assembler_clear_labels(struct assembler *a)
{
	if (a->labels.count == 0)
		return;
	arena_reset(a->labels.texts);
	a->labels.count = 0;
}

const struct assembled_label *assembler_labels(const struct assembler *a, size_t *count)
{
	*count = a->labels.count;
	return a->labels.v;
}

static const cJSON *item_at(const struct reading *r, const struct source *source, const char *field)
{
	const struct field_at at = field_find(source, field);

	return reading_item(r, source, &at);
}

/* A field's scalar as text; "" where it is not there. NULL: no memory. */
static const char *field_text(struct assembler *a, const struct reading *r,
	const struct source *source, const char *field)
{
	char scratch[NUM_TEXT_MAX];
	const struct feature any = {.is_text = true};
	struct value raw, text;

	if (!field || !json_value(item_at(r, source, field), &raw) ||
		feature_judge(&any, &raw, &text, scratch) != VALUE_REFUSAL_NONE)
		return "";
	return arena_string(a->labels.texts, text.text);
}

static struct assembled_label *next_label(struct label_list *list)
{
	if (list->count == list->cap) {
		size_t cap = list->cap ? 2 * list->cap : 4;
		struct assembled_label *v = reallocarray(list->v, cap, sizeof(*v));

		if (!v)
			return NULL;
		list->v = v;
		list->cap = cap;
	}
	return &list->v[list->count];
}

static int add_label(
	struct assembler *a, const struct label_rule *rule, const struct reading *r, bool is_defect)
{
	const struct source *source = &a->plan->sources[rule->source];
	struct assembled_label *label = next_label(&a->labels);

	if (!label)
		return -ENOMEM;
	*label = (struct assembled_label){
		.unit = arena_string(a->labels.texts, r->id),
		.at_ms = r->time_ms,
		.is_defect = is_defect,
		.source = source->name,
		.class_name = field_text(a, r, source, rule->class_field),
		.by = field_text(a, r, source, rule->by_field),
		.why = field_text(a, r, source, rule->why_field),
	};
	if (!label->unit || !label->class_name || !label->by || !label->why)
		return -ENOMEM;
	a->labels.count++;
	return 0;
}

int assembler_read_labels(
	struct assembler *a, size_t source, const struct reading *r, struct err *err)
{
	const struct source *s = &a->plan->sources[source];
	const struct index_list *rules = &a->routes.sources[source].labels;
	int result = REFUSAL_NO_VALUE;

	if (rules->count == 0)
		return REFUSAL_NONE;
	err_set(err, 0, "source \"%s\": no label in it for unit \"%s\"", s->name, r->id);
	for (size_t i = 0; i < rules->count; i++) {
		const struct label_rule *rule = &a->plan->labels[rules->v[i]];
		const cJSON *item = item_at(r, s, rule->field);
		bool is_defect = item && scalar_list_has(&rule->defect, item);

		if (!item)
			continue;
		if (is_defect || rule->good.count == 0 || scalar_list_has(&rule->good, item)) {
			if (add_label(a, rule, r, is_defect) < 0)
				return -ENOMEM;
			result = ASSEMBLER_LABELLED;
		} else if (result == REFUSAL_NO_VALUE) {
			err_set(err, 0,
				"source \"%s\": the label of unit \"%s\" is neither a defect nor "
				"good",
				s->name, r->id);
			result = REFUSAL_LABEL_VALUE;
		}
	}
	return result;
}
