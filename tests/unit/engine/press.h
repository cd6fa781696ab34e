/* A line for the engine's tests: a press with a start message, process values and material lots,
 * a small model that fits it, and a random but repeatable stream of inputs. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/rng.h"
#include "lib/nn/program.h"
#include "tests/unit/engine/outcomes.h"

#define T0 INT64_C(1795340350000)
#define DEADLINE_MS 5000
#define AGAIN_MS 20000

/* The plan's texts are its own to free; here nobody frees or writes them. */
#define FIXED(text) ((char *)(uintptr_t)(text))

enum press_source { START, PROC, LAB, PRESS_SOURCES };
enum press_feature { TYPE, THICKNESS, TORQUE, SPEED, VISCOSITY, BATCH, PRESS_FEATURES };

struct press {
	struct id_part capture; /* the topic's only one */
	struct source sources[PRESS_SOURCES];
	struct source_field start_fields[3], lab_fields[1];
	struct lot lots[1];
	struct feature features[PRESS_FEATURES];
	struct plan plan;
	struct decide_policy decide;
	struct line_spec spec;
	struct model *model;
};

static const struct assembler_limits press_limits = {
	.open_units = 20,
	.remembered_units = 30,
	.lots = 6,
	.samples = 1000,
	.array_elements = 10,
	.future_limit_ms = 60000,
};

static inline void press_sources(struct press *p)
{
	const char *const topics[PRESS_SOURCES] = {
		"p3/unit/{unit}/start", "p3/unit/{unit}/proc", "p3/lot/{lot}"};
	char *const names[PRESS_SOURCES] = {FIXED("start"), FIXED("proc"), FIXED("lab")};

	for (int i = 0; i < PRESS_SOURCES; i++) {
		struct source *s = &p->sources[i];

		*s = (struct source){.name = names[i],
			.qos = 1,
			.decoder = decoder_find("json"),
			.kind = i == LAB ? SOURCE_LOT : SOURCE_UNIT,
			.id = {.parts = &p->capture, .count = 1},
			.time_format = i == LAB ? TIME_OF_RECEIPT : TIME_MS,
			.time = {.text = i == LAB ? NULL : FIXED("/ts")},
			.opens = i != LAB,
			.journal = true};
		assert_int_equal(topic_template_new(&s->topic, topics[i], NULL), 0);
	}
	p->start_fields[0] = (struct source_field){FIXED("type"), {FIXED("/type"), false}};
	p->start_fields[1] = (struct source_field){FIXED("lot"), {FIXED("/lot"), false}};
	p->start_fields[2] = (struct source_field){FIXED("thickness"), {FIXED("/mm"), false}};
	p->sources[START].fields = p->start_fields;
	p->sources[START].field_count = 3;
	p->lab_fields[0] = (struct source_field){FIXED("viscosity"), {FIXED("/visc"), false}};
	p->sources[LAB].fields = p->lab_fields;
	p->sources[LAB].field_count = 1;
}

static inline void press_init(struct press *p)
{
	*p = (struct press){
		.features =
			{
				{.name = FIXED("type"),
					.source = START,
					.field = FIXED("type"),
					.is_text = true},
				{.name = FIXED("thickness"),
					.source = START,
					.field = FIXED("thickness"),
					.has_min = true,
					.min = 0.1,
					.has_max = true,
					.max = 50},
				{.name = FIXED("torque"), .source = PROC, .field = FIXED("torque")},
				{.name = FIXED("speed"),
					.source = PROC,
					.field = FIXED("speed"),
					.impute = true},
				{.name = FIXED("viscosity"),
					.kind = FEATURE_LOT,
					.source = LAB,
					.field = FIXED("viscosity"),
					.impute = true},
				{.name = FIXED("batch"), .kind = FEATURE_LOT_ID, .is_text = true},
			},
		.lots = {{.name = FIXED("resin"),
			.bind_source = START,
			.bind_field = FIXED("lot")}},
	};
	p->capture.kind = ID_CAPTURE;
	press_sources(p);
	p->plan = (struct plan){
		.sources = p->sources,
		.source_count = PRESS_SOURCES,
		.lots = p->lots,
		.lot_count = 1,
		.features = p->features,
		.feature_count = PRESS_FEATURES,
		.line = FIXED("press-3"),
		.unit = {.ready_on = NO_INDEX, .deadline_ms = DEADLINE_MS, .again_ms = AGAIN_MS},
	};
	decide_policy_defaults(&p->decide);
	p->spec = (struct line_spec){
		.name = "press-3",
		.publish = "defectd/press-3",
		.plan = &p->plan,
		.decide = &p->decide,
		.config_sha256 = "c0nf19",
	};
}

static inline void press_deinit(struct press *p)
{
	for (int i = 0; i < PRESS_SOURCES; i++)
		topic_template_free(p->sources[i].topic);
	model_free(p->model);
}

/* The file of a network of one hidden layer over these inputs; one seed, one file. */
static inline void put_model(
	struct buf *bytes, const struct model_input *inputs, size_t count, uint64_t seed)
{
	enum { HIDDEN = 8 };
	static float w1[HIDDEN * 16], b1[HIDDEN], w2[HIDDEN], b2[1] = {0.1f};
	const struct nn_layer layers[] = {
		{count, HIDDEN, w1, b1, NN_RELU}, {HIDDEN, 1, w2, b2, NN_SIGMOID}};
	CLEANUP(nn_program_free) struct nn_program *program = NULL;
	struct err err = {0};
	struct rng rng;

