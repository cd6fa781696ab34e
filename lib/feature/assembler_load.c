/* The assembler's state from bytes, as assembler_save.c describes them: names, clocks and signals,
 * and the order of all. Nothing in them is trusted.
 *
 * Values find their features by name; a feature that is new takes over what is known of another
 * that had the same source and field, so that renaming one does not cost what is known of lots. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/feature/assembler_loader.h"

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

	l->feature_count = loader_count(l->in, 13);
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
	if (!loader_is_time_or_none(a->every.next_ms))
		return -EINVAL;
	for (size_t i = 0; i < a->gap_count; i++) {
		a->gaps[i].from_ms = cursor_i64(l->in);
		a->gaps[i].to_ms = cursor_i64(l->in);
		if (!loader_is_time(a->gaps[i].from_ms) || !loader_is_time(a->gaps[i].to_ms))
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

	out->count = loader_count(l->in, 4);
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

	for (size_t left = loader_count(l->in, 17); left > 0 && rc == 0; left--) {
		struct span source = take_span(l->in), field = take_span(l->in), lot;
		bool is_text = cursor_u8(l->in);

		lot = take_span(l->in);
		if (l->in->failed)
			return -EINVAL;
		rc = load_samples(l, find_signal(l, &source, &field, is_text, &lot));
	}
	for (size_t left = rc == 0 ? loader_count(l->in, 8) : 0; left > 0 && rc == 0; left--) {
		int at;

		if (!cursor_string(l->in, name, sizeof(name)))
			return -EINVAL;
		at = plan_find_station(l->a->plan, name);
		rc = load_samples(l, at < 0 ? NULL : l->a->tracks[at]);
	}
	return rc < 0 ? rc : l->in->failed ? -EINVAL : 0;
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
		{loader_take_lots, "material lots"},
		{loader_take_units, "open units"},
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
