/* A blocking MQTT session for commands. */
#include "tools/session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/err.h"

#define WINDOW 1000       /* unconfirmed messages */
#define TIMEOUT_MS 10000  /* where the caller names none */
#define MISC_EVERY_MS 500 /* keep-alive */

struct session {
	struct wire *wire;
	struct session_options o;
	char address[INET6_ADDRSTRLEN];
	size_t unconfirmed;
	bool is_up, is_refused, is_gone;
	bool is_granted;
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
	for (size_t i = 0; i < count; i++)
		s->is_refused |= granted[i] >= 128;
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
				s->o.host, s->o.port, what, timeout_of(s));
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

static int connect_to_broker(struct session *s, struct err *err)
{
	const struct wire_options options = {
		.client_id = s->o.client_id,
		.clean = true,
		.protocol = 3,
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
	if (rc == 0)
		rc = wire_connect(s->wire, s->address, s->o.port, err);
	if (rc < 0)
		return rc;
	return turn_until(s, &s->is_up, "CONNACK", err);
}

int session_open(struct session **out, const struct session_options *o, struct err *err)
{
	CLEANUP(session_close) struct session *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return err_set(err, -ENOMEM, "no memory for an MQTT session");
	s->o = *o;
	rc = connect_to_broker(s, err);
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

int session_publish(struct session *s, const char *topic, const void *payload, size_t len,
	bool retain, struct err *err)
{
	int64_t end = now_ms() + timeout_of(s);
	int rc;

	while (s->unconfirmed >= WINDOW) {
		rc = turn(s, 50, err);
		if (rc < 0)
			return rc;
		if (now_ms() > end)
			return err_set(err, -ETIMEDOUT, "broker %s:%d: no PUBACK within %d ms",
				s->o.host, s->o.port, timeout_of(s));
	}
	rc = wire_publish(s->wire, NULL, topic, payload, len, 1, retain);
	if (rc == -ENOTCONN)
		return gone(s, err);
	if (rc < 0)
		return err_set(err, rc, "publishing to \"%s\": %s", topic, strerror(-rc));
	s->unconfirmed++;
	return s->unconfirmed % 64 == 0 ? turn(s, 0, err) : 0;
}

int session_confirm(struct session *s, struct err *err)
{
	int64_t end = now_ms() + timeout_of(s);

	while (s->unconfirmed > 0) {
		int rc = turn(s, 50, err);

		if (rc < 0)
			return rc;
		if (now_ms() > end)
			return err_set(err, -ETIMEDOUT,
				"broker %s:%d: %zu messages unconfirmed after %d ms", s->o.host,
				s->o.port, s->unconfirmed, timeout_of(s));
	}
	return 0;
}

int session_subscribe(struct session *s, const char *const *filters, size_t count, struct err *err)
{
	int rc = wire_subscribe(s->wire, NULL, filters, count, 1);

	if (rc < 0)
		return err_set(err, rc, "subscribing: %s", strerror(-rc));
	s->is_granted = false;
	rc = turn_until(s, &s->is_granted, "SUBACK", err);
	if (rc < 0)
		return rc;
	if (s->is_refused)
		return err_set(err, -EACCES, "broker %s:%d refuses the subscription to \"%s\"",
			s->o.host, s->o.port, filters[0]);
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