	rng_init(&rng, seed, 0);
	for (size_t i = 0; i < HIDDEN * count; i++)
		w1[i] = (float)(rng_normal(&rng) * 0.3);
	for (size_t i = 0; i < HIDDEN; i++)
		w2[i] = (float)rng_normal(&rng);
	assert_int_equal(nn_program_new(&program, layers, 2, NULL, NULL, &err), 0);
	struct model_parts parts = {
		.program = program,
		.inputs = inputs,
		.threshold = 0.5,
		.training = "{\"rows\":100}",
	};
	if (model_save(bytes, &parts, nn_kernels_choose(NULL, NULL), &err) < 0)
		fail_msg("%s", err.text);
}

static inline struct model *make_model(const struct model_input *inputs, size_t count)
{
	CLEANUP(buf_deinit) struct buf bytes;
	struct model *m = NULL;
	struct err err = {0};

	buf_init(&bytes);
	put_model(&bytes, inputs, count, 7);
	if (model_parse(&m, bytes.data, bytes.len, nn_kernels_choose(NULL, NULL), &err) < 0)
		fail_msg("%s", err.text);
	return m;
}

/* Of every feature but the lot's id. */
static inline struct model *press_model(struct press *p)
{
	static const char *const low[] = {"L"}, *const middle[] = {"M"};
	const struct model_input inputs[] = {
		{.kind = MODEL_INPUT_NUMBER,
			.name = "torque",
			.from = "torque",
			.missing = 4,
			.missing_is_mean = true,
			.mean = 4,
			.sd = 1,
			.min = 0,
			.max = 9,
			.unit = ""},
		{.kind = MODEL_INPUT_NUMBER,
			.name = "thickness",
			.from = "thickness",
			.missing = 2,
			.missing_is_mean = true,
			.mean = 2,
			.sd = 1,
			.min = 0,
			.max = 9,
			.unit = "mm"},
		{.kind = MODEL_INPUT_NUMBER,
			.name = "speed",
			.from = "speed",
			.missing = 1.5,
			.missing_is_mean = true,
			.mean = 1.5,
			.sd = 1,
			.min = 0,
			.max = 9,
			.unit = ""},
		{.kind = MODEL_INPUT_NUMBER,
			.name = "viscosity",
			.from = "viscosity",
			.missing = 3,
			.missing_is_mean = true,
			.mean = 3,
			.sd = 1,
			.min = 0,
			.max = 9,
			.unit = ""},
		{.kind = MODEL_INPUT_ONE_HOT,
			.name = "type=L",
			.from = "type",
			.texts = low,
			.text_count = 1,
			.unit = ""},
		{.kind = MODEL_INPUT_ONE_HOT,
			.name = "type=M",
			.from = "type",
			.texts = middle,
			.text_count = 1,
			.unit = ""},
	};

	if (!p->model)
		p->model = make_model(inputs, ARRAY_LEN(inputs));
	return p->model;
}

/* An engine with the press alone; `model` NULL: it collects. */
static inline struct engine *press_engine(struct press *p, const struct model *model)
{
	struct engine *e = NULL;
	struct err err = {0};

	assert_int_equal(
		engine_new(&e, nn_kernels_choose(NULL, NULL), &press_limits, 1000, NULL), 0);
	assert_int_equal(engine_add_line(e, &p->spec, NULL), 0);
	engine_set_root(e, "defectd/gw");
	if (engine_set_model(e, 0, model, model ? NULL : "no_model", &err) < 0)
		fail_msg("%s", err.text);
	return e;
}

/* One of everything that may come: starts, process values, laboratory values, repeats, nonsense. */
static inline struct engine_input random_input(struct rng *rng, int64_t now_ms)
{
	static const char *const types[] = {"L", "M", "H"};
	unsigned unit = (unsigned)(now_ms - T0) / 400 + (unsigned)rng_below(rng, 6);
	unsigned lot = unit / 4;
	int64_t ts = now_ms - (int64_t)rng_below(rng, 300);
	char topic[64], text[160];

	snprintf(topic, sizeof(topic), "p3/unit/U%u/proc", unit);
	snprintf(text, sizeof(text), "{\"ts\":%lld,\"torque\":%u.%u,\"speed\":%u}", (long long)ts,
		(unsigned)rng_below(rng, 9), (unsigned)rng_below(rng, 100),
		(unsigned)rng_below(rng, 5));
	switch (rng_below(rng, 12)) {
	case 0:
	case 1:
	case 2:
		snprintf(topic, sizeof(topic), "p3/unit/U%u/start", unit);
		snprintf(text, sizeof(text),
			"{\"ts\":%lld,\"type\":\"%s\",\"lot\":\"R%u\",\"mm\":%u.5}", (long long)ts,
			types[rng_below(rng, 3)], lot, (unsigned)rng_below(rng, 60));
		break;
	case 3:
		snprintf(topic, sizeof(topic), "p3/lot/R%u", lot);
		snprintf(text, sizeof(text), "{\"visc\":%u.25}", (unsigned)rng_below(rng, 9));
		break;
	case 4:
		snprintf(text, sizeof(text), "{\"ts\":%lld,\"torque\":\"hot\"}", (long long)ts);
		break;
	case 5:
		snprintf(text, sizeof(text), "{\"ts\":%lld,\"torque\":", (long long)ts);
		break;
	case 6:
		snprintf(topic, sizeof(topic), "p3/other/%u", unit);
		break;
	case 8:
	case 9:
		snprintf(text, sizeof(text), "{\"ts\":%lld,\"torque\":%u}", (long long)ts,
			(unsigned)rng_below(rng, 9));
		break;
	case 7:
		return (struct engine_input){
			.kind = INPUT_TICK, .now_ms = now_ms, .clock_ms = now_ms};
	}
	return make_message(now_ms, topic, text);
}
