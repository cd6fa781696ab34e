/* Measuring the engine: messages in, scored units out, all in memory. */
#include "tools/measure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/err.h"
#include "lib/base/rng.h"
#include "lib/gateway/gateway.h"

#define PROCESS_VALUES 7
#define UNIT_MESSAGES (1 + PROCESS_VALUES)
#define LOT_UNITS 50
#define WINDOW_UNITS 200 /* whose messages are mixed */
#define WINDOW_MESSAGES (WINDOW_UNITS * UNIT_MESSAGES)
#define UNIT_MS 10 /* between two units */
#define BEGINS_MS 1767600000000
#define FEATURES ARRAY_LEN(features)

static const struct {
	const char *name, *from;
} features[] = {
	{"viscosity", "lab.viscosity\", \"lot\": \"resin"},
	{"moisture", "lab.moisture\", \"lot\": \"resin"},
	{"thickness", "start.thickness"},
	{"width", "start.width"},
	{"weight", "start.weight"},
	{"process_0", "press.process_0"},
	{"process_1", "press.process_1"},
	{"process_2", "press.process_2"},
	{"process_3", "press.process_3"},
	{"process_4", "press.process_4"},
	{"process_5", "press.process_5"},
	{"process_6", "press.process_6"},
};

static const char line_head[] =
	"{\n"
	"  \"line\": \"bench\",\n"
	"  \"sources\": {\n"
	"    \"lab\": { \"topic\": \"bench/lot/{lot}\" },\n"
	"    \"start\": { \"topic\": \"bench/unit/{unit}/start\", \"time\": \"/ts_ms\" },\n"
	"    \"press\": { \"topic\": \"bench/unit/{unit}/value/{tag}\", \"time\": \"/ts_ms\" }\n"
	"  },\n"
	"  \"lots\": { \"resin\": { \"bind\": \"start.lot\" } },\n"
	"  \"features\": [\n";

struct made_message {
	char topic[48], payload[112];
};

struct pipeline {
	struct config *config;
	struct gateway *gateway;
	struct model *model;
	struct made_message *messages; /* in the order in which they are taken */
	size_t count;
	struct rng rng;
};

static void pipeline_deinit_at(struct pipeline *p)
{
	gateway_free(p->gateway);
	config_free(p->config);
	model_free(p->model);
	free(p->messages);
}

static int write_file(const char *folder, const char *name, struct buf *text, struct err *err)
{
	char path[MEASURE_PATH_MAX + 32];
	FILE *f;
	bool failed;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	if (!f)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	failed = fwrite(text->data, 1, text->len, f) != text->len;
	failed |= fclose(f) != 0;
	return failed ? err_set(err, -EIO, "%s: could not be written", path) : 0;
}

static int write_config(const char *folder, struct err *err)
{
	char path[MEASURE_PATH_MAX + 32];
	struct buf text;
	int r;

	snprintf(path, sizeof(path), "%s/lines.d", folder);
	if (mkdir(path, 0700) < 0)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	buf_init(&text);
	jsonw_begin(&text);
	jsonw_text(&text, "instance", "bench");
	jsonw_text(&text, "state_dir", folder);
	jsonw_end(&text);
	r = write_file(folder, "defectd.json", &text, err);

	buf_clear(&text);
	buf_add(&text, line_head);
	for (size_t i = 0; i < FEATURES; i++)
		buf_addf(&text, "    { \"name\": \"%s\", \"from\": \"%s\" }%s\n", features[i].name,
			features[i].from, i + 1 < FEATURES ? "," : "");
	buf_add(&text, "  ]\n}\n");
	if (r == 0)
		r = write_file(folder, "lines.d/bench.json", &text, err);
	buf_deinit(&text);
	return r;
}

static int load_config(struct pipeline *p, const char *folder, struct err *err)
{
	CLEANUP(config_report_deinit) struct config_report report = {0};
	char path[MEASURE_PATH_MAX + 32];
	int r = write_config(folder, err);

	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "%s/defectd.json", folder);
	r = config_load(&p->config, path, &report);
	if (r < 0)
		return err_set(err, r, "%s", report.count ? report.problems[0].text : strerror(-r));
	return 0;
}

static int make_model(struct pipeline *p, const struct nn_kernels *k, struct err *err)
{
	static const size_t widths[] = {FEATURES, 64, 64, 1};
	static const float selftest[FEATURES];
	CLEANUP(nn_program_free) struct nn_program *program = NULL;
	struct model_input inputs[FEATURES] = {0};
	const struct model_parts parts = {
		.inputs = inputs, .threshold = 0.5, .selftest_rows = 1, .selftest_x = selftest};
	struct model_parts whole = parts;
	struct buf file;
	int r = measure_random_program(&program, widths, ARRAY_LEN(widths), err);

	for (size_t i = 0; i < FEATURES; i++)
		inputs[i] = (struct model_input){.kind = MODEL_INPUT_NUMBER,
			.name = features[i].name,
			.from = features[i].name,
			.missing_is_mean = true,
			.sd = 1,
			.min = -1,
			.max = 1,
			.unit = ""};
	whole.program = program;
	buf_init(&file);
	if (r == 0)
		r = model_save(&file, &whole, k, err);
	if (r == 0)
		r = model_parse(&p->model, file.data, file.len, k, err);
	buf_deinit(&file);
	return r;
}

