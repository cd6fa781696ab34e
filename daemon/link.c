#include "daemon/link.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/certificates.h"
#include "daemon/log.h"
#include "lib/base/err.h"
#include "lib/base/rng.h"

#define WAIT_FIRST_MS 100
#define WAIT_MAX_MS 30000
#define HOLDS_MS 10000  /* a connection that lasted this long was a good one */
#define READ_BUDGET 128 /* packets in one turn of the loop */
#define MISC_EACH_MS 1000
#define CONNECT_MS 15000 /* from the start of a connection to its CONNACK */

struct link {
	uv_loop_t *loop;
	struct link_options o;
	char *host;
	struct wire *wire;
	uv_poll_t *poll; /* one for each connection, freed by its close callback */
	int fd, events;
	uv_timer_t retry, misc;
	struct link *before; /* closed; its requests may still come back. Freed with this one */
	bool has_tls;
	struct certificates certificates;
	struct tls *tls; /* for the connection that comes next */
	uv_getaddrinfo_t resolve;
	bool resolves, was_refused, ends;
	uint64_t resolved; /* addresses are taken in turn */
	uint64_t wait_ms, began_at_ms, connected_at_ms, connects;
	struct rng rng;
	struct log_memory told;
	char trouble[512];
};

static void look(struct link *l);

static void tell_trouble(struct link *l, const char *what, const char *why)
{
	snprintf(l->trouble, sizeof(l->trouble), "%s: %s", what, why);
	if (!l->ends && log_is_news(&l->told, l->trouble))
		log_warning("%s: %s port %d: %s, trying again", l->o.name, l->host, l->o.port,
			l->trouble);
}

static void on_connected(void *owner, bool session_present)
{
	struct link *l = owner;

	l->connects++;
	l->connected_at_ms = uv_now(l->loop);
	l->trouble[0] = l->told.text[0] = 0;
	log_info("%s: connected to %s port %d, MQTT %s%s%s", l->o.name, l->host, l->o.port,
		wire_protocol(l->wire) == 5 ? "5" : "3.1.1", l->has_tls ? ", TLS" : "",
		l->o.wire.clean   ? ""
		: session_present ? ", the broker kept our session"
				  : ", a new session");
	if (l->o.handlers.connected)
		l->o.handlers.connected(l->o.handlers.owner, session_present);
}

static void on_refused(void *owner, const char *why)
{
	struct link *l = owner;

	l->was_refused = true;
	tell_trouble(l, "the broker refuses the connection", why);
	if (l->o.handlers.refused)
		l->o.handlers.refused(l->o.handlers.owner, why);
}

static void on_disconnected(void *owner, const char *why)
{
	struct link *l = owner;
	bool was_good = l->connected_at_ms && uv_now(l->loop) - l->connected_at_ms >= HOLDS_MS;

	if (was_good)
		l->wait_ms = WAIT_FIRST_MS;
	l->connected_at_ms = 0;
	if (!l->was_refused)
		tell_trouble(l, "no connection", why);
	if (l->o.handlers.disconnected)
		l->o.handlers.disconnected(l->o.handlers.owner, why);
}

static void on_subscribed(void *owner, int mid, size_t count, const int *granted)
{
	struct link *l = owner;

	if (l->o.handlers.subscribed)
		l->o.handlers.subscribed(l->o.handlers.owner, mid, count, granted);
}

static void on_message(void *owner, const struct wire_message *m)
{
	struct link *l = owner;

	if (l->o.handlers.message)
		l->o.handlers.message(l->o.handlers.owner, m);
}

static void on_confirmed(void *owner, int mid, int reason)
{
	struct link *l = owner;

	if (l->o.handlers.confirmed)
		l->o.handlers.confirmed(l->o.handlers.owner, mid, reason);
}

static void on_poll_closed(uv_handle_t *h)
{
	free(h);
}

static void unwatch(struct link *l)
{
	if (l->poll)
		uv_close((uv_handle_t *)l->poll, on_poll_closed);
	l->poll = NULL;
	l->fd = -1;
	l->events = 0;
}

static bool may_write(struct link *l)
{
	/* on a connection that is being made nothing was read yet */
	return !wire_is_connected(l->wire) || !l->o.may_write ||
	       l->o.may_write(l->o.handlers.owner);
}

