/* What a message that was read does to its unit or lot. */
#include <errno.h>

#include "lib/base/err.h"
#include "lib/base/timestamp.h"
#include "lib/feature/assembler_inside.h"

/* A message on its way into a unit or lot. */
struct feed {
	struct assembler *a;
	const struct source *source;
	const struct reading *reading;
	struct values *values; /* of the unit or lot */
	enum value_rule rule;
	bool has_wanted; /* something in it that a feature or lot wants */
	bool has_filled; /* a value where none was */
	bool has_changed;
};

static void count_refused(struct feed *f, enum value_refusal why)
{
	f->a->counts.values[why]++;
}

static int feed_feature(
	struct feed *f, size_t feature, const struct value *raw, enum value_refusal why)
{
	size_t slot = f->a->routes.slots[feature];
	int64_t time_ms = f->reading->time_ms;
	char scratch[NUM_TEXT_MAX];
	struct value value;
	bool had;
	int rc;

	if (why == VALUE_REFUSAL_NONE)
		why = feature_judge(&f->a->plan->features[feature], raw, &value, scratch);
	if (why != VALUE_REFUSAL_NONE) {
		rc = values_refuse(f->values, feature, raw, why, time_ms, f->rule);
		if (rc == VALUES_CHANGED)
			count_refused(f, why);
	} else {
		had = values_has(f->values, slot);
		rc = values_put(f->values, slot, &value, time_ms, f->rule);
		if (rc == VALUES_CHANGED && !had)
			f->has_filled = true;
	}
	if (rc == VALUES_CHANGED)
		f->has_changed = true;
	return rc < 0 ? rc : 0;
}

