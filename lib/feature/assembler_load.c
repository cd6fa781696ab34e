/* The assembler's state from bytes, as assembler_save.c describes them. Nothing in them is trusted.
 *
 * Values find their features by name; a feature that is new takes over what is known of another
 * that had the same source and field, so that renaming one does not cost what is known of lots. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/feature/assembler_inside.h"

#define NONE ((size_t)-1)

/* A name in the state. */
struct span {
	const char *at;
	size_t len;
};

/* A feature as the state names it. */
struct saved_feature {
	struct span name, source, field;
	unsigned kind;
	size_t first; /* of the plan's features that take its values, chained by loader.next */
};

/* Names in the state, and where the plan has them: an index, or NONE. */
struct named {
	size_t *at; /* [count] */
	size_t count;
};

struct loader {
	struct assembler *a;
	struct cursor *in;
	struct saved_feature *features;
	size_t feature_count;
	size_t *next; /* [the plan's feature_count] */
	struct named lots, stations, sources;
};

static void loader_deinit_at(struct loader *l)
{
	free(l->features);
	free(l->next);
	free(l->lots.at);
	free(l->stations.at);
	free(l->sources.at);
}

static struct span take_span(struct cursor *in)
{
	struct span s;

	s.at = cursor_blob(in, &s.len);
	return s;
}

static bool span_is(const struct span *s, const char *text)
{
	return s->at && s->len == strlen(text) && memcmp(s->at, text, s->len) == 0;
}

/* How many of something follow that takes at least `bytes` each. */
static size_t take_count(struct cursor *in, size_t bytes)
{
	uint32_t count = cursor_u32(in);

	if (count > cursor_left(in) / bytes)
		in->failed = true;
	return in->failed ? 0 : count;
}

/* Which saved feature holds what feature `f` wants: the one of its name, else one that was read
 * from the same field. */
static struct saved_feature *find_origin(const struct loader *l, const struct feature *f)
{
	const struct plan *plan = l->a->plan;
	const char *source = f->kind == FEATURE_LOT_ID ? "lot" : plan->sources[f->source].name;
	const char *field = f->kind == FEATURE_LOT_ID ? plan->lots[f->lot].name : f->field;
	struct saved_feature *alike = NULL;

	for (size_t i = 0; i < l->feature_count; i++) {
		struct saved_feature *s = &l->features[i];

		if (s->kind != f->kind || !span_is(&s->source, source) ||
			!span_is(&s->field, field))
			continue;
		if (span_is(&s->name, f->name))
			return s;
		if (!alike && f->kind != FEATURE_STREAM)
			alike = s;
	}
	return alike;
}

static int load_features(struct loader *l)
{
	const struct plan *plan = l->a->plan;

	l->feature_count = take_count(l->in, 13);
	l->features = calloc(l->feature_count + 1, sizeof(*l->features));
	l->next = calloc(plan->feature_count + 1, sizeof(*l->next));
	if (!l->features || !l->next)
		return -ENOMEM;
	for (size_t i = 0; i < l->feature_count; i++) {
		struct saved_feature *s = &l->features[i];

		s->name = take_span(l->in);
		s->kind = cursor_u8(l->in);
		s->source = take_span(l->in);
		s->field = take_span(l->in);
		s->first = NONE;
	}
	for (size_t i = 0; i < plan->feature_count && !l->in->failed; i++) {
		struct saved_feature *s = find_origin(l, &plan->features[i]);

		if (s) {
			l->next[i] = s->first;
			s->first = i;
		}
	}
	return l->in->failed ? -EINVAL : 0;
}

/* A time in a message or on the gateway's clock; what is worked out of it then cannot overflow. */
static bool is_time(int64_t ms)
{
	return ms >= 0 && ms <= TIMESTAMP_MAX_MS;
}

static bool is_time_or_none(int64_t ms)
{
	return ms == NO_TIME || is_time(ms);
}

static int load_clocks(struct loader *l)
{
	struct assembler *a = l->a;

	a->now_ms = cursor_i64(l->in);
	a->clock_ms = cursor_i64(l->in);
	a->every.next_ms = cursor_i64(l->in);
	a->every.due_ms = cursor_i64(l->in);
	a->gap_count = cursor_u32(l->in);
	if (l->in->failed || a->gap_count > GAPS_MAX)
		return -EINVAL;
	if (!is_time_or_none(a->every.next_ms))
		return -EINVAL;
	for (size_t i = 0; i < a->gap_count; i++) {
		a->gaps[i].from_ms = cursor_i64(l->in);
		a->gaps[i].to_ms = cursor_i64(l->in);
		if (!is_time(a->gaps[i].from_ms) || !is_time(a->gaps[i].to_ms))
			return -EINVAL;
	}
	/* another rhythm begins anew */
	if (a->plan->unit.every_ms == 0 || a->every.next_ms % a->plan->unit.every_ms != 0)
		a->every.next_ms = a->every.due_ms = NO_TIME;
	return l->in->failed ? -EINVAL : 0;
}

static int load_named(
	struct loader *l, struct named *out, int (*find)(const struct plan *plan, const char *name))
{
	char name[NAME_LEN_MAX + 1];

