/* Random but repeatable messages of a line with streams, and what comes out as text. */
#pragma once

#include "lib/base/rng.h"
#include "tests/unit/feature/flow.h"

#define TRAFFIC_MAX 2000

struct item {
	char topic[40], payload[120];
	size_t source;
	bool retained;
};

struct traffic {
	struct item v[TRAFFIC_MAX];
	size_t count;
	struct rng rng;
};

static inline int traffic_below(struct traffic *t, int bound)
{
	return (int)rng_below(&t->rng, (uint64_t)bound);
}

/* A message; `last` is what its topic ends with after f/<kind>. */
static inline void traffic_add(
	struct traffic *t, size_t source, const char *topic, int64_t ms, const char *members)
{
	struct item *i = &t->v[t->count++];

	assert_true(t->count <= TRAFFIC_MAX);
	i->source = source;
	i->retained = false;
	snprintf(i->topic, sizeof(i->topic), "%s", topic);
	snprintf(i->payload, sizeof(i->payload), "{\"ts\":%lld%s%s}", (long long)NOW + ms,
		*members ? "," : "", members);
}

static inline void traffic_unit(
	struct traffic *t, size_t source, int unit, int64_t ms, const char *members)
{
	static const char *const names[] = {[F_IN] = "in",
		[F_OUT] = "out",
		[F_PRESS] = "press",
		[F_PACK] = "pack",
		[F_QC] = "qc"};
	char topic[40];

	snprintf(topic, sizeof(topic), "f/%s/U%d", names[source], unit);
	traffic_add(t, source, topic, ms, members);
}

static inline void traffic_shuffle(struct traffic *t)
{
	for (size_t i = t->count - 1; i > 0; i--) {
		size_t k = (size_t)rng_below(&t->rng, i + 1);
		struct item moved = t->v[i];

		t->v[i] = t->v[k];
		t->v[k] = moved;
	}
}

/* Features of every kind, takes of every window. */
static inline void traffic_features(struct flow *f)
{
	static const char *const stations[] = {"oven", "pressing", "packing"};
	struct feature *made;

	for (size_t i = 0; i < STATIONS; i++) {
		char name[40];

		for (size_t k = 0; k < 2; k++) {
			snprintf(name, sizeof(name), "%s_%s", stations[i], k ? "mean" : "n");
			made = flow_during(f, name, i, k ? TAKE_MEAN : TAKE_COUNT);
			made->window.has_hold = k > 0;
			made->window.hold_ms = k ? 40 : 0;
		}
		snprintf(name, sizeof(name), "%s_before", stations[i]);
		made = flow_over(f, name, TAKE_P95, 60);
		made->window.anchor = i == PACKING ? WINDOW_EXIT : WINDOW_ENTER;
		made->window.station = i;
	}
	made = flow_over(f, "start", TAKE_SD, 80);
	made->has_min = true;
	made->min = 20;
	made->window.ago_ms = 30;
	made = flow_over(f, "source", TAKE_SLOPE, 80);
	made->window.anchor = WINDOW_SOURCE;
	made->window.source = F_PRESS;
	flow_stream(f, "newest", F_TEMP, "v", TAKE_LAST);
	made = flow_stream(f, "mode", F_TEMP, "mode", TAKE_FIRST);
	made->is_text = made->window.has_over = true;
	made->window.over_ms = 100;
	flow_stream(f, "air", F_TAGS, "air", TAKE_LAST);
	flow_add(f, test_feature("resin", FEATURE_LOT_ID, 0, NULL, F_RESIN));
	flow_add(f, test_feature("visc", FEATURE_LOT, F_LAB, "visc", F_RESIN));
	flow_add(f, test_feature("strength", FEATURE_LOT, F_LAB, "strength", F_GLUE));
	flow_add(f, test_feature("x", FEATURE_UNIT, F_OUT, "x", 0));
	flow_add(f, test_feature("y", FEATURE_UNIT, F_PACK, "y", 0));
}

static inline void traffic_put_value(struct buf *b, const struct value *v)
{
	if (v->kind == VALUE_TEXT)
		buf_addf(b, "\"%s\"", v->text);
	else if (v->kind == VALUE_NUMBER)
		buf_addf(b, "%a", v->number); /* every bit */
}

/* A line of text; event times relative to NOW. */
static inline void traffic_put_unit(struct buf *b, const struct flow *f)
{
	const struct assembled *u = &f->unit;

	buf_addf(b, "%s %lld %s %d gap %lld lots %s %s", u->unit, (long long)u->started_ms - NOW,
		u->cause, u->complete, (long long)u->gap_ms, u->lots[F_RESIN], u->lots[F_GLUE]);
	for (size_t i = 0; i < f->plan.feature_count; i++) {
		const struct assembled_value *v = &u->values[i];

		buf_addf(b, " | %s ", f->plan.features[i].name);
		traffic_put_value(b, &v->value);
		buf_addf(b, " %s %zu %lld %lld %d refused ", value_missing_name(v->missing), v->n,
			v->from_ms ? (long long)v->from_ms - NOW : 0,
			v->to_ms ? (long long)v->to_ms - NOW : 0, v->is_held);
		traffic_put_value(b, &v->refused);
	}
	buf_add(b, "\n");
}

static inline void traffic_put_units(struct buf *b, struct flow *f)
{
	while (flow_next(f))
		traffic_put_unit(b, f);
}
