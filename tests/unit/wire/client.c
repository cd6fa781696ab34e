/* A client against a broker that this file plays itself, byte by byte: what leaves when. */
#include "lib/wire/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/err.h"

struct fixture {
	int listener, port, peer; /* the broker's side */
	struct wire *w;
	int connected, disconnected, refused, messages, subscribed, confirmed;
	bool session_present;
	int granted, reason;
	char why[256], refusal[256];
	struct wire_message last;
	char topic[64], payload[64];
};

static void on_connected(void *owner, bool session_present)
{
	struct fixture *f = owner;

	f->connected++;
	f->session_present = session_present;
}

static void on_refused(void *owner, const char *why)
{
	struct fixture *f = owner;

	f->refused++;
	snprintf(f->refusal, sizeof(f->refusal), "%s", why);
}

static void on_disconnected(void *owner, const char *why)
{
	struct fixture *f = owner;

	f->disconnected++;
	snprintf(f->why, sizeof(f->why), "%s", why);
}

static void on_subscribed(void *owner, int mid, size_t count, const int *granted)
{
	struct fixture *f = owner;

	(void)mid;
	assert_int_equal(count, 1);
	f->subscribed++;
	f->granted = granted[0];
}

static void on_message(void *owner, const struct wire_message *m)
{
	struct fixture *f = owner;

	f->messages++;
	f->last = *m;
	snprintf(f->topic, sizeof(f->topic), "%s", m->topic);
	memcpy(f->payload, m->payload, m->payload_len);
	f->payload[m->payload_len] = 0;
}

static void on_confirmed(void *owner, int mid, int reason)
{
	struct fixture *f = owner;

	(void)mid;
	f->confirmed++;
	f->reason = reason;
}

static int listen_somewhere(struct fixture **out)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	struct fixture *f = calloc(1, sizeof(*f));

	f->peer = -1;
	f->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(f->listener, (struct sockaddr *)&a, sizeof(a)) || listen(f->listener, 4))
		return -1;
	getsockname(f->listener, (struct sockaddr *)&a, &len);
	f->port = ntohs(a.sin_port);
	*out = f;
	return 0;
}

static int set_up(void **state)
{
	return listen_somewhere((struct fixture **)state);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	wire_free(f->w);
	if (f->peer >= 0)
		close(f->peer);
	close(f->listener);
	free(f);
	return 0;
}

static void begin(struct fixture *f, bool gated, int protocol)
{
	const struct wire_will will = {"t/status", "gone", 4, 1, true};
	const struct wire_options o = {
		.client_id = "test-in",
		.gated = gated,
		.protocol = protocol,
		.keepalive_s = 30,
		.receive_maximum = 1000,
		.username = "u",
		.password = "secret",
		.will = &will,
	};
	const struct wire_handlers h = {f, on_connected, on_refused, on_disconnected, on_subscribed,
		on_message, on_confirmed};
	struct err err = {""};

	assert_int_equal(wire_new(&f->w, &o, &h, &err), 0);
}

static void connect_tcp(struct fixture *f)
{
	assert_int_equal(wire_connect(f->w, "127.0.0.1", f->port, NULL, NULL), 0);
	if (f->peer >= 0)
		close(f->peer);
	f->peer = accept(f->listener, NULL, NULL);
	assert_true(f->peer >= 0);
	wire_write(f->w);
}

/* What the client has sent so far, as one read. */
static size_t sent(const struct fixture *f, uint8_t *bytes, size_t cap, int wait_ms)
{
	struct pollfd p = {.fd = f->peer, .events = POLLIN};

	if (poll(&p, 1, wait_ms) <= 0)
		return 0;
	return (size_t)recv(f->peer, bytes, cap, 0);
}

static void answer(const struct fixture *f, const void *bytes, size_t len)
{
	struct pollfd p = {.fd = wire_socket(f->w), .events = POLLIN};

	assert_int_equal(send(f->peer, bytes, len, MSG_NOSIGNAL), len);
	assert_int_equal(poll(&p, 1, 2000), 1);
}

static void connect_mqtt(struct fixture *f, bool session_present)
{
	uint8_t seen[512];
	const uint8_t connack[] = {0x20, 3, session_present, 0, 0};
	bool drained;

	connect_tcp(f);
	assert_true(sent(f, seen, sizeof(seen), 2000) > 0);
	answer(f, connack, sizeof(connack));
	assert_true(wire_read(f->w, 100, &drained) > 0);
	assert_true(wire_is_connected(f->w));
}

static const uint8_t publish_qos1[] = {0x32, 8, 0, 1, 't', 0x12, 0x34, 0, 'h', 'i'};

