#include "daemon/outlet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "daemon/link.h"
#include "daemon/log.h"
#include "lib/base/err.h"
#include "lib/config/config.h"

#define UNCONFIRMED_MAX 20 /* in the library: it searches a list for each */

struct entry {
	TAILQ_ENTRY(entry) link;
	uint64_t id;
	int64_t at_ms;
	int mid;        /* 0: not in the library */
	bool is_stored; /* in the table, or in a batch on its way there */
	const char *topic;
	size_t payload_len;
	char payload[]; /* with the topic behind it */
};

TAILQ_HEAD(entries, entry);

struct outlet {
	struct link *link;
	char client_id[256];
	void (*connection_changed)(void *owner);
	void *owner;

	struct entries entries; /* not confirmed, in order of id */
	struct entry *unsent;   /* the first that is not in the library; NULL: none */
	struct entry *unstored; /* the first that is not in the table; NULL: none */
	size_t in_library;
	uint64_t next_id;
	uint64_t *deletes; /* confirmed, but still in the table */
	size_t delete_count, delete_cap;
	uint64_t deletes_since_ns;
	size_t limit;
	size_t told; /* about ourselves, not confirmed */

	struct outlet_figures figures;
	struct log_memory refusal;
	bool over_told;
};

/* Room is made when a message is stored, so that a PUBACK never needs memory. */
static int reserve_delete(struct outlet *o)
{
	size_t need = o->delete_count + o->figures.waiting + 1, cap = 2 * need + 64;
	uint64_t *v;

	if (need <= o->delete_cap)
		return 0;
	v = reallocarray(o->deletes, cap, sizeof(*v));
	if (!v)
		return -ENOMEM;
	o->deletes = v;
	o->delete_cap = cap;
	return 0;
}

static void drop(struct outlet *o, struct entry *e)
{
	if (e->is_stored) {
		if (o->delete_count == 0)
			o->deletes_since_ns = uv_hrtime();
		o->deletes[o->delete_count++] = e->id;
	}
	if (e->mid)
		o->in_library--;
	if (o->unsent == e)
		o->unsent = TAILQ_NEXT(e, link);
	if (o->unstored == e)
		o->unstored = TAILQ_NEXT(e, link);
	TAILQ_REMOVE(&o->entries, e, link);
	o->figures.waiting--;
	free(e);
}

static void publish_waiting(struct outlet *o)
{
	struct wire *w = link_wire(o->link);

	while (o->unsent && o->in_library < UNCONFIRMED_MAX) {
		struct entry *e = o->unsent;
		int r = wire_publish(w, &e->mid, e->topic, e->payload, e->payload_len, 1, false);

		if (r == -ENOTCONN || r == -ENOMEM) {
			e->mid = 0;
			return; /* later */
		}
		o->unsent = TAILQ_NEXT(e, link);
		if (r < 0) {
			/* never to be sent: a topic or size that the broker's limits forbid */
			e->mid = 0;
			o->figures.refused++;
			log_error("a message on \"%s\" cannot be published: %s, it is given up",
				e->topic, strerror(-r));
			drop(o, e);
			continue;
		}
		o->in_library++;
		o->figures.sent++;
	}
	if (wire_wants_write(w))
		link_update(o->link);
}

static struct entry *add(struct outlet *o, const struct outbox_message *m)
{
	size_t topic_len = strlen(m->topic) + 1;
	struct entry *e;

	if (reserve_delete(o) < 0)
		return NULL;
	e = malloc(sizeof(*e) + m->payload_len + topic_len);
	if (!e)
		return NULL;
	*e = (struct entry){.id = m->id, .at_ms = m->at_ms, .payload_len = m->payload_len};
	memcpy(e->payload, m->payload, m->payload_len);
	e->topic = memcpy(e->payload + m->payload_len, m->topic, topic_len);
	TAILQ_INSERT_TAIL(&o->entries, e, link);
	if (!o->unsent)
		o->unsent = e;
	o->figures.waiting++;
	o->next_id = m->id + 1;
	return e;
}

/* The oldest go first, but not those that are on their way. */
static void keep_to_limit(struct outlet *o)
{
	while (o->figures.waiting > o->limit && o->unsent) {
		if (!o->over_told)
			log_error("the outbox is full (%zu messages): the oldest are given up",
				o->limit);
		o->over_told = true;
		o->figures.over++;
		drop(o, o->unsent);
	}
}