static bool may_read(struct link *l)
{
	return !wire_is_connected(l->wire) || !l->o.may_read || l->o.may_read(l->o.handlers.owner);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
	struct link *l = poll->data;
	bool drained = true;

	if (status < 0)
		events = UV_READABLE | UV_WRITABLE; /* the next step finds out what it is */
	if ((events & UV_READABLE) && may_read(l))
		wire_read(l->wire, READ_BUDGET, &drained);
	if (wire_wants_write(l->wire) && may_write(l))
		wire_write(l->wire);
	if (l->o.turn)
		l->o.turn(l->o.handlers.owner, drained);
	look(l);
}

static bool watch(struct link *l, int fd)
{
	l->poll = calloc(1, sizeof(*l->poll));
	if (!l->poll || uv_poll_init_socket(l->loop, l->poll, fd) < 0) {
		free(l->poll);
		l->poll = NULL;
		return false;
	}
	l->poll->data = l;
	l->fd = fd;
	return true;
}

/* In the thread pool. */
static bool is_at_work(const struct link *l)
{
	return l->resolves || l->certificates.is_loading;
}

/* Any step on the client may have closed its socket: looks which one there is now and what is to
 * be waited for. */
static void look(struct link *l)
{
	int fd = wire_socket(l->wire), events = 0;

	if (fd != l->fd)
		unwatch(l);
	if (fd >= 0 && !l->poll && !watch(l, fd)) {
		wire_drop(l->wire);
		tell_trouble(l, "no connection", "no memory to watch it");
		fd = -1;
	}
	if (fd < 0) {
		if (!l->ends && !is_at_work(l) && !uv_is_active((uv_handle_t *)&l->retry))
			link_start(l);
		return;
	}
	if (may_read(l))
		events |= UV_READABLE;
	if (wire_wants_write(l->wire) && may_write(l))
		events |= UV_WRITABLE;
	if (events == l->events)
		return;
	l->events = events;
	if (events)
		uv_poll_start(l->poll, events, on_ready);
	else
		uv_poll_stop(l->poll);
}

static void connect_to(struct link *l, const struct sockaddr *address, socklen_t len)
{
	char numeric[NI_MAXHOST];
	struct err err = {""};
	int r;

	l->was_refused = false;
	l->began_at_ms = uv_now(l->loop);
	r = getnameinfo(address, len, numeric, sizeof(numeric), NULL, 0, NI_NUMERICHOST);
	if (r) {
		tell_trouble(l, "no connection", gai_strerror(r));
		return;
	}
	r = wire_connect(l->wire, numeric, l->o.port, TAKE(l->tls), &err);
	if (r < 0)
		tell_trouble(l, "no connection", l->has_tls ? err.text : strerror(-r));
}

static void on_resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *found)
{
	struct link *l = req->data;
	const struct addrinfo *at = found;
	uint64_t count = 0;

	l->resolves = false;
	if (l->ends) {
		uv_freeaddrinfo(found);
		return;
	}
	if (status < 0) {
		tell_trouble(l, "the name is not known", uv_strerror(status));
	} else {
		for (; at; at = at->ai_next)
			count++;
		at = found;
		for (uint64_t i = l->resolved++ % count; i > 0; i--)
			at = at->ai_next;
		connect_to(l, at->ai_addr, at->ai_addrlen);
		uv_freeaddrinfo(found);
	}
	look(l);
}

static void resolve_and_connect(struct link *l)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} a;
	int r;

	/* an address needs no thread */
	if (uv_ip4_addr(l->host, l->o.port, &a.v4) == 0) {
		connect_to(l, &a.any, sizeof(a.v4));
		return;
	}
	if (uv_ip6_addr(l->host, l->o.port, &a.v6) == 0) {
		connect_to(l, &a.any, sizeof(a.v6));
		return;
	}
	l->resolve.data = l;
	r = uv_getaddrinfo(l->loop, &l->resolve, on_resolved, l->host, NULL, &hints);
	if (r < 0)
		tell_trouble(l, "the name cannot be asked for", uv_strerror(r));
	else
		l->resolves = true;
}

static void on_certificates(void *owner, struct tls *tls, const char *trouble)
{
	struct link *l = owner;

	tls_free(l->tls); /* of an attempt that did not come to its connection */
	l->tls = tls;
	if (l->ends)
		return;
	if (tls)
		resolve_and_connect(l);
	else
		tell_trouble(l, "no connection", trouble);
	look(l);
}

static void begin(struct link *l)
{
	int r = l->has_tls ? certificates_load(&l->certificates, l->loop) : 0;

	if (r < 0)
		tell_trouble(l, "no connection", uv_strerror(r));
	else if (!l->has_tls)
		resolve_and_connect(l);
}

static void on_retry(uv_timer_t *t)
{
	struct link *l = t->data;

	begin(l);
	look(l);
}

