#include "lib/wire/wire.h"

#include <assert.h>
#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/base/err.h"
#include "lib/wire/fallback.h"
#include "lib/wire/result.h"
#include "lib/wire/tls.h"

#define PACKET_BYTES_MAX (16u << 20)

struct wire {
	struct mosquitto *m; /* one for each connection: nothing is left over from the last */
	struct tls *tls;     /* of this connection; NULL: plain TCP */
	struct wire_handlers handlers;
	struct fallback fallback;
	char *client_id, *username, *password;
	char *will_topic, *will_payload;
	struct wire_will will;
	bool clean, gated;
	int keepalive_s, receive_maximum;
	uint32_t packet_bytes_max;

	bool shakes; /* TLS: hands are not shaken yet */
	bool rests;  /* they were just now: the next wire_write does nothing */
	bool is_connected, was_refused;
	bool drops;    /* the connection in hand ends as soon as no callback runs */
	bool unheard;  /* ... and a message came on it that nobody looks at */
	bool stops;    /* wire_read goes no further */
	bool writes;   /* the library is writing: it reports QoS 0 messages as sent */
	int callbacks; /* that ran since the last step of wire_read */
};

/* OpenSSL's troubles are all one to the library. */
static bool is_of_tls(const struct wire *w, int rc)
{
	return w->tls && (rc == MOSQ_ERR_ERRNO || rc == MOSQ_ERR_CONN_LOST);
}

static const char *why_lost(const struct wire *w, int rc)
{
	if (w->drops)
		return "asking once more for MQTT 5";
	if (w->was_refused)
		return "the broker refused the connection";
	return is_of_tls(w, rc) ? tls_why(w->tls) : result_why(rc);
}

/* The broker did not like what it read, as far as one can see. */
static bool was_closed(const struct wire *w, int rc)
{
	if (is_of_tls(w, rc))
		return !tls_was_turned_away(w->tls);
	return rc == MOSQ_ERR_CONN_LOST || rc == MOSQ_ERR_PROTOCOL ||
	       rc == MOSQ_ERR_MALFORMED_PACKET;
}

static void on_connect(
	struct mosquitto *m, void *owner, int rc, int flags, const mosquitto_property *props)
{
	struct wire *w = owner;

	(void)m;
	(void)props;
	w->callbacks++;
	w->stops = true;
	if (rc == 0) {
		if (fallback_accepted(&w->fallback)) {
			w->drops = true;
			return;
		}
		w->is_connected = true;
		if (w->handlers.connected)
			w->handlers.connected(w->handlers.owner, flags & 1);
		return;
	}
	if (rc == MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION || rc == CONNACK_REFUSED_PROTOCOL_VERSION)
		fallback_refused(&w->fallback);
	w->was_refused = true;
	if (w->handlers.refused)
		w->handlers.refused(w->handlers.owner, w->fallback.speaks == 5
							       ? mosquitto_reason_string(rc)
							       : mosquitto_connack_string(rc));
}

static void on_disconnect(struct mosquitto *m, void *owner, int rc, const mosquitto_property *props)
{
	struct wire *w = owner;
	const char *why = why_lost(w, rc);

	(void)m;
	(void)props;
	w->callbacks++;
	w->stops = true;
	if (!w->was_refused && !w->is_connected && was_closed(w, rc))
		fallback_lost(&w->fallback);
	w->is_connected = false;
	if (w->handlers.disconnected)
		w->handlers.disconnected(w->handlers.owner, why);
}

static void on_message(struct mosquitto *m, void *owner, const struct mosquitto_message *got)
{
	struct wire *w = owner;
	struct wire_message msg = {
		.packet = (uint16_t)got->mid,
		.topic = got->topic,
		.payload = got->payload,
		.payload_len = (size_t)got->payloadlen,
		.qos = got->qos,
		.retained = got->retain,
	};

	(void)m;
	w->callbacks++;
	if (w->drops)
		w->unheard = true;
	else if (w->handlers.message)
		w->handlers.message(w->handlers.owner, &msg);
}

static void on_subscribe(struct mosquitto *m, void *owner, int mid, int count, const int *granted)
{
	struct wire *w = owner;

	(void)m;
	w->callbacks++;
	if (w->handlers.subscribed)
		w->handlers.subscribed(w->handlers.owner, mid, (size_t)count, granted);
}