int outlet_restore(struct outlet *o, const struct outbox_message *m)
{
	struct entry *e = add(o, m);

	if (!e)
		return -ENOMEM;
	e->is_stored = true;
	keep_to_limit(o);
	return 0;
}

int outlet_send(struct outlet *o, const char *topic, const char *payload, size_t len, int qos,
	int64_t now_ms)
{
	const struct outbox_message m = {o->next_id, topic, payload, len, now_ms};
	struct entry *e;

	if (qos == 0) {
		bool ok =
			wire_publish(link_wire(o->link), NULL, topic, payload, len, 0, false) == 0;

		*(ok ? &o->figures.sent : &o->figures.dropped) += 1;
		if (wire_wants_write(link_wire(o->link)))
			link_update(o->link);
		return 0;
	}
	e = add(o, &m);
	if (!e)
		return -ENOMEM;
	if (!o->unstored)
		o->unstored = e;
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
	for (; o->unstored; o->unstored = TAILQ_NEXT(o->unstored, link)) {
		struct entry *e = o->unstored;
		const struct outbox_message m = {
			e->id, e->topic, e->payload, e->payload_len, e->at_ms};

		if (batch_put_outbox(b, &m) < 0)
			return -ENOMEM;
		e->is_stored = true;
	}
	for (size_t i = 0; i < o->delete_count; i++) {
		if (batch_delete_outbox(b, o->deletes[i]) < 0)
			return -ENOMEM;
	}
	o->delete_count = 0;
	return 0;
}

uint64_t outlet_done_ns(const struct outlet *o)
{
	return o->delete_count ? uv_hrtime() - o->deletes_since_ns : 0;
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
	struct entry *e;

	(void)why;
	TAILQ_FOREACH(e, &o->entries, link)
	{
		if (e == o->unsent)
			break;
		e->mid = 0;
	}
	o->unsent = TAILQ_FIRST(&o->entries);
	o->in_library = 0;
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
	struct entry *e;

	/* at most 20 of them are searched, at the front */
	TAILQ_FOREACH(e, &o->entries, link)
	{
		if (e == o->unsent || e->mid == mid)
			break;
	}
	if (e && e != o->unsent) {
		if (reason >= 128)
			note_refusal(o, e->topic, reason);
		o->figures.confirmed++;
		drop(o, e);
		if (o->figures.waiting < o->limit / 2)
			o->over_told = false;
		publish_waiting(o);
		return;
	}
	if (reason >= 128)
		note_refusal(o, "status", reason);
	o->told -= o->told > 0;
}

int outlet_new(struct outlet **out, uv_loop_t *loop, const struct config *config,
	const char *password, const struct wire_will *will, void (*connection_changed)(void *owner),
	void *owner, struct err *err)
{
	struct outlet *o = calloc(1, sizeof(*o));
	struct link_options options = {
		.name = "outlet",
		.host = config->broker.host,
		.port = config->broker.port,
		.wire =
			{
				.clean = true,
				.protocol = config->broker.protocol,
				.keepalive_s = config->broker.keepalive_s,
				.username = config->broker.username,
				.password = password,
				.will = will,
			},
		.handlers =
			{
				.connected = on_connected,
				.disconnected = on_disconnected,
				.confirmed = on_confirmed,
			},
	};
	int r;

	if (!o)
		return err_set(err, -ENOMEM, "no memory for the outlet");
	TAILQ_INIT(&o->entries);
	o->limit = (size_t)config->limits.outbox;
	o->next_id = 1;
	o->connection_changed = connection_changed;
	o->owner = owner;
	snprintf(o->client_id, sizeof(o->client_id), "%s-out", config->instance);
	options.wire.client_id = o->client_id;
	options.handlers.owner = o;
	r = link_new(&o->link, loop, &options, err);
	if (r < 0)
		outlet_free(o);
	else
		*out = o;
	return r;
}

void outlet_free(struct outlet *o)
{
	struct entry *e;

	if (!o)
		return;
	while ((e = TAILQ_FIRST(&o->entries))) {
		TAILQ_REMOVE(&o->entries, e, link);
		free(e);
	}
	link_free(o->link);
	free(o->deletes);
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
	return o->told == 0 && o->in_library == 0;
}

struct outlet_figures outlet_figures(const struct outlet *o)
{
	return o->figures;
}

void outlet_end(struct outlet *o)
{
	link_end(o->link);
}

void outlet_close(struct outlet *o)
{
	link_close(o->link);
}
