/* What an element of a stream does: samples of signals, and the lots now loaded. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/feature/assembler_inside.h"

/* An element on its way into signals. */
struct streaming {
	struct assembler *a;
	const struct source *source;
	const struct reading *reading;
	bool retained;
	bool used, wanted; /* wanted: something in it that a signal is made of */
	enum refusal why;  /* REFUSAL_NONE, or why the first value of it was not used */
};

static void leave_out(struct streaming *s, enum refusal why)
{
	if (s->why == REFUSAL_NONE)
		s->why = why;
}

/* The value as the signal keeps it. `scratch` holds a number's text. */
static enum value_refusal as_sample(
	const struct value *raw, bool is_text, struct value *out, char scratch[NUM_TEXT_MAX])
{
	const struct feature any = {.is_text = is_text};

	return feature_judge(&any, raw, out, scratch);
}

/* Does a feature of the signal leave it out? It is kept for the others, and counted once. */
static void judge(struct streaming *s, const struct signal_route *route, double number)
{
	for (size_t i = 0; i < route->features.count; i++) {
		const struct feature *f = &s->a->plan->features[route->features.v[i]];

		if ((f->has_min && number < f->min) || (f->has_max && number > f->max)) {
			s->a->counts.values[VALUE_REFUSAL_OUT_OF_RANGE]++;
			return;
		}
	}
}

#define ASKED_EACH 1024 /* samples: whether some can go, before all are more than twice as many */

static int add(
	struct assembler *a, size_t signal, int64_t time_ms, const struct value *v, bool unique)
{
	struct signal *to = a->signals[signal];
	uint64_t over = signal_over(to);
	int rc = 0;

	if (signal_is_full(to) || signal_count(to) % ASKED_EACH == 0)
		rc = assembler_make_room(a, signal);
	if (rc < 0)
		return rc;
	rc = signal_add(to, time_ms, v, unique);
	a->counts.samples_over += signal_over(to) - over;
	return rc;
}

/* What became of a sample. */
static void note(struct streaming *s, int added)
{
	if (added == SIGNAL_ADDED)
		s->used = true;
	else if (added == SIGNAL_REPEAT)
		leave_out(s, REFUSAL_DUPLICATE);
	else if (added == SIGNAL_OUTDATED)
		leave_out(s, REFUSAL_OUTDATED);
}

static int take_sample(
	struct streaming *s, size_t signal, const struct value *raw, enum value_refusal why)
{
	const struct signal_route *route = &s->a->routes.signals[signal];
	char scratch[NUM_TEXT_MAX];
	struct value v;
	int rc;

	if (s->retained) {
		leave_out(s, REFUSAL_RETAINED);
		return 0;
	}
	if (why == VALUE_REFUSAL_NONE)
		why = as_sample(raw, route->is_text, &v, scratch);
	if (why != VALUE_REFUSAL_NONE) {
		s->a->counts.values[why]++;
		leave_out(s, REFUSAL_NO_VALUE);
		return 0;
	}
	rc = add(s->a, signal, s->reading->time_ms, &v, s->reading->has_own_time);
	note(s, rc);
	if (rc == SIGNAL_ADDED && !route->is_text)
		judge(s, route, v.number);
	return rc < 0 ? rc : 0;
}

/* A retained message tells what was loaded at its time; without one of its own, since ever, where
 * nothing else is known. */
static bool retained_is_news(const struct streaming *s, const struct signal *loaded)
{
	int64_t newest_ms;

	if (!signal_newest(loaded, &newest_ms))
		return true;
	return s->reading->has_own_time && s->reading->time_ms > newest_ms;
}

/* One that is loaded still is noted all the same: what was loaded between may be said later. */
static int take_loaded(struct streaming *s, size_t signal, const struct value *raw, bool is_id)
{
	const struct signal_route *route = &s->a->routes.signals[signal];
	struct signal *loaded = s->a->signals[signal];
	int64_t time_ms = s->reading->time_ms;
	char id[ID_BYTES_MAX + 1];
	const struct value v = {.kind = VALUE_TEXT, .text = id};
	int rc;

	if (!is_id || !reading_id_of(raw, id)) {
		s->a->counts.values[VALUE_REFUSAL_WRONG_TYPE]++;
		leave_out(s, REFUSAL_NO_VALUE);
		return 0;
	}
	if (s->retained && !retained_is_news(s, loaded)) {
		leave_out(s, REFUSAL_RETAINED);
		return 0;
	}
	if (s->retained && !s->reading->has_own_time)
		time_ms = 0;
	rc = add(s->a, signal, time_ms, &v, s->reading->has_own_time);
	note(s, rc);
	if (rc != SIGNAL_ADDED)
		return rc < 0 ? rc : 0;
	return assembler_rebind_all(s->a, route->lot, time_ms);
}

static int take_route(struct streaming *s, const struct route *route)
{
	const cJSON *item = reading_item(s->reading, s->source, &route->at);
	enum value_refusal why;
	struct value raw;
	int rc = 0;

	if (!reading_value(s->reading, s->source, &route->at, &raw, &why))
		return 0;
	s->wanted = true;
	for (size_t i = 0; i < route->signals.count && rc == 0; i++) {
		size_t signal = route->signals.v[i];

		rc = s->a->routes.signals[signal].lot == NO_INDEX
			     ? take_sample(s, signal, &raw, why)
			     : take_loaded(s, signal, &raw, !cJSON_IsBool(item));
	}
	return rc;
}

static int say_unused(const struct streaming *s, struct err *err)
{
	static const char *const sentences[REFUSAL_COUNT] = {
		[REFUSAL_RETAINED] = "a retained message is old, and no sample",
		[REFUSAL_NO_VALUE] = "its values are not of the type that is wanted",
		[REFUSAL_DUPLICATE] = "the same sample of the same time is there already",
		[REFUSAL_OUTDATED] = "it is older than what is kept",
	};

	if (!s->wanted)
		err_set(err, 0, "source \"%s\": nothing in it that a feature or lot wants",
			s->source->name);
	else
		err_set(err, 0, "source \"%s\": %s", s->source->name, sentences[s->why]);
	return s->wanted ? (int)s->why : REFUSAL_NO_VALUE;
}

int assembler_feed_stream(
	struct assembler *a, size_t source, const struct reading *r, bool retained, struct err *err)
{
	const struct source_routes *routes = &a->routes.sources[source];
	struct streaming s = {
		.a = a, .source = &a->plan->sources[source], .reading = r, .retained = retained};
	const struct route *route = routes->v;
	size_t count = routes->count;

	if (s.source->tag.count > 0)
		route = routes_find_tag(routes, r->tag, &count);
	for (size_t i = 0; i < count; i++) {
		int rc = take_route(&s, &route[i]);

		if (rc < 0)
			return rc;
	}
	return s.used ? REFUSAL_NONE : say_unused(&s, err);
}
