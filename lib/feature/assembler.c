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

#define LABEL_BLOCK_BYTES 1024

static int refuse_kind(const struct plan *plan, const char *what, const char *name, size_t source,
	enum source_kind wanted, struct err *err)
{
	static const char *const carried[] = {
		[SOURCE_UNIT] = "carries no unit",
		[SOURCE_LOT] = "carries no lot",
		[SOURCE_STREAM] = "is no stream",
	};

	return err_set(err, -EINVAL, "%s \"%s\": source \"%s\" %s", what, name,
		plan->sources[source].name, carried[wanted]);
}

static int check_plan(const struct plan *plan, struct err *err)
{
	static const enum source_kind wanted_of[] = {
		[FEATURE_UNIT] = SOURCE_UNIT,
		[FEATURE_LOT] = SOURCE_LOT,
		[FEATURE_STREAM] = SOURCE_STREAM,
	};

	for (size_t i = 0; i < plan->lot_count; i++) {
		const struct lot *lot = &plan->lots[i];
		enum source_kind wanted = lot->is_loaded ? SOURCE_STREAM : SOURCE_UNIT;

		if (plan->sources[lot->bind_source].kind != wanted)
			return refuse_kind(plan, "lot", lot->name, lot->bind_source, wanted, err);
	}
	for (size_t i = 0; i < plan->feature_count; i++) {
		const struct feature *f = &plan->features[i];

		if (f->kind != FEATURE_LOT_ID &&
			plan->sources[f->source].kind != wanted_of[f->kind])
			return refuse_kind(
				plan, "feature", f->name, f->source, wanted_of[f->kind], err);
	}
	return 0;
}

