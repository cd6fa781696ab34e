/* What the parts of a line refer to by name: signals, lots; and which sources open units. */
#include <stdlib.h>
#include <string.h>

#include "lib/config/line_file.h"
#include "lib/config/names.h"

static void say_no_source(const struct draft *d, const char *name, const struct place *at)
{
	CLEANUP(suggestion_deinit) struct suggestion hint;

	suggestion_init(&hint, name);
	for (size_t i = 0; i < d->line->plan.source_count; i++)
		suggestion_add(&hint, d->line->plan.sources[i].name);
	place_error(at, "there is no source \"%s\", %s", name, suggestion_text(&hint));
}

static void say_no_lot(const struct draft *d, const char *name, const struct place *at)
{
	CLEANUP(suggestion_deinit) struct suggestion hint;

	suggestion_init(&hint, name);
	for (size_t i = 0; i < d->line->plan.lot_count; i++)
		suggestion_add(&hint, d->line->plan.lots[i].name);
	place_error(at, "there is no lot \"%s\", %s", name, suggestion_text(&hint));
}

/* Can `source` have the field? With a tag every tag may come. */
static enum line_ref find_field(
	const struct source *source, const char *field, const struct place *at)
{
	CLEANUP(suggestion_deinit) struct suggestion hint;
	bool is_number = source->decoder == decoder_find("number");

	suggestion_init(&hint, field);
	if (source->tag.kind != ID_NONE || (!is_number && source->field_count == 0))
		return LINE_REF_OK;
	if (is_number && strcmp(field, "value") == 0)
		return LINE_REF_OK;
	if (is_number)
		suggestion_add(&hint, "value");
	for (size_t i = 0; i < source->field_count; i++) {
		if (strcmp(source->fields[i].name, field) == 0)
			return LINE_REF_OK;
		suggestion_add(&hint, source->fields[i].name);
	}
	place_error(at, "the source \"%s\" has no field \"%s\", %s", source->name, field,
		suggestion_text(&hint));
	return LINE_REF_BAD;
}

enum line_ref line_find_signal(struct draft *d, const char *text, size_t *source,
	const char **field, const struct place *at)
{
	const char *dot = strchr(text, '.');
	enum line_ref found = LINE_REF_UNSURE;
	char *name;
	int i;

	if (!dot || dot == text || !dot[1]) {
		place_error(at, "is \"%s\", allowed is <source>.<field>", text);
		return LINE_REF_BAD;
	}
	name = strndup(text, (size_t)(dot - text));
	if (!name) {
		d->report->failed = true;
		return LINE_REF_BAD;
	}
	i = plan_find_source(&d->line->plan, name);
	if (i < 0) {
		say_no_source(d, name, at);
		found = LINE_REF_BAD;
	} else {
		*source = (size_t)i;
		*field = dot + 1;
		d->notes[i].is_used = true;
		if (!d->notes[i].is_broken)
			found = find_field(&d->line->plan.sources[i], dot + 1, at);
	}
	free(name);
	return found;
}

bool line_find_lot(const struct draft *d, const char *name, size_t *out, const struct place *at)
{
	int i = plan_find_lot(&d->line->plan, name);

	if (i < 0) {
		say_no_lot(d, name, at);
		return false;
	}
	*out = (size_t)i;
	return true;
}

static void narrow_openers(struct draft *d, const cJSON *open, const struct place *at)
{
	struct plan *plan = &d->line->plan;
	const cJSON *item;
	size_t i = 0;

	if (cJSON_GetArraySize(open) == 0)
		place_error(at, "is empty: no unit would ever open");
	for (size_t s = 0; s < plan->source_count; s++)
		plan->sources[s].opens = false;
	cJSON_ArrayForEach(item, open)
	{
		struct place here = place_element(at, i++);
		const char *name = schema_text(item, "the name of a source", &here);
		int s = name ? plan_find_source(plan, name) : -1;

		if (!name || (s >= 0 && d->notes[s].is_broken))
			continue;
		if (s < 0)
			say_no_source(d, name, &here);
		else if (plan->sources[s].kind != SOURCE_UNIT)
			place_error(&here, "\"%s\" is a source of lots, it opens no unit", name);
		else if (!d->notes[s].is_used)
			place_error(
				&here, "\"%s\" opens no unit: no feature and no lot uses it", name);
		else
			plan->sources[s].opens = true;
	}
}

void line_mark_openers(struct draft *d, const cJSON *open, const struct place *unit)
{
	struct place at = place_key(unit, "open");
	struct plan *plan = &d->line->plan;

	for (size_t s = 0; s < plan->source_count; s++)
		plan->sources[s].opens =
			d->notes[s].is_used && plan->sources[s].kind == SOURCE_UNIT;
	if (open && d->notes)
		narrow_openers(d, open, &at);
}
