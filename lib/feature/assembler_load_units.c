/* Material lots and open units from bytes. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "lib/feature/assembler_loader.h"

/* One value as it was saved. */
struct saved_value {
	size_t feature; /* the saved one */
	int64_t time_ms;
	struct value value; /* its text is the one below */
	char text[TEXT_VALUE_BYTES_MAX + 1];
};

static bool take_value(struct loader *l, struct saved_value *v)
{
	unsigned kind;

	v->feature = cursor_u16(l->in);
	kind = cursor_u8(l->in);
	v->time_ms = cursor_i64(l->in);
	v->value = (struct value){.kind = (enum value_kind)kind};
	if (kind == VALUE_TEXT) {
		cursor_string(l->in, v->text, sizeof(v->text));
		v->value.text = v->text;
	} else {
		v->value.number = cursor_f64(l->in);
	}
	return !l->in->failed && v->feature < l->feature_count && kind <= VALUE_TEXT &&
	       isfinite(v->value.number);
}

static int put_value(struct loader *l, struct values *into, const struct saved_value *v)
{
	const struct plan *plan = l->a->plan;

	for (size_t i = l->features[v->feature].first; i != NONE; i = l->next[i]) {
		char scratch[NUM_TEXT_MAX];
		struct value value;

		if (feature_judge(&plan->features[i], &v->value, &value, scratch) !=
			VALUE_REFUSAL_NONE)
			continue;
		if (values_put(into, l->a->routes.slots[i], &value, v->time_ms,
			    RULE_NEWER_OR_EQUAL) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int put_refused(
	struct loader *l, struct values *into, const struct saved_value *v, enum value_refusal why)
{
	for (size_t i = l->features[v->feature].first; i != NONE; i = l->next[i])
		if (values_refuse(into, i, &v->value, why, v->time_ms, RULE_NEWER_OR_EQUAL) < 0)
			return -ENOMEM;
	return 0;
}

/* The values of a unit or of a lot. */
static int load_values(struct loader *l, struct values *into, bool of_lot)
{
	struct saved_value v;

	for (unsigned left = cursor_u16(l->in); left > 0; left--) {
		if (!take_value(l, &v) || v.value.kind == VALUE_MISSING ||
			l->features[v.feature].kind != (of_lot ? FEATURE_LOT : FEATURE_UNIT))
			return -EINVAL;
		if (put_value(l, into, &v) < 0)
			return -ENOMEM;
	}
	for (unsigned left = cursor_u16(l->in); left > 0; left--) {
		bool is_sound = take_value(l, &v);
		unsigned why = cursor_u8(l->in);

		if (!is_sound || l->in->failed || why == 0 || why >= VALUE_REFUSAL_COUNT ||
			(l->features[v.feature].kind == FEATURE_LOT) != of_lot)
			return -EINVAL;
		if (put_refused(l, into, &v, (enum value_refusal)why) < 0)
			return -ENOMEM;
	}
	return l->in->failed ? -EINVAL : 0;
}

static bool take_id(struct loader *l, char id[ID_BYTES_MAX + 1])
{
	return cursor_string(l->in, id, ID_BYTES_MAX + 1) && id[0];
}

int loader_take_lots(struct loader *l)
{
	struct assembler *a = l->a;
	char id[ID_BYTES_MAX + 1];

	for (size_t left = loader_count(l->in, 9); left > 0; left--) {
		struct lot_entry *lot;
		bool has_any;
		int rc;

		if (!take_id(l, id) || lot_table_find(a->lots, id))
			return -EINVAL;
		lot = lot_table_get(a->lots, id);
		if (!lot)
			return -ENOMEM;
		rc = load_values(l, &lot->values, true);
		if (rc < 0)
			return rc;
		has_any = lot->values.refused != NULL;
		for (size_t i = 0; i < lot->values.count; i++)
			has_any = has_any || values_has(&lot->values, i);
		if (!has_any)
			lot_table_release(a->lots, lot);
		else if (assembler_keep_lot(a, lot) < 0)
			return -ENOMEM;
	}
	return l->in->failed ? -EINVAL : 0;
}

static int load_bindings(struct loader *l, struct open_unit *u)
{
	char id[ID_BYTES_MAX + 1];

	for (unsigned left = cursor_u16(l->in); left > 0; left--) {
		size_t saved = cursor_u16(l->in);
		int64_t time_ms = cursor_i64(l->in);
		struct lot_entry *lot;
		struct lot_binding *b;

		if (!take_id(l, id) || saved >= l->lots.count)
			return -EINVAL;
		if (l->lots.at[saved] == NONE)
			continue;
		b = &u->bindings[l->lots.at[saved]];
		if (b->lot)
			return -EINVAL;
		lot = lot_table_get(l->a->lots, id);
		if (!lot)
			return -ENOMEM;
		lot_bind(b, lot);
		b->time_ms = time_ms;
	}
	return l->in->failed ? -EINVAL : 0;
}

static bool is_visit(const struct visit *v)
{
	return loader_is_time_or_none(v->enter_ms) && loader_is_time_or_none(v->exit_ms) &&
	       (v->exit_ms == NO_TIME || v->exit_ms >= v->enter_ms);
}

static int load_visits(struct loader *l, struct open_unit *u)
{
	for (unsigned left = cursor_u16(l->in); left > 0; left--) {
		size_t saved = cursor_u16(l->in);
		struct visit v = {.enter_ms = cursor_i64(l->in)};

		v.exit_ms = cursor_i64(l->in);
		v.enter_at_ms = cursor_i64(l->in);
		v.exit_at_ms = cursor_i64(l->in);
		if (l->in->failed || saved >= l->stations.count || !is_visit(&v))
			return -EINVAL;
		if (l->stations.at[saved] != NONE)
			u->visits[l->stations.at[saved]] = v;
	}
	for (unsigned left = cursor_u16(l->in); left > 0; left--) {
		size_t saved = cursor_u16(l->in), moment;
		int64_t time_ms = cursor_i64(l->in);

		if (l->in->failed || saved >= l->sources.count || !loader_is_time(time_ms))
			return -EINVAL;
		if (l->sources.at[saved] == NONE)
			continue;
		moment = l->a->routes.sources[l->sources.at[saved]].moment;
		if (moment != NO_SLOT)
			u->moments[moment] = time_ms;
	}
	return l->in->failed ? -EINVAL : 0;
}

/* A value; its text, if it has one, stands in `text`. */
static int take_plain_value(
	struct loader *l, struct value *out, char text[TEXT_VALUE_BYTES_MAX + 1])
{
	unsigned kind = cursor_u8(l->in);

	*out = (struct value){.kind = (enum value_kind)kind};
	if (kind == VALUE_TEXT) {
		cursor_string(l->in, text, TEXT_VALUE_BYTES_MAX + 1);
		out->text = text;
	} else {
		out->number = cursor_f64(l->in);
	}
	return l->in->failed || kind > VALUE_TEXT || !isfinite(out->number) ? -EINVAL : 0;
}

/* What a window gave; left out where the plan has no such feature, or not of that type any longer.
 */
static int load_frozen_value(struct loader *l, struct open_unit *u)
{
	char text[TEXT_VALUE_BYTES_MAX + 1];
	struct assembled_value v = {.n = 0};
	size_t saved = cursor_u16(l->in), feature;
	unsigned missing = cursor_u8(l->in);

	v.missing = (enum value_missing)missing;
	v.is_held = cursor_u8(l->in);
	v.n = cursor_u32(l->in);
	v.from_ms = cursor_i64(l->in);
	v.to_ms = cursor_i64(l->in);
	if (take_plain_value(l, &v.value, text) < 0 || saved >= l->feature_count ||
		missing >= MISSING_COUNT ||
		(missing == VALUE_PRESENT) != (v.value.kind != VALUE_MISSING) ||
		l->features[saved].kind != FEATURE_STREAM)
		return -EINVAL;
	feature = l->features[saved].first;
	if (feature == NONE ||
		(v.value.kind != VALUE_MISSING &&
			l->a->plan->features[feature].is_text != (v.value.kind == VALUE_TEXT)))
		return 0;
	if (u->frozen && u->frozen[l->a->routes.windows[feature]].is_set)
		return -EINVAL;
	return unit_table_freeze(l->a->units, u, l->a->routes.windows[feature], &v);
}

static int load_frozen(struct loader *l, struct open_unit *u)
{
	int rc = 0;

	for (unsigned left = cursor_u16(l->in); left > 0 && rc == 0; left--)
		rc = load_frozen_value(l, u);
	return rc < 0 ? rc : l->in->failed ? -EINVAL : 0;
}

static int load_unit(struct loader *l, struct open_unit *u)
{
	int rc = load_values(l, &u->values, false);

	if (rc == 0)
		rc = load_bindings(l, u);
	if (rc == 0)
		rc = load_visits(l, u);
	if (rc == 0)
		rc = load_frozen(l, u);
	return rc == 0 ? assembler_settle(l->a, u) : rc;
}

int loader_take_units(struct loader *l)
{
	struct assembler *a = l->a;
	char id[ID_BYTES_MAX + 1];
	int64_t last_ms = INT64_MIN;

	for (size_t left = loader_count(l->in, 57); left > 0; left--) {
		bool has_id = take_id(l, id);
		int64_t started_ms = cursor_i64(l->in), first_ms = cursor_i64(l->in);
		int64_t opened_ms = cursor_i64(l->in), due_ms = cursor_i64(l->in);
		int64_t ready_ms = cursor_i64(l->in);
		struct open_unit *u;
		int rc;

		if (!has_id || l->in->failed || due_ms < last_ms || unit_table_find(a->units, id) ||
			!loader_is_time(started_ms) || !loader_is_time(first_ms) ||
			!loader_is_time(opened_ms))
			return -EINVAL;
		last_ms = due_ms;
		u = unit_table_open(a->units, id, started_ms, due_ms);
		if (!u)
			return -ENOMEM;
		u->first_ms = first_ms;
		u->opened_ms = opened_ms;
		u->ready_ms = ready_ms;
		rc = load_unit(l, u);
		if (rc < 0)
			return rc;
	}
	return l->in->failed ? -EINVAL : 0;
}
