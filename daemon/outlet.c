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
#define BACKLOG_MAX 4096   /* QoS 0 messages in the library that the socket did not take yet */

/* Alerts never stand in line behind predictions. */
enum lane_index { LANE_ALERTS, LANE_REST, LANE_COUNT };

/* How many in the library leave room for more of the lane: an alert always finds a place. */
static const size_t lane_room[LANE_COUNT] = {
	[LANE_ALERTS] = UNCONFIRMED_MAX,
	[LANE_REST] = UNCONFIRMED_MAX - 2,
};

struct entry {
	TAILQ_ENTRY(entry) link;
	struct lane *lane;
	uint64_t id;
	int64_t at_ms;
	int mid;        /* 0: not in the library */
	bool is_stored; /* in the table, or in a batch on its way there */
	const char *topic;
	size_t payload_len;
	char payload[]; /* with the topic behind it */
};

TAILQ_HEAD(entries, entry);

struct lane {
	struct entries entries; /* not confirmed, in order of id */
	struct entry *unsent;   /* the first that is not in the library; NULL: none */
	struct entry *unstored; /* the first that is not in the table; NULL: none */
};

struct outlet {
	struct link *link;
	char client_id[256];
	void (*connection_changed)(void *owner);
	void *owner;

	struct lane lanes[LANE_COUNT];
	size_t in_library;
	size_t backlog; /* QoS 0 messages since the library's queue was empty last */
	uint64_t next_id;
	uint64_t *deletes; /* confirmed, but still in the table */
	size_t delete_count, delete_cap;
	uint64_t deletes_since_ns;
	size_t limit;
	size_t told; /* about ourselves, not confirmed */

	struct outlet_figures figures;
	struct log_memory refusal;
	bool over_told;
	bool holds;
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

/* Of a stored message too only the topic is known. */
static struct lane *lane_of(struct outlet *o, const char *topic)
{
	const char *last = strrchr(topic, '/');

	return &o->lanes[last && strcmp(last, "/alert") == 0 ? LANE_ALERTS : LANE_REST];
}

static void drop(struct outlet *o, struct entry *e)
{
	struct lane *lane = e->lane;

	if (e->is_stored) {
		if (o->delete_count == 0)
			o->deletes_since_ns = uv_hrtime();
		o->deletes[o->delete_count++] = e->id;
	}
	if (e->mid)
		o->in_library--;
	if (lane->unsent == e)
		lane->unsent = TAILQ_NEXT(e, link);
	if (lane->unstored == e)
		lane->unstored = TAILQ_NEXT(e, link);
	TAILQ_REMOVE(&lane->entries, e, link);
	o->figures.waiting--;
	free(e);
}

/* Hands the lane's next message to the library; false: not now. */
static bool publish_next(struct outlet *o, struct lane *lane)
{
	struct entry *e = lane->unsent;
	int r = wire_publish(
		link_wire(o->link), &e->mid, e->topic, e->payload, e->payload_len, 1, false);

	if (r == -ENOTCONN || r == -ENOMEM) {
		e->mid = 0;
		return false;
	}
	lane->unsent = TAILQ_NEXT(e, link);
	if (r < 0) {
		/* never to be sent: a topic or size that the broker's limits forbid */
		e->mid = 0;
		o->figures.refused++;
		log_error("a message on \"%s\" cannot be published: %s, it is given up", e->topic,
			strerror(-r));
		drop(o, e);
		return true;
	}
	o->in_library++;
	o->figures.sent++;
	return true;
}

static void publish_waiting(struct outlet *o)
{
	for (size_t i = 0; i < LANE_COUNT; i++) {
		struct lane *lane = &o->lanes[i];

		while (lane->unsent && !o->holds && o->in_library < lane_room[i]) {
			if (!publish_next(o, lane))
				return;
		}
	}
	if (wire_wants_write(link_wire(o->link)))
		link_update(o->link);
}

static struct entry *add(struct outlet *o, const struct outbox_message *m)
{
	size_t topic_len = strlen(m->topic) + 1;
	struct lane *lane = lane_of(o, m->topic);
	struct entry *e;

