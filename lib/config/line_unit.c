/* The life of a unit: when it is ready, how long it is waited for, what opens it. */
#include <string.h>

#include "lib/config/line_file.h"

#define READY_RULE "\"complete\" or an object such as {\"on\": \"<source>\", \"grace\": \"3s\"}"

/* The document as it is read: texts are borrowed from it. */
struct unit_file {
	int64_t deadline_ms, again_ms, every_ms;
	bool has_deadline, has_again;
	const cJSON *ready, *open;
};

struct ready_file {
	const char *on;
	int64_t grace_ms;
};

#define AT(member) .offset = offsetof(struct unit_file, member)
#define FLAG(member) .flag = offsetof(struct unit_file, member)
static const struct key unit_keys[] = {
	{"ready", KEY_ANY, AT(ready)},
	{"deadline", KEY_DURATION, AT(deadline_ms), .low = "1ms", .high = "365d", .preset = "300s",
		FLAG(has_deadline)},
	{"again", KEY_DURATION, AT(again_ms), .low = "0ms", .high = "10y", .preset = "24h",
		FLAG(has_again)},
	{"open", KEY_LIST, AT(open)},
	{"every", KEY_DURATION, AT(every_ms), .low = "100ms", .high = "365d"},
	{0},
};
#undef FLAG
#undef AT

#define AT(member) .offset = offsetof(struct ready_file, member)
static const struct key ready_keys[] = {
	{"on", KEY_TEXT, AT(on), .is_required = true,
		.help = "the source whose first message for a unit makes it ready"},
	{"grace", KEY_DURATION, AT(grace_ms), .low = "0ms", .high = "365d", .preset = "0ms"},
	{0},
};
#undef AT

static void read_ready(struct draft *d, const cJSON *item, const struct place *at)
{
	struct unit_policy *unit = &d->line->plan.unit;
	struct place on = place_key(at, "on");
	struct ready_file f = {0};

	if (cJSON_IsString(item) && strcmp(item->valuestring, "complete") == 0)
		return;
	if (!cJSON_IsObject(item)) {
		schema_refuse(item, at, READY_RULE);
		return;
	}
	(void)schema_read(ready_keys, item, &f, at);
	unit->grace_ms = f.grace_ms;
	if (f.on && d->notes)
		(void)line_find_unit_source(d, f.on, LINE_USE_READS, &unit->ready_on,
			"a unit is ready on a source that carries units", &on);
}

/* Units by the clock are opened and scored at once by no message at all. */
static void check_every(const struct draft *d, const struct unit_file *f, const struct place *top)
{
	struct place at = place_key(top, "unit"), stations = place_key(top, "stations");
	const struct {
		const char *key;
		bool is_there;
	} others[] = {{"ready", f->ready}, {"deadline", f->has_deadline}, {"again", f->has_again},
		{"open", f->open}};

	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		struct place here = place_key(&at, others[i].key);

		if (others[i].is_there)
			place_error(&here,
				"units by the clock (\"every\") are opened and scored at "
				"once; remove the key");
	}
	if (d->line->plan.station_count > 0)
		place_error(&stations, "units by the clock (\"every\") go through no station; "
				       "remove the one or the other");
}

void line_read_unit(struct draft *d, const cJSON *unit, const struct place *top)
{
	struct place at = place_key(top, "unit"), ready = place_key(&at, "ready");
	struct unit_policy *policy = &d->line->plan.unit;
	struct unit_file f = {0};

	(void)schema_read(unit_keys, unit, &f, &at);
	*policy = (struct unit_policy){.ready_on = NO_INDEX,
		.deadline_ms = f.deadline_ms,
		.again_ms = f.again_ms,
		.every_ms = f.every_ms};
	if (f.every_ms > 0)
		check_every(d, &f, top);
	else if (f.ready)
		read_ready(d, f.ready, &ready);
}

static bool is_label_source(const struct plan *plan, size_t source)
{
	for (size_t i = 0; i < plan->label_count; i++)
		if (plan->labels[i].source == source)
			return true;
	return false;
}

static void open_one(struct draft *d, const char *name, const struct place *at)
{
	struct plan *plan = &d->line->plan;
	size_t s;

	if (line_find_source(d, name, LINE_USE_READS, &s, at) != LINE_REF_OK)
		return;
	if (plan->sources[s].kind != SOURCE_UNIT)
		place_error(at, "\"%s\" is %s, it opens no unit", name,
			line_kind_text(plan->sources[s].kind));
	else if (is_label_source(plan, s))
		place_error(at, "\"%s\" is a source of labels, it never opens a unit", name);
	else if (!d->notes[s].may_open)
		place_error(at, "\"%s\" opens no unit: no feature, lot or station uses it", name);
	else
		plan->sources[s].opens = true;
}

static void narrow_openers(struct draft *d, const cJSON *open, const struct place *at)
{
	const cJSON *item;
	size_t i = 0;

	if (cJSON_GetArraySize(open) == 0)
		place_error(at, "is empty: no unit would ever open");
	for (size_t s = 0; s < d->line->plan.source_count; s++)
		d->line->plan.sources[s].opens = false;
	cJSON_ArrayForEach(item, open)
	{
		struct place here = place_element(at, i++);
		const char *name = schema_text(item, "the name of a source", &here);

		if (name)
			open_one(d, name, &here);
	}
}

void line_mark_openers(struct draft *d, const cJSON *unit, const struct place *top)
{
	const cJSON *open = cJSON_GetObjectItemCaseSensitive(unit, "open");
	struct place at = place_key(top, "unit"), here = place_key(&at, "open");
	struct plan *plan = &d->line->plan;
	bool is_any = false;

	if (plan->unit.every_ms > 0)
		return;
	for (size_t s = 0; d->notes && s < plan->source_count; s++) {
		plan->sources[s].opens = d->notes[s].may_open &&
					 plan->sources[s].kind == SOURCE_UNIT &&
					 !is_label_source(plan, s);
		is_any |= plan->sources[s].opens;
	}
	if (cJSON_IsArray(open) && d->notes)
		narrow_openers(d, open, &here);
	else if (!is_any && line_is_sound(d))
		place_error(&at,
			"no unit would ever open: no feature, lot or station uses a source "
			"that carries units; add one, or say \"every\"");
}