/* The samples of every signal, and the events of stations that have but one kind of them. */
static int make_signals(struct assembler *a)
{
	const struct plan *plan = a->plan;
	size_t tracked = a->limits.open_units + 1024; /* their neighbours among them */

	a->signals = calloc(a->routes.signal_count + 1, sizeof(*a->signals));
	a->tracks = calloc(plan->station_count + 1, sizeof(*a->tracks));
	if (!a->signals || !a->tracks)
		return -ENOMEM;
	for (size_t i = 0; i < a->routes.signal_count; i++)
		if (signal_new(&a->signals[i], a->routes.signals[i].is_text, a->limits.samples) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < plan->station_count; i++) {
		const struct station *s = &plan->stations[i];

		if ((s->enter == NO_INDEX || s->exit == NO_INDEX) &&
			signal_new(&a->tracks[i], true, tracked) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int make_parts(struct assembler *a)
{
	const struct unit_shape shape = {
		.slots = a->routes.unit_slots,
		.lots = a->plan->lot_count,
		.stations = a->plan->station_count,
		.moments = a->routes.moments,
		.windows = a->routes.window_count,
	};

	if (unit_table_new(&a->units, &shape) < 0 ||
		lot_table_new(&a->lots, a->routes.lot_slots, a->limits.lots) < 0 ||
		remembered_new(&a->remembered) < 0 || make_signals(a) < 0 ||
		aggregate_new(&a->aggregate) < 0 ||
		arena_new(&a->labels.texts, LABEL_BLOCK_BYTES) < 0)
		return -ENOMEM;
	a->required = calloc(a->plan->feature_count + 1, sizeof(*a->required));
	a->near_us = calloc(a->plan->source_count + 1, sizeof(*a->near_us));
	return a->required && a->near_us ? 0 : -ENOMEM;
}

int assembler_new(struct assembler **out, const struct plan *plan,
	const struct assembler_limits *limits, struct err *err)
{
	CLEANUP(assembler_free) struct assembler *a = NULL;
	int rc = check_plan(plan, err);

	if (rc < 0)
		return rc;
	if (limits->open_units == 0 || limits->remembered_units == 0 || limits->lots == 0 ||
		limits->samples == 0 || limits->array_elements == 0)
		return err_set(err, -EINVAL, "a limit of the assembler is 0");
	a = calloc(1, sizeof(*a));
	if (!a || routes_init(&a->routes, plan) < 0)
		return err_set(err, -ENOMEM, "no memory for an assembler");
	a->plan = plan;
	a->limits = *limits;
	a->now_ms = a->clock_ms = a->every.next_ms = a->every.due_ms = NO_TIME;
	a->aggregate_group = NO_INDEX;
	if (make_parts(a) < 0)
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
	for (size_t i = 0; a->signals && i < a->routes.signal_count; i++)
		signal_free(a->signals[i]);
	for (size_t i = 0; a->tracks && i < a->plan->station_count; i++)
		signal_free(a->tracks[i]);
	free(a->signals);
	free(a->tracks);
	unit_table_free(a->units);
	lot_table_free(a->lots);
	remembered_free(a->remembered);
	aggregate_free(a->aggregate);
	arena_free(a->labels.texts);
	free(a->labels.v);
	routes_deinit(&a->routes);
	free(a->required);
	free(a->near_us);
	free(a);
}

void assembler_require(struct assembler *a, const bool *required)
{
	a->required_count = 0;
	for (size_t i = 0; i < a->plan->feature_count; i++)
		if (!required || required[i])
			a->required[a->required_count++] = i;
	for (struct open_unit *u = unit_table_first_due(a->units); u; u = u->next)
		if (assembler_settle(a, u) < 0)
			abort(); /* as assembler_take */
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

/* Labels are for units of any age; whatever else a unit-keyed element holds is for the open ones.
 */
static int feed_unit_or_labels(
	struct assembler *a, size_t source, const struct reading *r, struct err *err)
{
	const struct source_routes *routes = &a->routes.sources[source];
	bool feeds = routes->count || routes->enters.count || routes->exits.count ||
		     routes->moment != NO_SLOT;
	int labelled, rc;

	if (a->newest && !feeds)
		return REFUSAL_UNMATCHED; /* the newest reads them */
	labelled = a->newest ? REFUSAL_NONE : assembler_read_labels(a, source, r, err);
	if (labelled < 0 || !feeds)
		return labelled == ASSEMBLER_LABELLED ? REFUSAL_NONE : labelled;
	rc = assembler_feed_unit(a, source, r, labelled == REFUSAL_LABEL_VALUE ? NULL : err);
	if (rc < 0 || rc == REFUSAL_NONE)
		return rc;
	if (labelled == ASSEMBLER_LABELLED)
		return REFUSAL_NONE;
	return labelled == REFUSAL_LABEL_VALUE ? labelled : rc;
}

static int take_element(struct assembler *a, size_t source, const struct element *element,
	const struct message *msg, const struct topic_capture *captures, struct err *err)
{
	const struct source *s = &a->plan->sources[source];
	struct reading r;
	enum refusal why = reading_init(&r, s, element, captures, a->now_ms, err);

	if (why == REFUSAL_QUALITY)
		a->counts.values[VALUE_REFUSAL_QUALITY]++;
	if (why != REFUSAL_NONE)
		return (int)why;
	if (is_future(a, source, &r, a->now_ms))
		return say_future(a, source, &r, a->now_ms, err);
	switch (s->kind) {
	case SOURCE_UNIT:
		return feed_unit_or_labels(a, source, &r, err);
	case SOURCE_LOT:
		return assembler_feed_lot(a, source, &r, msg->retained, err);
	case SOURCE_STREAM:
		break;
	}
	return assembler_feed_stream(a, source, &r, msg->retained, err);
}

/* Used when any element was; else the reason of the first that the source wants. */
static int take_elements(struct assembler *a, size_t source, const struct document *d,
	const struct message *msg, const struct topic_capture *captures, struct err *err)
{
	const struct source *s = &a->plan->sources[source];
	struct element e;
	int first = REFUSAL_UNMATCHED;
	bool used = false;
	size_t count = 0;

	for (bool more = document_first(d, &e); more; more = document_next(d, &e)) {
		bool is_open = first == REFUSAL_UNMATCHED; /* no reason that counts as yet */
		int rc;

		if (++count > a->limits.array_elements) {
			a->counts.array_elements_over++;
			continue;
		}
		if (is_open && count > 1 && !element_is_wanted(&e, s, NULL))
			continue; /* without the sentence that take_element would make */
		rc = take_element(a, source, &e, msg, captures, is_open ? err : NULL);
		if (rc < 0)
			return rc;
		used = used || rc == REFUSAL_NONE;
		if (is_open)
			first = rc;
	}
	if (count == 0) {
		err_set(err, 0, "source \"%s\": there is nothing in it to take apart", s->name);
		return REFUSAL_NO_VALUE;
	}
	return used ? REFUSAL_NONE : first;
}

static bool is_wanted(const struct source_routes *r)
{
	return r->count || r->enters.count || r->exits.count || r->labels.count ||
	       r->moment != NO_SLOT;
}

/* The message as one source that its topic matches. A refusal, or -ENOMEM. */
static int take_as(struct assembler *a, size_t source, const struct message *msg,
	const struct topic_capture *captures, struct err *err)
{
	const struct source *s = &a->plan->sources[source];
	CLEANUP(document_deinit) struct document d = {0};
	enum refusal why;

	if (msg->retained && s->kind == SOURCE_UNIT) {
		err_set(err, 0, "source \"%s\": a retained message is old and belongs to no unit",
			s->name);
		return REFUSAL_RETAINED;
	}
	if (!is_wanted(&a->routes.sources[source])) {
		err_set(err, 0, "source \"%s\": no feature and no lot uses it", s->name);
		return REFUSAL_NO_VALUE;
	}
	why = document_init(&d, s, msg, err);
	return why == REFUSAL_NONE ? take_elements(a, source, &d, msg, captures, err) : (int)why;
}

enum refusal assembler_take(struct assembler *a, const struct message *msg, int64_t now_ms,
	int64_t clock_ms, struct err *err)
{
	struct topic_capture captures[TOPIC_CAPTURES_MAX];
	enum refusal first = REFUSAL_UNMATCHED;
	bool matched = false, used = false, journaled = false;

	a->now_ms = now_ms;
	a->clock_ms = clock_ms;
	assembler_clear_labels(a);
	for (size_t i = 0; i < a->plan->source_count; i++) {
		int rc;

		if (!topic_match(a->plan->sources[i].topic, msg->topic, captures))
			continue;
		/* one that does not want it leaves the reason to the others */
		rc = take_as(a, i, msg, captures, first == REFUSAL_UNMATCHED ? err : NULL);
		if (rc < 0)
			abort(); /* see the header: the message comes again */
		if (first == REFUSAL_UNMATCHED)
			first = (enum refusal)rc;
		matched = true;
		used = used || rc == REFUSAL_NONE;
		journaled = journaled || (rc == REFUSAL_NONE && a->plan->sources[i].journal);
	}
	a->knows_topic = matched;
	if (!matched) {
		err_set(err, 0, "no source takes the topic \"%s\"", msg->topic);
		return REFUSAL_UNMATCHED;
	}
	a->spares_journal = used && !journaled;
	a->counts.received++;
	if (used)
		a->counts.used++;
	else
		a->counts.refused[first]++;
	return used ? REFUSAL_NONE : first;
}

bool assembler_refuse(struct assembler *a, const char *topic, enum refusal why)
{
	struct topic_capture captures[TOPIC_CAPTURES_MAX];

	for (size_t i = 0; i < a->plan->source_count; i++) {
		if (!topic_match(a->plan->sources[i].topic, topic, captures))
			continue;
		a->counts.received++;
		a->counts.refused[why]++;
		return true;
	}
	return false;
}

bool assembler_knows_topic(const struct assembler *a)
{
	return a->knows_topic;
}

bool assembler_spares_journal(const struct assembler *a)
{
	return a->spares_journal;
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

void assembler_set_counts(struct assembler *a, const struct assembler_counts *counts)
{
	a->counts = *counts;
}

void assembler_counts_add(struct assembler_counts *to, const struct assembler_counts *more)
{
	uint64_t *sum = (uint64_t *)to;
	const uint64_t *v = (const uint64_t *)more;

	for (size_t i = 0; i < sizeof(*to) / sizeof(*sum); i++)
		sum[i] += v[i];
}
