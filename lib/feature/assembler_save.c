/* The assembler's state to bytes.
 *
 *   magic
 *   features: count; of each name, kind, source and field     the numbers used below
 *   lots of the plan: count; names                            the same
 *   material lots with properties, least recently used first: count; of each id and values
 *   open units by deadline: count; of each id, started, due, values,
 *       bindings: count; of each lot's number, time and id
 *   remembered units, as they lie in memory
 *   values: count; of each feature's number, kind, time, number or text
 *   refused values: count; of each the same and why
 *
 * assembler_load.c reads it. */
#include "lib/feature/assembler_inside.h"

#include <string.h>

static void save_names(const struct plan *plan, struct buf *out)
{
	buf_put_u32(out, (uint32_t)plan->feature_count);
	for (size_t i = 0; i < plan->feature_count; i++) {
		const struct feature *f = &plan->features[i];
		bool is_lot_id = f->kind == FEATURE_LOT_ID;

		buf_put_string(out, f->name);
		buf_put_u8(out, (uint8_t)f->kind);
		buf_put_string(out, is_lot_id ? "lot" : plan->sources[f->source].name);
		buf_put_string(out, is_lot_id ? plan->lots[f->lot].name : f->field);
	}
	buf_put_u32(out, (uint32_t)plan->lot_count);
	for (size_t i = 0; i < plan->lot_count; i++)
		buf_put_string(out, plan->lots[i].name);
}

static void save_value(struct buf *out, size_t feature, enum value_kind kind, int64_t time_ms,
	double number, const char *text)
{
	buf_put_u16(out, (uint16_t)feature);
	buf_put_u8(out, (uint8_t)kind);
	buf_put_i64(out, time_ms);
	if (kind == VALUE_TEXT)
		buf_put_string(out, text);
	else
		buf_put_f64(out, kind == VALUE_NUMBER ? number : 0);
}

/* `features` [count]: which feature a slot holds. */
static void save_values(struct buf *out, const struct values *v, const size_t *features)
{
	uint16_t filled = 0, refused = 0;

	for (size_t i = 0; i < v->count; i++)
		filled += values_has(v, i);
	buf_put_u16(out, filled);
	for (size_t i = 0; i < v->count; i++) {
		const struct value_slot *s = &v->slots[i];

		if (s->kind == VALUE_TEXT)
			save_value(out, features[i], s->kind, s->time_ms, 0, s->text);
		else if (s->kind == VALUE_NUMBER)
			save_value(out, features[i], s->kind, s->time_ms, s->number, NULL);
	}
	for (const struct refused_value *r = v->refused; r; r = r->next)
		refused++;
	buf_put_u16(out, refused);
	for (const struct refused_value *r = v->refused; r; r = r->next) {
		save_value(out, r->feature, r->kind, r->time_ms, r->number, r->text);
		buf_put_u8(out, (uint8_t)r->why);
	}
}

static void save_unit(const struct assembler *a, const struct open_unit *u, struct buf *out)
{
	uint16_t bound = 0;

	buf_put_string(out, u->id);
	buf_put_i64(out, u->started_ms);
	buf_put_i64(out, u->due_ms);
	save_values(out, &u->values, a->routes.unit_features);
	for (size_t i = 0; i < a->plan->lot_count; i++)
		bound += u->bindings[i].lot != NULL;
	buf_put_u16(out, bound);
	for (size_t i = 0; i < a->plan->lot_count; i++) {
		const struct lot_binding *b = &u->bindings[i];

		if (!b->lot)
			continue;
		buf_put_u16(out, (uint16_t)i);
		buf_put_i64(out, b->time_ms);
		buf_put_string(out, b->lot->id);
	}
}

void assembler_save(const struct assembler *a, struct buf *out)
{
	buf_put(out, ASSEMBLER_MAGIC, strlen(ASSEMBLER_MAGIC));
	save_names(a->plan, out);
	buf_put_u32(out, (uint32_t)lot_table_count(a->lots));
	for (const struct lot_entry *l = lot_table_oldest(a->lots); l; l = l->next) {
		buf_put_string(out, l->id);
		save_values(out, &l->values, a->routes.lot_features);
	}
	buf_put_u32(out, (uint32_t)unit_table_count(a->units));
	for (const struct open_unit *u = unit_table_first_due(a->units); u; u = u->next)
		save_unit(a, u, out);
	remembered_save(a->remembered, out);
}