static void on_publish(
	struct mosquitto *m, void *owner, int mid, int reason, const mosquitto_property *props)
{
	struct wire *w = owner;

	(void)m;
	(void)props;
	w->callbacks++;
	if (w->handlers.confirmed && !w->writes)
		w->handlers.confirmed(w->handlers.owner, mid, reason);
}

static void on_unsubscribe(struct mosquitto *m, void *owner, int mid)
{
	struct wire *w = owner;

	(void)m;
	(void)mid;
	w->callbacks++;
}

static char *copy_text(const char *s)
{
	return s ? strdup(s) : NULL;
}

int wire_new(struct wire **out, const struct wire_options *o, const struct wire_handlers *h,
	struct err *err)
{
	CLEANUP(wire_free) struct wire *w = NULL;

	if (!o->client_id || !*o->client_id)
		return err_set(err, -EINVAL, "an MQTT client needs a client id");
	w = calloc(1, sizeof(*w));
	if (!w)
		return err_set(err, -ENOMEM, "no memory for an MQTT client");
	mosquitto_lib_init(); /* the library counts; wire_free has the counterpart */
	w->handlers = *h;
	w->clean = o->clean;
	w->gated = o->gated;
	w->keepalive_s = o->keepalive_s;
	w->receive_maximum = o->receive_maximum;
	w->packet_bytes_max = o->packet_bytes_max ? o->packet_bytes_max : PACKET_BYTES_MAX;
	fallback_init(&w->fallback, o->protocol);
	w->client_id = copy_text(o->client_id);
	w->username = copy_text(o->username);
	w->password = copy_text(o->password);
	if (o->will) {
		w->will = *o->will;
		w->will_topic = copy_text(o->will->topic);
		w->will_payload = malloc(o->will->payload_len + 1);
		if (w->will_payload)
			memcpy(w->will_payload, o->will->payload, o->will->payload_len);
	}
	if (!w->client_id || (o->username && !w->username) || (o->password && !w->password) ||
		(o->will && (!w->will_topic || !w->will_payload)))
		return err_set(err, -ENOMEM, "no memory for an MQTT client");
	*out = TAKE(w);
	return 0;
}

static void end_connection(struct wire *w)
{
	w->is_connected = w->was_refused = false;
	w->drops = w->stops = w->unheard = w->shakes = w->rests = false;
	if (w->m)
		mosquitto_destroy(w->m);
	w->m = NULL;
	tls_free(TAKE(w->tls)); /* after the library, which says farewell through it */
}

void wire_free(struct wire *w)
{
	if (!w)
		return;
	end_connection(w);
	free(w->client_id);
	free(w->username);
	if (w->password)
		explicit_bzero(w->password, strlen(w->password));
	free(w->password);
	free(w->will_topic);
	free(w->will_payload);
	free(w);
	mosquitto_lib_cleanup();
}

/* MQTT 5 properties of the CONNECT. There is no asynchronous connect that takes them; a connect to
 * a unix socket that is not there fails at once, but the library keeps the properties. */
static int keep_properties(struct wire *w)
{
	mosquitto_property *props = NULL;
	int rc;

	rc = mosquitto_property_add_int32(
		&props, MQTT_PROP_MAXIMUM_PACKET_SIZE, w->packet_bytes_max);
	if (!rc && !w->clean)
		rc = mosquitto_property_add_int32(
			&props, MQTT_PROP_SESSION_EXPIRY_INTERVAL, UINT32_MAX);
	if (!rc)
		(void)mosquitto_connect_bind_v5(
			w->m, "/nonexistent/mqtt", 0, w->keepalive_s, NULL, props);
	mosquitto_property_free_all(&props);
	return rc;
}

