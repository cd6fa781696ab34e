/* The assembler of one line: its life, which features it waits for, and which sources a message
 * goes to. */
#include "lib/feature/assembler.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/timestamp.h"
#include "lib/feature/assembler_inside.h"

static int check_plan(const struct plan *plan, struct err *err)
{
	for (size_t i = 0; i < plan->lot_count; i++)
		if (plan->sources[plan->lots[i].bind_source].kind != SOURCE_UNIT)
			return err_set(err, -EINVAL,
				"lot \"%s\" is bound by source \"%s\", which carries no unit",
				plan->lots[i].name, plan->sources[plan->lots[i].bind_source].name);
	for (size_t i = 0; i < plan->feature_count; i++) {
		const struct feature *f = &plan->features[i];
		enum source_kind wanted = f->kind == FEATURE_LOT ? SOURCE_LOT : SOURCE_UNIT;

		if (f->kind != FEATURE_LOT_ID && plan->sources[f->source].kind != wanted)
			return err_set(err, -EINVAL, "feature \"%s\": source \"%s\" carries no %s",
				f->name, plan->sources[f->source].name,
				wanted == SOURCE_LOT ? "lot" : "unit");
	}
	return 0;
}

int assembler_new(struct assembler **out, const struct plan *plan,
	const struct assembler_limits *limits, struct err *err)
{
	CLEANUP(assembler_free) struct assembler *a = NULL;
	int rc = check_plan(plan, err);

	if (rc < 0)
		return rc;
	if (limits->open_units == 0 || limits->remembered_units == 0 || limits->lots == 0)
		return err_set(
			err, -EINVAL, "a limit of open units, remembered units or lots is 0");
	a = calloc(1, sizeof(*a));
	if (!a || routes_init(&a->routes, plan) < 0 ||
		unit_table_new(&a->units, a->routes.unit_slots, plan->lot_count) < 0 ||
		lot_table_new(&a->lots, a->routes.lot_slots, limits->lots) < 0 ||
		remembered_new(&a->remembered) < 0)
		return err_set(err, -ENOMEM, "no memory for an assembler");
	a->plan = plan;
	a->limits = *limits;
	a->required = calloc(plan->feature_count + 1, sizeof(*a->required));
	a->near_us = calloc(plan->source_count + 1, sizeof(*a->near_us));
	if (!a->required || !a->near_us)
		return err_set(err, -ENOMEM, "no memory for an assembler");
	assembler_require(a, NULL);
	*out = TAKE(a);
	return 0;
}

void assembler_free(struct assembler *a)
{
	if (!a)
		return;
	while (a->units && unit_table_first_due(a->units))
		unit_table_close(a->units, unit_table_first_due(a->units), a->lots);
	unit_table_free(a->units);
	lot_table_free(a->lots);
	remembered_free(a->remembered);
	routes_deinit(&a->routes);
	free(a->required);
	free(a->near_us);
	free(a);
}

static bool is_final(const struct assembler *a, const struct open_unit *u, size_t feature)
{
	const struct feature *f = &a->plan->features[feature];
	const struct lot_entry *lot;

	if (f->kind == FEATURE_UNIT)
		return values_has(&u->values, a->routes.slots[feature]);
	lot = u->bindings[f->lot].lot;
	return lot &&
	       (f->kind == FEATURE_LOT_ID || values_has(&lot->values, a->routes.slots[feature]));
}

void assembler_settle(struct assembler *a, struct open_unit *u)
{
	for (size_t i = 0; i < a->required_count; i++) {
		if (!is_final(a, u, a->required[i])) {
			unit_table_incomplete(a->units, u);
			return;
		}
	}
	unit_table_complete(a->units, u);
}

void assembler_settle_lot(struct assembler *a, struct lot_entry *lot)
{
	for (struct lot_binding *b = lot->bindings; b; b = b->next)
		assembler_settle(a, b->unit);
}

void assembler_keep_lot(struct assembler *a, struct lot_entry *lot)
{
	struct lot_entry *over = lot_table_used(a->lots, lot);
	bool has_units;

	if (!over)
		return;
	a->counts.lots_over++;
	has_units = over->bindings != NULL;
	lot_table_forget(a->lots, over); /* frees it when it has no units */
	if (has_units)
		assembler_settle_lot(a, over);
}