static void give_up(struct link *l)
{
	char why[100];

	snprintf(why, sizeof(why), "no %s within %d s", wire_awaits(l->wire), CONNECT_MS / 1000);
	wire_drop(l->wire);
	tell_trouble(l, "no connection", why);
}

static void on_misc(uv_timer_t *t)
{
	struct link *l = t->data;

	wire_misc(l->wire);
	if (wire_socket(l->wire) >= 0 && !wire_is_connected(l->wire) &&
		uv_now(l->loop) - l->began_at_ms >= CONNECT_MS)
		give_up(l);
	if (wire_wants_write(l->wire) && may_write(l))
		wire_write(l->wire);
	look(l);
}

int link_new(struct link **out, uv_loop_t *loop, const struct link_options *o, struct err *err)
{
	struct link *l = calloc(1, sizeof(*l));
	const struct wire_handlers handlers = {l, on_connected, on_refused, on_disconnected,
		on_subscribed, on_message, on_confirmed};
	int r;

	if (!l)
		return err_set(err, -ENOMEM, "no memory for a connection");
	l->loop = loop;
	l->o = *o;
	l->fd = -1;
	l->wait_ms = WAIT_FIRST_MS;
	rng_init(&l->rng, uv_hrtime(), (uint64_t)(uintptr_t)l);
	snprintf(l->trouble, sizeof(l->trouble), "not connected yet");
	l->host = strdup(o->host);
	l->has_tls = o->tls;
	if (!l->host ||
		(o->tls && certificates_init(&l->certificates, o->tls, l, on_certificates) < 0))
		r = err_set(err, -ENOMEM, "no memory for a connection");
	else
		r = wire_new(&l->wire, &o->wire, &handlers, err);
	if (r < 0) {
		link_free(l);
		return r;
	}
	uv_timer_init(loop, &l->retry);
	uv_timer_init(loop, &l->misc);
	l->retry.data = l->misc.data = l;
	uv_timer_start(&l->misc, on_misc, MISC_EACH_MS, MISC_EACH_MS);
	*out = l;
	return 0;
}

void link_free(struct link *l)
{
	if (!l)
		return;
	link_free(l->before);
	wire_free(l->wire);
	certificates_deinit(&l->certificates);
	tls_free(l->tls);
	free(l->host);
	free(l);
}

int link_replace(struct link **l, const struct link_options *o, bool says_goodbye, struct err *err)
{
	struct link *fresh = NULL, *old = *l;
	int r = link_new(&fresh, old->loop, o, err);

	if (r < 0)
		return r;
	fresh->connects = old->connects;
	fresh->before = old;
	old->o.handlers = (struct wire_handlers){NULL};
	old->o.may_read = old->o.may_write = NULL;
	old->o.turn = NULL;
	old->ends = true;
	if (says_goodbye) {
		wire_disconnect(old->wire);
		(void)!wire_write(old->wire);
	}
	link_close(old);
	*l = fresh;
	return 0;
}

/* Half of the wait is certain, the other half is drawn. */
void link_start(struct link *l)
{
	uint64_t wait_ms = l->wait_ms / 2 + rng_below(&l->rng, l->wait_ms / 2 + 1);

	if (l->connects == 0 && l->wait_ms == WAIT_FIRST_MS)
		wait_ms = 0;
	uv_timer_start(&l->retry, on_retry, wait_ms, 0);
	l->wait_ms = l->wait_ms * 2 < WAIT_MAX_MS ? l->wait_ms * 2 : WAIT_MAX_MS;
}

void link_update(struct link *l)
{
	look(l);
}

void link_flush(struct link *l)
{
	if (wire_wants_write(l->wire) && may_write(l))
		wire_write(l->wire);
	look(l);
}

struct wire *link_wire(struct link *l)
{
	return l->wire;
}

bool link_is_connected(const struct link *l)
{
	return wire_is_connected(l->wire);
}

const char *link_trouble(const struct link *l)
{
	return l->trouble;
}

uint64_t link_connects(const struct link *l)
{
	return l->connects;
}

void link_end(struct link *l)
{
	l->ends = true;
	uv_timer_stop(&l->retry);
	wire_disconnect(l->wire);
	link_flush(l);
}

void link_close(struct link *l)
{
	l->ends = true;
	if (l->resolves)
		uv_cancel((uv_req_t *)&l->resolve);
	certificates_cancel(&l->certificates);
	unwatch(l);
	wire_drop(l->wire);
	uv_close((uv_handle_t *)&l->retry, NULL);
	uv_close((uv_handle_t *)&l->misc, NULL);
}
