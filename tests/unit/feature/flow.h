/* A line with streams for tests: stations of all three forms, lots that a stream tells, labels.
 * Which features it has is each test's own. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "tests/unit/feature/line.h"

/* Sources; those of units open them, but qc:
 *   in out press pack   f/<name>/{unit}  time /ts; every member
 *   temp                f/temp           time /ts; every member
 *   tags                f/tag/{tag}      a number, time of receipt, QoS 0, not journaled
 *   load                f/load           time /ts; members resin and glue: the lots loaded
 *   lab                 f/lab/{lot}      time /ts; every member
 *   qc                  f/qc/{unit}      time /ts; member result: a label */
enum { F_IN, F_OUT, F_PRESS, F_PACK, F_TEMP, F_TAGS, F_LOAD, F_LAB, F_QC, F_SOURCES };
/* Stations: of in and out; of press alone (enters); of pack alone (exits). */
enum { OVEN, PRESSING, PACKING, STATIONS };
/* Loaded at the unit's start; at its enter of the oven, 5 s earlier. */
enum { F_RESIN, F_GLUE, F_LOTS };

#define FLOW_FEATURES_MAX 40
#define FLOW_DWELL_MS 100000

struct flow {
	struct plan plan;
	struct assembler_limits limits;
	struct assembler *a;
	struct assembler_counts counts; /* of those before this one */
	struct arena *arena;
	struct assembled unit; /* the last that came out */
	struct err err;
	int64_t now_ms, clock_ms;
	const bool *required; /* as assembler_require; NULL: all */
	bool restarts;        /* it is saved and loaded before each input */
	int64_t last_ms;      /* the line's clock at the input before */
};

static inline void flow_sources(struct plan *p)
{
	static const char *const names[F_SOURCES] = {
		"in", "out", "press", "pack", "temp", "tags", "load", "lab", "qc"};
	static const char *const topics[F_SOURCES] = {"f/in/{unit}", "f/out/{unit}",
		"f/press/{unit}", "f/pack/{unit}", "f/temp", "f/tag/{tag}", "f/load", "f/lab/{lot}",
		"f/qc/{unit}"};
	struct source *s = p->sources = calloc(F_SOURCES, sizeof(*s));

	p->source_count = F_SOURCES;
	for (size_t i = 0; i < F_SOURCES; i++) {
		bool is_stream = i == F_TEMP || i == F_TAGS || i == F_LOAD;

		s[i] = test_source(names[i], topics[i],
			is_stream    ? SOURCE_STREAM
			: i == F_LAB ? SOURCE_LOT
				     : SOURCE_UNIT);
	}
	s[F_QC].opens = false;
	s[F_TAGS].tag = test_capture(0);
	s[F_TAGS].decoder = &decoder_number;
	s[F_TAGS].time_format = TIME_OF_RECEIPT;
	s[F_TAGS].qos = 0;
	s[F_TAGS].journal = false;
}

static inline void flow_parts(struct plan *p)
{
	struct label_rule *label = p->labels = calloc(1, sizeof(*label));

	p->station_count = STATIONS;
	p->stations = calloc(STATIONS, sizeof(*p->stations));
	p->stations[OVEN] =
		(struct station){strdup("oven"), F_IN, F_OUT, FLOW_DWELL_MS, 0, 2000, false};
	p->stations[PRESSING] = (struct station){
		strdup("pressing"), F_PRESS, NO_INDEX, FLOW_DWELL_MS, 0, 1000, false};
	p->stations[PACKING] =
		(struct station){strdup("packing"), NO_INDEX, F_PACK, 0, 0, 0, false};
	p->lot_count = F_LOTS;
	p->lots = calloc(F_LOTS, sizeof(*p->lots));
	p->lots[F_RESIN] =
		(struct lot){strdup("resin"), F_LOAD, strdup("resin"), true, NO_INDEX, 0};
	p->lots[F_GLUE] = (struct lot){strdup("glue"), F_LOAD, strdup("glue"), true, OVEN, 5000};
	p->label_count = 1;
	label->source = F_QC;
	label->field = strdup("result");
	label->defect.v = calloc(1, sizeof(*label->defect.v));
	label->defect.v[0] = (struct scalar){.kind = SCALAR_TEXT, .text = strdup("NG")};
	label->defect.count = 1;
}

