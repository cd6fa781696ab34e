#include "daemon/status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/daemon.h"
#include "daemon/intake.h"
#include "daemon/outlet.h"
#include "daemon/pipeline.h"
#include "daemon/stats.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/timestamp.h"
#include "lib/gateway/gateway.h"

#define EVERYTHING_EACH_S 10
#define REASON_MAX 1200

static const char *const state_names[] = {
	[LINE_STOPPED] = "stopped",
	[LINE_SCORING] = "scoring",
	[LINE_COLLECTING] = "collecting",
	[LINE_DRAINING] = "draining",
	[LINE_DEGRADED] = "degraded",
};

struct said {
	char *topic, *stats_topic;
	enum line_state state;
	char reason[REASON_MAX];
	char model[SHA256_HEX]; /* "": none */
	double threshold;
	bool is_said;
};

struct status {
	struct daemon *d;
	char *topic, *stats_topic; /* of the gateway */
	struct wire_will will;
	struct buf will_text, text;
	struct said *lines;
	size_t line_count;
	struct said *next; /* of the configuration that comes; NULL: none */
	size_t next_count;
	char **gone; /* retained topics of lines that are gone, to be deleted */
	size_t gone_count;
	bool online_said, stopped;
	char online_reason[1024];
	unsigned seconds;
};

static void put_time(struct buf *out, int64_t now_ms)
{
	char ts[TIMESTAMP_TEXT_MAX];

	timestamp_print(ts, now_ms);
	jsonw_text(out, "ts", ts);
	jsonw_int(out, "ts_ms", now_ms);
}

static void put_gateway(struct buf *out, struct daemon *d, bool online, const char *reason)
{
	buf_clear(out);
	jsonw_begin(out);
	jsonw_int(out, "v", 1);
	jsonw_text(out, "state", online ? "online" : "offline");
	jsonw_int(out, "online", online);
	jsonw_text(out, "reason", reason);
	jsonw_text(out, "instance", d->config->instance);
	jsonw_int(out, "boot", d->boot);
	jsonw_text(out, "version", DEFECTD_VERSION);
	jsonw_int(out, "lines", (int64_t)d->config->line_count);
	put_time(out, clock_now_ms(&d->clock));
	jsonw_end(out);
}

/* The worst that holds of a line, and why. */
static enum line_state judge(const struct status *s, size_t line, const struct engine_line_state *e,
	char reason[REASON_MAX])
{
	const struct gateway_line *l = &s->d->gateway->lines[line];
	const char *trouble = pipeline_trouble(s->d->pipeline);

	if (!*trouble)
		trouble = intake_trouble(s->d->intake);
	if (s->stopped) {
		snprintf(reason, REASON_MAX, "shutdown");
		return LINE_STOPPED;
	}
	if (*trouble) {
		snprintf(reason, REASON_MAX, "%s", trouble);
		return LINE_DEGRADED;
	}
	if (intake_drain_state(s->d->intake) != DRAIN_DONE) {
		snprintf(reason, REASON_MAX, "messages that waited in the broker are still coming");
		return LINE_DRAINING;
	}
	if (e->model) {
		snprintf(reason, REASON_MAX, "%s", l->trouble);
		return LINE_SCORING;
	}
	snprintf(reason, REASON_MAX, "%s: %s", e->why_none, l->trouble);
	return LINE_COLLECTING;
}

static void say_line(struct status *s, size_t i, const struct engine_line_state *e)
{
	const struct said *l = &s->lines[i];
	struct buf *out = &s->text;

	buf_clear(out);
	jsonw_begin(out);
	jsonw_int(out, "v", 1);
	jsonw_text(out, "line", s->d->config->lines[i].name);
	jsonw_text(out, "state", state_names[l->state]);
	jsonw_int(out, "state_n", l->state);
	jsonw_text(out, "reason", l->reason);
	jsonw_text(out, "model", l->model);
	jsonw_real(out, "threshold", l->threshold);
	jsonw_text(out, "retrain", "");
	jsonw_int(out, "units", (int64_t)e->units);
	jsonw_int(out, "alerts", (int64_t)e->alerts);
	jsonw_int(out, "not_scored", (int64_t)e->not_scored);
	jsonw_int(out, "last_unit_ms", e->last_unit_ms);
	put_time(out, clock_now_ms(&s->d->clock));
	jsonw_end(out);
	outlet_tell(s->d->outlet, l->topic, out->data, out->len, 1);
}

