/* Windows over the samples of a stream: their bounds, their values, and which samples they still
 * want. What is done with that is in assembler_room.c. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/feature/assembler_inside.h"

/* A window of one unit. */
struct span {
	enum value_missing missing; /* why there is none */
	int64_t from_ms, to_ms;     /* as it is said in the unit's detail */
	int64_t first_ms, last_ms;  /* samples inside: both included */
};

static int64_t anchor_ms(const struct assembler *a, const struct open_unit *u,
	const struct window *w, enum value_missing *missing)
{
	struct stay stay;
	int64_t ms;

	*missing = VALUE_PRESENT;
	switch (w->anchor) {
	case WINDOW_ENTER:
		ms = u->visits[w->station].enter_ms;
		if (ms == NO_TIME)
			*missing = MISSING_NO_ENTER;
		return ms;
	case WINDOW_EXIT:
		stay = assembler_stay(a, u, w->station);
		*missing = stay.missing;
		return stay.to_ms;
	case WINDOW_SOURCE:
		ms = u->moments[a->routes.sources[w->source].moment];
		if (ms == NO_TIME)
			*missing = MISSING_NO_ANCHOR;
		return ms;
	default:
		return u->started_ms;
	}
}

static struct span find_span(
	const struct assembler *a, const struct open_unit *u, const struct window *w)
{
	struct span span = {0};

	if (w->anchor == WINDOW_DURING) {
		struct stay stay = assembler_stay(a, u, w->station);

		return (struct span){
			stay.missing, stay.from_ms, stay.to_ms, stay.first_ms, stay.last_ms};
	}
	span.to_ms = span.last_ms = anchor_ms(a, u, w, &span.missing);
	if (span.missing != VALUE_PRESENT)
		return (struct span){.missing = span.missing};
	span.to_ms = span.last_ms = span.to_ms - w->ago_ms;
	span.from_ms = span.first_ms = span.to_ms - w->over_ms;
	return span;
}

static bool is_in_range(const struct feature *f, double number)
{
	return !(f->has_min && number < f->min) && !(f->has_max && number > f->max);
}

/* The newest sample at or before `time_ms` that the feature accepts. NULL: none. */
static const struct sample *newest_accepted(
	const struct signal *s, const struct feature *f, int64_t time_ms)
{
	const struct sample *first;
	size_t count = signal_range(s, INT64_MIN, time_ms, &first);

	while (count-- > 0)
		if (f->is_text || is_in_range(f, first[count].number))
			return &first[count];
	return NULL;
}

/* The value in force when the window began. NULL: none, or one that is too old. */
static const struct sample *held_sample(
	const struct signal *s, const struct feature *f, const struct span *span)
{
	const struct sample *held;

	if (!f->window.has_hold || span->first_ms == NO_TIME)
		return NULL;
	held = newest_accepted(s, f, span->first_ms - 1);
	return held && held->time_ms >= earlier_ms(span->from_ms, f->window.hold_ms) ? held : NULL;
}

/* Are samples gone that the window wants? */
static bool is_truncated(const struct signal *s, const struct feature *f, const struct span *span,
	const struct sample *held)
{
	int64_t dropped_ms = signal_dropped_to_ms(s), wanted_ms = span->first_ms;

	if (dropped_ms == INT64_MIN)
		return false;
	if (f->window.has_hold && !held && wanted_ms != NO_TIME)
		wanted_ms = earlier_ms(span->from_ms, f->window.hold_ms);
	return dropped_ms >= wanted_ms;
}

static void take_text(const struct signal *s, const struct feature *f, const struct span *span,
	const struct sample *held, struct assembled_value *out)
{
	const struct sample *first;
	size_t count = signal_range(s, span->first_ms, span->last_ms, &first);
	const struct sample *chosen = NULL;

	out->n = count;
	if (count > 0)
		chosen = f->take == TAKE_FIRST ? first : &first[count - 1];
	if (held && (!chosen || (f->take == TAKE_FIRST && chosen->time_ms > span->from_ms)))
		chosen = held;
	out->is_held = chosen && chosen == held;
	if (count < f->min_samples)
		out->missing = MISSING_TOO_FEW;
	else if (!chosen)
		out->missing = MISSING_NO_SAMPLE;
	else
		out->value = (struct value){.kind = VALUE_TEXT, .text = chosen->text};
}

