/* A blocking MQTT session for commands. */
#include "tools/session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/err.h"

#define WINDOW 1000       /* unconfirmed messages */
#define TURN_EVERY 64     /* messages published: what came from the broker is read */
#define TIMEOUT_MS 10000  /* where the caller names none */
#define MISC_EVERY_MS 500 /* keep-alive */
#define CONNECTS 4        /* until it is known which MQTT the broker speaks */

struct session {
	struct wire *wire;
	struct session_options o;
	char address[INET6_ADDRSTRLEN];
	size_t unconfirmed;
	uint64_t published;
	bool is_up, is_refused, is_gone;
	bool is_granted;
	size_t refused_filter; /* the first the broker would not give; SIZE_MAX: none */
	char why[256];
	int64_t misc_ms; /* when wire_misc is due */
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void on_connected(void *owner, bool session_present)
{
	struct session *s = owner;

	(void)session_present;
	s->is_up = true;
}

static void on_refused(void *owner, const char *why)
{
	struct session *s = owner;

	s->is_refused = true;
	snprintf(s->why, sizeof(s->why), "%s", why);
}

static void on_disconnected(void *owner, const char *why)
{
	struct session *s = owner;

	s->is_gone = true;
	if (!s->is_refused)
		snprintf(s->why, sizeof(s->why), "%s", why);
}

static void on_subscribed(void *owner, int mid, size_t count, const int *granted)
{
	struct session *s = owner;

	(void)mid;
	s->is_granted = true;
	for (size_t i = count; i-- > 0;) {
		if (granted[i] >= 128)
			s->refused_filter = i;
	}
}

static void on_confirmed(void *owner, int mid, int reason)
{
	struct session *s = owner;

	(void)mid;
	if (reason >= 128) {
		s->is_refused = s->is_gone = true;
		snprintf(
			s->why, sizeof(s->why), "will not take a message: %s", wire_reason(reason));
	}
	if (s->unconfirmed > 0)
		s->unconfirmed--;
}

static void on_message(void *owner, const struct wire_message *m)
{
	struct session *s = owner;

	if (s->o.message)
		s->o.message(s->o.owner, m);
}

static int gone(const struct session *s, struct err *err)
{
	return err_set(err, -ENOTCONN, "broker %s:%d: %s", s->o.host, s->o.port,
		s->why[0] ? s->why : "the connection was lost");
}

/* One turn: waits at most wait_ms for the socket, then lets the client work. */
static int turn(struct session *s, int wait_ms, struct err *err)
{
	struct pollfd p = {.fd = wire_socket(s->wire), .events = POLLIN};
	bool drained;

	if (s->is_gone || p.fd < 0)
		return gone(s, err);
	if (wire_wants_write(s->wire))
		p.events |= POLLOUT;
	if (poll(&p, 1, wait_ms) < 0 && errno != EINTR)
		return err_set(err, -errno, "poll: %s", strerror(errno));
	if (p.revents & (POLLIN | POLLERR | POLLHUP))
		(void)wire_read(s->wire, 256, &drained);
	if (wire_socket(s->wire) >= 0 && (p.revents & POLLOUT))
		(void)wire_write(s->wire);
	if (wire_socket(s->wire) >= 0 && now_ms() >= s->misc_ms) {
		s->misc_ms = now_ms() + MISC_EVERY_MS;
		(void)wire_misc(s->wire);
	}
	return 0;
}

static int timeout_of(const struct session *s)
{
	return s->o.timeout_ms > 0 ? s->o.timeout_ms : TIMEOUT_MS;
}

/* Turns until *flag is set or the time is over. */
static int turn_until(struct session *s, const bool *flag, const char *what, struct err *err)
{
	int64_t end = now_ms() + timeout_of(s);

	while (!*flag) {
		int rc = turn(s, 50, err);

		if (rc < 0)
			return rc;
		if (now_ms() > end)
			return err_set(err, -ETIMEDOUT, "broker %s:%d: no %s within %d ms",
				s->o.host, s->o.port, s->is_up ? what : wire_awaits(s->wire),
				timeout_of(s));
	}
	return 0;
}

static int resolve(struct session *s, struct err *err)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	int rc = getaddrinfo(s->o.host, NULL, &hints, &found);

	if (rc == 0)
		rc = getnameinfo(found->ai_addr, found->ai_addrlen, s->address, sizeof(s->address),
			NULL, 0, NI_NUMERICHOST);
	if (found)
		freeaddrinfo(found);
	if (rc != 0)
		return err_set(err, -EHOSTUNREACH, "broker %s: %s", s->o.host, gai_strerror(rc));
	return 0;
}

static int connect_once(struct session *s, struct err *err)
{
	struct tls *tls = NULL;
	int rc = s->o.tls ? tls_new(&tls, s->o.tls, err) : 0;

	return rc < 0 ? rc : wire_connect(s->wire, s->address, s->o.port, tls, err);
}