	out->count = take_count(l->in, 4);
	out->at = calloc(out->count + 1, sizeof(*out->at));
	if (!out->at)
		return -ENOMEM;
	for (size_t i = 0; i < out->count; i++) {
		int at;

		cursor_string(l->in, name, sizeof(name));
		at = l->in->failed ? -1 : find(l->a->plan, name);
		out->at[i] = at < 0 ? NONE : (size_t)at;
	}
	return l->in->failed ? -EINVAL : 0;
}

static int load_names(struct loader *l)
{
	int rc = load_named(l, &l->lots, plan_find_lot);

	if (rc == 0)
		rc = load_named(l, &l->stations, plan_find_station);
	return rc == 0 ? load_named(l, &l->sources, plan_find_source) : rc;
}

/* The bytes of a signal: into `s`, or passed over where it is NULL. */
static int load_samples(struct loader *l, struct signal *s)
{
	struct cursor bytes;
	uint32_t len = cursor_u32(l->in);
	int rc;

	if (l->in->failed || len > cursor_left(l->in))
		return -EINVAL;
	cursor_init(&bytes, l->in->at, len);
	l->in->at += len;
	if (!s)
		return 0;
	rc = signal_load(s, &bytes, NULL);
	return rc == 0 && cursor_left(&bytes) > 0 ? -EINVAL : rc;
}

static struct signal *find_signal(const struct loader *l, const struct span *source,
	const struct span *field, bool is_text, const struct span *lot)
{
	const struct plan *plan = l->a->plan;

	for (size_t i = 0; i < l->a->routes.signal_count; i++) {
		const struct signal_route *s = &l->a->routes.signals[i];

		if (s->is_text == is_text && span_is(field, s->field) &&
			span_is(source, plan->sources[s->source].name) &&
			span_is(lot, s->lot == NO_INDEX ? "" : plan->lots[s->lot].name))
			return l->a->signals[i];
	}
	return NULL;
}

static int load_signals(struct loader *l)
{
	char name[NAME_LEN_MAX + 1];
	int rc = 0;

	for (size_t left = take_count(l->in, 17); left > 0 && rc == 0; left--) {
		struct span source = take_span(l->in), field = take_span(l->in), lot;
		bool is_text = cursor_u8(l->in);

		lot = take_span(l->in);
		if (l->in->failed)
			return -EINVAL;
		rc = load_samples(l, find_signal(l, &source, &field, is_text, &lot));
	}
	for (size_t left = rc == 0 ? take_count(l->in, 8) : 0; left > 0 && rc == 0; left--) {
		int at;

		if (!cursor_string(l->in, name, sizeof(name)))
			return -EINVAL;
		at = plan_find_station(l->a->plan, name);
		rc = load_samples(l, at < 0 ? NULL : l->a->tracks[at]);
	}
	return rc < 0 ? rc : l->in->failed ? -EINVAL : 0;
}

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

static int load_lots(struct loader *l)
{
	struct assembler *a = l->a;
	char id[ID_BYTES_MAX + 1];

	for (size_t left = take_count(l->in, 9); left > 0; left--) {
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
	return is_time_or_none(v->enter_ms) && is_time_or_none(v->exit_ms) &&
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

		if (l->in->failed || saved >= l->sources.count || !is_time(time_ms))
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

static int load_units(struct loader *l)
{
	struct assembler *a = l->a;
	char id[ID_BYTES_MAX + 1];
	int64_t last_ms = INT64_MIN;

	for (size_t left = take_count(l->in, 57); left > 0; left--) {
		bool has_id = take_id(l, id);
		int64_t started_ms = cursor_i64(l->in), first_ms = cursor_i64(l->in);
		int64_t opened_ms = cursor_i64(l->in), due_ms = cursor_i64(l->in);
		int64_t ready_ms = cursor_i64(l->in);
		struct open_unit *u;
		int rc;

		if (!has_id || l->in->failed || due_ms < last_ms || unit_table_find(a->units, id) ||
			!is_time(started_ms) || !is_time(first_ms) || !is_time(opened_ms))
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

static int load_magic(struct loader *l)
{
	size_t len = strlen(ASSEMBLER_MAGIC);

	if (cursor_left(l->in) < len || memcmp(l->in->at, ASSEMBLER_MAGIC, len) != 0)
		return -EINVAL;
	l->in->at += len;
	return 0;
}

static int load_remembered(struct loader *l)
{
	struct assembler *a = l->a;
	int rc = remembered_load(a->remembered, l->in, NULL);

	while (rc == 0 && remembered_count(a->remembered) > a->limits.remembered_units) {
		remembered_drop_oldest(a->remembered);
		a->counts.remembered_units_over++;
	}
	return rc;
}

int assembler_load(struct assembler *a, struct cursor *in, struct err *err)
{
	static const struct {
		int (*load)(struct loader *l);
		const char *what;
	} parts[] = {
		{load_magic, "first bytes"},
		{load_clocks, "clocks"},
		{load_features, "features"},
		{load_names, "lots and stations"},
		{load_signals, "signals"},
		{load_lots, "material lots"},
		{load_units, "open units"},
		{load_remembered, "remembered units"},
	};
	CLEANUP(loader_deinit) struct loader l = {.a = a, .in = in};

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		int rc = parts[i].load(&l);

		if (rc == -ENOMEM)
			return err_set(err, rc, "no memory for a line's state");
		if (rc < 0)
			return err_set(err, rc,
				"the %s of a line's state are not what this program writes",
				parts[i].what);
	}
	return 0;
}
