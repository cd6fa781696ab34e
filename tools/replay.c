/* defectctl replay: a recording through the engine of one line, without a broker. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/json.h"
#include "lib/engine/publish.h"
#include "lib/gateway/gateway.h"
#include "lib/store/labels.h"
#include "lib/store/store.h"
#include "tools/command.h"
#include "tools/options.h"
#include "tools/recording.h"
#include "tools/replay_out.h"

#define ARENA_BLOCK_BYTES (256u << 10)

struct replay {
	struct config config; /* with the one line alone; borrows from the whole one */
	struct gateway *gateway;
	struct replay_out out;
	char *prediction_topic, *alert_topic, *reply_topic;
	struct outcomes outcomes;
	struct buf payload;
	int64_t clock_ms;
	bool is_prepared;
	uint64_t read, labels;
};

static void replay_deinit(struct replay *r)
{
	gateway_free(r->gateway);
	replay_out_deinit(&r->out);
	free(r->prediction_topic);
	free(r->alert_topic);
	free(r->reply_topic);
	arena_free(r->outcomes.arena);
	buf_deinit(&r->payload);
}

static inline void replay_deinit_at(struct replay *r)
{
	replay_deinit(r);
}

/* The line and its model. What is in state_dir is only read. */
static int open_engine(struct replay *r, struct err *err)
{
	CLEANUP(store_close) struct store *registry = NULL;
	const struct nn_kernels *kernels = nn_kernels_choose(NULL, err);
	char *path;
	int rc = 0;

	if (!kernels)
		return -EINVAL;
	rc = gateway_new(&r->gateway, &r->config, kernels, err);
	if (rc < 0)
		return rc;
	if (asprintf(&path, "%s/defectd.db", r->config.state_dir) < 0)
		return err_set(err, -ENOMEM, "no memory for a path");
	if (access(path, F_OK) == 0)
		rc = store_open(&registry, path, STORE_READ, err);
	free(path);
	return rc < 0 ? rc : gateway_load_models(r->gateway, registry, err);
}

static int write_label(
	struct replay *r, const struct assembled_label *l, int64_t now_ms, struct err *err)
{
	const struct label_row row = {
		.line = r->config.lines->name,
		.unit = l->unit,
		.at_ms = l->at_ms,
		.defect = l->is_defect,
		.class_name = l->class_name,
		.source = l->source,
		.by = l->by,
		.why = l->why,
	};

	r->labels++;
	return replay_out_label(&r->out, &row, now_ms, err);
}

static int write_unit(struct replay *r, const struct outcome *o, struct err *err)
{
	const struct unit_row *row = &o->row;
	int rc = replay_out_unit(&r->out, row, err);

	if (rc < 0 || !r->out.messages)
		return rc;
	publish_prediction(&r->payload, row, row->latency_us);
	rc = replay_out_message(&r->out, r->prediction_topic, &r->payload,
		r->config.lines->decide.prediction_qos, row->scored_ms, err);
	if (rc < 0 || !o->alert)
		return rc;
	publish_alert(&r->payload, row, row->latency_us);
	return replay_out_message(&r->out, r->alert_topic, &r->payload, 1, row->scored_ms, err);
}

static int write_reply(
	struct replay *r, const struct command_reply *reply, int64_t now_ms, struct err *err)
{
	if (!r->out.messages)
		return 0;
	publish_reply(&r->payload, reply);
	return replay_out_message(&r->out, r->reply_topic, &r->payload, 1, now_ms, err);
}

/* What is in state_dir is only read; a recording has the model that the line has today. */
static int refuse_swap(
	struct replay *r, const struct swap_request *swap, int64_t now_ms, struct err *err)
{
	const struct command_reply reply = {.req = swap->req,
		.code = "model_refused",
		.text = "a replay keeps to the model it began with"};

	return write_reply(r, &reply, now_ms, err);
}

static int write_outcome(struct replay *r, const struct outcome *o, int64_t now_ms, struct err *err)
{
	switch (o->kind) {
	case OUTCOME_UNIT:
		return write_unit(r, o, err);
	case OUTCOME_LABEL:
		return write_label(r, &o->label, now_ms, err);
	case OUTCOME_REPLY:
		return write_reply(r, &o->reply, now_ms, err);
	case OUTCOME_SWAP:
		return refuse_swap(r, &o->swap, now_ms, err);
	case OUTCOME_RELOAD: /* of the gateway: no part of a line's replay */
		return 0;
	case OUTCOME_REFUSED:
		return replay_out_refused(
			&r->out, o, o->line == SIZE_MAX ? "" : r->config.lines->name, now_ms, err);
	}
	return 0;
}