static inline int flow_set_up(void **state)
{
	static struct flow f;

	f = (struct flow){.now_ms = NOW,
		.limits = test_limits,
		.plan = {.line = strdup("flow"),
			.features = calloc(FLOW_FEATURES_MAX, sizeof(struct feature)),
			.unit = {
				.ready_on = NO_INDEX, .deadline_ms = 300000, .again_ms = 3600000}}};
	flow_sources(&f.plan);
	flow_parts(&f.plan);
	if (arena_new(&f.arena, 4096) < 0)
		return -1;
	*state = &f;
	return 0;
}

static inline int flow_set_up_restarting(void **state)
{
	int rc = flow_set_up(state);

	((struct flow *)*state)->restarts = true;
	return rc;
}

static inline int flow_tear_down(void **state)
{
	struct flow *f = *state;

	assembler_free(f->a);
	arena_free(f->arena);
	plan_deinit(&f->plan);
	return 0;
}

/* Each test is run twice: a restart before any input must change nothing. */
#define FLOW_TEST(name)                                                                \
	{#name, name, flow_set_up, flow_tear_down, NULL},                              \
	{                                                                              \
#name "_restarted", name, flow_set_up_restarting, flow_tear_down, NULL \
	}

/* The feature may be changed until the next one, or flow_begin. */
static inline struct feature *flow_add(struct flow *f, struct feature feature)
{
	assert_true(f->plan.feature_count < FLOW_FEATURES_MAX);
	f->plan.features[f->plan.feature_count] = feature;
	return &f->plan.features[f->plan.feature_count++];
}

/* Of a stream: the newest sample at the unit's start. */
static inline struct feature *flow_stream(
	struct flow *f, const char *name, size_t source, const char *field, enum take take)
{
	struct feature made = test_feature(name, FEATURE_STREAM, source, field, 0);

	made.take = take;
	made.window =
		(struct window){.anchor = WINDOW_START, .station = NO_INDEX, .source = NO_INDEX};
	return flow_add(f, made);
}

/* Of the samples of temp.v while the unit was at a station. */
static inline struct feature *flow_during(
	struct flow *f, const char *name, size_t station, enum take take)
{
	struct feature *made = flow_stream(f, name, F_TEMP, "v", take);

	made->window.anchor = WINDOW_DURING;
	made->window.station = station;
	return made;
}

/* Of the samples of temp.v `over` before the unit's start. */
static inline struct feature *flow_over(
	struct flow *f, const char *name, enum take take, int64_t over_ms)
{
	struct feature *made = flow_stream(f, name, F_TEMP, "v", take);

	made->window.has_over = true;
	made->window.over_ms = over_ms;
	return made;
}

/* A value that the unit waits for: member `field` of out. */
static inline struct feature *flow_awaited(struct flow *f, const char *name)
{
	return flow_add(f, test_feature(name, FEATURE_UNIT, F_OUT, name, 0));
}

/* The line begins anew, as `limits` and plan now are. */
static inline void flow_begin(struct flow *f)
{
	assembler_free(f->a);
	f->a = NULL;
	if (assembler_new(&f->a, &f->plan, &f->limits, &f->err) < 0)
		fail_msg("%s", f->err.text);
	assembler_require(f->a, f->required);
}

/* Adds the counts to those before. Counts are numbers, all of them. */
static inline void flow_add_counts(struct assembler_counts *to, const struct assembler_counts *c)
{
	uint64_t *sum = (uint64_t *)to;
	const uint64_t *more = (const uint64_t *)c;

	for (size_t i = 0; i < sizeof(*c) / sizeof(uint64_t); i++)
		sum[i] += more[i];
}

static inline struct assembler_counts flow_counts(const struct flow *f)
{
	struct assembler_counts c = f->counts;

	flow_add_counts(&c, assembler_counts(f->a));
	return c;
}

static inline void flow_save(const struct flow *f, struct buf *out)
{
	buf_clear(out);
	assembler_save(f->a, out);
	assert_false(buf_failed(out));
}

/* -EINVAL, or 0: the line goes on from there. */
static inline int flow_load(struct flow *f, const void *bytes, size_t len)
{
	struct cursor in;
	int rc;

	flow_add_counts(&f->counts, assembler_counts(f->a));
	flow_begin(f);
	cursor_init(&in, bytes, len);
	rc = assembler_load(f->a, &in, &f->err);
	return rc == 0 && cursor_left(&in) > 0 ? -EINVAL : rc;
}

/* Goes on with another assembler, which saves the same bytes. */
static inline void flow_restart(struct flow *f)
{
	CLEANUP(buf_deinit) struct buf was, again;

	buf_init(&was);
	buf_init(&again);
	flow_save(f, &was);
	if (flow_load(f, was.data, was.len) < 0)
		fail_msg("%s", f->err.text);
	flow_save(f, &again);
	assert_int_equal(again.len, was.len);
	assert_memory_equal(again.data, was.data, was.len);
}

/* Between two inputs: nothing is left to be done at the time of the last one. */
static inline void flow_maybe_restart(struct flow *f)
{
	if (f->restarts && assembler_due_ms(f->a) > f->last_ms)
		flow_restart(f);
	f->last_ms = f->clock_ms;
}

static inline enum refusal flow_message(
	struct flow *f, const char *topic, const char *payload, bool retained)
{
	struct message m = {.topic = topic,
		.payload = payload,
		.payload_len = strlen(payload),
		.qos = 1,
		.retained = retained};

	flow_maybe_restart(f);
	return assembler_take(f->a, &m, f->now_ms, f->clock_ms, &f->err);
}

/* Both clocks go on to so many ms after the tests begin. */
static inline void flow_at(struct flow *f, int64_t ms)
{
	f->now_ms = NOW + ms;
	f->clock_ms = ms;
}

/* A message of the event time NOW + ms, with these members. */
static inline enum refusal flow_send(
	struct flow *f, const char *topic, int64_t ms, const char *members)
{
	char payload[600];

	snprintf(payload, sizeof(payload), "{\"ts\":%lld%s%s}", (long long)NOW + ms,
		*members ? "," : "", members);
	return flow_message(f, topic, payload, false);
}

/* in, out, press, pack, qc of a unit. */
static inline enum refusal flow_unit(
	struct flow *f, const char *source, const char *unit, int64_t ms, const char *members)
{
	char topic[200];

	snprintf(topic, sizeof(topic), "f/%s/%s", source, unit);
	return flow_send(f, topic, ms, members);
}

static inline enum refusal flow_sample(struct flow *f, int64_t ms, double v)
{
	char members[60];

	snprintf(members, sizeof(members), "\"v\":%.17g", v);
	return flow_send(f, "f/temp", ms, members);
}

/* The same, which must be used. */
static inline void flow_event(struct flow *f, const char *source, const char *unit, int64_t ms)
{
	assert_int_equal(flow_unit(f, source, unit, ms, ""), REFUSAL_NONE);
}

static inline void flow_samples(struct flow *f, size_t count, const double (*samples)[2])
{
	for (size_t i = 0; i < count; i++)
		assert_int_equal(
			flow_sample(f, (int64_t)samples[i][0], samples[i][1]), REFUSAL_NONE);
}

static inline bool flow_next(struct flow *f)
{
	flow_maybe_restart(f);
	return assembler_next(f->a, f->now_ms, f->clock_ms, f->arena, &f->unit);
}

static inline void flow_expect_unit(struct flow *f, const char *unit, const char *cause)
{
	assert_true(flow_next(f));
	assert_string_equal(f->unit.unit, unit);
	assert_string_equal(f->unit.cause, cause);
}

static inline const struct assembled_value *flow_value(const struct flow *f, const char *name)
{
	int at = plan_find_feature(&f->plan, name);

	assert_true(at >= 0);
	return &f->unit.values[at];
}

static inline void flow_expect_number(const struct flow *f, const char *name, double number)
{
	const struct assembled_value *v = flow_value(f, name);

	assert_string_equal(value_missing_name(v->missing), "");
	assert_int_equal(v->value.kind, VALUE_NUMBER);
	assert_float_equal(v->value.number, number, 1e-9);
}

static inline void flow_expect_text(const struct flow *f, const char *name, const char *text)
{
	const struct assembled_value *v = flow_value(f, name);

	assert_string_equal(value_missing_name(v->missing), "");
	assert_int_equal(v->value.kind, VALUE_TEXT);
	assert_string_equal(v->value.text, text);
}

static inline void flow_expect_missing(
	const struct flow *f, const char *name, enum value_missing why)
{
	const struct assembled_value *v = flow_value(f, name);

	assert_string_equal(value_missing_name(v->missing), value_missing_name(why));
	assert_int_equal(v->value.kind, VALUE_MISSING);
}

/* Bounds and count of a value: event times relative to NOW. */
static inline void flow_expect_span(
	const struct flow *f, const char *name, size_t n, int64_t from_ms, int64_t to_ms)
{
	const struct assembled_value *v = flow_value(f, name);

	assert_int_equal(v->n, n);
	assert_int_equal(v->from_ms, NOW + from_ms);
	assert_int_equal(v->to_ms, NOW + to_ms);
}
