/* Where a probe hears its messages. */
#include "tools/probe_listen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/err.h"
#include "lib/config/config.h"
#include "lib/engine/own_topic.h"
#include "lib/feature/topic.h"
#include "tools/broker_session.h"
#include "tools/interrupt.h"
#include "tools/probe_topics.h"
#include "tools/recording.h"

#define PORT_DEFAULT 1883
#define SLICE_MS 200 /* between two looks at the progress */

struct ear {
	struct probe_listen *l;
	struct probe_topics *out;
	struct topic_template **filters; /* [l->filter_count] */
	uint64_t heard;
	int failed;
};

static int64_t wall_clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Below a level "defectd" everything is taken for a gateway's own, whether its configuration is
 * known or not. */
static bool is_own(const struct config *config, const char *topic)
{
	const char *at = topic;

	if (config && own_topic(config->publish, topic))
		return true;
	for (size_t i = 0; config && i < config->line_count; i++)
		if (own_topic(config->lines[i].publish, topic))
			return true;
	while ((at = strstr(at, "defectd/"))) {
		if (at == topic || at[-1] == '/')
			return true;
		at++;
	}
	return false;
}

static bool is_wanted(const struct ear *e, const char *topic)
{
	struct topic_capture captures[TOPIC_CAPTURES_MAX];

	if (e->l->filter_count == 0)
		return topic[0] != '$';
	for (size_t i = 0; i < e->l->filter_count; i++)
		if (topic_match(e->filters[i], topic, captures))
			return true;
	return false;
}

static int hear(struct ear *e, const struct recorded *m)
{
	if (!is_wanted(e, m->topic))
		return 0;
	if (e->l->filter_count == 0 && is_own(e->l->config, m->topic)) {
		e->l->own++;
		return 0;
	}
	e->heard++;
	return probe_topics_add(e->out, m);
}

static int read_recording(struct ear *e, struct err *err)
{
	CLEANUP(recording_close) struct recording *r = NULL;
	struct recorded m;
	int rc = recording_open(&r, e->l->recording, err);

	while (rc == 0) {
		rc = recording_next(r, &m, err);
		if (rc != RECORDING_MESSAGE)
			return rc;
		rc = hear(e, &m);
		if (rc < 0)
			return err_set(err, rc, "no memory for what was heard");
	}
	return rc;
}

static void on_message(void *owner, const struct wire_message *m)
{
	struct ear *e = owner;
	const struct recorded heard = {
		.t_ms = wall_clock_ms(),
		.topic = m->topic,
		.payload = m->payload_len ? m->payload : "",
		.payload_len = m->payload_len,
		.qos = m->qos,
		.retained = m->retained,
	};
	int rc = e->failed < 0 ? 0 : hear(e, &heard);

	if (rc < 0)
		e->failed = rc;
}

static void show_progress(const struct ear *e, int64_t left_ms)
{
	if (e->l->shows_progress)
		fprintf(stderr,
			"\rlistening, %lld s to go (Ctrl-C: no longer): %llu messages on %zu "
			"topics\033[K",
			(long long)(left_ms + 999) / 1000, (unsigned long long)e->heard,
			probe_topics_count(e->out));
}

static int listen_on(struct ear *e, struct session *s, struct err *err)
{
	const volatile bool *is_stopped = interrupt_catch();
	int64_t begin = wall_clock_ms(), end = now_ms() + e->l->ms, left = e->l->ms;
	int rc = 0;

	for (; left > 0 && !*is_stopped && rc == 0 && e->failed == 0; left = end - now_ms()) {
		show_progress(e, left);
		rc = session_listen(s, left < SLICE_MS ? left : SLICE_MS, is_stopped, err);
	}
	if (e->l->shows_progress)
		fputs("\r\033[K", stderr);
	probe_topics_listened(e->out, begin, wall_clock_ms());
	if (e->failed < 0)
		return err_set(err, e->failed, "no memory for what was heard");
	return rc;
}

/* The broker that was named, else the configuration's, else the one on this machine. */
static int open_session(struct ear *e, struct session **out, struct err *err)
{
	bool is_named = e->l->host || e->l->port;
	const struct session_options o = {
		.host = e->l->host ? e->l->host : "127.0.0.1",
		.port = e->l->port ? e->l->port : PORT_DEFAULT,
		.message = on_message,
		.owner = e,
	};

	return broker_session_open(
		out, &o, e->l->config && !is_named ? &e->l->config->broker : NULL, "probe", err);
}

static int hear_broker(struct ear *e, struct err *err)
{
	CLEANUP(session_close) struct session *session = NULL;
	const char **filters = calloc(e->l->filter_count + 1, sizeof(*filters));
	size_t count = e->l->filter_count;
	int rc = filters ? 0 : err_set(err, -ENOMEM, "no memory");

	for (size_t i = 0; rc == 0 && i < count; i++)
		filters[i] = topic_template_filter(e->filters[i]);
	if (rc == 0 && count == 0)
		filters[count++] = "#";
	if (rc == 0)
		rc = open_session(e, &session, err);
	if (rc == 0)
		rc = session_subscribe(session, filters, count, err);
	if (rc == 0)
		rc = listen_on(e, session, err);
	free(filters);
	return rc;
}

int probe_listen(struct probe_listen *l, struct probe_topics *out, struct err *err)
{
	struct ear e = {.l = l, .out = out};
	int rc = 0;

	e.filters = calloc(l->filter_count + 1, sizeof(struct topic_template *));
	if (!e.filters)
		return err_set(err, -ENOMEM, "no memory");
	for (size_t i = 0; rc == 0 && i < l->filter_count; i++)
		rc = topic_template_new(&e.filters[i], l->filters[i], err);
	if (rc == 0)
		rc = l->recording ? read_recording(&e, err) : hear_broker(&e, err);
	for (size_t i = 0; i < l->filter_count; i++)
		topic_template_free(e.filters[i]);
	free(e.filters);
	return rc;
}