/* A value that names no lot is said with the features that record the lot's id. */
static int refuse_lot_id(struct feed *f, size_t lot, const struct value *raw)
{
	const struct plan *plan = f->a->plan;

	count_refused(f, VALUE_REFUSAL_WRONG_TYPE);
	f->has_changed = true;
	for (size_t i = 0; i < plan->feature_count; i++) {
		if (plan->features[i].kind == FEATURE_LOT_ID && plan->features[i].lot == lot &&
			values_refuse(f->values, i, raw, VALUE_REFUSAL_WRONG_TYPE,
				f->reading->time_ms, f->rule) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int feed_binding(struct feed *f, struct open_unit *u, size_t lot, const struct route *route,
	const struct value *raw)
{
	struct lot_binding *b = &u->bindings[lot];
	char id[ID_BYTES_MAX + 1];
	struct lot_entry *entry;

	if (cJSON_IsBool(reading_item(f->reading, f->source, &route->at)) ||
		!reading_id_of(raw, id))
		return refuse_lot_id(f, lot, raw);
	if (!value_rule_allows(f->rule, b->lot != NULL, b->time_ms, f->reading->time_ms))
		return 0;
	entry = lot_table_get(f->a->lots, id);
	if (!entry)
		return -ENOMEM;
	if (entry != b->lot) {
		lot_unbind(f->a->lots, b);
		lot_bind(b, entry);
	}
	lot_table_touch(f->a->lots, entry);
	b->time_ms = f->reading->time_ms;
	f->has_changed = true;
	return 0;
}

/* All fields of the source; `u` is NULL for a lot. */
static int feed_routes(struct feed *f, const struct source_routes *routes, struct open_unit *u)
{
	const struct route *first = routes->v;
	size_t count = routes->count;

	if (f->source->tag.count > 0)
		first = routes_find_tag(routes, f->reading->tag, &count);
	for (size_t i = 0; i < count; i++) {
		const struct route *route = &first[i];
		enum value_refusal why;
		struct value raw;
		int rc = 0;

		if (!reading_value(f->reading, f->source, &route->at, &raw, &why))
			continue;
		f->has_wanted = true;
		for (size_t k = 0; k < route->features.count && rc == 0; k++)
			rc = feed_feature(f, route->features.v[k], &raw, why);
		for (size_t k = 0; k < route->lots.count && rc == 0; k++)
			rc = feed_binding(f, u, route->lots.v[k], route, &raw);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Why the message changed nothing. */
static int say_unused(const struct feed *f, struct err *err)
{
	const char *what = f->source->kind == SOURCE_LOT ? "lot" : "unit";

	if (!f->has_wanted) {
		err_set(err, 0, "source \"%s\": nothing for %s \"%s\" that a feature or lot wants",
			f->source->name, what, f->reading->id);
		return REFUSAL_NO_VALUE;
	}
	err_set(err, 0, "source \"%s\": all values for %s \"%s\" are older than what is known",
		f->source->name, what, f->reading->id);
	return REFUSAL_OUTDATED;
}

/* Does the message belong to no unit that is open or may open? */
static int check_unit(const struct assembler *a, const struct source *s, const struct reading *r,
	bool is_open, struct err *err)
{
	char started[TIMESTAMP_TEXT_MAX];
	int64_t started_ms;
	bool is_again;

	if (a->plan->unit.every_ms > 0) {
		err_set(err, 0, "source \"%s\": units of this line open by the clock", s->name);
		return REFUSAL_UNKNOWN_UNIT;
	}
	if (remembered_find(assembler_memory(a), r->id, &started_ms)) {
		is_again = r->time_ms >= later_ms(started_ms, a->plan->unit.again_ms);
		if (!is_again || (!is_open && !s->opens)) {
			timestamp_print(started, started_ms);
			err_set(err, 0, "unit \"%s\" of %s was scored already", r->id, started);
			return REFUSAL_LATE;
		}
	} else if (!is_open && !s->opens) {
		err_set(err, 0, "unit \"%s\" is not open and source \"%s\" does not open one",
			r->id, s->name);
		return REFUSAL_UNKNOWN_UNIT;
	}
	return REFUSAL_NONE;
}

/* The open unit that the message is for; opened where there is none. NULL: no memory. */
static struct open_unit *find_or_open(
	struct assembler *a, const struct source *s, const struct reading *r, bool *opened)
{
	struct open_unit *u = unit_table_find(a->units, r->id);

	*opened = false;
	if (u && s->opens && r->time_ms >= later_ms(u->started_ms, a->plan->unit.again_ms)) {
		unit_table_retire(a->units, u, "again"); /* its id begins anew */
		u = NULL;
	}
	if (u)
		return u;
	*opened = true;
	u = unit_table_open(
		a->units, r->id, r->time_ms, later_ms(a->clock_ms, a->plan->unit.deadline_ms));
	if (u)
		u->opened_ms = a->now_ms;
	return u;
}

/* When the unit started: its first enter, else its first message. True: that has changed. */
static bool find_start(const struct assembler *a, struct open_unit *u)
{
	int64_t started_ms = NO_TIME;

	for (size_t i = 0; i < a->plan->station_count; i++) {
		int64_t enter_ms = u->visits[i].enter_ms;

		if (enter_ms != NO_TIME && (started_ms == NO_TIME || enter_ms < started_ms))
			started_ms = enter_ms;
	}
	if (started_ms == NO_TIME)
		started_ms = u->first_ms;
	if (started_ms == u->started_ms)
		return false;
	u->started_ms = started_ms;
	return true;
}

/* A source's first message: a window may end there, and the unit may be ready by it. */
static bool take_moment(struct assembler *a, struct open_unit *u, size_t source, int64_t time_ms)
{
	size_t moment = a->routes.sources[source].moment;
	bool is_news;

	if (moment == NO_SLOT)
		return false;
	is_news = u->moments[moment] == NO_TIME || time_ms < u->moments[moment];
	if (is_news)
		u->moments[moment] = time_ms;
	if (a->plan->unit.ready_on == source && u->ready_ms == INT64_MAX) {
		u->ready_ms = later_ms(a->clock_ms, a->plan->unit.grace_ms);
		is_news = true;
	}
	return is_news;
}

/* All that the message is for its unit, values aside. */
static int take_event(
	struct feed *f, struct open_unit *u, size_t source, bool opened, bool *repeated)
{
	struct assembler *a = f->a;
	int64_t time_ms = f->reading->time_ms;
	bool has_moved = false;
	int rc = assembler_take_events(a, u, source, time_ms, &f->has_changed, repeated);

	if (rc < 0)
		return rc;
	f->has_changed = take_moment(a, u, source, time_ms) || f->has_changed;
	if (*repeated)
		a->counts.events_repeated++;
	/* A message of a source that opens belongs to the unit even without a value: had it come
	 * first, the unit would have started with it. */
	if (time_ms < u->first_ms && (f->source->opens || f->has_wanted || f->has_changed)) {
		u->first_ms = time_ms;
		has_moved = true;
	}
	has_moved = find_start(a, u) || has_moved;
	f->has_changed = f->has_changed || has_moved;
	return f->has_changed || opened ? assembler_bind_loaded(a, u) : 0;
}

static int say_repeated(const struct feed *f, struct err *err)
{
	err_set(err, 0, "source \"%s\": unit \"%s\" has had its enter or exit already",
		f->source->name, f->reading->id);
	return REFUSAL_REPEATED;
}

int assembler_feed_unit(
	struct assembler *a, size_t source, const struct reading *r, struct err *err)
{
	const struct source *s = &a->plan->sources[source];
	struct feed f = {.a = a, .source = s, .reading = r, .rule = RULE_NEWER_OR_EQUAL};
	bool is_open = unit_table_find(a->units, r->id) != NULL, opened, repeated = false;
	int rc = assembler_leave_to_others(a, source, r, err);
	struct open_unit *u;

	if (rc == REFUSAL_NONE)
		rc = check_unit(a, s, r, is_open, err);
	if (rc != REFUSAL_NONE)
		return rc;
	u = find_or_open(a, s, r, &opened);
	if (!u)
		return -ENOMEM;
	f.values = &u->values;
	rc = feed_routes(&f, &a->routes.sources[source], u);
	if (rc == 0)
		rc = take_event(&f, u, source, opened, &repeated);
	if (rc < 0)
		return rc;
	if (!f.has_changed && !opened)
		return repeated ? say_repeated(&f, err) : say_unused(&f, err);
	rc = assembler_settle(a, u);
	return rc < 0 ? rc : REFUSAL_NONE;
}

int assembler_feed_lot(
	struct assembler *a, size_t source, const struct reading *r, bool retained, struct err *err)
{
	const struct source *s = &a->plan->sources[source];
	struct lot_entry *lot = lot_table_get(a->lots, r->id);
	struct feed f = {.a = a, .source = s, .reading = r, .rule = RULE_NEWER_OR_EQUAL};
	int rc;

	if (!lot)
		return -ENOMEM;
	f.values = &lot->values;
	if (retained) /* it may be as old as it likes */
		f.rule = r->has_own_time ? RULE_NEWER : RULE_ABSENT;
	rc = feed_routes(&f, &a->routes.sources[source], NULL);
	if (rc < 0)
		return rc;
	if (f.has_changed) {
		rc = f.has_filled ? assembler_settle_lot(a, lot) : 0;
		if (rc == 0)
			rc = assembler_keep_lot(a, lot);
		return rc < 0 ? rc : REFUSAL_NONE;
	}
	rc = say_unused(&f, err);
	lot_table_release(a->lots, lot);
	if (retained && rc == REFUSAL_OUTDATED)
		return REFUSAL_RETAINED;
	return rc;
}
