#include "daemon/intake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/deliveries.h"
#include "daemon/link.h"
#include "daemon/log.h"
#include "daemon/pipeline.h"
#include "daemon/subscriptions.h"
#include "lib/base/err.h"
#include "lib/gateway/broker_tls.h"
#include "lib/gateway/gateway.h"

struct intake {
	struct intake_options o;
	const struct config *config;
	struct link *link;
	struct pipeline *pipeline;
	struct drain drain;
	char client_id[256];

	uint64_t needs;        /* the gate opens when deliveries up to this number are committed */
	size_t unacknowledged; /* QoS 1 messages since the last flush */
	bool is_connected, is_subscribed, is_paused, stops;
	struct log_memory refused;
	uint64_t pauses;
	uint64_t unwanted; /* messages that came because filters were joined */
	int64_t lost_ms; /* the gateway's clock when the connection was lost; 0: never connected */
};

/* How many messages may be unacknowledged before reading pauses. With large transactions the
 * broker's window would run dry before the pause ends, so it comes at half of it; with small ones
 * each pause costs latency, so it comes late. */
static size_t window(const struct intake *in, const struct pipeline_load *load)
{
	size_t max = (size_t)in->config->broker.receive_maximum;

	return load->large_commits && max > 1 ? max / 2 : max;
}

static bool must_pause(const struct intake *in)
{
	const struct pipeline_load load = pipeline_load(in->pipeline);
	size_t most = window(in, &load);

	/* just before the limit a moment is taken when all that was read is in the commit that
	 * runs: the pause then lasts for one commit, not for two */
	if (in->unacknowledged >= most - most / 16 && load.messages > 0 && load.filling == 0)
		return true;
	return in->unacknowledged >= most || load.messages >= most ||
	       load.bytes >= (size_t)in->config->limits.unacknowledged_bytes;
}

/* The lines' clock goes while all that reaches the broker reaches us. */
static void set_clock(struct intake *in)
{
	bool runs = in->drain.state == DRAIN_DONE && !in->is_paused;

	if (runs == in->o.clock->runs)
		return;
	clock_let_run(in->o.clock, runs);
	pipeline_clock_changed(in->pipeline);
}

static bool may_read(void *owner)
{
	struct intake *in = owner;
	bool pauses = must_pause(in);

	in->pauses += pauses && !in->is_paused;
	in->is_paused = pauses;
	set_clock(in);
	return !in->stops && !pauses;
}

static bool gate_is_open(void *owner)
{
	struct intake *in = owner;

	return in->needs < pipeline_load(in->pipeline).delivery_end;
}

static void warn_of_marker(const struct intake *in, const char *what)
{
	log_warning(
		"no marker came back on \"%s\" %s; the broker's ACL must let \"%s\" publish and "
		"subscribe there, and a full queue (max_queued_messages) drops it",
		in->o.marker, what,
		in->config->broker.username ? in->config->broker.username : in->client_id);
}

static void drained(struct intake *in)
{
	if (in->drain.gave_up)
		warn_of_marker(in, "and no message for 10 s: taking the broker's queue for empty");
	set_clock(in);
	in->o.state_changed(in->o.owner);
}

/* True: sent again, and known. Its acknowledgement too waits for the commit of the first. */
static bool is_known(struct intake *in, const struct wire_message *m)
{
	const struct delivery got = {
		.packet = m->packet,
		.hash = hash64(hash64(0, m->topic, strlen(m->topic)), m->payload, m->payload_len),
	};
	uint64_t number = 0;

	if (in->drain.state == DRAIN_WAITING)
		number = deliveries_match(in->o.deliveries, &got);
	if (!number) {
		in->needs = deliveries_add(in->o.deliveries, &got);
		pipeline_delivery(
			in->pipeline, in->needs, deliveries_keep_from(in->o.deliveries), &got);
		return false;
	}
	if (number > in->needs)
		in->needs = number;
	return true;
}

