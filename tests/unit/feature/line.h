/* A line for tests: its plan, messages to it, and what comes out. */
#pragma once

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/feature/assembler.h"

/* The plan of the tests:
 *   start  line/unit/{unit}/start  time /ts, opens; fields type lot glue thickness
 *   proc   line/proc/{unit}/{tag}  time /ts, opens; the tag's value at /v
 *   end    line/end                unit at /serial, time /ts in ISO; fields energy grade
 *   lab    line/lot/{lot}          time /ts; every member
 *   mill   line/mill/{lot}         a number, time of receipt */
enum { START, PROC, END, LAB, MILL, SOURCES };
enum { RESIN, GLUE, LOTS };
enum { TYPE, THICKNESS, TEMP, SPEED, ENERGY, RESIN_ID, VISCOSITY, STRENGTH, GRIT, FEATURES };

static inline struct id_expr test_id(struct id_part part)
{
	struct id_expr id = {.parts = calloc(1, sizeof(part)), .count = 1};

	id.parts[0] = part;
	return id;
}

static inline struct id_expr test_capture(int capture)
{
	return test_id((struct id_part){.kind = ID_CAPTURE, .capture = capture});
}

static inline struct id_expr test_pointer(const char *pointer)
{
	return test_id((struct id_part){.kind = ID_POINTER, .pointer = {.text = strdup(pointer)}});
}

static inline void test_id_free(struct id_expr *id)
{
	for (size_t i = 0; i < id->count; i++) {
		free(id->parts[i].text);
		free(id->parts[i].pointer.text);
	}
	free(id->parts);
}

static inline struct source test_source(const char *name, const char *topic, enum source_kind kind)
{
	struct source s = {.name = strdup(name), .kind = kind, .qos = 1};

	s.decoder = &decoder_json;
	s.time_format = TIME_MS;
	s.time.text = strdup("/ts");
	if (topic_template_new(&s.topic, topic, NULL) < 0)
		abort();
	if (kind != SOURCE_STREAM)
		s.id = test_capture(0);
	s.opens = kind == SOURCE_UNIT;
	s.journal = true;
	return s;
}

static inline void test_fields(struct source *s, size_t count, const char *const (*fields)[2])
{
	s->fields = calloc(count, sizeof(*s->fields));
	s->field_count = count;
	for (size_t i = 0; i < count; i++) {
		s->fields[i].name = strdup(fields[i][0]);
		s->fields[i].pointer.text = strdup(fields[i][1]);
	}
}

static inline struct feature test_feature(
	const char *name, enum feature_kind kind, size_t source, const char *field, size_t lot)
{
	return (struct feature){.name = strdup(name),
		.kind = kind,
		.source = source,
		.field = field ? strdup(field) : NULL,
		.lot = lot,
		.is_text = kind == FEATURE_LOT_ID};
}

static inline void test_plan_sources(struct plan *p)
{
	static const char *const start[][2] = {{"type", "/material/type"}, {"lot", "/material/lot"},
		{"glue", "/glue"}, {"thickness", "/thickness"}};
	static const char *const end[][2] = {{"energy", "/kwh"}, {"grade", "/grade"}};
	struct source *s = p->sources = calloc(SOURCES, sizeof(*s));

	p->source_count = SOURCES;
	s[START] = test_source("start", "line/unit/{unit}/start", SOURCE_UNIT);
	test_fields(&s[START], 4, start);
	s[PROC] = test_source("proc", "line/proc/{unit}/{tag}", SOURCE_UNIT);
	s[PROC].tag = test_capture(1);
	s[PROC].value.text = strdup("/v");
	s[END] = test_source("end", "line/end", SOURCE_UNIT);
	test_id_free(&s[END].id);
	s[END].id = test_pointer("/serial");
	s[END].time_format = TIME_ISO;
	s[END].opens = false;
	test_fields(&s[END], 2, end);
	s[LAB] = test_source("lab", "line/lot/{lot}", SOURCE_LOT);
	s[MILL] = test_source("mill", "line/mill/{lot}", SOURCE_LOT);
	s[MILL].decoder = &decoder_number;
	s[MILL].time_format = TIME_OF_RECEIPT;
}