void assembler_require(struct assembler *a, const bool *required)
{
	a->required_count = 0;
	for (size_t i = 0; i < a->plan->feature_count; i++)
		if (!required || required[i])
			a->required[a->required_count++] = i;
	for (struct open_unit *u = unit_table_first_due(a->units); u; u = u->next)
		assembler_settle(a, u);
}

/* Is the event time too far ahead? Only one source that is ahead alone is wrong; when none agrees
 * with our clock it may be the clock that is (a gateway without a battery after a power cut). */
static bool is_future(struct assembler *a, size_t source, const struct reading *r, int64_t now_ms)
{
	int64_t limit_ms = a->limits.future_limit_ms;

	if (!r->has_own_time)
		return false;
	if (r->time_ms > later_ms(now_ms, limit_ms))
		return a->near_count > a->near_us[source];
	if (later_ms(r->time_ms, limit_ms) >= now_ms && !a->near_us[source]) {
		a->near_us[source] = true;
		a->near_count++;
	}
	return false;
}

static int say_future(const struct assembler *a, size_t source, const struct reading *r,
	int64_t now_ms, struct err *err)
{
	char at[TIMESTAMP_TEXT_MAX];

	timestamp_print(at, r->time_ms);
	err_set(err, 0,
		"source \"%s\": the event time %s is %" PRId64
		" ms ahead of the clock, at most %" PRId64 " ms are allowed",
		a->plan->sources[source].name, at, r->time_ms - now_ms, a->limits.future_limit_ms);
	return REFUSAL_FUTURE;
}

/* The message as one source that its topic matches. A refusal, or -ENOMEM. */
static int take_as(struct assembler *a, size_t source, const struct message *msg,
	const struct topic_capture *captures, int64_t now_ms, int64_t clock_ms, struct err *err)
{
	const struct source *s = &a->plan->sources[source];
	CLEANUP(reading_deinit) struct reading r = {.tree = NULL};
	enum refusal why;

	if (msg->retained && s->kind == SOURCE_UNIT) {
		err_set(err, 0, "source \"%s\": a retained message is old and belongs to no unit",
			s->name);
		return REFUSAL_RETAINED;
	}
	if (a->routes.sources[source].count == 0) {
		err_set(err, 0, "source \"%s\": no feature and no lot uses it", s->name);
		return REFUSAL_NO_VALUE;
	}
	why = reading_init(&r, s, msg, captures, now_ms, err);
	if (why != REFUSAL_NONE)
		return (int)why;
	if (is_future(a, source, &r, now_ms))
		return say_future(a, source, &r, now_ms, err);
	return s->kind == SOURCE_UNIT ? assembler_feed_unit(a, source, &r, clock_ms, err)
				      : assembler_feed_lot(a, source, &r, msg->retained, err);
}

enum refusal assembler_take(struct assembler *a, const struct message *msg, int64_t now_ms,
	int64_t clock_ms, struct err *err)
{
	struct topic_capture captures[TOPIC_CAPTURES_MAX];
	enum refusal first = REFUSAL_UNMATCHED;
	bool used = false;

	for (size_t i = 0; i < a->plan->source_count; i++) {
		int rc;

		if (!topic_match(a->plan->sources[i].topic, msg->topic, captures))
			continue;
		rc = take_as(a, i, msg, captures, now_ms, clock_ms,
			first == REFUSAL_UNMATCHED ? err : NULL);
		if (rc < 0)
			abort(); /* see the header: the message comes again */
		if (rc == REFUSAL_NONE)
			used = true;
		else if (first == REFUSAL_UNMATCHED)
			first = (enum refusal)rc;
	}
	if (!used && first == REFUSAL_UNMATCHED) {
		err_set(err, 0, "no source takes the topic \"%s\"", msg->topic);
		return REFUSAL_UNMATCHED;
	}
	a->counts.received++;
	if (used)
		a->counts.used++;
	else
		a->counts.refused[first]++;
	return used ? REFUSAL_NONE : first;
}

size_t assembler_open_count(const struct assembler *a)
{
	return unit_table_count(a->units);
}

const struct assembler_counts *assembler_counts(const struct assembler *a)
{
	return &a->counts;
}

void assembler_forget_counts(struct assembler *a)
{
	a->counts = (struct assembler_counts){0};
}