	if (reserve_delete(o) < 0)
		return NULL;
	e = malloc(sizeof(*e) + m->payload_len + topic_len);
	if (!e)
		return NULL;
	*e = (struct entry){
		.lane = lane, .id = m->id, .at_ms = m->at_ms, .payload_len = m->payload_len};
	memcpy(e->payload, m->payload, m->payload_len);
	e->topic = memcpy(e->payload + m->payload_len, m->topic, topic_len);
	TAILQ_INSERT_TAIL(&lane->entries, e, link);
	if (!lane->unsent)
		lane->unsent = e;
	o->figures.waiting++;
	o->next_id = m->id + 1;
	return e;
}

/* The oldest go first, but not those that are on their way, and alerts only when nothing else is
 * left to go. */
static void keep_to_limit(struct outlet *o)
{
	while (o->figures.waiting > o->limit) {
		struct entry *e = o->lanes[LANE_REST].unsent;

		if (!e)
			e = o->lanes[LANE_ALERTS].unsent;
		if (!e)
			return;
		if (!o->over_told)
			log_error("the outbox is full (%zu messages): the oldest are given up",
				o->limit);
		o->over_told = true;
		o->figures.over++;
		drop(o, e);
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
	const struct outbox_message m = {o->next_id, topic, payload, len, now_ms};
	struct entry *e;

	if (qos == 0) {
		send_once(o, topic, payload, len);
		return 0;
	}
	e = add(o, &m);
	if (!e)
		return -ENOMEM;
	if (!e->lane->unstored)
		e->lane->unstored = e;
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

static int store_lane(struct lane *lane, struct batch *b)
{
	for (; lane->unstored; lane->unstored = TAILQ_NEXT(lane->unstored, link)) {
		struct entry *e = lane->unstored;
		const struct outbox_message m = {
			e->id, e->topic, e->payload, e->payload_len, e->at_ms};

		if (batch_put_outbox(b, &m) < 0)
			return -ENOMEM;
		e->is_stored = true;
	}
	return 0;
}

int outlet_fill(struct outlet *o, struct batch *b)
{
	for (size_t i = 0; i < LANE_COUNT; i++) {
		if (store_lane(&o->lanes[i], b) < 0)
			return -ENOMEM;
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

	(void)why;
	for (size_t i = 0; i < LANE_COUNT; i++) {
		struct lane *lane = &o->lanes[i];
		struct entry *e;

		TAILQ_FOREACH(e, &lane->entries, link)
		{
			if (e == lane->unsent)
				break;
			e->mid = 0;
		}
		lane->unsent = TAILQ_FIRST(&lane->entries);
	}
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

/* At most 20 entries are searched, at the front of the lanes. */
static struct entry *find_sent(const struct outlet *o, int mid)
{
	for (size_t i = 0; i < LANE_COUNT; i++) {
		const struct lane *lane = &o->lanes[i];
		struct entry *e;

		TAILQ_FOREACH(e, &lane->entries, link)
		{
			if (e == lane->unsent)
				break;
			if (e->mid == mid)
				return e;
		}
	}
	return NULL;
}

static void on_confirmed(void *owner, int mid, int reason)
{
	struct outlet *o = owner;
	struct entry *e = find_sent(o, mid);

	if (e) {
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
	for (size_t i = 0; i < LANE_COUNT; i++)
		TAILQ_INIT(&o->lanes[i].entries);
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
	if (!o)
		return;
	for (size_t i = 0; i < LANE_COUNT; i++) {
		struct entry *e;

		while ((e = TAILQ_FIRST(&o->lanes[i].entries))) {
			TAILQ_REMOVE(&o->lanes[i].entries, e, link);
			free(e);
		}
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
