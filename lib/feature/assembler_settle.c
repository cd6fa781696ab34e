/* Which units are complete, and when the others are to be looked at again. */
#include "lib/feature/assembler_inside.h"

/* When, on the line's clock, a feature of the unit is final: INT64_MIN when it is, INT64_MAX when
 * nobody can say. */
static int64_t final_ms(const struct assembler *a, const struct open_unit *u, size_t feature)
{
	const struct feature *f = &a->plan->features[feature];
	const struct lot_entry *lot;
	bool is_there;

	switch (f->kind) {
	case FEATURE_STREAM:
		return assembler_window_final_ms(a, u, feature);
	case FEATURE_UNIT:
		is_there = values_has(&u->values, a->routes.slots[feature]);
		break;
	case FEATURE_LOT_ID:
		is_there = u->bindings[f->lot].lot != NULL;
		break;
	default:
		lot = u->bindings[f->lot].lot;
		is_there = lot && values_has(&lot->values, a->routes.slots[feature]);
	}
	return is_there ? INT64_MIN : INT64_MAX;
}

/* When, on the line's clock, all required features are final, as things stand. */
static int64_t complete_ms(const struct assembler *a, const struct open_unit *u)
{
	int64_t latest_ms = INT64_MIN;

	for (size_t i = 0; i < a->required_count; i++) {
		int64_t ms = final_ms(a, u, a->required[i]);

		if (ms == INT64_MAX)
			return ms;
		if (ms > latest_ms)
			latest_ms = ms;
	}
	return latest_ms;
}

int assembler_settle(struct assembler *a, struct open_unit *u)
{
	bool by_source = a->plan->unit.ready_on != NO_INDEX;
	int64_t ready_ms;

	if (u->is_retired)
		return 0;
	ready_ms = by_source ? u->ready_ms : complete_ms(a, u);
	if (ready_ms <= a->clock_ms) {
		unit_table_complete(a->units, u, by_source ? "ready" : "complete");
		return 0;
	}
	unit_table_incomplete(a->units, u);
	return unit_table_wake(a->units, u, ready_ms);
}

int assembler_settle_lot(struct assembler *a, struct lot_entry *lot)
{
	int rc = 0;

	for (struct lot_binding *b = lot->bindings; b && rc == 0; b = b->next)
		rc = assembler_settle(a, b->unit);
	return rc;
}

int assembler_keep_lot(struct assembler *a, struct lot_entry *lot)
{
	struct lot_entry *over = lot_table_used(a->lots, lot);
	bool has_units;

	if (!over)
		return 0;
	a->counts.lots_over++;
	has_units = over->bindings != NULL;
	lot_table_forget(a->lots, over); /* frees it when it has no units */
	return has_units ? assembler_settle_lot(a, over) : 0;
}
