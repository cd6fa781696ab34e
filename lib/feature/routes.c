/* What each source's messages feed. */
#include "lib/feature/routes.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* So much later than its samples an event may come: as long as a unit may stay open, within
 * reason. Slow signals keep more (KEPT_SAMPLES of assembler_room.c). */
#define LATE_MIN_MS 60000
#define LATE_MAX_MS 300000

static int append(struct index_list *list, size_t index)
{
	size_t *grown = reallocarray(list->v, list->count + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	grown[list->count++] = index;
	list->v = grown;
	return 0;
}

/* The route of a field; made when it is new. NULL: no memory. */
static struct route *route_of(
	struct source_routes *routes, const struct source *source, const char *field)
{
	struct field_at at = field_find(source, field);
	struct route *grown;

	for (size_t i = 0; i < routes->count; i++)
		if (strcmp(routes->v[i].at.name, at.name) == 0)
			return &routes->v[i];
	grown = reallocarray(routes->v, routes->count + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	routes->v = grown;
	grown[routes->count] = (struct route){.at = at};
	return &grown[routes->count++];
}

/* The signal of a stream's field; made when it is new. NO_SLOT: no memory. */
static size_t signal_of(struct routes *r, const struct plan *plan, size_t source, const char *field,
	bool is_text, size_t lot)
{
	struct route *route;
	struct signal_route *grown;

	for (size_t i = 0; i < r->signal_count; i++) {
		const struct signal_route *s = &r->signals[i];

		if (s->source == source && s->is_text == is_text && s->lot == lot &&
			strcmp(s->field, field) == 0)
			return i;
	}
	grown = reallocarray(r->signals, r->signal_count + 1, sizeof(*grown));
	if (!grown)
		return NO_SLOT;
	r->signals = grown;
	grown[r->signal_count] = (struct signal_route){
		.source = source, .field = field, .is_text = is_text, .lot = lot};
	route = route_of(&r->sources[source], &plan->sources[source], field);
	if (!route || append(&route->signals, r->signal_count) < 0)
		return NO_SLOT;
	return r->signal_count++;
}

int64_t window_reach_ms(const struct plan *plan, const struct window *w)
{
	const struct station *s;

	if (w->anchor != WINDOW_DURING)
		return w->ago_ms + w->over_ms + w->hold_ms;
	s = &plan->stations[w->station];
	return (s->enter == NO_INDEX ? s->look_back_ms : s->max_dwell_ms) + w->hold_ms;
}

static int64_t reorder_of(const struct plan *plan, const struct window *w)
{
	return w->anchor == WINDOW_START || w->anchor == WINDOW_SOURCE
		       ? 0
		       : plan->stations[w->station].reorder_ms;
}

static int64_t lateness(const struct plan *plan)
{
	int64_t ms = plan->unit.deadline_ms;

	return ms < LATE_MIN_MS ? LATE_MIN_MS : ms > LATE_MAX_MS ? LATE_MAX_MS : ms;
}

static int add_stream(struct routes *r, const struct plan *plan, size_t index)
{
	const struct feature *f = &plan->features[index];
	int64_t reach_ms = window_reach_ms(plan, &f->window);
	int64_t keep_ms = reach_ms + reorder_of(plan, &f->window) + lateness(plan);
	size_t signal = signal_of(r, plan, f->source, f->field, f->is_text, NO_INDEX);

	if (signal == NO_SLOT || append(&r->signals[signal].features, index) < 0)
		return -ENOMEM;
	r->slots[index] = signal;
	r->windows[index] = r->window_count++;
	if (keep_ms > r->signals[signal].keep_ms)
		r->signals[signal].keep_ms = keep_ms;
	if (reach_ms > r->widest_ms)
		r->widest_ms = reach_ms;
	return 0;
}

static int append_slot(size_t **v, size_t *count, size_t index)
{
	struct index_list list = {*v, *count};
	int rc = append(&list, index);

	*v = list.v;
	*count = list.count;
	return rc;
}

static int add_feature(struct routes *r, const struct plan *plan, size_t index)
{
	const struct feature *f = &plan->features[index];
	struct route *route;

	r->slots[index] = r->windows[index] = NO_SLOT;
	if (f->kind == FEATURE_LOT_ID)
		return 0;
	if (f->kind == FEATURE_STREAM)
		return add_stream(r, plan, index);
	route = route_of(&r->sources[f->source], &plan->sources[f->source], f->field);
	if (!route || append(&route->features, index) < 0)
		return -ENOMEM;
	if (f->kind == FEATURE_UNIT) {
		r->slots[index] = r->unit_slots;
		return append_slot(&r->unit_features, &r->unit_slots, index);
	}
	r->slots[index] = r->lot_slots;
	return append_slot(&r->lot_features, &r->lot_slots, index);
}

static int add_lot(struct routes *r, const struct plan *plan, size_t index)
{
	const struct lot *lot = &plan->lots[index];
	struct route *route;
	size_t signal;

	r->lot_signals[index] = NO_SLOT;
	if (!lot->is_loaded) {
		route = route_of(&r->sources[lot->bind_source], &plan->sources[lot->bind_source],
			lot->bind_field);
		return route ? append(&route->lots, index) : -ENOMEM;
	}
	signal = signal_of(r, plan, lot->bind_source, lot->bind_field, true, index);
	if (signal == NO_SLOT)
		return -ENOMEM;
	r->signals[signal].keep_ms = lot->delay_ms + lateness(plan);
	r->lot_signals[index] = signal;
	return 0;
}

static int add_stations(struct routes *r, const struct plan *plan)
{
	for (size_t i = 0; i < plan->station_count; i++) {
		const struct station *s = &plan->stations[i];

		if ((s->enter != NO_INDEX && append(&r->sources[s->enter].enters, i) < 0) ||
			(s->exit != NO_INDEX && append(&r->sources[s->exit].exits, i) < 0))
			return -ENOMEM;
	}
	return 0;
}

static int add_labels(struct routes *r, const struct plan *plan)
{
	for (size_t i = 0; i < plan->label_count; i++)
		if (append(&r->sources[plan->labels[i].source].labels, i) < 0)
			return -ENOMEM;
	return 0;
}

static void add_moment(struct routes *r, size_t source)
{
	if (source != NO_INDEX && r->sources[source].moment == NO_SLOT)
		r->sources[source].moment = r->moments++;
}

static void add_moments(struct routes *r, const struct plan *plan)
{
	for (size_t i = 0; i < plan->source_count; i++)
		r->sources[i].moment = NO_SLOT;
	add_moment(r, plan->unit.ready_on);
	for (size_t i = 0; i < plan->feature_count; i++) {
		const struct feature *f = &plan->features[i];

		if (f->kind == FEATURE_STREAM && f->window.anchor == WINDOW_SOURCE)
			add_moment(r, f->window.source);
	}
}

/* Are the two taken of the same samples? */
static bool is_alike(const struct routes *r, const struct plan *plan, size_t a, size_t b)
{
	const struct feature *f = &plan->features[a], *g = &plan->features[b];
	const struct window *v = &f->window, *w = &g->window;

	return g->kind == FEATURE_STREAM && r->slots[a] == r->slots[b] && v->anchor == w->anchor &&
	       v->station == w->station && v->source == w->source && v->ago_ms == w->ago_ms &&
	       v->over_ms == w->over_ms && v->has_over == w->has_over && v->hold_ms == w->hold_ms &&
	       v->has_hold == w->has_hold && f->has_min == g->has_min && f->has_max == g->has_max &&
	       f->min == g->min && f->max == g->max;
}

static void make_groups(struct routes *r, const struct plan *plan)
{
	for (size_t i = 0; i < plan->feature_count; i++) {
		r->groups[i] = i;
		if (i > 0 && plan->features[i].kind == FEATURE_STREAM &&
			is_alike(r, plan, i, i - 1))
			r->groups[i] = r->groups[i - 1];
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct route *)a)->at.name, ((const struct route *)b)->at.name);
}

