#include "daemon/outlet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/kept.h"
#include "daemon/link.h"
#include "daemon/log.h"
#include "lib/base/err.h"
#include "lib/config/config.h"
#include "lib/gateway/broker_tls.h"

#define BACKLOG_MAX 4096 /* QoS 0 messages in the library that the socket did not take yet */

struct outlet {
	struct link *link;
	char client_id[256];
	void (*connection_changed)(void *owner);
	void *owner;

	struct kept kept;
	size_t limit;   /* of what is kept */
	size_t backlog; /* QoS 0 messages since the library's queue was empty last */
	size_t told;    /* about ourselves, not confirmed */

	struct outlet_figures figures;
	struct log_memory refusal;
	bool over_told, holds;
};

static void publish_waiting(struct outlet *o)
{
	struct wire *w = link_wire(o->link);
	struct kept_message *m;

	while (!o->holds && (m = kept_next(&o->kept))) {
		int r = wire_publish(w, &m->mid, m->topic, m->payload, m->payload_len, 1, false);

		if (r == 0) {
			kept_mark_sent(&o->kept, m);
			o->figures.sent++;
			continue;
		}
		m->mid = 0;
		if (r == -ENOTCONN || r == -ENOMEM)
			return; /* later */
		/* never to be sent: a topic or size that the broker's limits forbid */
		o->figures.refused++;
		log_error("a message on \"%s\" cannot be published: %s, it is given up", m->topic,
			strerror(-r));
		kept_drop(&o->kept, m);
	}
	if (wire_wants_write(w))
		link_update(o->link);
}

static void keep_to_limit(struct outlet *o)
{
	struct kept_message *m;

	while (o->kept.count > o->limit && (m = kept_oldest_unsent(&o->kept))) {
		if (!o->over_told)
			log_error("the outbox is full (%zu messages): the oldest are given up",
				o->limit);
		o->over_told = true;
		o->figures.over++;
		kept_drop(&o->kept, m);
	}
}

int outlet_restore(struct outlet *o, const struct outbox_message *m)
{
	if (!kept_add(&o->kept, m, true))
		return -ENOMEM;
	keep_to_limit(o);
	return 0;
}

/* A broker that reads more slowly than we publish must not cost memory without end. */
static bool has_room(struct outlet *o)
{
	if (!wire_wants_write(link_wire(o->link)))
		o->backlog = 0;
	return o->backlog < BACKLOG_MAX;
}

static void send_once(struct outlet *o, const char *topic, const char *payload, size_t len)
{
	struct wire *w = link_wire(o->link);

	if (!has_room(o) || wire_publish(w, NULL, topic, payload, len, 0, false) < 0) {
		o->figures.dropped++;
		return;
	}
	o->figures.sent++;
	if (wire_wants_write(w)) {
		o->backlog++;
		link_update(o->link);
	}
}

int outlet_send(struct outlet *o, const char *topic, const char *payload, size_t len, int qos,
	int64_t now_ms)
{
	const struct outbox_message m = {o->kept.next_id, topic, payload, len, now_ms};

	if (qos == 0) {
		send_once(o, topic, payload, len);
		return 0;
	}
	if (!kept_add(&o->kept, &m, false))
		return -ENOMEM;
	publish_waiting(o);
	keep_to_limit(o);
	return 0;
}

void outlet_tell(struct outlet *o, const char *topic, const char *payload, size_t len, int qos)
{
	if (wire_publish(link_wire(o->link), NULL, topic, payload, len, qos, true) == 0)
		o->told += qos == 1;
	link_update(o->link);
}

int outlet_fill(struct outlet *o, struct batch *b)
{
	return kept_fill(&o->kept, b);
}

void outlet_store_again(struct outlet *o)
{
	kept_unstore(&o->kept);
}

uint64_t outlet_done_ns(const struct outlet *o)
{
	return o->kept.delete_count ? uv_hrtime() - o->kept.deletes_since_ns : 0;
}

static void on_connected(void *owner, bool session_present)
{
	struct outlet *o = owner;

	(void)session_present;
	publish_waiting(o);
	o->connection_changed(o->owner);
}