static void says_who_it_is_and_what_it_takes(void **state)
{
	struct fixture *f = *state;
	uint8_t seen[512];
	size_t len;

	begin(f, true, 5);
	connect_tcp(f);
	len = sent(f, seen, sizeof(seen), 2000);
	assert_true(len > 20);
	assert_int_equal(seen[0], 0x10);
	assert_int_equal(seen[8], 5);                                  /* version */
	assert_int_equal(seen[9] & 0x02, 0);                           /* no clean start */
	assert_non_null(memmem(seen, len, "\x11\xff\xff\xff\xff", 5)); /* expiry: never */
	assert_non_null(memmem(seen, len, "\x21\x03\xe8", 3));         /* receive maximum */
	assert_non_null(memmem(seen, len, "\x27\x01\x00\x00\x00", 5)); /* 16 MiB */
	assert_non_null(memmem(seen, len, "t/status", 8));
	assert_non_null(memmem(seen, len, "secret", 6));
}

static void sends_no_acknowledgement_before_it_is_told_to(void **state)
{
	struct fixture *f = *state;
	uint8_t seen[64];
	bool drained;

	begin(f, true, 5);
	connect_mqtt(f, true);
	assert_true(f->session_present);
	answer(f, publish_qos1, sizeof(publish_qos1));
	assert_int_equal(wire_read(f->w, 100, &drained), 1);
	assert_true(drained);
	assert_int_equal(f->messages, 1);
	assert_int_equal(f->last.packet, 0x1234);
	assert_string_equal(f->topic, "t");
	assert_string_equal(f->payload, "hi");
	assert_int_equal(wire_misc(f->w), 0);
	assert_int_equal(wire_read(f->w, 100, &drained), 0);
	assert_int_equal(sent(f, seen, sizeof(seen), 100), 0);
	assert_true(wire_wants_write(f->w));
	assert_int_equal(wire_write(f->w), 0);
	assert_true(sent(f, seen, sizeof(seen), 2000) >= 4);
	assert_memory_equal(seen, "\x40\x02\x12\x34", 4);
}

static void acknowledgements_of_an_old_connection_are_gone(void **state)
{
	struct fixture *f = *state;
	uint8_t seen[512];
	bool drained;

	begin(f, true, 5);
	connect_mqtt(f, true);
	answer(f, publish_qos1, sizeof(publish_qos1));
	assert_int_equal(wire_read(f->w, 100, &drained), 1);
	connect_mqtt(f, true);
	assert_int_equal(wire_write(f->w), 0);
	assert_int_equal(sent(f, seen, sizeof(seen), 100), 0);
}

static void acknowledges_by_itself_without_the_gate(void **state)
{
	struct fixture *f = *state;
	uint8_t seen[64];
	bool drained;

	begin(f, false, 5);
	connect_mqtt(f, false);
	assert_false(f->session_present);
	answer(f, publish_qos1, sizeof(publish_qos1));
	assert_int_equal(wire_read(f->w, 100, &drained), 1);
	assert_true(sent(f, seen, sizeof(seen), 2000) >= 4);
}

static void stops_reading_behind_the_connack(void **state)
{
	static const uint8_t both[] = {
		0x20, 3, 1, 0, 0, 0x32, 8, 0, 1, 't', 0x12, 0x34, 0, 'h', 'i'};
	struct fixture *f = *state;
	bool drained;

	begin(f, true, 5);
	connect_tcp(f);
	answer(f, both, sizeof(both));
	assert_int_equal(wire_read(f->w, 100, &drained), 1);
	assert_false(drained);
	assert_int_equal(f->connected, 1);
	assert_int_equal(f->messages, 0);
	assert_int_equal(wire_read(f->w, 100, &drained), 1);
	assert_int_equal(f->messages, 1);
}

static void reports_what_the_broker_grants_and_confirms(void **state)
{
	static const uint8_t suback[] = {0x90, 4, 0, 1, 0, 0x87};
	static const uint8_t puback[] = {0x40, 3, 0, 2, 0x87};
	const char *filter = "a/+";
	struct fixture *f = *state;
	int mid = 0;
	bool drained;

	begin(f, true, 5);
	connect_mqtt(f, false);
	assert_int_equal(wire_subscribe(f->w, &mid, &filter, 1, 1), 0);
	assert_int_equal(mid, 1);
	assert_int_equal(wire_write(f->w), 0);
	answer(f, suback, sizeof(suback));
	assert_int_equal(wire_read(f->w, 100, &drained), 1);
	assert_int_equal(f->subscribed, 1);
	assert_int_equal(f->granted, 0x87);
	assert_string_equal(wire_reason(f->granted), "Not authorized");
	assert_int_equal(wire_publish(f->w, &mid, "a/b", "x", 1, 1, false), 0);
	assert_int_equal(mid, 2);
	assert_int_equal(wire_write(f->w), 0);
	answer(f, puback, sizeof(puback));
	assert_int_equal(wire_read(f->w, 1, &drained), 1);
	assert_int_equal(f->confirmed, 1);
	assert_int_equal(f->reason, 0x87);
}

