/* The window of a feature: which samples of a stream belong to a unit. */
#include <stdlib.h>
#include <string.h>

#include "lib/config/line_feature.h"
#include "lib/config/names.h"

#define AT_RULE                                                                                    \
	"\"start\", \"<station>.enter\", \"<station>.exit\" or the name of a source that carries " \
	"units"

void line_refuse_window(
	const struct feature_file *f, const struct source *source, const struct place *at)
{
	const struct {
		const char *key;
		bool is_there;
	} keys[] = {{"during", f->has_during}, {"at", f->has_at}, {"ago", f->has_ago},
		{"over", f->has_over}, {"take", f->take}, {"hold", f->has_hold},
		{"min_samples", f->has_min_samples}};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		struct place here = place_key(at, keys[i].key);

		if (keys[i].is_there && source)
			place_error(&here, "is for streams, and \"%s\" is %s; remove the key",
				source->name, line_kind_text(source->kind));
		else if (keys[i].is_there)
			place_error(&here,
				"is for streams, and this is the id of a lot; remove the key");
	}
}

static void read_during(struct draft *d, struct window *w, const struct feature_file *f,
	const struct place *feature)
{
	const struct {
		const char *key;
		bool is_there;
	} others[] = {{"at", f->has_at}, {"ago", f->has_ago}, {"over", f->has_over}};
	struct place at = place_key(feature, "during");

	w->anchor = WINDOW_DURING;
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		struct place here = place_key(feature, others[i].key);

		if (others[i].is_there)
			place_error(&here,
				"does not go with \"during\", which says already when the "
				"window begins and ends; remove one of the two");
	}
	if (d->line->plan.unit.every_ms > 0)
		place_error(&at, "units by the clock (\"every\") go through no station");
	else if (f->during)
		(void)line_find_station(d, f->during, &w->station, &at);
}

/* "oven.enter" or "oven.exit". */
static void read_event(struct draft *d, struct window *w, const char *text, const char *dot,
	const struct place *at)
{
	char *name = strndup(text, (size_t)(dot - text));

	w->anchor = strcmp(dot, ".enter") == 0 ? WINDOW_ENTER : WINDOW_EXIT;
	if (!name)
		d->report->failed = true;
	else if (d->line->plan.unit.every_ms > 0)
		place_error(at, "units by the clock (\"every\") go through no station");
	else if (w->anchor == WINDOW_ENTER)
		(void)line_find_entered(d, name, &w->station, at);
	else
		(void)line_find_station(d, name, &w->station, at);
	free(name);
}

static void read_source(struct draft *d, struct window *w, const char *name, const struct place *at)
{
	CLEANUP(suggestion_deinit) struct suggestion hint;
	const struct plan *plan = &d->line->plan;

	suggestion_init(&hint, name);
	w->anchor = WINDOW_SOURCE;
	if (plan_find_source(plan, name) < 0) {
		suggestion_add(&hint, "start");
		for (size_t i = 0; i < plan->source_count; i++)
			suggestion_add(&hint, plan->sources[i].name);
		(void)suggestion_text(&hint);
		if (hint.nearest)
			place_error(at, "is \"%s\", did you mean \"%s\"?", name, hint.nearest);
		else
			place_error(at, "is \"%s\", allowed is " AT_RULE, name);
	} else if (line_find_unit_source(d, name, LINE_USE_READS, &w->source, "allowed is " AT_RULE,
			   at) == LINE_REF_OK &&
		   plan->unit.every_ms > 0) {
		place_error(at,
			"units by the clock (\"every\") get nothing from \"%s\", a source of units",
			name);
	}
}

static void read_anchor(struct draft *d, struct window *w, const struct feature_file *f,
	const struct place *feature)
{
	const char *dot = f->at ? strrchr(f->at, '.') : NULL;
	struct place at = place_key(feature, "at");

	w->anchor = WINDOW_START;
	if (!f->at || strcmp(f->at, "start") == 0)
		return;
	if (dot && (strcmp(dot, ".enter") == 0 || strcmp(dot, ".exit") == 0))
		read_event(d, w, f->at, dot, &at);
	else
		read_source(d, w, f->at, &at);
}

void line_read_window(
	struct draft *d, struct window *out, const struct feature_file *f, const struct place *at)
{
	struct place min_samples = place_key(at, "min_samples");
	int64_t samples = d->gateway->limits.samples;

	out->ago_ms = f->ago_ms;
	out->over_ms = f->over_ms;
	out->has_over = f->has_over;
	out->hold_ms = f->hold_ms;
	out->has_hold = f->hold_ms > 0;
	if (f->has_during)
		read_during(d, out, f, at);
	else
		read_anchor(d, out, f, at);
	if (f->has_min_samples && !f->has_during && !f->has_over)
		place_error(&min_samples,
			"means nothing without \"during\" or \"over\": the window is one sample");
	else if (f->min_samples > samples)
		place_error(&min_samples,
			"is %lld, but %lld samples of a signal are kept (\"limits\" of the "
			"gateway)",
			(long long)f->min_samples, (long long)samples);
}