static inline void test_plan(struct plan *p)
{
	*p = (struct plan){.line = strdup("line"),
		.unit = {.ready_on = NO_INDEX, .deadline_ms = 300000, .again_ms = 3600000}};
	test_plan_sources(p);
	p->lots = calloc(LOTS, sizeof(*p->lots));
	p->lot_count = LOTS;
	p->lots[RESIN] = (struct lot){strdup("resin"), START, strdup("lot"), false, NO_INDEX, 0};
	p->lots[GLUE] = (struct lot){strdup("glue"), START, strdup("glue"), false, NO_INDEX, 0};
	p->features = calloc(FEATURES, sizeof(*p->features));
	p->feature_count = FEATURES;
	p->features[TYPE] = test_feature("type", FEATURE_UNIT, START, "type", 0);
	p->features[TYPE].is_text = true;
	p->features[THICKNESS] = test_feature("thickness", FEATURE_UNIT, START, "thickness", 0);
	p->features[THICKNESS].has_min = p->features[THICKNESS].has_max = true;
	p->features[THICKNESS].min = 0.1;
	p->features[THICKNESS].max = 50;
	p->features[TEMP] = test_feature("temp", FEATURE_UNIT, PROC, "temp", 0);
	p->features[SPEED] = test_feature("speed", FEATURE_UNIT, PROC, "speed", 0);
	p->features[ENERGY] = test_feature("energy", FEATURE_UNIT, END, "energy", 0);
	p->features[RESIN_ID] = test_feature("resin_id", FEATURE_LOT_ID, 0, NULL, RESIN);
	p->features[VISCOSITY] = test_feature("viscosity", FEATURE_LOT, LAB, "visc", RESIN);
	p->features[VISCOSITY].has_min = true;
	p->features[STRENGTH] = test_feature("strength", FEATURE_LOT, LAB, "strength", GLUE);
	p->features[GRIT] = test_feature("grit", FEATURE_LOT, MILL, "value", RESIN);
}

#define NOW 1800000000000 /* receipt times of the tests begin here */

struct line {
	struct plan plan;
	struct assembler *a;
	struct arena *arena;
	struct assembled unit; /* the last that came out */
	struct err err;
	int64_t now_ms, clock_ms;
};

static const struct assembler_limits test_limits = {
	.open_units = 100,
	.remembered_units = 100,
	.lots = 10,
	.samples = 1000,
	.array_elements = 10,
	.future_limit_ms = 60000,
};

static inline void line_new_assembler(struct line *l, const struct assembler_limits *limits)
{
	assembler_free(l->a);
	l->a = NULL;
	if (assembler_new(&l->a, &l->plan, limits, &l->err) < 0)
		abort();
}

static inline void line_init(struct line *l)
{
	*l = (struct line){.now_ms = NOW, .clock_ms = 0};
	test_plan(&l->plan);
	if (arena_new(&l->arena, 4096) < 0)
		abort();
	line_new_assembler(l, &test_limits);
}

static inline void line_deinit(struct line *l)
{
	assembler_free(l->a);
	arena_free(l->arena);
	plan_deinit(&l->plan);
}
static inline void line_deinit_at(struct line *l)
{
	line_deinit(l);
}

/* Waits for these features only. */
static inline void line_require(struct line *l, size_t count, const size_t *features)
{
	bool required[FEATURES] = {false};

	for (size_t i = 0; i < count; i++)
		required[features[i]] = true;
	assembler_require(l->a, required);
}

static inline enum refusal line_message(
	struct line *l, const char *topic, const char *payload, bool retained)
{
	struct message m = {.topic = topic,
		.payload = payload,
		.payload_len = strlen(payload),
		.qos = 1,
		.retained = retained};

	return assembler_take(l->a, &m, l->now_ms, l->clock_ms, &l->err);
}

static inline enum refusal line_take(struct line *l, const char *topic, const char *payload)
{
	return line_message(l, topic, payload, false);
}

/* line/unit/<unit>/start etc. with a payload made by printf; times are NOW + ms. */
static inline enum refusal line_proc(
	struct line *l, const char *unit, const char *tag, int ms, double v)
{
	char topic[200], payload[100];

	snprintf(topic, sizeof(topic), "line/proc/%s/%s", unit, tag);
	snprintf(payload, sizeof(payload), "{\"ts\":%lld,\"v\":%g}", (long long)NOW + ms, v);
	return line_take(l, topic, payload);
}

static inline enum refusal line_lot(struct line *l, const char *lot, int ms, const char *members)
{
	char topic[200], payload[300];

	snprintf(topic, sizeof(topic), "line/lot/%s", lot);
	snprintf(payload, sizeof(payload), "{\"ts\":%lld,%s}", (long long)NOW + ms, members);
	return line_take(l, topic, payload);
}

static inline enum refusal line_start(struct line *l, const char *unit, int ms, const char *members)
{
	char topic[200], payload[400];

	snprintf(topic, sizeof(topic), "line/unit/%s/start", unit);
	snprintf(payload, sizeof(payload), "{\"ts\":%lld%s%s}", (long long)NOW + ms,
		*members ? "," : "", members);
	return line_take(l, topic, payload);
}

static inline bool line_next(struct line *l)
{
	return assembler_next(l->a, l->now_ms, l->clock_ms, l->arena, &l->unit);
}