static void on_message(void *owner, const struct wire_message *m)
{
	struct intake *in = owner;
	uint64_t now_ns = uv_hrtime();
	const struct message msg = {
		.topic = m->topic,
		.payload = m->payload,
		.payload_len = m->payload_len,
		.qos = m->qos,
		.retained = m->retained,
	};

	drain_heard(&in->drain, now_ns);
	if (engine_is_own_topic(in->o.gateway->engine, m->topic) &&
		!engine_is_command_topic(in->o.gateway->engine, m->topic)) {
		if (strcmp(m->topic, in->o.marker) == 0 &&
			drain_take_marker(&in->drain, m->payload, m->payload_len))
			drained(in);
		return;
	}
	in->unacknowledged += m->qos > 0;
	if (subscriptions_is_unwanted(in->o.subscriptions, m->topic))
		in->unwanted++;
	else if (m->qos > 0 && is_known(in, m))
		engine_count_duplicate(in->o.gateway->engine);
	else
		pipeline_message(in->pipeline, &msg, now_ns);
}

static void on_connected(void *owner, bool session_present)
{
	struct intake *in = owner;
	struct deliveries *list = in->o.deliveries;

	in->is_connected = true;
	in->needs = 0;
	in->unacknowledged = 0;
	in->refused.text[0] = 0;
	if (session_present) {
		deliveries_reconnect(list);
	} else if (deliveries_keep_from(list) < deliveries_next(list)) {
		deliveries_clear(list);
		pipeline_clear_deliveries(in->pipeline);
	}
	pipeline_gap(in->pipeline, in->lost_ms, session_present);
	if (subscriptions_ask(in->o.subscriptions, link_wire(in->link)) < 0)
		log_error("cannot subscribe: no memory");
	drain_begin(&in->drain, link_wire(in->link), uv_hrtime());
	in->o.state_changed(in->o.owner);
}

static void on_disconnected(void *owner, const char *why)
{
	struct intake *in = owner;

	(void)why;
	if (in->is_connected)
		in->lost_ms = clock_now_ms(in->o.clock);
	in->is_connected = false;
	in->is_subscribed = false;
	in->unacknowledged = 0;
	drain_lost(&in->drain, uv_hrtime());
	set_clock(in);
	in->o.state_changed(in->o.owner);
}

static void on_subscribed(void *owner, int mid, size_t count, const int *granted)
{
	struct intake *in = owner;
	const char *trouble;

	if (!subscriptions_answer(in->o.subscriptions, mid, count, granted))
		return;
	in->is_subscribed = true;
	trouble = subscriptions_trouble(in->o.subscriptions);
	if (!*trouble)
		log_info("intake: subscriptions granted");
	if (log_is_news(&in->refused, trouble) && *trouble)
		log_error("%s", trouble);
	in->o.state_changed(in->o.owner);
}

static void on_confirmed(void *owner, int mid, int reason)
{
	struct intake *in = owner;

	(void)reason;
	drain_confirmed(&in->drain, mid);
}

/* After a step that may have written. */
static void note_flushed(struct intake *in)
{
	if (gate_is_open(in) && !wire_wants_write(link_wire(in->link)))
		in->unacknowledged = 0;
}

static void on_turn(void *owner, bool was_drained)
{
	struct intake *in = owner;

	if (must_pause(in))
		pipeline_pump(in->pipeline, PUMP_PRESSED);
	else
		pipeline_pump(in->pipeline, was_drained ? PUMP_DUE : PUMP_MORE);
	note_flushed(in);
}

static struct link_options options_of(
	struct intake *in, const struct config *config, const char *password)
{
	return (struct link_options){
		.name = "intake",
		.host = config->broker.host,
		.port = config->broker.port,
		.wire =
			{
				.gated = true,
				.protocol = config->broker.protocol,
				.keepalive_s = config->broker.keepalive_s,
				.receive_maximum = config->broker.receive_maximum,
				.client_id = in->client_id,
				.username = config->broker.username,
				.password = password,
			},
		.handlers =
			{
				.owner = in,
				.connected = on_connected,
				.disconnected = on_disconnected,
				.subscribed = on_subscribed,
				.message = on_message,
				.confirmed = on_confirmed,
			},
		.may_read = may_read,
		.may_write = gate_is_open,
		.turn = on_turn,
	};
}