static int set_up(struct wire *w)
{
	int rc, version;

	w->m = mosquitto_new(w->client_id, w->clean, w);
	if (!w->m)
		return MOSQ_ERR_NOMEM;
	mosquitto_connect_v5_callback_set(w->m, on_connect);
	mosquitto_disconnect_v5_callback_set(w->m, on_disconnect);
	mosquitto_message_callback_set(w->m, on_message);
	mosquitto_subscribe_callback_set(w->m, on_subscribe);
	mosquitto_unsubscribe_callback_set(w->m, on_unsubscribe);
	mosquitto_publish_v5_callback_set(w->m, on_publish);
	version = fallback_next(&w->fallback) == 5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311;
	rc = mosquitto_int_option(w->m, MOSQ_OPT_PROTOCOL_VERSION, version);
	if (!rc)
		rc = mosquitto_int_option(w->m, MOSQ_OPT_TCP_NODELAY, 1);
	if (!rc && w->receive_maximum)
		rc = mosquitto_int_option(w->m, MOSQ_OPT_RECEIVE_MAXIMUM, w->receive_maximum);
	if (!rc && w->username)
		rc = mosquitto_username_pw_set(w->m, w->username, w->password);
	if (!rc && w->will_topic)
		rc = mosquitto_will_set(w->m, w->will_topic, (int)w->will.payload_len,
			w->will_payload, w->will.qos, w->will.retain);
	if (!rc && version == MQTT_PROTOCOL_V5)
		rc = keep_properties(w);
	/* after that connect, which would shake hands */
	if (!rc && w->tls)
		rc = mosquitto_int_option(w->m, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
	if (!rc && w->tls)
		rc = mosquitto_void_option(w->m, MOSQ_OPT_SSL_CTX, tls_context(w->tls));
	return rc;
}

int wire_connect(struct wire *w, const char *address, int port, struct tls *tls, struct err *err)
{
	int rc, code;

	end_connection(w);
	w->tls = tls;
	rc = set_up(w);
	if (rc) {
		code = result_errno(rc);
		return err_set(err, code, "cannot set up the connection to the broker: %s",
			mosquitto_strerror(rc));
	}
	/* it may shake hands at once; the CONNECT must not leave with that: see shake() */
	(void)mosquitto_threaded_set(w->m, w->gated || tls);
	errno = 0;
	rc = mosquitto_connect_async(w->m, address, port, w->keepalive_s);
	(void)mosquitto_threaded_set(w->m, w->gated);
	w->shakes = tls != NULL;
	if (rc == MOSQ_ERR_TLS)
		return tls_failed(tls, err);
	if (rc) {
		code = result_errno(rc);
		return err_set(err, code, "cannot connect to %s port %d: %s", address, port,
			rc == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(rc));
	}
	return 0;
}

void wire_disconnect(struct wire *w)
{
	if (w->shakes)
		end_connection(w);
	if (w->m)
		mosquitto_disconnect(w->m);
}

void wire_drop(struct wire *w)
{
	end_connection(w);
}

int wire_socket(const struct wire *w)
{
	return w->m ? mosquitto_socket(w->m) : -1;
}

bool wire_is_connected(const struct wire *w)
{
	return w->is_connected;
}

const char *wire_awaits(const struct wire *w)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	if (getpeername(wire_socket(w), (struct sockaddr *)&peer, &len) < 0)
		return "TCP connection";
	return w->shakes ? "TLS handshake" : "CONNACK";
}

int wire_protocol(const struct wire *w)
{
	return w->fallback.speaks;
}

const char *wire_reason(int code)
{
	return mosquitto_reason_string(code);
}

bool wire_wants_write(const struct wire *w)
{
	if (w->m && w->shakes)
		return tls_wants_write(w->tls);
	return w->m && mosquitto_want_write(w->m);
}

/* Ends it without a word. */
static int lose(struct wire *w, const char *why)
{
	end_connection(w);
	if (w->handlers.disconnected)
		w->handlers.disconnected(w->handlers.owner, why);
	return -ECONNRESET;
}

/* Ends a connection that served only to find out what the broker speaks. */
static int drop_now(struct wire *w)
{
	static const char why[] = "asking once more for MQTT 5";

	if (w->unheard) /* its acknowledgement must not leave */
		return lose(w, why);
	mosquitto_disconnect(w->m);
	(void)mosquitto_loop_write(w->m, 1); /* closes; calls on_disconnect */
	return wire_socket(w) >= 0 ? lose(w, why) : -ECONNRESET;
}

/* A step of the TLS handshake. With TLS 1.3 it is over for us before the broker has looked at our
 * certificate. If the CONNECT left at once, it would be the write that fails when the broker ends
 * the connection, and the alert that says why would never be read. So the owner's loop turns once
 * more, and what comes is read first. */
