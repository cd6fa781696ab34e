/* A link to the broker: a wire client on the loop. It reads the files of TLS and resolves the name
 * in libuv's thread pool, connects, watches the socket, and when the connection ends begins again
 * after a while: 100 ms at first, doubled each time up to 30 s, with jitter, so that a thousand
 * gateways do not come back at once. The wait is short again once a connection has held for a
 * while. Where no connection comes about within 15 s (TCP, TLS and CONNACK) it is given up. The
 * files of TLS are read for each connection: new ones are in force from the next on.
 *
 * Nothing in it blocks. Connection, refusal and loss are logged, once per change. */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "lib/base/macros.h"
#include "lib/wire/tls.h"
#include "lib/wire/wire.h"

struct err;
struct link;

struct link_options {
	const char *name; /* "intake", "outlet": for the log */
	const char *host; /* name or address */
	int port;
	const struct tls_files *tls; /* NULL: plain TCP; copied */
	struct wire_options wire;
	struct wire_handlers handlers; /* as in wire.h */
	/* NULL: always. Asked whenever the socket is looked at; see link_update. */
	bool (*may_read)(void *owner);
	bool (*may_write)(void *owner); /* for a gated client: is all that was read committed? */
	/* After something was read or written. drained: the socket is empty. */
	void (*turn)(void *owner, bool drained);
};

MUST_CHECK int link_new(
	struct link **out, uv_loop_t *loop, const struct link_options *o, struct err *err);
/* Only after link_close and its callbacks, or before link_start. NULL is fine. */
void link_free(struct link *l);

/* Another one in the place of *l, which ends: politely, or without a word, so that the broker says
 * its last will. -ENOMEM, -EINVAL: nothing has changed. The owner's `disconnected` is not called.
 */
MUST_CHECK int link_replace(
	struct link **l, const struct link_options *o, bool says_goodbye, struct err *err);

void link_start(struct link *l);
void link_update(struct link *l); /* may_read or may_write would answer otherwise now */
void link_flush(struct link *l);  /* writes what is queued, when may_write allows it */
struct wire *link_wire(struct link *l);
bool link_is_connected(const struct link *l);
const char *link_trouble(const struct link *l); /* why there is no connection; "" while there is */
uint64_t link_connects(const struct link *l);   /* connections made so far */

/* Says DISCONNECT and never connects again. */
void link_end(struct link *l);
/* Closes all handles; the loop must run once more for their callbacks. */
void link_close(struct link *l);
