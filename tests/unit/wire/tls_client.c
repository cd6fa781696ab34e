/* A client over TLS against a broker that this file plays itself: what a record of TLS holds is
 * read to its end, and what is read is not acknowledged before it is told to. */
#include "lib/wire/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
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
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "lib/base/err.h"
#include "lib/wire/tls.h"

#define MESSAGES 500
#define HOST "broker.plant"

static char folder[] = "/tmp/defectd-tls-XXXXXX";

struct fixture {
	int listener, port;
	SSL_CTX *context;
	SSL *peer; /* the broker's side */
	struct wire *w;
	int messages, connected;
	char why[256];
};

static void on_connected(void *owner, bool session_present)
{
	struct fixture *f = owner;

	(void)session_present;
	f->connected++;
}

static void on_disconnected(void *owner, const char *why)
{
	struct fixture *f = owner;

	snprintf(f->why, sizeof(f->why), "%s", why);
}

/* As a handler that publishes elsewhere, on a socket that is full, leaves errno. */
static void on_message(void *owner, const struct wire_message *m)
{
	struct fixture *f = owner;

	(void)m;
	f->messages++;
	errno = EAGAIN;
}

/* ca.pem: a certificate for HOST, signed by its own key; the broker shows it. */
static SSL_CTX *make_certificate(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	FILE *f = fopen("ca.pem", "w");

	assert_non_null(f);
	X509_set_version(x, 2);
	X509_time_adj_ex(X509_getm_notBefore(x), -1, 0, NULL);
	X509_time_adj_ex(X509_getm_notAfter(x), 10, 0, NULL);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
		(const unsigned char *)HOST, -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_X509(f, x), 1);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(SSL_CTX_use_certificate(context, x), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
	X509_free(x);
	EVP_PKEY_free(key);
	return context;
}

static int set_up(void **state)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	if (!f || !mkdtemp(folder) || chdir(folder) < 0)
		return -1;
	f->context = make_certificate();
	f->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(f->listener, (struct sockaddr *)&a, sizeof(a)) || listen(f->listener, 4))
		return -1;
	getsockname(f->listener, (struct sockaddr *)&a, &len);
	f->port = ntohs(a.sin_port);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	wire_free(f->w);
	if (f->peer)
		close(SSL_get_fd(f->peer));
	SSL_free(f->peer);
	SSL_CTX_free(f->context);
	close(f->listener);
	free(f);
	unlink("ca.pem");
	return chdir("/") | rmdir(folder);
}

/* Begins a connection that wants the broker to be `host`. */
static void begin(struct fixture *f, const char *host)
{
	const struct wire_options o = {
		.client_id = "test-in", .gated = true, .protocol = 3, .keepalive_s = 30};
	const struct wire_handlers h = {.owner = f,
		.connected = on_connected,
		.disconnected = on_disconnected,
		.message = on_message};
	const struct tls_files files = {.host = host, .ca_file = "ca.pem"};
	struct tls *tls = NULL;
	int fd;

	assert_int_equal(wire_new(&f->w, &o, &h, NULL), 0);
	assert_int_equal(tls_new(&tls, &files, NULL), 0);
	assert_int_equal(wire_connect(f->w, "127.0.0.1", f->port, tls, NULL), 0);
	fd = accept4(f->listener, NULL, NULL, SOCK_NONBLOCK);
	assert_true(fd >= 0);
	f->peer = SSL_new(f->context);
	SSL_set_fd(f->peer, fd);
}

/* Both sides take turns until `done` is what the broker has received, or nothing goes on. */
static int take_turns(struct fixture *f, uint8_t *bytes, int cap)
{
	for (int i = 0; i < 200; i++) {
		bool drained;
		int n = SSL_is_init_finished(f->peer) ? SSL_read(f->peer, bytes, cap)
						      : SSL_accept(f->peer);

		if (n > 0 && SSL_is_init_finished(f->peer) && bytes[0])
			return n;
		if (wire_socket(f->w) < 0)
			return -1;
		(void)wire_read(f->w, 10, &drained);
		if (wire_wants_write(f->w))
			(void)wire_write(f->w);
		(void)poll(NULL, 0, 5);
	}
	return -1;
}

static void connect_mqtt(struct fixture *f)
{
	static const uint8_t connack[] = {0x20, 2, 1, 0};
	struct pollfd p;
	uint8_t seen[512] = {0};
	bool drained;

	begin(f, HOST);
	assert_true(take_turns(f, seen, sizeof(seen)) > 0);
	assert_int_equal(seen[0], 0x10);
	assert_int_equal(SSL_write(f->peer, connack, sizeof(connack)), sizeof(connack));
	p = (struct pollfd){.fd = wire_socket(f->w), .events = POLLIN};
	while (!f->connected && poll(&p, 1, 2000) == 1)
		(void)wire_read(f->w, 10, &drained);
	assert_true(wire_is_connected(f->w));
}

static void reads_what_no_socket_shows_any_more(void **state)
{
	static const uint8_t publish[] = {0x32, 7, 0, 1, 't', 0, 0, 'h', 'i'};
	struct fixture *f = *state;
	uint8_t all[MESSAGES * sizeof(publish)], seen[16];
	struct pollfd p;
	bool drained;

	connect_mqtt(f);
	for (int i = 0; i < MESSAGES; i++) {
		uint8_t *one = all + (size_t)i * sizeof(publish);

		memcpy(one, publish, sizeof(publish));
		one[5] = (uint8_t)((i + 1) >> 8);
		one[6] = (uint8_t)(i + 1);
	}
	assert_int_equal(SSL_write(f->peer, all, sizeof(all)), sizeof(all)); /* one record */
	p = (struct pollfd){.fd = wire_socket(f->w), .events = POLLIN};
	assert_int_equal(poll(&p, 1, 2000), 1);
	assert_true(wire_read(f->w, 1, &drained) >= MESSAGES);
	assert_int_equal(f->messages, MESSAGES);

	/* and the gate holds */
	assert_int_equal(wire_misc(f->w), 0);
	(void)wire_read(f->w, 10, &drained);
	assert_true(SSL_read(f->peer, seen, sizeof(seen)) <= 0);
	assert_int_equal(wire_write(f->w), 0);
	p.fd = SSL_get_fd(f->peer);
	assert_int_equal(poll(&p, 1, 2000), 1);
	assert_int_equal(SSL_read(f->peer, seen, sizeof(seen)), 4);
	assert_memory_equal(seen, "\x40\x02\x00\x01", 4);
}

static void turns_a_broker_of_another_name_away(void **state)
{
	struct fixture *f = *state;
	uint8_t seen[512] = {0};

	begin(f, "another.plant");
	assert_int_equal(take_turns(f, seen, sizeof(seen)), -1);
	assert_int_equal(wire_socket(f->w), -1);
	assert_string_equal(f->why, "the broker's certificate is not accepted: hostname mismatch: "
				    "it is for broker.plant, not for \"another.plant\"");
}

static void a_stop_during_the_handshake_just_ends_it(void **state)
{
	struct fixture *f = *state;

	begin(f, HOST);
	assert_string_equal(wire_awaits(f->w), "TLS handshake");
	wire_disconnect(f->w);
	assert_int_equal(wire_socket(f->w), -1);
	assert_int_equal(wire_write(f->w), -ENOTCONN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			reads_what_no_socket_shows_any_more, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			turns_a_broker_of_another_name_away, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_stop_during_the_handshake_just_ends_it, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
