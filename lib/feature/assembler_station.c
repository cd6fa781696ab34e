/* Enters and exits, and what hangs on them: the visits of units, and the lots loaded then. */
#include <errno.h>
#include <string.h>

#include "lib/feature/assembler_inside.h"

/* The nearest event of another unit strictly after (step 1) or before (step -1) `time_ms`, in a
 * station's track. NULL: none. */
static const struct sample *neighbour(
	const struct signal *track, const char *unit, int64_t time_ms, int step)
{
	const struct sample *first;
	size_t count = step > 0 ? signal_range(track, later_ms(time_ms, 1), INT64_MAX, &first)
				: signal_range(track, INT64_MIN, earlier_ms(time_ms, 1), &first);

	for (size_t i = 0; i < count; i++) {
		const struct sample *s = &first[step > 0 ? i : count - 1 - i];

		if (strcmp(s->text, unit) != 0)
			return s;
	}
	return NULL;
}

struct stay assembler_stay(const struct assembler *a, const struct open_unit *u, size_t station)
{
	const struct station *s = &a->plan->stations[station];
	const struct visit *v = &u->visits[station];
	const struct sample *previous = NULL;

	if (s->enter == NO_INDEX && v->exit_ms != NO_TIME)
		previous = neighbour(a->tracks[station], u->id, v->exit_ms, -1);
	return visit_stay(s, v, previous ? previous->time_ms : NO_TIME);
}

static int note_event(struct signal *track, const struct open_unit *u, int64_t time_ms)
{
	const struct value id = {.kind = VALUE_TEXT, .text = u->id};
	int rc = signal_add(track, time_ms, &id, true);

	return rc < 0 ? rc : 0;
}

/* The enter at `time_ms` ends the visit of a unit that entered before it. */
static int end_visit(struct assembler *a, const char *unit, size_t station, int64_t time_ms)
{
	struct open_unit *u = unit_table_find(a->units, unit);

	if (!u)
		return 0;
	visit_ended(&u->visits[station], time_ms, a->clock_ms);
	return assembler_settle(a, u);
}

/* An enter where there are no exits: it ends the visit before it, or those of equal times, and the
 * one after it ends this. */
