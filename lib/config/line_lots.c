/* The lots of a line: which field of a unit names the lot it is made of. */
#include <stdlib.h>
#include <string.h>

#include "lib/config/files.h"
#include "lib/config/line_file.h"
#include "lib/config/names.h"

/* The document as it is read: texts are borrowed from it. */
struct lot_file {
	const char *bind;
};

static const struct key lot_keys[] = {
	{"bind", KEY_TEXT, .offset = offsetof(struct lot_file, bind), .is_required = true,
		.help = "the field of a unit that names its lot, such as \"start.resin_lot\""},
	{"at", KEY_LATER, .help = "lots bound at a station are"},
	{"delay", KEY_LATER, .help = "lots that arrive with a delay are"},
	{0},
};

static void read_lot(struct draft *d, struct lot *lot, const cJSON *item, const struct place *at)
{
	struct place bind = place_key(at, "bind");
	struct lot_file f = {0};
	const char *field = NULL;

	(void)schema_read(lot_keys, item, &f, at);
	if (!name_is_valid(item->string))
		place_error(at, "is no name for a lot, allowed is " NAME_RULE);
	if (!f.bind || !d->notes ||
		line_find_signal(d, f.bind, &lot->bind_source, &field, &bind) != LINE_REF_OK)
		return;
	lot->bind_field = files_copy(d->report, field);
	if (d->line->plan.sources[lot->bind_source].kind != SOURCE_UNIT)
		place_error(&bind,
			"\"%s\" is a source of lots; a unit's lot is named by a field of a source "
			"that carries units",
			d->line->plan.sources[lot->bind_source].name);
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

		lot->name = files_copy(d->report, item->string);
		if (!lot->name)
			return;
		plan->lot_count++;
		read_lot(d, lot, item, &here);
	}
}