static int take(struct replay *r, const struct engine_input *in, struct err *err)
{
	int rc = engine_take(r->gateway->engine, in, &r->outcomes);

	if (rc < 0)
		return err_set(err, rc, "no memory");
	for (size_t i = 0; i < r->outcomes.count; i++) {
		rc = write_outcome(r, &r->outcomes.v[i], in->now_ms, err);
		if (rc < 0)
			return rc;
	}
	outcomes_reset(&r->outcomes);
	return 0;
}

/* A tick at the time when one is due. */
static int tick(struct replay *r, int64_t due_ms, struct err *err)
{
	struct engine_input in = {.kind = INPUT_TICK};

	if (due_ms > r->clock_ms)
		r->clock_ms = due_ms;
	in.now_ms = in.clock_ms = r->clock_ms;
	return take(r, &in, err);
}

/* The tables, with the time of the first message. */
static int prepare(struct replay *r, int64_t now_ms, struct err *err)
{
	if (r->is_prepared || !r->out.rows)
		return 0;
	r->is_prepared = true;
	return gateway_prepare_store(r->gateway, r->out.rows, now_ms, err);
}

static int replay_message(struct replay *r, const struct recorded *m, struct err *err)
{
	struct engine_input in = {
		.kind = INPUT_MESSAGE,
		.now_ms = m->t_ms,
		.message =
			{
				.topic = m->topic,
				.payload = m->payload,
				.payload_len = m->payload_len,
				.qos = m->qos,
				.retained = m->retained,
			},
	};
	int64_t due_ms;
	int rc = prepare(r, m->t_ms, err);

	while (rc == 0 && (due_ms = engine_due_ms(r->gateway->engine)) <= m->t_ms)
		rc = tick(r, due_ms, err);
	if (rc < 0)
		return rc;
	if (m->t_ms > r->clock_ms)
		r->clock_ms = m->t_ms;
	in.clock_ms = r->clock_ms;
	r->read++;
	return take(r, &in, err);
}

/* After the last message the clock runs on until no unit is open. */
static int run_out(struct replay *r, struct err *err)
{
	struct engine_line_state state;
	int64_t due_ms;
	int rc = 0;

	for (;;) {
		engine_line_state(r->gateway->engine, 0, &state);
		due_ms = engine_due_ms(r->gateway->engine);
		if (rc < 0 || state.open_units == 0 || due_ms == INT64_MAX)
			return rc;
		rc = tick(r, due_ms, err);
	}
}

static int replay_recording(struct replay *r, const char *path, struct err *err)
{
	CLEANUP(recording_close) struct recording *recording = NULL;
	struct recorded m;
	int rc = recording_open(&recording, path, err);

	if (rc < 0)
		return rc;
	while ((rc = recording_next(recording, &m, err)) == RECORDING_MESSAGE) {
		rc = replay_message(r, &m, err);
		if (rc < 0)
			return rc;
	}
	if (rc == 0)
		rc = prepare(r, 0, err);
	if (rc == 0)
		rc = run_out(r, err);
	return rc < 0 ? rc : replay_out_keep(&r->out, err);
}

static void print_json(const struct replay *r)
{
	CLEANUP(buf_deinit) struct buf out;
	const struct engine_counts *counts = engine_counts(r->gateway->engine);
	struct engine_line_state state;

	engine_line_state(r->gateway->engine, 0, &state);
	buf_init(&out);
	jsonw_begin(&out);
	jsonw_text(&out, "line", r->config.lines->name);
	jsonw_text(&out, "model", state.model ? model_sha256(state.model) : "");
	jsonw_text(&out, "reason", state.why_none);
	jsonw_int(&out, "messages", (int64_t)r->read);
	jsonw_int(&out, "used", (int64_t)counts->used);
	jsonw_int(&out, "refused", (int64_t)(r->read - counts->used));
	jsonw_int(&out, "units", (int64_t)state.units);
	jsonw_int(&out, "alerts", (int64_t)state.alerts);
	jsonw_int(&out, "not_scored", (int64_t)state.not_scored);
	jsonw_int(&out, "labels", (int64_t)r->labels);
	jsonw_int(&out, "rows_refused", (int64_t)r->out.rows_refused);
	for (int i = REFUSAL_NONE + 1; i < REFUSAL_COUNT; i++)
		jsonw_int(&out, refusal_name(i), (int64_t)counts->refused[i]);
	for (int i = VALUE_REFUSAL_NONE + 1; i < VALUE_REFUSAL_COUNT; i++) {
		char key[64];

		snprintf(key, sizeof(key), "value_%s", value_refusal_name(i));
		jsonw_int(&out, key, (int64_t)state.counts->values[i]);
	}
	jsonw_int(&out, "open_units_over", (int64_t)state.counts->open_units_over);
	jsonw_int(&out, "remembered_units_over", (int64_t)state.counts->remembered_units_over);
	jsonw_int(&out, "lots_over", (int64_t)state.counts->lots_over);
	jsonw_int(&out, "samples_over", (int64_t)state.counts->samples_over);
	jsonw_int(&out, "array_elements_over", (int64_t)state.counts->array_elements_over);
	jsonw_int(&out, "events_repeated", (int64_t)state.counts->events_repeated);
	jsonw_int(&out, "every_skipped", (int64_t)state.counts->every_skipped);
	jsonw_end(&out);
	if (!buf_failed(&out))
		printf("%s\n", buf_text(&out));
}