static void update_line(struct status *s, size_t i, bool anyway)
{
	struct said *l = &s->lines[i];
	struct engine_line_state e;
	char reason[REASON_MAX];
	enum line_state state;
	const char *model;

	engine_line_state(s->d->gateway->engine, i, &e);
	state = judge(s, i, &e, reason);
	model = e.model ? model_sha256(e.model) : "";
	if (l->is_said && !anyway && state == l->state && strcmp(reason, l->reason) == 0 &&
		strcmp(model, l->model) == 0 && e.threshold == l->threshold)
		return;
	l->state = state;
	l->threshold = e.threshold;
	strcpy(l->model, model);
	memcpy(l->reason, reason, sizeof(reason));
	if (!outlet_is_connected(s->d->outlet))
		return;
	l->is_said = true;
	say_line(s, i, &e);
}

/* Online is said once the subscriptions are granted: what is published after it is not missed. */
static void update_gateway(struct status *s, bool anyway)
{
	const char *reason = s->stopped ? "shutdown" : intake_trouble(s->d->intake);

	if (!outlet_is_connected(s->d->outlet))
		return;
	if (!s->stopped && !s->online_said && !intake_is_subscribed(s->d->intake))
		return;
	if (s->online_said && !anyway && !s->stopped && strcmp(reason, s->online_reason) == 0)
		return;
	s->online_said = !s->stopped;
	snprintf(s->online_reason, sizeof(s->online_reason), "%s", reason);
	put_gateway(&s->text, s->d, !s->stopped, reason);
	outlet_tell(s->d->outlet, s->topic, s->text.data, s->text.len, 1);
}

static void update_all(struct status *s, bool anyway)
{
	for (size_t i = 0; i < s->d->config->line_count; i++)
		update_line(s, i, anyway);
	update_gateway(s, anyway);
}

static void say_stats(struct status *s)
{
	struct daemon *d = s->d;

	if (!outlet_is_connected(d->outlet))
		return;
	stats_put_gateway(&s->text, d);
	outlet_tell(d->outlet, s->stats_topic, s->text.data, s->text.len, 0);
	for (size_t i = 0; i < d->config->line_count; i++) {
		stats_put_line(&s->text, d, i);
		outlet_tell(d->outlet, s->lines[i].stats_topic, s->text.data, s->text.len, 0);
	}
}

void status_update(struct status *s)
{
	if (!s->stopped)
		update_all(s, false);
}

void status_tick(struct status *s)
{
	bool everything = ++s->seconds % EVERYTHING_EACH_S == 0;

	if (s->stopped)
		return;
	update_all(s, everything);
	if (everything)
		say_stats(s);
}

void status_stop(struct status *s)
{
	s->stopped = true;
	say_stats(s);
	update_all(s, true);
}

static char *topic_of(const char *publish, const char *name)
{
	char *topic;

	return asprintf(&topic, "%s/%s", publish, name) < 0 ? NULL : topic;
}

static void free_lines(struct said *lines, size_t count)
{
	for (size_t i = 0; lines && i < count; i++) {
		free(lines[i].topic);
		free(lines[i].stats_topic);
	}
	free(lines);
}

/* NULL: no memory. */
static struct said *make_lines(const struct config *config)
{
	struct said *lines = calloc(config->line_count + 1, sizeof(*lines));
	bool failed = !lines;

	for (size_t i = 0; !failed && i < config->line_count; i++) {
		lines[i].topic = topic_of(config->lines[i].publish, "status");
		lines[i].stats_topic = topic_of(config->lines[i].publish, "stats");
		failed = !lines[i].topic || !lines[i].stats_topic;
	}
	if (!failed)
		return lines;
	free_lines(lines, lines ? config->line_count : 0);
	return NULL;
}

static int fill_topics(struct status *s, const struct config *config)
{
	s->topic = topic_of(config->publish, "status");
	s->stats_topic = topic_of(config->publish, "stats");
	s->lines = make_lines(config);
	s->line_count = s->lines ? config->line_count : 0;
	return s->topic && s->stats_topic && s->lines ? 0 : -ENOMEM;
}

