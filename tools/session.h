/* A blocking MQTT session for commands: connect, publish with confirmation, listen for a while.
 * Built on lib/wire with poll(2); the daemon has its own loop and does not use this. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/wire/wire.h"

struct err;
struct session;

struct session_options {
	const char *host;
	int port;
	const char *client_id;
	const char *username, *password; /* NULL: none */
	int timeout_ms;                  /* for connecting and for each wait; 0: 10 s */
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

/* QoS 1; waits while 1,000 messages are unconfirmed. -ENOTCONN when the broker went away. */
MUST_CHECK int session_publish(struct session *s, const char *topic, const void *payload,
	size_t len, bool retain, struct err *err);
/* Until every published message is confirmed. */
MUST_CHECK int session_confirm(struct session *s, struct err *err);
MUST_CHECK int session_subscribe(
	struct session *s, const char *const *filters, size_t count, struct err *err);
/* Lets messages come in for so long, or until *stop (NULL: never) becomes true. */
MUST_CHECK int session_listen(
	struct session *s, int64_t ms, const volatile bool *stop, struct err *err);