static void make_lot(struct pipeline *p, size_t lot)
{
	struct made_message *m = &p->messages[p->count++];

	snprintf(m->topic, sizeof(m->topic), "bench/lot/R%05zu", lot);
	snprintf(m->payload, sizeof(m->payload), "{\"viscosity\":%.3f,\"moisture\":%.4f}",
		200 + 10 * rng_normal(&p->rng), 0.05 * rng_uniform(&p->rng));
}

static void make_unit_message(struct pipeline *p, size_t unit, size_t which)
{
	struct made_message *m = &p->messages[p->count++];
	const long long ts_ms = BEGINS_MS + (long long)unit * UNIT_MS;

	if (which == 0) {
		snprintf(m->topic, sizeof(m->topic), "bench/unit/B%07zu/start", unit);
		snprintf(m->payload, sizeof(m->payload),
			"{\"ts_ms\":%lld,\"lot\":\"R%05zu\",\"thickness\":%.2f,\"width\":%.1f,"
			"\"weight\":%.1f}",
			ts_ms, unit / LOT_UNITS, 2 + rng_uniform(&p->rng),
			100 + rng_normal(&p->rng), 50 + rng_normal(&p->rng));
		return;
	}
	snprintf(
		m->topic, sizeof(m->topic), "bench/unit/B%07zu/value/process_%zu", unit, which - 1);
	snprintf(m->payload, sizeof(m->payload), "{\"ts_ms\":%lld,\"value\":%.3f}", ts_ms,
		20 * rng_normal(&p->rng));
}

static int make_messages(struct pipeline *p, size_t windows, struct err *err)
{
	const size_t lots = WINDOW_UNITS / LOT_UNITS;
	uint32_t order[WINDOW_MESSAGES];

	p->messages = calloc(windows * (WINDOW_MESSAGES + lots), sizeof(*p->messages));
	if (!p->messages)
		return err_set(err, -ENOMEM, "no memory for %zu messages",
			windows * (WINDOW_MESSAGES + lots));
	rng_init(&p->rng, 4, 0);
	for (size_t w = 0; w < windows; w++) {
		for (size_t i = 0; i < lots; i++)
			make_lot(p, w * lots + i);
		for (size_t i = 0; i < WINDOW_MESSAGES; i++)
			order[i] = (uint32_t)i;
		rng_shuffle(&p->rng, order, WINDOW_MESSAGES);
		for (size_t i = 0; i < WINDOW_MESSAGES; i++)
			make_unit_message(p, w * WINDOW_UNITS + order[i] / UNIT_MESSAGES,
				order[i] % UNIT_MESSAGES);
	}
	return 0;
}

/* Hands all messages to the engine; counts the units that were scored. */
static int take_messages(struct pipeline *p, size_t *units, struct err *err)
{
	CLEANUP(arena_free) struct arena *arena = NULL;

	if (arena_new(&arena, 64 << 10) < 0)
		return err_set(err, -ENOMEM, "no memory for outcomes");
	for (size_t i = 0; i < p->count; i++) {
		const struct made_message *m = &p->messages[i];
		const int64_t now_ms = BEGINS_MS + (int64_t)(i / UNIT_MESSAGES) * UNIT_MS;
		const struct engine_input in = {
			.kind = INPUT_MESSAGE,
			.now_ms = now_ms,
			.clock_ms = now_ms,
			.message = {m->topic, m->payload, strlen(m->payload), 1, false},
		};
		struct outcomes out = {.arena = arena};

		if (engine_take(p->gateway->engine, &in, &out) < 0)
			return err_set(err, -ENOMEM, "no memory for message %zu", i);
		for (size_t j = 0; j < out.count; j++) {
			if (out.v[j].kind == OUTCOME_REFUSED)
				return err_set(err, -EINVAL, "%s was refused: %s", m->topic,
					out.v[j].refused.text);
			*units += out.v[j].kind == OUTCOME_UNIT && out.v[j].row.p_defect >= 0;
		}
		arena_reset(arena);
	}
	return 0;
}

int measure_pipeline(struct measured_pipeline *out, const struct nn_kernels *k, size_t units,
	const char *folder, struct err *err)
{
	CLEANUP(pipeline_deinit) struct pipeline p = {0};
	const size_t windows = (units + WINDOW_UNITS - 1) / WINDOW_UNITS;
	size_t scored = 0;
	double begin, seconds;
	int r = load_config(&p, folder, err);

	if (r == 0)
		r = make_model(&p, k, err);
	if (r == 0)
		r = gateway_new(&p.gateway, p.config, k, err);
	if (r == 0)
		r = engine_set_model(p.gateway->engine, 0, p.model, "", err);
	if (r == 0)
		r = make_messages(&p, windows, err);
	begin = measure_now_ns();
	if (r == 0)
		r = take_messages(&p, &scored, err);
	seconds = (measure_now_ns() - begin) / 1e9;
	if (r < 0)
		return r;
	if (scored != windows * WINDOW_UNITS)
		return err_set(err, -EINVAL, "%zu of %zu units were scored", scored,
			windows * (size_t)WINDOW_UNITS);
	*out = (struct measured_pipeline){
		.messages = p.count,
		.units = scored,
		.messages_per_s = (double)p.count / seconds,
		.units_per_s = (double)scored / seconds,
	};
	return 0;
}
