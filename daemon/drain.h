/* When has the broker handed out what it kept for us? (DESIGN 3.3)
 *
 * After each CONNACK the intake publishes a marker to its own <publish>/marker and waits for it to
 * come back: the broker's queue is in order, so what had been waiting has come by then. A broker
 * with a full queue or an ACL may drop the marker without a word: it is sent again each second.
 * Where none came back and no message has arrived for 10 s, it is over anyhow, with a warning.
 * A broker may also close the connection at once over a marker that its ACL forbids (mosquitto
 * 2.0.11 with max_queued_messages 0 does): after three such connections one goes without a marker
 * for its first 30 s. While messages keep coming and no marker does, nobody can tell a long queue
 * from a forbidden marker: after 30 s that is said. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire;

enum drain_state {
	DRAIN_OFFLINE, /* not connected */
	DRAIN_WAITING, /* messages may still be waiting in the broker */
	DRAIN_DONE,
};

struct drain {
	enum drain_state state;
	const char *topic;   /* borrowed */
	char payload[64];    /* of this connection's marker */
	uint64_t connection; /* counts */
	int64_t boot;
	uint64_t begun_ns, heard_ns; /* heard: a message, or the beginning */
	int mid;                     /* the marker on its way to the broker; 0: none */
	unsigned hung_up;            /* connections in a row that ended before anything came back */
	bool gave_up, long_told;
};

void drain_init(struct drain *d, const char *topic, int64_t boot);
void drain_begin(struct drain *d, struct wire *w, uint64_t now_ns); /* the CONNACK has come */
void drain_lost(struct drain *d, uint64_t now_ns);                  /* disconnected */
static inline void drain_heard(struct drain *d, uint64_t now_ns)
{
	d->heard_ns = now_ns;
}
/* A message on the marker's topic; true when draining has ended by it. */
bool drain_take_marker(struct drain *d, const void *payload, size_t len);
void drain_confirmed(struct drain *d, int mid);
/* Each second; true when draining has ended because nothing comes (d->gave_up). */
bool drain_tick(struct drain *d, struct wire *w, uint64_t now_ns);
/* True once in a connection: messages have been coming for 30 s, but no marker. */
bool drain_takes_long(struct drain *d, uint64_t now_ns);