static struct said *find_topic(struct said *lines, size_t count, const char *topic)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(lines[i].topic, topic) == 0)
			return &lines[i];
	return NULL;
}

/* Now, or with the next connection. */
static void delete_gone(struct status *s)
{
	if (!outlet_is_connected(s->d->outlet))
		return;
	while (s->gone_count > 0) {
		char *topic = s->gone[--s->gone_count];

		/* one that has come back meanwhile is in use again */
		if (!find_topic(s->lines, s->line_count, topic))
			outlet_tell(s->d->outlet, topic, "", 0, 1);
		free(topic);
	}
}

static void note_gone(struct status *s, char *topic)
{
	char **v = reallocarray(s->gone, s->gone_count + 1, sizeof(*v));

	if (!v) {
		free(topic); /* it stays until somebody deletes it */
		return;
	}
	s->gone = v;
	v[s->gone_count++] = topic;
}

/* Who listens hears that it has stopped; then nothing is left of it. */
static void say_gone(struct status *s, size_t i)
{
	struct said *l = &s->lines[i];
	struct engine_line_state e;

	engine_line_state(s->d->gateway->engine, i, &e);
	l->state = LINE_STOPPED;
	snprintf(l->reason, sizeof(l->reason), "no longer configured");
	if (outlet_is_connected(s->d->outlet))
		say_line(s, i, &e);
	note_gone(s, l->topic);
	note_gone(s, l->stats_topic);
	l->topic = l->stats_topic = NULL;
}

void status_connected(struct status *s)
{
	s->online_said = false;
	for (size_t i = 0; i < s->d->config->line_count; i++)
		s->lines[i].is_said = false;
	delete_gone(s);
	status_update(s);
}

int status_prepare(struct status *s, const struct config *next, struct err *err)
{
	free_lines(s->next, s->next_count);
	s->next = make_lines(next);
	s->next_count = s->next ? next->line_count : 0;
	return s->next ? 0 : err_set(err, -ENOMEM, "no memory for the status");
}

void status_leave(struct status *s)
{
	for (size_t i = 0; i < s->line_count; i++)
		if (!find_topic(s->next, s->next_count, s->lines[i].topic))
			say_gone(s, i);
	free_lines(s->lines, s->line_count);
	s->lines = s->next;
	s->line_count = s->next_count;
	s->next = NULL;
	s->next_count = 0;
}

void status_arrive(struct status *s)
{
	s->online_said = false; /* the number of lines is part of it */
	delete_gone(s);
	status_update(s);
}

int status_new(struct status **out, struct daemon *d, struct err *err)
{
	struct status *s = calloc(1, sizeof(*s));

	if (!s)
		return err_set(err, -ENOMEM, "no memory for the status");
	s->d = d;
	buf_init(&s->text);
	buf_init(&s->will_text);
	put_gateway(&s->will_text, d, false, "connection-lost");
	if (fill_topics(s, d->config) < 0 || buf_failed(&s->will_text)) {
		status_free(s);
		return err_set(err, -ENOMEM, "no memory for the status");
	}
	s->will = (struct wire_will){
		.topic = s->topic,
		.payload = s->will_text.data,
		.payload_len = s->will_text.len,
		.qos = 1,
		.retain = true,
	};
	*out = s;
	return 0;
}

void status_free(struct status *s)
{
	if (!s)
		return;
	free_lines(s->lines, s->line_count);
	free_lines(s->next, s->next_count);
	for (size_t i = 0; i < s->gone_count; i++)
		free(s->gone[i]);
	free(s->gone);
	free(s->topic);
	free(s->stats_topic);
	buf_deinit(&s->text);
	buf_deinit(&s->will_text);
	free(s);
}

const struct wire_will *status_will(const struct status *s)
{
	return &s->will;
}

void status_sentence(const struct status *s, struct buf *out)
{
	const struct config *config = s->d->config;

	for (size_t i = 0; i < config->line_count; i++) {
		const struct said *l = &s->lines[i];

		buf_addf(out, "%s%s is %s", i ? "; " : "", config->lines[i].name,
			state_names[l->state]);
		if (l->reason[0])
			buf_addf(out, " (%s)", l->reason);
	}
}
