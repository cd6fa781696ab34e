/* Several line files of one line at a time: units that are open go on under the file that they were
 * opened with, and what opens from now on belongs to the newest.
 *
 * Each file has an assembler, and each assembler gets every message. Samples and the properties of
 * lots all of them keep. A unit is open in one of them, which alone takes its messages; the others
 * note of it only what the stays of their own units hang on: when it came to a station and went.
 * The newest alone opens units, remembers the scored ones, and reads labels. */
#include <errno.h>
#include <stdlib.h>

#include "lib/base/err.h"
#include "lib/base/timestamp.h"
#include "lib/feature/assembler_inside.h"

void assembler_set_order(struct assembler *a, struct assembler *newest, struct assembler *older)
{
	a->newest = newest;
	a->older = older;
}

void assembler_end(struct assembler *a)
{
	a->ends = true;
}

static struct assembler *newest_of(struct assembler *a)
{
	return a->newest ? a->newest : a;
}

struct remembered *assembler_memory(const struct assembler *a)
{
	return a->newest ? a->newest->remembered : a->remembered;
}

/* Complete ones are as good as gone. */
size_t assembler_open_in_all(const struct assembler *a)
{
	size_t count = 0;

	for (const struct assembler *g = a->newest ? a->newest : a; g; g = g->older) {
		const struct open_unit *u = unit_table_first_complete(g->units);

		count += unit_table_count(g->units);
		for (; u; u = u->complete_next)
			count--;
	}
	return count;
}

bool assembler_remember(struct assembler *a, const struct open_unit *u)
{
	struct assembler *n = newest_of(a);

	if (n->plan->unit.every_ms > 0)
		return true; /* no message asks for it */
	if (remembered_add(n->remembered, u->id, u->started_ms, a->clock_ms) < 0)
		return false;
	if (remembered_count(n->remembered) > n->limits.remembered_units) {
		remembered_drop_oldest(n->remembered);
		n->counts.remembered_units_over++;
	}
	return true;
}

static const struct open_unit *find_in_others(
	struct assembler *a, const char *id, const struct assembler **owner)
{
	for (struct assembler *g = newest_of(a); g; g = g->older) {
		const struct open_unit *u = g == a ? NULL : unit_table_find(g->units, id);

		*owner = g;
		if (u)
			return u;
	}
	return NULL;
}

/* Is the unit open under an earlier line file, and is this message still for it? */
static bool is_held(struct assembler *a, const struct source *s, const struct reading *r)
{
	for (struct assembler *g = a->older; g; g = g->older) {
		struct open_unit *u = unit_table_find(g->units, r->id);

		if (!u)
			continue;
		if (!s->opens || r->time_ms < later_ms(u->started_ms, g->plan->unit.again_ms))
			return true;
		unit_table_retire(g->units, u, "again"); /* its id begins anew, here */
	}
	return false;
}

/* One that opens none leaves it to the newest that an id begins anew. */
static bool is_ours(struct assembler *a, const struct source *s, const struct reading *r)
{
	const struct open_unit *u = unit_table_find(a->units, r->id);

	if (!a->newest)
		return u || !is_held(a, s, r);
	return u && (!s->opens || r->time_ms < later_ms(u->started_ms, a->plan->unit.again_ms));
}

/* Does it belong to an earlier unit of the same id, which is scored? */
static bool is_late(const struct assembler *owner, const struct reading *r)
{
	int64_t started_ms;

	return remembered_find(assembler_memory(owner), r->id, &started_ms) &&
	       r->time_ms < later_ms(started_ms, owner->plan->unit.again_ms);
}

int assembler_leave_to_others(
	struct assembler *a, size_t source, const struct reading *r, struct err *err)
{
	const struct source *s = &a->plan->sources[source];
	const struct assembler *owner;
	const struct open_unit *u;

	if ((!a->newest && !a->older) || is_ours(a, s, r))
		return REFUSAL_NONE;
	u = find_in_others(a, r->id, &owner);
	if (u && !is_late(owner, r) && assembler_note_other(a, source, owner, u, r->time_ms) < 0)
		return -ENOMEM;
	err_set(err, 0, "source \"%s\": unit \"%s\" is not one of this line file", s->name, r->id);
	return REFUSAL_UNMATCHED;
}

/* Whether a source is near our clock is known of those that have stayed. */
static void take_over_near(struct assembler *a, const struct assembler *old)
{
	for (size_t i = 0; i < a->plan->source_count; i++) {
		int at = plan_find_source(old->plan, a->plan->sources[i].name);

		if (at < 0 || !old->near_us[at] || a->near_us[i])
			continue;
		a->near_us[i] = true;
		a->near_count++;
	}
}

void assembler_go_on(struct assembler *a, const struct assembler *old)
{
	take_over_near(a, old);
	a->counts = old->counts;
}

/* Everything but units, open and remembered, goes by way of bytes: names find their new places. */
static int take_over_state(struct assembler *a, const struct assembler *old, struct err *err)
{
	CLEANUP(buf_deinit) struct buf bytes;
	struct cursor in;

	buf_init(&bytes);
	assembler_save_for_next(old, &bytes);
	if (buf_failed(&bytes))
		return err_set(err, -ENOMEM, "no memory to take a line's state over");
	cursor_init(&in, bytes.data, bytes.len);
	return assembler_load(a, &in, err);
}

int assembler_succeed(struct assembler *a, struct assembler *old, struct err *err)
{
	struct remembered *none = NULL;
	int r = remembered_new(&none);

	if (r < 0)
		return err_set(err, r, "no memory to take a line's state over");
	r = take_over_state(a, old, err);
	if (r < 0) {
		remembered_free(none);
		return r;
	}
	take_over_near(a, old);
	remembered_free(a->remembered);
	a->remembered = old->remembered;
	old->remembered = none;
	while (remembered_count(a->remembered) > a->limits.remembered_units)
		remembered_drop_oldest(a->remembered);
	old->every.next_ms = old->every.due_ms = NO_TIME;
	return 0;
}