static void takes_nothing_while_it_is_not_connected(void **state)
{
	const char *filter = "a/+";
	struct fixture *f = *state;
	bool drained;

	begin(f, false, 5);
	assert_int_equal(wire_socket(f->w), -1);
	assert_int_equal(wire_publish(f->w, NULL, "a", "x", 1, 1, false), -ENOTCONN);
	assert_int_equal(wire_subscribe(f->w, NULL, &filter, 1, 1), -ENOTCONN);
	assert_int_equal(wire_read(f->w, 1, &drained), -ENOTCONN);
	assert_int_equal(wire_write(f->w), -ENOTCONN);
	assert_int_equal(wire_misc(f->w), -ENOTCONN);
	connect_tcp(f); /* no CONNACK yet */
	assert_int_equal(wire_publish(f->w, NULL, "a", "x", 1, 1, false), -ENOTCONN);
}

static void says_why_the_broker_refuses(void **state)
{
	static const uint8_t connack[] = {0x20, 3, 0, 0x86, 0};
	struct fixture *f = *state;
	bool drained;

	begin(f, true, 5);
	connect_tcp(f);
	answer(f, connack, sizeof(connack));
	assert_true(wire_read(f->w, 100, &drained) < 0);
	assert_int_equal(f->refused, 1);
	assert_string_equal(f->refusal, "Bad User Name or Password");
	assert_string_equal(f->why, "the broker refused the connection");
	assert_int_equal(f->connected, 0);
	assert_int_equal(wire_socket(f->w), -1);
}

static void falls_back_when_the_broker_hangs_up_on_mqtt_5(void **state)
{
	static const uint8_t connack[] = {0x20, 2, 1, 0};
	static const int versions[] = {5, 4, 5, 4};
	struct fixture *f = *state;
	struct pollfd p;
	uint8_t seen[512];
	bool drained;

	begin(f, true, 5);
	for (int i = 0; i < 4; i++) {
		connect_tcp(f);
		assert_true(sent(f, seen, sizeof(seen), 2000) > 10);
		assert_int_equal(seen[8], versions[i]);
		if (seen[8] == 5) {
			close(f->peer);
			f->peer = -1;
			p = (struct pollfd){.fd = wire_socket(f->w), .events = POLLIN};
			poll(&p, 1, 2000);
		} else {
			answer(f, connack, sizeof(connack));
		}
		wire_read(f->w, 100, &drained);
		assert_int_equal(wire_is_connected(f->w), i == 3);
	}
	assert_int_equal(wire_protocol(f->w), 3);
	assert_int_equal(f->connected, 1);
	assert_int_equal(f->disconnected, 3);
	assert_string_equal(f->why, "the broker closed the connection");
}

static void says_disconnect_when_it_goes(void **state)
{
	struct fixture *f = *state;
	uint8_t seen[64];
	size_t len;

	begin(f, true, 5);
	connect_mqtt(f, true);
	wire_disconnect(f->w);
	assert_int_equal(wire_write(f->w), 0);
	len = sent(f, seen, sizeof(seen), 2000);
	assert_true(len >= 2);
	assert_int_equal(seen[0], 0xe0);
	assert_int_equal(wire_socket(f->w), -1);
	assert_int_equal(f->disconnected, 1);
}

static void a_wrong_password_is_no_reason_to_fall_back(void **state)
{
	static const uint8_t connack[] = {0x20, 3, 0, 0x86, 0};
	struct fixture *f = *state;
	uint8_t seen[512];
	bool drained;

	begin(f, true, 5);
	for (int i = 0; i < 3; i++) {
		connect_tcp(f);
		assert_true(sent(f, seen, sizeof(seen), 2000) > 10);
		assert_int_equal(seen[8], 5);
		answer(f, connack, sizeof(connack));
		assert_true(wire_read(f->w, 100, &drained) < 0);
	}
	assert_int_equal(f->refused, 3);
}

static void says_that_nobody_listens(void **state)
{
	struct fixture *f = *state;
	struct err err = {""};
	int rc;

	begin(f, true, 5);
	close(f->listener);
	rc = wire_connect(f->w, "127.0.0.1", f->port, NULL, &err);
	if (rc == 0) {
		assert_true(wire_wants_write(f->w));
		assert_int_equal(wire_write(f->w), -ECONNREFUSED);
		assert_int_equal(f->disconnected, 1);
		assert_string_equal(f->why, "Connection refused");
	} else {
		assert_int_equal(rc, -ECONNREFUSED);
		assert_non_null(strstr(err.text, "Connection refused"));
	}
	assert_int_equal(wire_socket(f->w), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			says_who_it_is_and_what_it_takes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			sends_no_acknowledgement_before_it_is_told_to, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			acknowledgements_of_an_old_connection_are_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			acknowledges_by_itself_without_the_gate, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			stops_reading_behind_the_connack, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			reports_what_the_broker_grants_and_confirms, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			takes_nothing_while_it_is_not_connected, set_up, tear_down),
		cmocka_unit_test_setup_teardown(says_why_the_broker_refuses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			falls_back_when_the_broker_hangs_up_on_mqtt_5, set_up, tear_down),
		cmocka_unit_test_setup_teardown(says_disconnect_when_it_goes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_wrong_password_is_no_reason_to_fall_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(says_that_nobody_listens, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
