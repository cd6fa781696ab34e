/* A blocking MQTT session for commands: connect, publish with confirmation, listen for a while.
 * Built on lib/wire with poll(2); the daemon has its own loop and does not use this. SIGPIPE is
 * ignored from the first session on: OpenSSL writes on connections that the broker has closed. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/wire/tls.h"
#include "lib/wire/wire.h"

struct err;
struct session;

struct session_options {
	const char *host;
	int port;
	const struct tls_files *tls; /* NULL: plain TCP; must outlive session_open */
	const char *client_id;
	const char *username, *password; /* NULL: none */
	int timeout_ms;                  /* for connecting and for each wait; 0: 10 s */
	/* MQTT 5, where the broker speaks it, with this Receive Maximum: a broker then sends so
	 * many messages ahead instead of the few that are its default, and drops none because of
	 * that. 0: MQTT 3.1.1. */
	int receive_maximum;
	/* Called for every message that arrives; NULL is fine. */
	void (*message)(void *owner, const struct wire_message *m);
	void *owner;
};

/* Resolves and connects; the session belongs to the caller. -ETIMEDOUT, -ECONNREFUSED and other
 * errno with a sentence that names host and port. */
MUST_CHECK int session_open(struct session **out, const struct session_options *o, struct err *err);
/* Says DISCONNECT. */
void session_close(struct session *s);
CLEANUP_FOR(struct session, session_close)

/* QoS 0 or 1; waits while 1,000 messages are unconfirmed or the broker does not read. -ENOTCONN
 * when the broker went away. */
MUST_CHECK int session_publish(struct session *s, const char *topic, const void *payload,
	size_t len, int qos, bool retain, struct err *err);
/* Until every published message is on its way, and confirmed at QoS 1. */
MUST_CHECK int session_confirm(struct session *s, struct err *err);
MUST_CHECK int session_subscribe(
	struct session *s, const char *const *filters, size_t count, struct err *err);
/* Lets messages come in for so long, or until *stop (NULL: never) becomes true. */
MUST_CHECK int session_listen(
	struct session *s, int64_t ms, const volatile bool *stop, struct err *err);
