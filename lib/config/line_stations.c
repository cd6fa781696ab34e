/* The stations of a line: between which messages a unit is there. */
#include <stdlib.h>

#include "lib/config/files.h"
#include "lib/config/line_file.h"
#include "lib/config/names.h"

#define EVENTS "enter and exit come from sources that carry units"

/* The document as it is read: texts are borrowed from it. */
struct station_file {
	const char *enter, *exit;
	int64_t max_dwell_ms, look_back_ms, reorder_ms;
	bool has_max_dwell, has_look_back, has_no_exit;
	int no_exit;
};

static const struct choice no_exit_choices[] = {{"missing", false}, {"close", true}, {0}};

#define AT(member) .offset = offsetof(struct station_file, member)
#define FLAG(member) .flag = offsetof(struct station_file, member)
static const struct key station_keys[] = {
	{"enter", KEY_TEXT, AT(enter)},
	{"exit", KEY_TEXT, AT(exit)},
	{"max_dwell", KEY_DURATION, AT(max_dwell_ms), .low = "1ms", .high = "365d",
		FLAG(has_max_dwell)},
	{"look_back", KEY_DURATION, AT(look_back_ms), .low = "1ms", .high = "365d",
		FLAG(has_look_back)},
	{"reorder", KEY_DURATION, AT(reorder_ms), .low = "0ms", .high = "365d", .preset = "0ms"},
	{"no_exit", KEY_CHOICE, AT(no_exit), .choices = no_exit_choices, .preset = "missing",
		FLAG(has_no_exit)},
	{0},
};
#undef FLAG
#undef AT

/* Which keys go with which events. */
static void check_keys(const struct station_file *f, bool has_enter, const struct place *at)
{
	struct place max_dwell = place_key(at, "max_dwell"), look_back = place_key(at, "look_back"),
		     no_exit = place_key(at, "no_exit");

	if (has_enter && !f->has_max_dwell)
		place_error(at,
			"has an \"enter\", so it needs a \"max_dwell\": how long a unit may "
			"stay at most");
	if (has_enter && f->has_look_back)
		place_error(
			&look_back, "means nothing where there is an \"enter\"; remove the key");
	if (!has_enter && f->has_max_dwell)
		place_error(&max_dwell,
			"goes with an \"enter\", which is missing; how far a window "
			"reaches back from its exit is \"look_back\"");
	if (!has_enter && f->has_no_exit)
		place_error(&no_exit, "goes with an \"enter\", which is missing; without an exit "
				      "there is no window then");
}

static void read_events(struct draft *d, struct station *station, const struct station_file *f,
	const struct place *at)
{
	struct place enter = place_key(at, "enter"), exit = place_key(at, "exit");
	enum line_ref found = LINE_REF_BAD;

	if (f->enter)
		found = line_find_unit_source(
			d, f->enter, LINE_USE_OPENS, &station->enter, EVENTS, &enter);
	if (f->exit &&
		line_find_unit_source(d, f->exit, LINE_USE_OPENS, &station->exit, EVENTS, &exit) ==
			LINE_REF_OK &&
		found == LINE_REF_OK && station->enter == station->exit)
		place_error(&exit,
			"is \"%s\", which is the \"enter\" too; two sources with one "
			"topic can be told apart by \"when\"",
			f->exit);
}

static void read_station(
	struct draft *d, struct station *station, const cJSON *item, const struct place *at)
{
	struct station_file f = {0};

	if (!schema_read(station_keys, item, &f, at) && !cJSON_IsObject(item))
		return;
	if (!name_is_valid(item->string))
		place_error(at, "is no name for a station, allowed is " NAME_RULE);
	if (!cJSON_GetObjectItemCaseSensitive(item, "enter") &&
		!cJSON_GetObjectItemCaseSensitive(item, "exit"))
		place_error(at,
			"has neither \"enter\" nor \"exit\": name the source that says when "
			"a unit comes, the one that says when it leaves, or both");
	else
		check_keys(&f, cJSON_GetObjectItemCaseSensitive(item, "enter"), at);
	station->max_dwell_ms = f.max_dwell_ms;
	station->look_back_ms = f.look_back_ms;
	station->reorder_ms = f.reorder_ms;
	station->no_exit_closes = f.no_exit;
	if (d->notes)
		read_events(d, station, &f, at);
}

void line_read_stations(struct draft *d, const cJSON *stations, const struct place *top)
{
	struct place at = place_key(top, "stations");
	size_t count = (size_t)cJSON_GetArraySize(stations);
	struct plan *plan = &d->line->plan;
	const cJSON *item;

	plan->stations = calloc(count + 1, sizeof(plan->stations[0]));
	d->is_station_broken = calloc(count + 1, sizeof(d->is_station_broken[0]));
	if (!plan->stations || !d->is_station_broken) {
		d->report->failed = true;
		return;
	}
	cJSON_ArrayForEach(item, stations)
	{
		struct place here = place_key(&at, item->string);
		struct station *station = &plan->stations[plan->station_count];
		size_t errors = d->report->errors;

		*station = (struct station){.name = files_copy(d->report, item->string),
			.enter = NO_INDEX,
			.exit = NO_INDEX};
		if (!station->name)
			return;
		read_station(d, station, item, &here);
		d->is_station_broken[plan->station_count++] = d->report->errors != errors;
	}
}