static int end_neighbours(struct assembler *a, struct open_unit *u, size_t station, int64_t time_ms)
{
	const struct signal *track = a->tracks[station];
	const struct sample *before = neighbour(track, u->id, time_ms, -1), *first;
	const struct sample *after = neighbour(track, u->id, time_ms, 1);
	size_t count = 0;

	if (after)
		visit_ended(&u->visits[station], after->time_ms, a->clock_ms);
	if (before)
		count = signal_range(track, before->time_ms, before->time_ms, &first);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(first[i].text, u->id) != 0 &&
			end_visit(a, first[i].text, station, time_ms) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int enter(struct assembler *a, struct open_unit *u, size_t station, int64_t time_ms,
	bool *taken, bool *repeated)
{
	enum visit_event event = visit_enter(&u->visits[station], time_ms, a->clock_ms);
	int rc;

	*taken = *taken || event != VISIT_REPEATED;
	*repeated = *repeated || event != VISIT_TAKEN;
	if (event == VISIT_REPEATED || !a->tracks[station])
		return 0;
	rc = note_event(a->tracks[station], u, time_ms);
	return rc < 0 ? rc : end_neighbours(a, u, station, time_ms);
}

static int leave(struct assembler *a, struct open_unit *u, size_t station, int64_t time_ms,
	bool *taken, bool *repeated)
{
	enum visit_event event = visit_exit(&u->visits[station], time_ms, a->clock_ms);

	*taken = *taken || event != VISIT_REPEATED;
	*repeated = *repeated || event != VISIT_TAKEN;
	if (event == VISIT_REPEATED || !a->tracks[station])
		return 0;
	return note_event(a->tracks[station], u, time_ms);
}

int assembler_take_events(struct assembler *a, struct open_unit *u, size_t source, int64_t time_ms,
	bool *taken, bool *repeated)
{
	const struct source_routes *routes = &a->routes.sources[source];
	int rc = 0;

	for (size_t i = 0; i < routes->enters.count && rc == 0; i++)
		rc = enter(a, u, routes->enters.v[i], time_ms, taken, repeated);
	for (size_t i = 0; i < routes->exits.count && rc == 0; i++)
		rc = leave(a, u, routes->exits.v[i], time_ms, taken, repeated);
	return rc;
}

/* Is it an event that its own assembler, which may have seen it already, takes? */
static bool is_taken(const struct visit *v, bool is_enter, int64_t time_ms)
{
	int64_t taken_ms = is_enter ? v->enter_ms : v->exit_ms;

	return taken_ms == NO_TIME || time_ms <= taken_ms;
}

/* The enter of a unit that is not one of ours ends the visit of ours before it. */
static int end_before(struct assembler *a, const char *unit, size_t station, int64_t time_ms)
{
	const struct signal *track = a->tracks[station];
	const struct sample *before = neighbour(track, unit, time_ms, -1), *first;
	size_t count = before ? signal_range(track, before->time_ms, before->time_ms, &first) : 0;

	for (size_t i = 0; i < count; i++)
		if (end_visit(a, first[i].text, station, time_ms) < 0)
			return -ENOMEM;
	return 0;
}

/* Under a line file that knows no such station all its events count. */
static int note_other(struct assembler *a, size_t station, const struct assembler *owner,
	const struct open_unit *u, int64_t time_ms)
{
	const struct station *s = &a->plan->stations[station];
	int at = plan_find_station(owner->plan, s->name), rc;

	if (!a->tracks[station] ||
		(at >= 0 && !is_taken(&u->visits[at], s->enter != NO_INDEX, time_ms)))
		return 0;
	rc = note_event(a->tracks[station], u, time_ms);
	return rc < 0 || s->enter == NO_INDEX ? rc : end_before(a, u->id, station, time_ms);
}

int assembler_note_other(struct assembler *a, size_t source, const struct assembler *owner,
	const struct open_unit *u, int64_t time_ms)
{
	const struct source_routes *routes = &a->routes.sources[source];
	int rc = 0;

	for (size_t i = 0; i < routes->enters.count && rc == 0; i++)
		rc = note_other(a, routes->enters.v[i], owner, u, time_ms);
	for (size_t i = 0; i < routes->exits.count && rc == 0; i++)
		rc = note_other(a, routes->exits.v[i], owner, u, time_ms);
	return rc;
}

/* At what time the unit's lot was loaded; NO_TIME: it has not entered yet. */
static int64_t loaded_ms(const struct lot *lot, const struct open_unit *u)
{
	int64_t at_ms = lot->at == NO_INDEX ? u->started_ms : u->visits[lot->at].enter_ms;

	return at_ms == NO_TIME ? NO_TIME : earlier_ms(at_ms, lot->delay_ms);
}

/* The unit's lot is the one loaded at its start or enter, `delay` earlier. Where what told that is
 * gone, it is still the one that is bound. */
static int bind_loaded(struct assembler *a, struct open_unit *u, size_t index)
{
	const struct signal *told = a->signals[a->routes.lot_signals[index]];
	int64_t at_ms = loaded_ms(&a->plan->lots[index], u);
	const struct sample *loaded = at_ms == NO_TIME ? NULL : signal_at(told, at_ms);
	struct lot_binding *b = &u->bindings[index];
	struct lot_entry *entry;

	if (!loaded) {
		if (signal_dropped_to_ms(told) == INT64_MIN)
			lot_unbind(a->lots, b);
		return 0;
	}
	b->time_ms = loaded->time_ms;
	if (b->lot && strcmp(b->lot->id, loaded->text) == 0)
		return 0;
	lot_unbind(a->lots, b);
	entry = lot_table_get(a->lots, loaded->text);
	if (!entry)
		return -ENOMEM;
	lot_bind(b, entry);
	lot_table_touch(a->lots, entry);
	return 0;
}

int assembler_bind_loaded(struct assembler *a, struct open_unit *u)
{
	int rc = 0;

	for (size_t i = 0; i < a->plan->lot_count && rc == 0; i++)
		if (a->plan->lots[i].is_loaded)
			rc = bind_loaded(a, u, i);
	return rc;
}

int assembler_rebind_all(struct assembler *a, size_t lot, int64_t since_ms)
{
	for (struct open_unit *u = unit_table_first_due(a->units); u; u = u->next) {
		int rc = 0;

		if (loaded_ms(&a->plan->lots[lot], u) < since_ms)
			continue;
		rc = bind_loaded(a, u, lot);
		if (rc == 0)
			rc = assembler_settle(a, u);
		if (rc < 0)
			return rc;
	}
	return 0;
}
