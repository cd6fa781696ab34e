/* What each source's messages feed. */
#include "lib/feature/routes.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int append(size_t **v, size_t *count, size_t index)
{
	size_t *grown = reallocarray(*v, *count + 1, sizeof(**v));

	if (!grown)
		return -ENOMEM;
	grown[(*count)++] = index;
	*v = grown;
	return 0;
}

/* The route of a field; made when it is new. NULL: no memory. */
static struct route *route_of(
	struct source_routes *routes, const struct source *source, const char *field)
{
	struct field_at at = field_find(source, field);
	struct route *grown;

	for (size_t i = 0; i < routes->count; i++)
		if (routes->v[i].at.kind == at.kind && strcmp(routes->v[i].at.text, at.text) == 0)
			return &routes->v[i];
	grown = reallocarray(routes->v, routes->count + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	routes->v = grown;
	grown[routes->count] = (struct route){.at = at};
	return &grown[routes->count++];
}

static int add_feature(struct routes *r, const struct plan *plan, size_t index)
{
	const struct feature *f = &plan->features[index];
	struct route *route;

	r->slots[index] = NO_SLOT;
	if (f->kind == FEATURE_LOT_ID)
		return 0;
	route = route_of(&r->sources[f->source], &plan->sources[f->source], f->field);
	if (!route || append(&route->features, &route->feature_count, index) < 0)
		return -ENOMEM;
	if (f->kind == FEATURE_UNIT) {
		r->slots[index] = r->unit_slots;
		return append(&r->unit_features, &r->unit_slots, index);
	}
	r->slots[index] = r->lot_slots;
	return append(&r->lot_features, &r->lot_slots, index);
}

static int add_lot(struct routes *r, const struct plan *plan, size_t index)
{
	const struct lot *lot = &plan->lots[index];
	struct route *route = route_of(
		&r->sources[lot->bind_source], &plan->sources[lot->bind_source], lot->bind_field);

	return route ? append(&route->lots, &route->lot_count, index) : -ENOMEM;
}

int routes_init(struct routes *r, const struct plan *plan)
{
	int rc = 0;

	*r = (struct routes){.source_count = plan->source_count};
	r->sources = calloc(plan->source_count + 1, sizeof(*r->sources));
	r->slots = calloc(plan->feature_count + 1, sizeof(*r->slots));
	if (!r->sources || !r->slots)
		rc = -ENOMEM;
	for (size_t i = 0; i < plan->lot_count && rc == 0; i++)
		rc = add_lot(r, plan, i);
	for (size_t i = 0; i < plan->feature_count && rc == 0; i++)
		rc = add_feature(r, plan, i);
	if (rc < 0)
		routes_deinit(r);
	return rc;
}

void routes_deinit(struct routes *r)
{
	for (size_t i = 0; r->sources && i < r->source_count; i++) {
		for (size_t k = 0; k < r->sources[i].count; k++) {
			free(r->sources[i].v[k].features);
			free(r->sources[i].v[k].lots);
		}
		free(r->sources[i].v);
	}
	free(r->sources);
	free(r->slots);
	free(r->unit_features);
	free(r->lot_features);
	*r = (struct routes){0};
}
