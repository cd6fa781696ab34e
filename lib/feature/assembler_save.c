/* The assembler's state to bytes.
 *
 *   magic
 *   clocks: of the gateway and of the line at the last input; units by the clock: next and due
 *   gaps: count; of each from and to
 *   features: count; of each name, kind, source and field     the numbers used below
 *   lots of the plan, stations, sources whose first message counts: count; names      the same
 *   signals: count; of each source, field, type, lot that it tells; length and bytes
 *   events of stations: count; of each station; length and bytes
 *   material lots with properties, least recently used first: count; of each id and values
 *   open units by deadline: count; of each id, times, values,
 *       bindings: count; of each lot's number, time and id
 *       visits: count; of each station's number and times
 *       first messages: count; of each source's number and time
 *       windows worked out: count; of each what came of it
 *   remembered units, as they lie in memory
 *   values: count; of each feature's number, kind, time, number or text
 *   refused values: count; of each the same and why
 *
 * assembler_load.c reads it. */
#include "lib/feature/assembler_inside.h"

#include <string.h>

static void save_clocks(const struct assembler *a, struct buf *out)
{
	buf_put_i64(out, a->now_ms);
	buf_put_i64(out, a->clock_ms);
	buf_put_i64(out, a->every.next_ms);
	buf_put_i64(out, a->every.due_ms);
	buf_put_u32(out, (uint32_t)a->gap_count);
	for (size_t i = 0; i < a->gap_count; i++) {
		buf_put_i64(out, a->gaps[i].from_ms);
		buf_put_i64(out, a->gaps[i].to_ms);
	}
}

static void save_names(const struct assembler *a, struct buf *out)
{
	const struct plan *plan = a->plan;

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
	buf_put_u32(out, (uint32_t)plan->station_count);
	for (size_t i = 0; i < plan->station_count; i++)
		buf_put_string(out, plan->stations[i].name);
	buf_put_u32(out, (uint32_t)plan->source_count);
	for (size_t i = 0; i < plan->source_count; i++)
		buf_put_string(out, plan->sources[i].name);
}

/* With its length before it, so that it can be passed over. */
static void save_signal(const struct signal *s, struct buf *out)
{
	size_t at = out->len, len;

	buf_put_u32(out, 0);
	signal_save(s, out);
	if (buf_failed(out))
		return;
	len = out->len - at - sizeof(uint32_t);
	for (size_t i = 0; i < sizeof(uint32_t); i++)
		out->data[at + i] = (char)(len >> 8 * i);
}