static int shake(struct wire *w)
{
	struct err err = {""};
	int r = tls_shake(w->tls, mosquitto_ssl_get(w->m), &err);

	if (r < 0)
		return lose(w, err.text);
	if (r == 0) {
		w->shakes = false;
		w->rests = true;
		/* the library has not seen it yet, or already reads on */
		(void)mosquitto_loop_read(w->m, 1);
	}
	return 0;
}

/* Acknowledges at once on the TCP level. A broker whose sockets have Nagle's algorithm on (that is
 * mosquitto's default) holds the next message back until then, and our PUBACK, which would carry
 * the TCP acknowledgement along, may be waiting for the disk. The kernel forgets the option by and
 * by, so it is set again each time. */
static void acknowledge_tcp(const struct wire *w)
{
	int fd = wire_socket(w), on = 1;

	if (fd >= 0)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

int wire_read(struct wire *w, int budget, bool *drained)
{
	int count = 0, rc;

	*drained = false;
	if (wire_socket(w) < 0)
		return -ENOTCONN;
	if (w->shakes) {
		*drained = true;
		return shake(w);
	}
	w->stops = false;
	while ((count < budget && !w->stops) || (w->tls && tls_has_more(mosquitto_ssl_get(w->m)))) {
		/* one packet a call; whether the socket is empty shows in errno alone */
		w->callbacks = 0;
		errno = 0;
		rc = mosquitto_loop_read(w->m, 1);
		if (rc || wire_socket(w) < 0)
			return rc ? result_errno(rc) : -ECONNRESET;
		if (w->callbacks == 0 && errno == EAGAIN) {
			*drained = true;
			break;
		}
		count += w->callbacks ? w->callbacks : 1;
	}
	if (w->drops)
		return drop_now(w);
	if (count > 0 && *drained)
		acknowledge_tcp(w);
	return count;
}

/* One small packet for each acknowledgement would be one TCP segment each, for us and for the
 * broker: the cork gathers them. */
static void cork(const struct wire *w, int on)
{
	int fd = wire_socket(w);

	if (fd >= 0 && w->gated)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
}

int wire_write(struct wire *w)
{
	int rc;

	if (wire_socket(w) < 0)
		return -ENOTCONN;
	if (w->shakes)
		return shake(w);
	if (w->rests || !wire_wants_write(w)) {
		w->rests = false;
		return 0;
	}
	cork(w, 1);
	w->writes = true;
	rc = mosquitto_loop_write(w->m, 1);
	w->writes = false;
	cork(w, 0);
	return result_errno(rc);
}

int wire_misc(struct wire *w)
{
	return wire_socket(w) < 0 ? -ENOTCONN : result_errno(mosquitto_loop_misc(w->m));
}

int wire_publish(struct wire *w, int *mid, const char *topic, const void *payload, size_t len,
	int qos, bool retain)
{
	int rc;

	assert(qos == 0 || qos == 1);
	if (!w->is_connected)
		return -ENOTCONN;
	if (len > MQTT_MAX_PAYLOAD)
		return -EMSGSIZE;
	w->writes = true;
	rc = mosquitto_publish(w->m, mid, topic, (int)len, payload, qos, retain);
	w->writes = false;
	/* When only the sending failed, a QoS 1 message is in the library's list all the same; the
	 * next step on this client then finds the connection gone. */
	if (qos == 1 &&
		(rc == MOSQ_ERR_NO_CONN || rc == MOSQ_ERR_CONN_LOST || rc == MOSQ_ERR_ERRNO))
		rc = 0;
	return result_errno(rc);
}

int wire_subscribe(struct wire *w, int *mid, const char *const *filters, size_t count, int qos)
{
	assert(qos == 0 || qos == 1); /* after PUBREC the library alone would hold the payload */
	if (!w->is_connected)
		return -ENOTCONN;
	return result_errno(mosquitto_subscribe_multiple(
		w->m, mid, (int)count, (char *const *)(uintptr_t)filters, qos, 0, NULL));
}

int wire_unsubscribe(struct wire *w, const char *const *filters, size_t count)
{
	if (!w->is_connected)
		return -ENOTCONN;
	return result_errno(mosquitto_unsubscribe_multiple(
		w->m, NULL, (int)count, (char *const *)(uintptr_t)filters, NULL));
}
