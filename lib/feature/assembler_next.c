/* Takes units that are done out of the assembler. */
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

static bool fill_value(const struct assembler *a, const struct open_unit *u, size_t feature,
	struct arena *arena, struct assembled_value *out)
{
	const struct feature *f = &a->plan->features[feature];
	const struct lot_binding *b = f->kind == FEATURE_UNIT ? NULL : &u->bindings[f->lot];
	const struct values *values = &u->values;
	size_t slot = a->routes.slots[feature];

	*out = (struct assembled_value){.missing = MISSING_NOT_SENT};
	if (b && !b->lot)
		out->missing = MISSING_NO_LOT;
	else if (f->kind == FEATURE_LOT_ID)
		*out = (struct assembled_value){
			.value = {.kind = VALUE_TEXT, .text = b->lot->id}, .time_ms = b->time_ms};
	else if (f->kind == FEATURE_LOT)
		values = &b->lot->values;
	if (slot != NO_SLOT && out->missing != MISSING_NO_LOT && values_has(values, slot))
		*out = (struct assembled_value){
			.value = values_get(values, slot), .time_ms = values->slots[slot].time_ms};
	return keep_value(arena, &out->value) && fill_refused(arena, values, feature, out);
}

static bool fill_unit(const struct assembler *a, const struct open_unit *u, struct arena *arena,
	struct assembled *out)
{
	const struct plan *plan = a->plan;

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
	return unit_table_count(a->units) > a->limits.open_units;
}

static struct open_unit *find_done(const struct assembler *a, int64_t clock_ms, const char **cause)
{
	struct open_unit *u = unit_table_first_complete(a->units);

	*cause = "complete";
	if (u)
		return u;
	u = unit_table_first_due(a->units);
	if (u && u->due_ms <= clock_ms)
		*cause = "deadline";
	else if (u && is_over(a))
		*cause = "open_units";
	else
		u = NULL;
	return u;
}

static void forget_old(struct assembler *a, int64_t clock_ms)
{
	int64_t scored_ms;

	while (remembered_oldest(a->remembered, &scored_ms) &&
		later_ms(scored_ms, a->plan->unit.again_ms) <= clock_ms)
		remembered_drop_oldest(a->remembered);
}

bool assembler_next(
	struct assembler *a, int64_t clock_ms, struct arena *arena, struct assembled *out)
{
	struct assembled done = {0};
	struct open_unit *u;

	forget_old(a, clock_ms);
	u = find_done(a, clock_ms, &done.cause);
	if (!u)
		return false;
	done.complete = strcmp(done.cause, "complete") == 0;
	if (!fill_unit(a, u, arena, &done) ||
		remembered_add(a->remembered, u->id, u->started_ms, clock_ms) < 0)
		return false;
	if (remembered_count(a->remembered) > a->limits.remembered_units) {
		remembered_drop_oldest(a->remembered);
		a->counts.remembered_units_over++;
	}
	if (strcmp(done.cause, "open_units") == 0)
		a->counts.open_units_over++;
	unit_table_close(a->units, u, a->lots);
	*out = done;
	return true;
}

int64_t assembler_due_ms(const struct assembler *a)
{
	const struct open_unit *u = unit_table_first_due(a->units);

	if (unit_table_first_complete(a->units) || is_over(a))
		return 0;
	return u ? u->due_ms : INT64_MAX;
}