static void save_signals(const struct assembler *a, struct buf *out)
{
	const struct plan *plan = a->plan;
	uint32_t tracks = 0;

	buf_put_u32(out, (uint32_t)a->routes.signal_count);
	for (size_t i = 0; i < a->routes.signal_count; i++) {
		const struct signal_route *s = &a->routes.signals[i];

		buf_put_string(out, plan->sources[s->source].name);
		buf_put_string(out, s->field);
		buf_put_u8(out, s->is_text);
		buf_put_string(out, s->lot == NO_INDEX ? "" : plan->lots[s->lot].name);
		save_signal(a->signals[i], out);
	}
	for (size_t i = 0; i < plan->station_count; i++)
		tracks += a->tracks[i] != NULL;
	buf_put_u32(out, tracks);
	for (size_t i = 0; i < plan->station_count; i++) {
		if (!a->tracks[i])
			continue;
		buf_put_string(out, plan->stations[i].name);
		save_signal(a->tracks[i], out);
	}
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

static void save_bindings(const struct assembler *a, const struct open_unit *u, struct buf *out)
{
	uint16_t bound = 0;

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

static bool has_visited(const struct visit *v)
{
	return v->enter_at_ms != NO_TIME || v->exit_at_ms != NO_TIME;
}

static void save_visits(const struct assembler *a, const struct open_unit *u, struct buf *out)
{
	uint16_t visits = 0, moments = 0;

	for (size_t i = 0; i < a->plan->station_count; i++)
		visits += has_visited(&u->visits[i]);
	buf_put_u16(out, visits);
	for (size_t i = 0; i < a->plan->station_count; i++) {
		const struct visit *v = &u->visits[i];

		if (!has_visited(v))
			continue;
		buf_put_u16(out, (uint16_t)i);
		buf_put_i64(out, v->enter_ms);
		buf_put_i64(out, v->exit_ms);
		buf_put_i64(out, v->enter_at_ms);
		buf_put_i64(out, v->exit_at_ms);
	}
	for (size_t i = 0; i < a->routes.moments; i++)
		moments += u->moments[i] != NO_TIME;
	buf_put_u16(out, moments);
	for (size_t i = 0; i < a->plan->source_count; i++) {
		size_t moment = a->routes.sources[i].moment;

		if (moment == NO_SLOT || u->moments[moment] == NO_TIME)
			continue;
		buf_put_u16(out, (uint16_t)i);
		buf_put_i64(out, u->moments[moment]);
	}
}

static void save_plain_value(struct buf *out, const struct value *v)
{
	buf_put_u8(out, (uint8_t)v->kind);
	if (v->kind == VALUE_TEXT)
		buf_put_string(out, v->text);
	else
		buf_put_f64(out, v->kind == VALUE_NUMBER ? v->number : 0);
}

/* What they refused is among the unit's refused values. */
static void save_frozen(const struct assembler *a, const struct open_unit *u, struct buf *out)
{
	uint16_t count = 0;
	struct assembled_value v;

	for (size_t i = 0; u->frozen && i < u->window_count; i++)
		count += u->frozen[i].is_set;
	buf_put_u16(out, count);
	for (size_t i = 0; count > 0 && i < a->plan->feature_count; i++) {
		size_t window = a->routes.windows[i];

		if (window == NO_SLOT || !frozen_get(&u->frozen[window], &v))
			continue;
		buf_put_u16(out, (uint16_t)i);
		buf_put_u8(out, (uint8_t)v.missing);
		buf_put_u8(out, v.is_held);
		buf_put_u32(out, (uint32_t)v.n);
		buf_put_i64(out, v.from_ms);
		buf_put_i64(out, v.to_ms);
		save_plain_value(out, &v.value);
	}
}

static void save_unit(const struct assembler *a, const struct open_unit *u, struct buf *out)
{
	buf_put_string(out, u->id);
	buf_put_i64(out, u->started_ms);
	buf_put_i64(out, u->first_ms);
	buf_put_i64(out, u->opened_ms);
	buf_put_i64(out, u->due_ms);
	buf_put_i64(out, u->ready_ms);
	save_values(out, &u->values, a->routes.unit_features);
	save_bindings(a, u, out);
	save_visits(a, u, out);
	save_frozen(a, u, out);
}

static void save(const struct assembler *a, bool with_units, struct buf *out)
{
	buf_put(out, ASSEMBLER_MAGIC, strlen(ASSEMBLER_MAGIC));
	save_clocks(a, out);
	save_names(a, out);
	save_signals(a, out);
	buf_put_u32(out, (uint32_t)lot_table_count(a->lots));
	for (const struct lot_entry *l = lot_table_oldest(a->lots); l; l = l->next) {
		buf_put_string(out, l->id);
		save_values(out, &l->values, a->routes.lot_features);
	}
	buf_put_u32(out, with_units ? (uint32_t)unit_table_count(a->units) : 0);
	for (const struct open_unit *u = unit_table_first_due(a->units); u && with_units;
		u = u->next)
		save_unit(a, u, out);
	if (with_units)
		remembered_save(a->remembered, out);
	else
		buf_put_blob(out, NULL, 0); /* none, as they lie in memory */
}

void assembler_save(const struct assembler *a, struct buf *out)
{
	save(a, true, out);
}

void assembler_save_for_next(const struct assembler *a, struct buf *out)
{
	save(a, false, out);
}
