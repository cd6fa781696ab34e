/* Takes units that are done out of the assembler. */
#include <stdlib.h>
#include <string.h>

#include "lib/feature/assembler_inside.h"

const char *value_missing_name(enum value_missing why)
{
	static const char *const names[] = {
		[VALUE_PRESENT] = "",
		[MISSING_NOT_SENT] = "not_sent",
		[MISSING_OUT_OF_RANGE] = "out_of_range",
		[MISSING_WRONG_TYPE] = "wrong_type",
		[MISSING_NO_LOT] = "no_lot",
		[MISSING_NO_SAMPLE] = "no_sample",
		[MISSING_TOO_FEW] = "too_few",
		[MISSING_NO_ENTER] = "no_enter",
		[MISSING_NO_EXIT] = "no_exit",
		[MISSING_NO_ANCHOR] = "no_anchor",
		[MISSING_TRUNCATED] = "truncated",
		[MISSING_UNDEFINED] = "undefined",
	};

	return (size_t)why < ARRAY_LEN(names) ? names[why] : "";
}

/* Copies a value's text into the arena. */
static bool keep_value(struct arena *arena, struct value *v)
{
	if (v->kind != VALUE_TEXT)
		return true;
	v->text = arena_string(arena, v->text);
	return v->text != NULL;
}

static bool fill_refused(struct arena *arena, const struct values *values, size_t feature,
	struct assembled_value *out)
{
	const struct refused_value *r = values_refused(values, feature);

	if (!r)
		return true;
	out->refused = (struct value){.kind = r->kind};
	if (r->kind == VALUE_TEXT)
		out->refused.text = r->text;
	else
		out->refused.number = r->number;
	if (out->missing != VALUE_PRESENT)
		out->missing = r->why == VALUE_REFUSAL_OUT_OF_RANGE ? MISSING_OUT_OF_RANGE
								    : MISSING_WRONG_TYPE;
	return keep_value(arena, &out->refused);
}

static struct assembled_value single_value(struct value value, int64_t time_ms)
{
	return (struct assembled_value){
		.value = value, .n = 1, .from_ms = time_ms, .to_ms = time_ms};
}

static bool fill_window(struct assembler *a, const struct open_unit *u, size_t feature,
	struct arena *arena, struct assembled_value *out)
{
	return assembler_take_window(a, u, feature, out) == 0 && keep_value(arena, &out->value) &&
	       keep_value(arena, &out->refused);
}

static bool fill_value(struct assembler *a, const struct open_unit *u, size_t feature,
	struct arena *arena, struct assembled_value *out)
{
	const struct feature *f = &a->plan->features[feature];
	bool is_of_lot = f->kind == FEATURE_LOT || f->kind == FEATURE_LOT_ID;
	const struct lot_binding *b = is_of_lot ? &u->bindings[f->lot] : NULL;
	const struct values *values = &u->values;
	size_t slot = a->routes.slots[feature];

	if (f->kind == FEATURE_STREAM)
		return fill_window(a, u, feature, arena, out);
	*out = (struct assembled_value){.missing = MISSING_NOT_SENT};
	if (b && !b->lot)
		out->missing = MISSING_NO_LOT;
	else if (f->kind == FEATURE_LOT_ID)
		*out = single_value(
			(struct value){.kind = VALUE_TEXT, .text = b->lot->id}, b->time_ms);
	else if (f->kind == FEATURE_LOT)
		values = &b->lot->values;
	if (slot != NO_SLOT && out->missing != MISSING_NO_LOT && values_has(values, slot))
		*out = single_value(values_get(values, slot), values->slots[slot].time_ms);
	return keep_value(arena, &out->value) && fill_refused(arena, values, feature, out);
}

static bool fill_unit(
	struct assembler *a, const struct open_unit *u, struct arena *arena, struct assembled *out)
{
	const struct plan *plan = a->plan;