/* Until the broker takes us. One that knows MQTT 3.1.1 only ends the first connections: see
 * lib/wire/fallback.h. */
static int connect_until_up(struct session *s, struct err *err)
{
	int rc = 0;

	for (int i = 0; i < CONNECTS; i++) {
		int spoken = wire_protocol(s->wire);

		rc = connect_once(s, err);
		if (rc < 0 || (s->is_refused && wire_protocol(s->wire) == spoken))
			break;
		s->is_gone = s->is_refused = false;
		rc = turn_until(s, &s->is_up, "CONNACK", err);
		if (rc != -ENOTCONN || s->o.receive_maximum == 0)
			break;
	}
	return rc < 0 || s->is_up ? rc : gone(s, err);
}

static int connect_to_broker(struct session *s, struct err *err)
{
	const struct wire_options options = {
		.client_id = s->o.client_id,
		.clean = true,
		.protocol = s->o.receive_maximum > 0 ? 5 : 3,
		.receive_maximum = s->o.receive_maximum,
		.keepalive_s = 30,
		.username = s->o.username,
		.password = s->o.password,
	};
	const struct wire_handlers handlers = {
		.owner = s,
		.connected = on_connected,
		.refused = on_refused,
		.disconnected = on_disconnected,
		.subscribed = on_subscribed,
		.message = on_message,
		.confirmed = on_confirmed,
	};
	int rc = resolve(s, err);

	if (rc == 0)
		rc = wire_new(&s->wire, &options, &handlers, err);
	return rc < 0 ? rc : connect_until_up(s, err);
}

int session_open(struct session **out, const struct session_options *o, struct err *err)
{
	CLEANUP(session_close) struct session *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return err_set(err, -ENOMEM, "no memory for an MQTT session");
	s->o = *o;
	signal(SIGPIPE, SIG_IGN);
	rc = connect_to_broker(s, err);
	s->o.tls = NULL;
	if (rc < 0)
		return rc;
	*out = TAKE(s);
	return 0;
}

void session_close(struct session *s)
{
	if (!s)
		return;
	if (s->wire && s->is_up && !s->is_gone) {
		wire_disconnect(s->wire);
		if (wire_socket(s->wire) >= 0)
			(void)wire_write(s->wire);
	}
	wire_free(s->wire);
	free(s);
}

/* Turns while more than `allowed` messages are unconfirmed or something is left to be written. */
static int settle(struct session *s, size_t allowed, struct err *err)
{
	int64_t end = now_ms() + timeout_of(s);
	size_t before = s->unconfirmed;

	while (s->unconfirmed > allowed || wire_wants_write(s->wire)) {
		int rc = turn(s, 50, err);

		if (rc < 0)
			return rc;
		if (s->unconfirmed < before) {
			before = s->unconfirmed;
			end = now_ms() + timeout_of(s);
		}
		if (now_ms() > end)
			return err_set(err, -ETIMEDOUT,
				"broker %s:%d: %zu messages unconfirmed, and nothing was heard for "
				"%d ms",
				s->o.host, s->o.port, s->unconfirmed, timeout_of(s));
	}
	return 0;
}

int session_publish(struct session *s, const char *topic, const void *payload, size_t len, int qos,
	bool retain, struct err *err)
{
	int rc = 0;

	if (s->unconfirmed >= WINDOW || wire_wants_write(s->wire))
		rc = settle(s, WINDOW - 1, err);
	if (rc < 0)
		return rc;
	rc = wire_publish(s->wire, NULL, topic, payload, len, qos, retain);
	if (rc == -ENOTCONN)
		return gone(s, err);
	if (rc < 0)
		return err_set(err, rc, "publishing to \"%s\": %s", topic, strerror(-rc));
	s->unconfirmed += qos > 0;
	return ++s->published % TURN_EVERY == 0 ? turn(s, 0, err) : 0;
}

int session_confirm(struct session *s, struct err *err)
{
	return settle(s, 0, err);
}

int session_subscribe(struct session *s, const char *const *filters, size_t count, struct err *err)
{
	int rc = wire_subscribe(s->wire, NULL, filters, count, 1);

	if (rc < 0)
		return err_set(err, rc, "subscribing: %s", strerror(-rc));
	s->is_granted = false;
	s->refused_filter = SIZE_MAX;
	rc = turn_until(s, &s->is_granted, "SUBACK", err);
	if (rc < 0)
		return rc;
	if (s->refused_filter < count)
		return err_set(err, -EACCES, "broker %s:%d refuses the subscription to \"%s\"",
			s->o.host, s->o.port, filters[s->refused_filter]);
	return 0;
}

int session_listen(struct session *s, int64_t ms, const volatile bool *stop, struct err *err)
{
	int64_t end = now_ms() + ms;

	while (now_ms() < end && !(stop && *stop)) {
		int64_t left = end - now_ms();
		int rc = turn(s, left < 50 ? (int)(left > 0 ? left : 0) : 50, err);

		if (rc < 0)
			return rc;
	}
	return 0;
}
