/* libmosquitto wrapped for an outer loop: one MQTT client that owns no loop, no thread and no
 * timer, and that never blocks.
 *
 * The owner watches wire_socket() for reading, and for writing while wire_wants_write(); calls
 * wire_read / wire_write when ready and wire_misc once a second; and looks at wire_socket() again
 * after every call, since any of them may close it (then it is -1).
 *
 * A gated client writes nothing by itself: acknowledgements, pings and publishes are queued and
 * leave in wire_write, all at once. So a gated owner calls wire_write only while nothing it has
 * read is uncommitted (why this works: libmosquitto queues the PUBACK before it calls back, and
 * with mosquitto_threaded_set only queues; guarded by tests/system/ack_gate). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/macros.h"

struct err;
struct tls;
struct wire;

struct wire_message {
	uint16_t packet; /* packet id; 0 at QoS 0 */
	const char *topic;
	const void *payload;
	size_t payload_len;
	int qos;
	bool retained;
};

/* Called from within wire_read / wire_write / wire_misc / wire_connect. Handlers may publish and
 * subscribe on this and other clients, but not read, write or free this one. NULLs are fine. */
struct wire_handlers {
	void *owner;
	void (*connected)(void *owner, bool session_present);
	void (*refused)(void *owner, const char *why); /* CONNACK that says no; then disconnected */
	void (*disconnected)(void *owner, const char *why);
	/* granted [count]: from 128 on the filter was refused (wire_reason) */
	void (*subscribed)(void *owner, int mid, size_t count, const int *granted);
	void (*message)(void *owner, const struct wire_message *m);
	/* The PUBACK of a QoS 1 publish. reason: 0 (or 16, nobody listens), or from 128 on what
	 * MQTT 5 brokers say when they will not take it (wire_reason). */
	void (*confirmed)(void *owner, int mid, int reason);
};

struct wire_will {
	const char *topic;
	const void *payload;
	size_t payload_len;
	int qos;
	bool retain;
};

struct wire_options {
	const char *client_id;
	bool clean; /* else the session is kept (MQTT 5: expiry never) */
	bool gated;
	int protocol; /* 5 or 3; with 5, 3.1.1 is fallen back to when the broker refuses */
	int keepalive_s;
	int receive_maximum;             /* MQTT 5 */
	uint32_t packet_bytes_max;       /* MQTT 5: what the broker may send; 0: 16 MiB */
	const char *username, *password; /* NULL: none */
	const struct wire_will *will;    /* NULL: none */
};

MUST_CHECK int wire_new(struct wire **out, const struct wire_options *o,
	const struct wire_handlers *h, struct err *err); /* everything is copied */
void wire_free(struct wire *w);
CLEANUP_FOR(struct wire, wire_free)

/* Starts to connect to a numeric address (resolving is the owner's business), over TLS unless `tls`
 * is NULL; `tls` is taken over, whatever comes of it. Also reconnects: nothing of the old
 * connection is left then, neither acknowledgements nor publishes that were not confirmed: the
 * owner publishes those again. Not from within a handler. -errno of connecting. */
MUST_CHECK int wire_connect(
	struct wire *w, const char *address, int port, struct tls *tls, struct err *err);
void wire_disconnect(struct wire *w); /* says DISCONNECT; flush with wire_write */
void wire_drop(struct wire *w);       /* closes the socket at once, without a word or a handler */

int wire_socket(const struct wire *w);        /* -1: not connected */
bool wire_is_connected(const struct wire *w); /* CONNACK has come */
/* What a connection that is being made waits for: "TCP connection", "TLS handshake", "CONNACK" */
const char *wire_awaits(const struct wire *w);
int wire_protocol(const struct wire *w); /* of this connection: 5, or 3 */
const char *wire_reason(int code);       /* "Not authorized", ...: MQTT 5 reason codes */
bool wire_wants_write(const struct wire *w);

/* Reads up to `budget` packets (a few more while publishes are unconfirmed), and no further than
 * the CONNACK, so that the owner can write before the first message comes. With TLS it goes on to
 * the end of the record in hand (16 KiB at most): what OpenSSL has read already no socket shows.
 * While TLS shakes hands, wire_read and wire_write both do a step of that. The number read, or a
 * negative errno when the connection is gone. *drained: there was nothing left in the socket. */
int wire_read(struct wire *w, int budget, bool *drained);
int wire_write(struct wire *w); /* all that is queued, in as few TCP segments as possible */
int wire_misc(struct wire *w);

/* *mid may be NULL. 0 with QoS 1: stored in the library until it is confirmed or the connection
 * ends; keep such messages few, the library searches a list. -ENOTCONN: not taken. -EINVAL,
 * -EMSGSIZE (larger than the broker takes), -ENOMEM. */
MUST_CHECK int wire_publish(struct wire *w, int *mid, const char *topic, const void *payload,
	size_t len, int qos, bool retain);
MUST_CHECK int wire_subscribe(
	struct wire *w, int *mid, const char *const *filters, size_t count, int qos);
MUST_CHECK int wire_unsubscribe(struct wire *w, const char *const *filters, size_t count);