/* Gathers the samples of a window, for all features that are taken of it. What was refused last
 * goes into `out` each time. */
static int gather(struct assembler *a, size_t feature, const struct span *span,
	const struct sample *held, struct assembled_value *out)
{
	const struct feature *f = &a->plan->features[feature];
	const struct sample *first;
	size_t count = signal_range(
		a->signals[a->routes.slots[feature]], span->first_ms, span->last_ms, &first);
	bool is_known = a->aggregate_group == a->routes.groups[feature];

	if (!is_known)
		aggregate_begin(a->aggregate, span->from_ms, span->to_ms, f->window.has_hold,
			held ? &held->number : NULL);
	a->aggregate_group = a->routes.groups[feature];
	out->is_held = held != NULL;
	for (size_t i = 0; i < count; i++) {
		if (!is_in_range(f, first[i].number)) {
			out->refused =
				(struct value){.kind = VALUE_NUMBER, .number = first[i].number};
			continue;
		}
		out->is_held = out->is_held && first[i].time_ms > span->from_ms;
		if (!is_known &&
			aggregate_push(a->aggregate, first[i].time_ms, first[i].number) < 0)
			return -ENOMEM;
	}
	out->n = aggregate_count(a->aggregate);
	return 0;
}

/* Why there is no such number: because there are no samples that it could be taken of, or too few
 * of them. */
static enum value_missing why_no_number(const struct feature *f, const struct assembled_value *v)
{
	if (v->n > 0 || (v->is_held && f->take != TAKE_SUM))
		return MISSING_UNDEFINED;
	return v->refused.kind != VALUE_MISSING ? MISSING_OUT_OF_RANGE : MISSING_NO_SAMPLE;
}

static int take_numbers(struct assembler *a, size_t feature, const struct span *span,
	const struct sample *held, struct assembled_value *out)
{
	const struct feature *f = &a->plan->features[feature];

	if (gather(a, feature, span, held, out) < 0)
		return -ENOMEM;
	if (out->n < f->min_samples)
		out->missing = out->n == 0 && out->refused.kind != VALUE_MISSING
				       ? MISSING_OUT_OF_RANGE
				       : MISSING_TOO_FEW;
	else if (aggregate_take(a->aggregate, f->take, &out->value.number))
		out->value.kind = VALUE_NUMBER;
	else
		out->missing = why_no_number(f, out);
	return 0;
}

/* Why there is no sample at or before the window's end, none older than `oldest_ms`. */
static void say_no_sample(const struct signal *s, const struct feature *f, const struct span *span,
	int64_t oldest_ms, struct assembled_value *out)
{
	const struct sample *any = signal_at(s, span->last_ms);
	int64_t dropped_ms = signal_dropped_to_ms(s);

	out->missing = MISSING_NO_SAMPLE;
	if (any && any->time_ms >= oldest_ms && !f->is_text) {
		out->missing = MISSING_OUT_OF_RANGE;
		out->refused = (struct value){.kind = VALUE_NUMBER, .number = any->number};
	} else if (!any && dropped_ms != INT64_MIN && dropped_ms >= oldest_ms) {
		out->missing = MISSING_TRUNCATED;
		return;
	}
	if (f->take == TAKE_COUNT) {
		out->missing = VALUE_PRESENT;
		out->value.kind = VALUE_NUMBER; /* 0 */
	}
}