/* The library's memory of them goes with the connection: they are published again, in order. */
static void on_disconnected(void *owner, const char *why)
{
	struct outlet *o = owner;

	(void)why;
	kept_unsend(&o->kept);
	o->told = 0;
	o->connection_changed(o->owner);
}

static void note_refusal(struct outlet *o, const char *topic, int reason)
{
	char text[256];

	o->figures.refused++;
	snprintf(text, sizeof(text), "the broker does not take what is published on \"%s\": %s",
		topic, wire_reason(reason));
	if (log_is_news(&o->refusal, text))
		log_error("%s", text);
}

static void on_confirmed(void *owner, int mid, int reason)
{
	struct outlet *o = owner;
	struct kept_message *m = kept_find_sent(&o->kept, mid);

	if (m) {
		if (reason >= 128)
			note_refusal(o, m->topic, reason);
		o->figures.confirmed++;
		kept_drop(&o->kept, m);
		if (o->kept.count < o->limit / 2)
			o->over_told = false;
		publish_waiting(o);
		return;
	}
	if (reason >= 128)
		note_refusal(o, "status", reason);
	o->told -= o->told > 0;
}

static struct link_options options_of(struct outlet *o, const struct config *config,
	const char *password, const struct wire_will *will)
{
	return (struct link_options){
		.name = "outlet",
		.host = config->broker.host,
		.port = config->broker.port,
		.wire =
			{
				.clean = true,
				.protocol = config->broker.protocol,
				.keepalive_s = config->broker.keepalive_s,
				.client_id = o->client_id,
				.username = config->broker.username,
				.password = password,
				.will = will,
			},
		.handlers =
			{
				.owner = o,
				.connected = on_connected,
				.disconnected = on_disconnected,
				.confirmed = on_confirmed,
			},
	};
}

int outlet_new(struct outlet **out, uv_loop_t *loop, const struct config *config,
	const char *password, const struct wire_will *will, void (*connection_changed)(void *owner),
	void *owner, struct err *err)
{
	struct outlet *o = calloc(1, sizeof(*o));
	struct link_options options;
	struct tls_files tls;
	int r;

	if (!o)
		return err_set(err, -ENOMEM, "no memory for the outlet");
	kept_init(&o->kept);
	o->limit = (size_t)config->limits.outbox;
	o->connection_changed = connection_changed;
	o->owner = owner;
	snprintf(o->client_id, sizeof(o->client_id), "%s-out", config->instance);
	options = options_of(o, config, password, will);
	options.tls = broker_tls_files(&tls, &config->broker) ? &tls : NULL;
	r = link_new(&o->link, loop, &options, err);
	if (r < 0)
		outlet_free(o);
	else
		*out = o;
	return r;
}

int outlet_reconnect(struct outlet *o, const struct config *config, const char *password,
	const struct wire_will *will, bool says_goodbye, struct err *err)
{
	struct link_options options = options_of(o, config, password, will);
	struct tls_files tls;
	int r;

	options.tls = broker_tls_files(&tls, &config->broker) ? &tls : NULL;
	r = link_replace(&o->link, &options, says_goodbye, err);
	if (r < 0)
		return r;
	on_disconnected(o, "");
	link_start(o->link);
	return 0;
}

void outlet_set_limit(struct outlet *o, size_t messages)
{
	o->limit = messages;
	keep_to_limit(o);
}

void outlet_free(struct outlet *o)
{
	if (!o)
		return;
	link_free(o->link);
	kept_deinit(&o->kept);
	free(o);
}

void outlet_start(struct outlet *o)
{
	link_start(o->link);
}

bool outlet_is_connected(const struct outlet *o)
{
	return link_is_connected(o->link);
}

const char *outlet_trouble(const struct outlet *o)
{
	return link_trouble(o->link);
}

bool outlet_is_quiet(const struct outlet *o)
{
	return o->told == 0 && o->kept.sent == 0;
}

struct outlet_figures outlet_figures(const struct outlet *o)
{
	struct outlet_figures figures = o->figures;

	figures.waiting = o->kept.count;
	return figures;
}

void outlet_hold(struct outlet *o)
{
	o->holds = true;
}

void outlet_end(struct outlet *o)
{
	link_end(o->link);
}

void outlet_close(struct outlet *o)
{
	link_close(o->link);
}
