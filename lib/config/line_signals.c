/* What the parts of a line refer to by name: sources, signals, stations, lots. */
#include <stdlib.h>
#include <string.h>

#include "lib/config/line_file.h"
#include "lib/config/names.h"

const char *line_kind_text(enum source_kind kind)
{
	static const char *const texts[] = {
		[SOURCE_UNIT] = "a source of units",
		[SOURCE_LOT] = "a source of lots",
		[SOURCE_STREAM] = "a stream of the line",
	};

	return texts[kind];
}

enum line_ref line_find_source(
	struct draft *d, const char *name, enum line_use use, size_t *out, const struct place *at)
{
	CLEANUP(suggestion_deinit) struct suggestion hint;
	const struct plan *plan = &d->line->plan;
	int i = plan_find_source(plan, name);

	suggestion_init(&hint, name);
	if (i < 0) {
		for (size_t k = 0; k < plan->source_count; k++)
			suggestion_add(&hint, plan->sources[k].name);
		place_error(at, "there is no source \"%s\", %s", name, suggestion_text(&hint));
		return LINE_REF_BAD;
	}
	*out = (size_t)i;
	d->notes[i].is_used = true;
	d->notes[i].may_open |= use == LINE_USE_OPENS;
	return d->notes[i].is_broken ? LINE_REF_UNSURE : LINE_REF_OK;
}

enum line_ref line_find_unit_source(struct draft *d, const char *name, enum line_use use,
	size_t *out, const char *wanted, const struct place *at)
{
	enum line_ref found = line_find_source(d, name, use, out, at);
	enum source_kind kind;

	if (found != LINE_REF_OK)
		return found;
	kind = d->line->plan.sources[*out].kind;
	if (kind == SOURCE_UNIT)
		return LINE_REF_OK;
	place_error(at, "\"%s\" is %s; %s", name, line_kind_text(kind), wanted);
	return LINE_REF_BAD;
}

/* Can `source` have the field? With a tag every tag may come. */
static enum line_ref find_field(
	const struct source *source, const char *field, const struct place *at)
{
	CLEANUP(suggestion_deinit) struct suggestion hint;
	bool is_scalar = source->decoder != decoder_find("json");

	suggestion_init(&hint, field);
	if (source->tag.count > 0 || (!is_scalar && source->field_count == 0))
		return LINE_REF_OK;
	if (is_scalar && strcmp(field, "value") == 0)
		return LINE_REF_OK;
	if (is_scalar)
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

enum line_ref line_find_signal(struct draft *d, const char *text, enum line_use use, size_t *source,
	const char **field, const struct place *at)
{
	const char *dot = strchr(text, '.');
	enum line_ref found;
	char *name;

	if (!dot || dot == text || !dot[1]) {
		place_error(at, "is \"%s\", allowed is <source>.<field>", text);
		return LINE_REF_BAD;
	}
	name = strndup(text, (size_t)(dot - text));
	if (!name) {
		d->report->failed = true;
		return LINE_REF_BAD;
	}
	found = line_find_source(d, name, use, source, at);
	*field = dot + 1;
	if (found == LINE_REF_OK)
		found = find_field(&d->line->plan.sources[*source], dot + 1, at);
	free(name);
	return found;
}

enum line_ref line_find_station(
	const struct draft *d, const char *name, size_t *out, const struct place *at)
{
	CLEANUP(suggestion_deinit) struct suggestion hint;
	const struct plan *plan = &d->line->plan;
	int i = plan_find_station(plan, name);

	suggestion_init(&hint, name);
	if (i < 0) {
		for (size_t k = 0; k < plan->station_count; k++)
			suggestion_add(&hint, plan->stations[k].name);
		place_error(at, "there is no station \"%s\", %s", name, suggestion_text(&hint));
		return LINE_REF_BAD;
	}
	*out = (size_t)i;
	return d->is_station_broken[i] ? LINE_REF_UNSURE : LINE_REF_OK;
}

enum line_ref line_find_entered(
	const struct draft *d, const char *name, size_t *out, const struct place *at)
{
	enum line_ref found = line_find_station(d, name, out, at);

	if (found != LINE_REF_OK || d->line->plan.stations[*out].enter != NO_INDEX)
		return found;
	place_error(
		at, "the station \"%s\" has no \"enter\", which this would be counted from", name);
	return LINE_REF_BAD;
}

enum line_ref line_find_lot(
	const struct draft *d, const char *name, size_t *out, const struct place *at)
{
	CLEANUP(suggestion_deinit) struct suggestion hint;
	const struct plan *plan = &d->line->plan;
	int i = plan_find_lot(plan, name);

	suggestion_init(&hint, name);
	if (i < 0) {
		for (size_t k = 0; k < plan->lot_count; k++)
			suggestion_add(&hint, plan->lots[k].name);
		place_error(at, "there is no lot \"%s\", %s", name, suggestion_text(&hint));
		return LINE_REF_BAD;
	}
	*out = (size_t)i;
	return LINE_REF_OK;
}