const struct route *routes_find_tag(
	const struct source_routes *routes, const char *tag, size_t *count)
{
	const struct route key = {.at = {.name = tag}};
	const struct route *found =
		routes->count ? bsearch(&key, routes->v, routes->count, sizeof(*routes->v), by_name)
			      : NULL;

	*count = found != NULL;
	return found;
}

int routes_init(struct routes *r, const struct plan *plan)
{
	int rc = 0;

	*r = (struct routes){.source_count = plan->source_count};
	r->sources = calloc(plan->source_count + 1, sizeof(*r->sources));
	r->slots = calloc(plan->feature_count + 1, sizeof(*r->slots));
	r->windows = calloc(plan->feature_count + 1, sizeof(*r->windows));
	r->groups = calloc(plan->feature_count + 1, sizeof(*r->groups));
	r->lot_signals = calloc(plan->lot_count + 1, sizeof(*r->lot_signals));
	if (!r->sources || !r->slots || !r->windows || !r->groups || !r->lot_signals)
		rc = -ENOMEM;
	if (rc == 0) {
		add_moments(r, plan);
		rc = add_stations(r, plan);
	}
	if (rc == 0)
		rc = add_labels(r, plan);
	for (size_t i = 0; i < plan->lot_count && rc == 0; i++)
		rc = add_lot(r, plan, i);
	for (size_t i = 0; i < plan->feature_count && rc == 0; i++)
		rc = add_feature(r, plan, i);
	if (rc < 0) {
		routes_deinit(r);
		return rc;
	}
	make_groups(r, plan);
	for (size_t i = 0; i < plan->source_count; i++)
		if (plan->sources[i].tag.count > 0 && r->sources[i].count > 0)
			qsort(r->sources[i].v, r->sources[i].count, sizeof(*r->sources[i].v),
				by_name);
	return 0;
}

void routes_deinit(struct routes *r)
{
	for (size_t i = 0; r->sources && i < r->source_count; i++) {
		struct source_routes *s = &r->sources[i];

		for (size_t k = 0; k < s->count; k++) {
			free(s->v[k].features.v);
			free(s->v[k].lots.v);
			free(s->v[k].signals.v);
		}
		free(s->v);
		free(s->enters.v);
		free(s->exits.v);
		free(s->labels.v);
	}
	for (size_t i = 0; i < r->signal_count; i++)
		free(r->signals[i].features.v);
	free(r->sources);
	free(r->signals);
	free(r->slots);
	free(r->windows);
	free(r->groups);
	free(r->lot_signals);
	free(r->unit_features);
	free(r->lot_features);
	*r = (struct routes){0};
}