static void print_table(const struct replay *r, FILE *f)
{
	const struct engine_counts *counts = engine_counts(r->gateway->engine);
	struct engine_line_state state;

	engine_line_state(r->gateway->engine, 0, &state);
	fprintf(f, "messages    %10" PRIu64 "\n", r->read);
	fprintf(f, "used        %10" PRIu64 "\n", counts->used);
	for (int i = REFUSAL_NONE + 1; i < REFUSAL_COUNT; i++) {
		if (counts->refused[i] > 0)
			fprintf(f, "  %-12s%8" PRIu64 "\n", refusal_name(i), counts->refused[i]);
	}
	fprintf(f, "units       %10" PRIu64 "\n", state.units);
	if (r->labels > 0)
		fprintf(f, "labels      %10" PRIu64 "\n", r->labels);
	fprintf(f, "alerts      %10" PRIu64 "\n", state.alerts);
	fprintf(f, "not scored  %10" PRIu64 "\n", state.not_scored);
	if (r->out.rows_refused > 0)
		fprintf(f, "rows refused%10" PRIu64 "\n", r->out.rows_refused);
}

/* The configuration with the one line alone: what other lines would take is not fed to them. */
static int choose_line(struct replay *r, struct config *config, const char *name, struct err *err)
{
	const struct line_config *line = command_find_line(config, name, err);

	if (!line)
		return -EINVAL;
	r->config = *config;
	r->config.lines = config->lines + (line - config->lines);
	r->config.line_count = 1;
	if (asprintf(&r->prediction_topic, "%s/prediction", line->publish) < 0 ||
		asprintf(&r->alert_topic, "%s/alert", line->publish) < 0 ||
		asprintf(&r->reply_topic, "%s/reply", line->publish) < 0)
		return err_set(err, -ENOMEM, "no memory for a topic");
	return arena_new(&r->outcomes.arena, ARENA_BLOCK_BYTES);
}

static int run(const struct context *ctx, int argc, char **argv)
{
	const char *name = NULL, *recording = NULL, *dir = NULL;
	const struct option_row rows[] = {
		{"--line", OPTION_TEXT, &name, true},
		{"--out", OPTION_TEXT, &dir, false},
		{"RECORDING", OPTION_POSITIONAL, &recording, true},
	};
	CLEANUP(config_free) struct config *config = NULL;
	CLEANUP(replay_deinit) struct replay r = {.clock_ms = INT64_MIN};
	struct err err = {0};
	int rc = options_read(&command_replay, rows, ARRAY_LEN(rows), argc, argv);

	if (rc != 0)
		return rc;
	config = command_load_config(ctx);
	if (!config)
		return EX_CONFIG;
	buf_init(&r.payload);
	rc = choose_line(&r, config, name, &err);
	if (rc == 0)
		rc = open_engine(&r, &err);
	if (rc == 0 && dir)
		rc = replay_out_open(&r.out, dir, &err);
	if (rc < 0)
		return command_fail("replay", &err);
	if (r.gateway->lines->trouble[0])
		fprintf(stderr, "defectctl replay: %s\n", r.gateway->lines->trouble);
	if (!dir && !ctx->json)
		r.out.messages = stdout;
	rc = replay_recording(&r, recording, &err);
	if (rc < 0)
		return command_fail("replay", &err);
	if (ctx->json)
		print_json(&r);
	else
		print_table(&r, dir ? stdout : stderr);
	return 0;
}

const struct command command_replay = {
	.name = "replay",
	.arguments = "--line L RECORDING [--out DIR]",
	.summary = "runs a recording through a line: units and messages as the daemon makes them",
	.run = run,
};
