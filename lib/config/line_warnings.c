/* What is allowed in a line file and hardly meant. */
#include "lib/base/num.h"
#include "lib/config/line_file.h"

static void warn_of_unused(const struct draft *d, const struct place *top)
{
	static const char *const users[] = {
		[SOURCE_UNIT] = "no feature, lot, station or label uses this source",
		[SOURCE_LOT] = "no feature uses this source",
		[SOURCE_STREAM] = "no feature and no lot uses this source",
	};
	struct place sources = place_key(top, "sources");

	for (size_t i = 0; i < d->line->plan.source_count; i++) {
		const struct source *source = &d->line->plan.sources[i];
		struct place here = place_key(&sources, source->name);

		if (!d->notes[i].is_used)
			place_warning(&here, "%s", users[source->kind]);
	}
}

static void warn_of_deadline(
	const struct plan *plan, const struct station *s, const struct place *at)
{
	char stay[NUM_TEXT_MAX], deadline[NUM_TEXT_MAX];

	duration_print(stay, s->max_dwell_ms + s->reorder_ms);
	duration_print(deadline, plan->unit.deadline_ms);
	place_warning(at,
		"a unit may stay %s (max_dwell and reorder), but is scored %s after its opening at "
		"the latest (the deadline of \"unit\")",
		stay, deadline);
}

static void warn_of_stations(const struct draft *d, const struct place *top)
{
	struct place stations = place_key(top, "stations");
	const struct plan *plan = &d->line->plan;

	for (size_t i = 0; i < plan->station_count; i++) {
		const struct station *s = &plan->stations[i];
		struct place here = place_key(&stations, s->name);

		if (s->enter == NO_INDEX && s->look_back_ms == 0)
			place_warning(&here,
				"has an exit alone and no \"look_back\": after a pause "
				"the window reaches back to the unit before it");
		if (s->enter != NO_INDEX &&
			s->max_dwell_ms + s->reorder_ms > plan->unit.deadline_ms)
			warn_of_deadline(plan, s, &here);
		if (s->enter != NO_INDEX && s->max_dwell_ms >= plan->unit.again_ms)
			place_warning(&here,
				"a stay may be as long as the time after which an id begins a new "
				"unit (\"again\" of \"unit\"): its exit may then be another "
				"unit's");
	}
}

static void warn_of_grace(const struct draft *d, const struct place *top)
{
	struct place unit = place_key(top, "unit"), ready = place_key(&unit, "ready"),
		     grace = place_key(&ready, "grace");
	const struct unit_policy *policy = &d->line->plan.unit;

	if (policy->ready_on != NO_INDEX && policy->grace_ms >= policy->deadline_ms)
		place_warning(&grace, "is no shorter than the deadline, which always comes first");
}

static bool has_own_time(const struct source *s)
{
	return s->time_format != TIME_OF_RECEIPT;
}

/* A source whose times are of the other kind than the stream's, among the `source`s of the plan
 * that say when something was; NO_INDEX: none. */
static size_t find_other_clock(const struct plan *plan, size_t stream, size_t source)
{
	bool differs = source != NO_INDEX &&
		       has_own_time(&plan->sources[source]) != has_own_time(&plan->sources[stream]);

	return differs ? source : NO_INDEX;
}

/* The unit's start: the smallest time among its messages. */
static size_t find_other_start(const struct plan *plan, size_t stream)
{
	size_t found = NO_INDEX;

	for (size_t i = 0; i < plan->source_count && found == NO_INDEX; i++)
		if (plan->sources[i].opens)
			found = find_other_clock(plan, stream, i);
	return found;
}

static size_t find_other_of_window(const struct plan *plan, size_t stream, const struct window *w)
{
	const struct station *s = w->station == NO_INDEX ? NULL : &plan->stations[w->station];
	size_t found = NO_INDEX;

	switch (w->anchor) {
	case WINDOW_START:
		return find_other_start(plan, stream);
	case WINDOW_SOURCE:
		return find_other_clock(plan, stream, w->source);
	case WINDOW_ENTER:
		return find_other_clock(plan, stream, s->enter);
	case WINDOW_DURING:
	case WINDOW_EXIT:
		found = find_other_clock(plan, stream, s->enter);
		break;
	}
	return found != NO_INDEX ? found : find_other_clock(plan, stream, s->exit);
}

static void warn_of_clocks(
	const struct plan *plan, size_t stream, size_t other, const struct place *at)
{
	const struct source *own = &plan->sources[stream], *receipt = &plan->sources[other];

	if (other == NO_INDEX)
		return;
	if (!has_own_time(own)) {
		receipt = own;
		own = &plan->sources[other];
	}
	place_warning(at,
		"mixes times: \"%s\" has times of its own, \"%s\" is dated by receipt; what is "
		"late "
		"on its way falls into the wrong window",
		own->name, receipt->name);
}

static void warn_of_mixed_times(const struct draft *d, const struct place *top)
{
	struct place features = place_key(top, "features"), lots = place_key(top, "lots");
	const struct plan *plan = &d->line->plan;

	for (size_t i = 0; i < plan->feature_count; i++) {
		const struct feature *f = &plan->features[i];
		struct place here = place_element(&features, d->line->feature_at[i]);

		if (f->kind == FEATURE_STREAM &&
			(i == 0 || d->line->feature_at[i] != d->line->feature_at[i - 1]))
			warn_of_clocks(plan, f->source,
				find_other_of_window(plan, f->source, &f->window), &here);
	}
	for (size_t i = 0; i < plan->lot_count; i++) {
		const struct lot *l = &plan->lots[i];
		struct place here = place_key(&lots, l->name);

		if (l->is_loaded)
			warn_of_clocks(plan, l->bind_source,
				l->at == NO_INDEX ? find_other_start(plan, l->bind_source)
						  : find_other_clock(plan, l->bind_source,
							    plan->stations[l->at].enter),
				&here);
	}
}

void line_warn(const struct draft *d, const struct place *top)
{
	warn_of_unused(d, top);
	warn_of_stations(d, top);
	warn_of_grace(d, top);
	warn_of_mixed_times(d, top);
}