	a->aggregate_group = NO_INDEX; /* what is in it is another unit's */
	out->gap_ms = assembler_gap_ms(
		a, u->opened_ms, plan->unit.every_ms > 0 ? u->started_ms : a->now_ms);
	out->unit = arena_string(arena, u->id);
	out->started_ms = u->started_ms;
	out->values = arena_zalloc(arena, plan->feature_count + 1, sizeof(*out->values));
	out->lots = arena_zalloc(arena, plan->lot_count + 1, sizeof(*out->lots));
	if (!out->unit || !out->values || !out->lots)
		return false;
	for (size_t i = 0; i < plan->feature_count; i++)
		if (!fill_value(a, u, i, arena, &out->values[i]))
			return false;
	for (size_t i = 0; i < plan->lot_count; i++) {
		const struct lot_entry *lot = u->bindings[i].lot;

		out->lots[i] = lot ? arena_string(arena, lot->id) : "";
		if (!out->lots[i])
			return false;
	}
	return true;
}

static bool is_over(const struct assembler *a)
{
	return assembler_open_in_all(a) > a->limits.open_units;
}

/* Units that may have become complete by time alone, as far as that is before `until_ms`. */
static void wake_units(struct assembler *a, int64_t until_ms)
{
	struct open_unit *u = unit_table_first_wake(a->units);

	while (u && u->wake.time_ms <= until_ms && !unit_table_first_complete(a->units)) {
		if (unit_table_wake(a->units, u, INT64_MAX) < 0 || assembler_settle(a, u) < 0)
			abort(); /* as assembler_take */
		u = unit_table_first_wake(a->units);
	}
}

static struct open_unit *find_done(struct assembler *a, const char **cause)
{
	struct open_unit *u = unit_table_first_complete(a->units);
	struct open_unit *due = unit_table_first_due(a->units);
	bool is_due = due && (a->ends || due->due_ms <= a->clock_ms);

	if (!u) {
		wake_units(a, is_due && !a->ends ? due->due_ms : a->clock_ms);
		u = unit_table_first_complete(a->units);
	}
	if (u) {
		*cause = u->cause;
		return u;
	}
	if (is_due)
		*cause = "deadline";
	else if (due && is_over(a))
		*cause = "open_units";
	else
		return assembler_open_every(a);
	return due;
}

static void forget_old(struct assembler *a, int64_t clock_ms)
{
	int64_t scored_ms;

	if (a->newest)
		return; /* it sees to that */
	while (remembered_oldest(a->remembered, &scored_ms) &&
		later_ms(scored_ms, a->plan->unit.again_ms) <= clock_ms)
		remembered_drop_oldest(a->remembered);
}

bool assembler_next(struct assembler *a, int64_t now_ms, int64_t clock_ms, struct arena *arena,
	struct assembled *out)
{
	struct assembled done = {.cause = "every"};
	struct open_unit *u;

	a->now_ms = now_ms;
	a->clock_ms = clock_ms;
	forget_old(a, clock_ms);
	u = find_done(a, &done.cause);
	if (!u)
		return false;
	done.complete = strcmp(done.cause, "complete") == 0;
	if (!fill_unit(a, u, arena, &done) || !assembler_remember(a, u))
		abort(); /* as assembler_take */
	if (strcmp(done.cause, "open_units") == 0)
		a->counts.open_units_over++;
	unit_table_close(a->units, u, a->lots);
	*out = done;
	return true;
}

int64_t assembler_due_ms(const struct assembler *a)
{
	const struct open_unit *due = unit_table_first_due(a->units);
	const struct open_unit *wake = unit_table_first_wake(a->units);
	int64_t ms = INT64_MAX;

	if (unit_table_first_complete(a->units) || (due && (a->ends || is_over(a))))
		return 0;
	if (due)
		ms = due->due_ms;
	if (wake && wake->wake.time_ms < ms)
		ms = wake->wake.time_ms;
	if (a->every.next_ms != NO_TIME && a->every.due_ms < ms)
		ms = a->every.due_ms;
	return ms;
}