int intake_new(struct intake **out, const struct intake_options *o, struct err *err)
{
	const struct config *config = o->gateway->config;
	struct intake *in = calloc(1, sizeof(*in));
	struct link_options options;
	struct tls_files tls;
	int r;

	if (!in)
		return err_set(err, -ENOMEM, "no memory for the intake");
	in->o = *o;
	in->config = config;
	drain_init(&in->drain, o->marker, o->boot);
	snprintf(in->client_id, sizeof(in->client_id), "%s-in", config->instance);
	options = options_of(in, config, o->password);
	options.tls = broker_tls_files(&tls, &config->broker) ? &tls : NULL;
	r = link_new(&in->link, o->loop, &options, err);
	if (r < 0)
		free(in); /* deliveries and subscriptions are still the caller's */
	else
		*out = in;
	return r;
}

void intake_take_over(struct intake *in, struct gateway *g)
{
	in->o.gateway = g;
	in->config = g->config;
}

void intake_subscribe(struct intake *in, struct subscriptions *s)
{
	struct subscriptions *old = in->o.subscriptions;

	in->o.subscriptions = s;
	if (in->is_connected && subscriptions_change(s, old, link_wire(in->link)) < 0)
		log_error("cannot subscribe: no memory");
	subscriptions_free(old);
	link_flush(in->link);
}

int intake_reconnect(struct intake *in, const char *password, bool says_goodbye, struct err *err)
{
	const struct config *config = in->config;
	struct link_options options = options_of(in, config, password);
	struct tls_files tls;
	int r;

	options.tls = broker_tls_files(&tls, &config->broker) ? &tls : NULL;
	r = link_replace(&in->link, &options, says_goodbye, err);
	if (r < 0)
		return r;
	on_disconnected(in, "");
	if (deliveries_resize(&in->o.deliveries, 2 * (uint32_t)config->broker.receive_maximum) < 0)
		log_warning("no memory for a longer list of deliveries, keeping the one of before");
	link_start(in->link);
	return 0;
}

void intake_free(struct intake *in)
{
	if (!in)
		return;
	link_free(in->link);
	deliveries_free(in->o.deliveries);
	subscriptions_free(in->o.subscriptions);
	free(in);
}

void intake_start(struct intake *in, struct pipeline *p)
{
	in->pipeline = p;
	link_start(in->link);
}

void intake_committed(struct intake *in)
{
	/* first work for the store thread, then the acknowledgements */
	pipeline_pump(in->pipeline, must_pause(in) ? PUMP_PRESSED : PUMP_DUE);
	if (gate_is_open(in))
		link_flush(in->link);
	note_flushed(in);
	link_update(in->link); /* reading may go on */
}

void intake_tick(struct intake *in)
{
	/* while reading pauses nothing can be heard */
	if (in->is_paused)
		drain_heard(&in->drain, uv_hrtime());
	if (drain_tick(&in->drain, link_wire(in->link), uv_hrtime()))
		drained(in);
	if (drain_takes_long(&in->drain, uv_hrtime()))
		warn_of_marker(
			in, "for 30 s: deadlines stand still until one does or nothing more comes");
	link_flush(in->link);
	note_flushed(in);
	link_update(in->link);
	pipeline_pump(in->pipeline, PUMP_DUE);
}

enum drain_state intake_drain_state(const struct intake *in)
{
	return in->drain.state;
}

bool intake_is_subscribed(const struct intake *in)
{
	return in->is_subscribed;
}

bool intake_awaits_grants(const struct intake *in)
{
	return in->is_connected && subscriptions_are_open(in->o.subscriptions);
}

const char *intake_trouble(const struct intake *in)
{
	if (!link_is_connected(in->link))
		return link_trouble(in->link);
	return subscriptions_trouble(in->o.subscriptions);
}

struct intake_figures intake_figures(const struct intake *in)
{
	return (struct intake_figures){
		.connects = link_connects(in->link),
		.pauses = in->pauses,
		.unwanted = in->unwanted,
		.unacknowledged = in->unacknowledged,
	};
}

void intake_stop_reading(struct intake *in)
{
	in->stops = true;
	link_update(in->link);
}

void intake_end(struct intake *in)
{
	link_end(in->link);
}

bool intake_is_gone(const struct intake *in)
{
	return wire_socket(link_wire(in->link)) < 0;
}

void intake_close(struct intake *in)
{
	subscriptions_keep(in->o.subscriptions);
	link_close(in->link);
}