/* Without `over`: one sample, the newest at or before the window's end. */
static int take_newest(
	struct assembler *a, size_t feature, const struct span *span, struct assembled_value *out)
{
	const struct feature *f = &a->plan->features[feature];
	const struct signal *s = a->signals[a->routes.slots[feature]];
	const struct sample *newest = newest_accepted(s, f, span->last_ms);
	int64_t oldest_ms =
		f->window.has_hold ? earlier_ms(span->last_ms, f->window.hold_ms) : INT64_MIN;

	if (!newest || newest->time_ms < oldest_ms) {
		say_no_sample(s, f, span, oldest_ms, out);
		return 0;
	}
	out->n = 1;
	out->from_ms = out->to_ms = newest->time_ms;
	if (f->is_text) {
		out->value = (struct value){.kind = VALUE_TEXT, .text = newest->text};
		return 0;
	}
	aggregate_begin(a->aggregate, newest->time_ms, newest->time_ms, false, NULL);
	a->aggregate_group = NO_INDEX;
	if (aggregate_push(a->aggregate, newest->time_ms, newest->number) < 0)
		return -ENOMEM;
	if (aggregate_take(a->aggregate, f->take, &out->value.number))
		out->value.kind = VALUE_NUMBER;
	else
		out->missing = MISSING_UNDEFINED;
	return 0;
}

/* Was it worked out already? */
static bool find_frozen(const struct assembler *a, const struct open_unit *u, size_t feature,
	struct assembled_value *out)
{
	return u->frozen && frozen_get(&u->frozen[a->routes.windows[feature]], out);
}

int assembler_take_window(
	struct assembler *a, const struct open_unit *u, size_t feature, struct assembled_value *out)
{
	const struct feature *f = &a->plan->features[feature];
	const struct signal *s = a->signals[a->routes.slots[feature]];
	const struct refused_value *refused;
	struct span span;
	const struct sample *held;

	if (find_frozen(a, u, feature, out)) {
		refused = values_refused(&u->values, feature);
		if (refused)
			out->refused =
				(struct value){.kind = refused->kind, .number = refused->number};
		return 0;
	}
	span = find_span(a, u, &f->window);
	*out = (struct assembled_value){.missing = span.missing};
	if (span.missing != VALUE_PRESENT)
		return 0;
	if (f->window.anchor != WINDOW_DURING && !f->window.has_over)
		return take_newest(a, feature, &span, out);
	out->from_ms = span.from_ms == NO_TIME ? 0 : span.from_ms;
	out->to_ms = span.to_ms;
	held = held_sample(s, f, &span);
	if (is_truncated(s, f, &span, held)) {
		out->missing = MISSING_TRUNCATED;
		return 0;
	}
	if (!f->is_text)
		return take_numbers(a, feature, &span, held, out);
	take_text(s, f, &span, held, out);
	return 0;
}

int64_t assembler_window_final_ms(
	const struct assembler *a, const struct open_unit *u, size_t feature)
{
	const struct window *w = &a->plan->features[feature].window;
	const struct station *station;
	const struct visit *v;

	if (w->anchor == WINDOW_START)
		return INT64_MIN;
	if (w->anchor == WINDOW_SOURCE)
		return u->moments[a->routes.sources[w->source].moment] == NO_TIME ? INT64_MAX
										  : INT64_MIN;
	station = &a->plan->stations[w->station];
	v = &u->visits[w->station];
	if (w->anchor != WINDOW_ENTER)
		return visit_final_ms(station, v);
	return v->enter_at_ms == NO_TIME ? INT64_MAX
					 : later_ms(v->enter_at_ms, station->reorder_ms);
}

int64_t assembler_wanted_ms(const struct assembler *a, const struct open_unit *u, size_t feature)
{
	const struct window *w = &a->plan->features[feature].window;
	struct span span;

	if (u->frozen && u->frozen[a->routes.windows[feature]].is_set)
		return INT64_MAX;
	span = find_span(a, u, w);
	if (span.missing != VALUE_PRESENT)
		return INT64_MAX;
	return span.first_ms == NO_TIME ? INT64_MIN : earlier_ms(span.first_ms, w->hold_ms);
}
