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

struct loader {
	struct assembler *a;
	struct cursor *in;
	struct saved_feature *features;
	size_t feature_count;
	size_t *next; /* [the plan's feature_count] */
	size_t *lots; /* [lot_count] index in the plan, or NONE */
	size_t lot_count;
};

static void loader_deinit_at(struct loader *l)
{
	free(l->features);
	free(l->next);
	free(l->lots);
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
		if (!alike)
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

static int load_lot_names(struct loader *l)
{
	const struct plan *plan = l->a->plan;

	l->lot_count = take_count(l->in, 4);
	l->lots = calloc(l->lot_count + 1, sizeof(*l->lots));
	if (!l->lots)
		return -ENOMEM;
	for (size_t i = 0; i < l->lot_count; i++) {
		struct span name = take_span(l->in);

		l->lots[i] = NONE;
		for (size_t k = 0; k < plan->lot_count; k++)
			if (span_is(&name, plan->lots[k].name))
				l->lots[i] = k;
	}
	return l->in->failed ? -EINVAL : 0;
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
		if (has_any)
			assembler_keep_lot(a, lot);
		else
			lot_table_release(a->lots, lot);
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

		if (!take_id(l, id) || saved >= l->lot_count)
			return -EINVAL;
		if (l->lots[saved] == NONE)
			continue;
		b = &u->bindings[l->lots[saved]];
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

static int load_units(struct loader *l)
{
	struct assembler *a = l->a;
	char id[ID_BYTES_MAX + 1];
	int64_t last_ms = INT64_MIN;

	for (size_t left = take_count(l->in, 27); left > 0; left--) {
		bool has_id = take_id(l, id);
		int64_t started_ms = cursor_i64(l->in), due_ms = cursor_i64(l->in);
		struct open_unit *u;
		int rc;

		if (!has_id || l->in->failed || due_ms < last_ms || unit_table_find(a->units, id))
			return -EINVAL;
		last_ms = due_ms;
		u = unit_table_open(a->units, id, started_ms, due_ms);
		if (!u)
			return -ENOMEM;
		rc = load_values(l, &u->values, false);
		if (rc == 0)
			rc = load_bindings(l, u);
		if (rc < 0)
			return rc;
		assembler_settle(a, u);
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
		{load_features, "features"},
		{load_lot_names, "lots"},
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
