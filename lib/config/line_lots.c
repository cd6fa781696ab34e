/* The lots of a line: which field names the lot that a unit is made of. */
#include <stdlib.h>

#include "lib/config/files.h"
#include "lib/config/line_file.h"
#include "lib/config/names.h"

/* The document as it is read: texts are borrowed from it. */
struct lot_file {
	const char *bind, *at;
	int64_t delay_ms;
	bool has_at, has_delay;
};

#define AT(member) .offset = offsetof(struct lot_file, member)
#define FLAG(member) .flag = offsetof(struct lot_file, member)
static const struct key lot_keys[] = {
	{"bind", KEY_TEXT, AT(bind), .is_required = true,
		.help = "the field that names the lot, such as \"start.resin_lot\""},
	{"at", KEY_TEXT, AT(at), FLAG(has_at)},
	{"delay", KEY_DURATION, AT(delay_ms), .low = "0ms", .high = "365d", .preset = "0ms",
		FLAG(has_delay)},
	{0},
};
#undef FLAG
#undef AT

/* A field of the unit itself. */
static void check_named(const struct draft *d, const struct lot_file *f,
	const struct source *source, const struct place *lot)
{
	struct place bind = place_key(lot, "bind"), at = place_key(lot, "at"),
		     delay = place_key(lot, "delay");

	if (d->line->plan.unit.every_ms > 0)
		place_error(&bind,
			"units by the clock (\"every\") get nothing from \"%s\", a source of units",
			source->name);
	if (f->has_at)
		place_error(&at,
			"goes with a lot that a stream says is loaded; \"%s\" is a source of "
			"units, "
			"remove the key",
			source->name);
	if (f->has_delay)
		place_error(&delay,
			"goes with a lot that a stream says is loaded; \"%s\" is a source of "
			"units, "
			"remove the key",
			source->name);
}

/* The lot that a stream says is loaded. */
static void read_loaded(struct draft *d, struct lot *lot, const struct lot_file *f,
	const struct source *source, const struct place *place)
{
	struct place bind = place_key(place, "bind"), at = place_key(place, "at");

	lot->is_loaded = true;
	lot->delay_ms = f->delay_ms;
	if (!source->journal)
		place_error(&bind,
			"\"%s\" is not kept in the journal (\"journal\": false), and which lot is "
			"loaded must not be lost",
			source->name);
	if (f->at)
		(void)line_find_entered(d, f->at, &lot->at, &at);
}

static void read_lot(struct draft *d, struct lot *lot, const cJSON *item, const struct place *at)
{
	struct place bind = place_key(at, "bind");
	const struct source *source;
	struct lot_file f = {0};
	const char *field = NULL;

	(void)schema_read(lot_keys, item, &f, at);
	if (!name_is_valid(item->string))
		place_error(at, "is no name for a lot, allowed is " NAME_RULE);
	if (!f.bind || !d->notes ||
		line_find_signal(d, f.bind, LINE_USE_OPENS, &lot->bind_source, &field, &bind) !=
			LINE_REF_OK)
		return;
	lot->bind_field = files_copy(d->report, field);
	source = &d->line->plan.sources[lot->bind_source];
	if (source->kind == SOURCE_LOT)
		place_error(&bind,
			"\"%s\" is a source of lots; a unit's lot is named by a field of a source "
			"that carries units, or by a stream",
			source->name);
	else if (source->kind == SOURCE_UNIT)
		check_named(d, &f, source, at);
	else
		read_loaded(d, lot, &f, source, at);
}

/* A lot in which something was wrong stays in the plan, so that what refers to it is not called
 * dangling too. */
void line_read_lots(struct draft *d, const cJSON *lots, const struct place *top)
{
	struct place at = place_key(top, "lots");
	struct plan *plan = &d->line->plan;
	size_t count = (size_t)cJSON_GetArraySize(lots);
	const cJSON *item;

	plan->lots = calloc(count + 1, sizeof(plan->lots[0]));
	if (!plan->lots) {
		d->report->failed = true;
		return;
	}
	cJSON_ArrayForEach(item, lots)
	{
		struct place here = place_key(&at, item->string);
		struct lot *lot = &plan->lots[plan->lot_count];

		*lot = (struct lot){.name = files_copy(d->report, item->string), .at = NO_INDEX};
		if (!lot->name)
			return;
		plan->lot_count++;
		read_lot(d, lot, item, &here);
	}
}
