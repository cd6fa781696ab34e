/* Round trips: ping PORT SECONDS RATE ECHO-TOPIC ALERT-TOPIC
 *
 * RATE times a second it sends one message that an echo client sends back (on echo/<topic>), and,
 * half a period later, the two messages of a unit whose prediction is an alert. It prints the
 * percentiles of both times, last message out -> answer in, in microseconds, as
 * "echo N p50 p90 p99 max" and "alert N p50 p90 p99 max". One socket, no library: what is
 * measured is the way through the broker and the other client. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SAMPLES_MAX 200000

struct series {
	const char *name;
	size_t sent, got;
	double *sent_us, *took_us;
};

struct ping {
	int fd;
	uint16_t packet;
	uint8_t in[1 << 16];
	size_t in_len;
	struct series echo, alert;
};

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void send_all(struct ping *p, const void *bytes, size_t len)
{
	if (send(p->fd, bytes, len, MSG_NOSIGNAL) != (ssize_t)len) {
		perror("ping: send");
		exit(1);
	}
}

static size_t put_head(uint8_t *out, uint8_t kind, size_t body)
{
	out[0] = kind;
	if (body < 128) {
		out[1] = (uint8_t)body;
		return 2;
	}
	out[1] = (uint8_t)(body | 0x80);
	out[2] = (uint8_t)(body >> 7);
	return 3;
}

static size_t put_text(uint8_t *out, const char *s)
{
	size_t n = strlen(s);

	out[0] = (uint8_t)(n >> 8);
	out[1] = (uint8_t)n;
	memcpy(out + 2, s, n);
	return n + 2;
}

static size_t put_publish(struct ping *p, uint8_t *out, const char *topic, const char *payload)
{
	size_t body = strlen(topic) + 2 + 2 + strlen(payload);
	size_t at = put_head(out, 0x32, body);

	p->packet = (uint16_t)(p->packet % 65535 + 1);
	at += put_text(out + at, topic);
	out[at++] = (uint8_t)(p->packet >> 8);
	out[at++] = (uint8_t)p->packet;
	memcpy(out + at, payload, strlen(payload));
	return at + strlen(payload);
}

static void subscribe(struct ping *p, const char *filter)
{
	uint8_t out[512];
	size_t at = put_head(out, 0x82, 2 + 2 + strlen(filter) + 1);

	out[at++] = 0;
	out[at++] = 9;
	at += put_text(out + at, filter);
	out[at++] = 1;
	send_all(p, out, at);
}

/* The number in "...<mark>123..." of an answer belongs to the sample sent under it. */
static void arrived(struct series *s, const char *body, size_t len, const char *mark)
{
	const char *at = memmem(body, len, mark, strlen(mark));
	size_t n = at ? strtoul(at + strlen(mark), NULL, 10) : SAMPLES_MAX;

	if (n < s->sent)
		s->took_us[s->got++] = now_us() - s->sent_us[n];
}

static void handle(struct ping *p, uint8_t kind, const uint8_t *body, size_t len)
{
	size_t topic = (size_t)body[0] << 8 | body[1];
	uint8_t ack[4] = {0x40, 2, 0, 0};

	if (kind >> 4 != 3)
		return;
	if (kind & 6) {
		memcpy(ack + 2, body + 2 + topic, 2);
		send_all(p, ack, 4);
	}
	if (memcmp(body + 2, "echo/", 5) == 0)
		arrived(&p->echo, (const char *)body, len, "\"echo\":");
	else
		arrived(&p->alert, (const char *)body, len, "\"unit\":\"N");
}

static void receive(struct ping *p)
{
	ssize_t n = recv(p->fd, p->in + p->in_len, sizeof(p->in) - p->in_len, 0);
	size_t at = 0;

	if (n <= 0) {
		fputs("ping: the broker went away\n", stderr);
		exit(1);
	}
	p->in_len += (size_t)n;
	while (p->in_len - at >= 2) {
		const uint8_t *b = p->in + at;
		size_t length = b[1] & 0x7f, head = 2;

		if (b[1] & 0x80) {
			if (p->in_len - at < 4)
				break;
			length |= (size_t)(b[2] & 0x7f) << 7;
			head = 3;
			if (b[2] & 0x80) {
				length |= (size_t)b[3] << 14;
				head = 4;
			}
		}
		if (p->in_len - at < head + length)
			break;
		if (length >= 2)
			handle(p, b[0], b + head, length);
		at += head + length;
	}
	memmove(p->in, p->in + at, p->in_len - at);
	p->in_len -= at;
}

static void receive_until(struct ping *p, double end_us)
{
	for (;;) {
		double left = end_us - now_us();
		struct pollfd f = {.fd = p->fd, .events = POLLIN};
		struct timespec wait = {0, left > 0 ? (long)(left * 1e3) % 1000000000 : 0};

		if (left <= 0)
			return;
		wait.tv_sec = (time_t)(left / 1e6);
		if (ppoll(&f, 1, &wait, NULL) > 0)
			receive(p);
	}
}

static void send_echo(struct ping *p, const char *topic)
{
	uint8_t out[512];
	char payload[64];

	snprintf(payload, sizeof(payload), "{\"echo\":%zu}", p->echo.sent);
	p->echo.sent_us[p->echo.sent++] = now_us();
	send_all(p, out, put_publish(p, out, topic, payload));
}

static void send_unit(struct ping *p)
{
	uint8_t out[512];
	char topic[64];
	size_t at;

	snprintf(topic, sizeof(topic), "ping/N%zu/a", p->alert.sent);
	send_all(p, out, put_publish(p, out, topic, "{\"value\":1.5}"));
	snprintf(topic, sizeof(topic), "ping/N%zu/b", p->alert.sent);
	at = put_publish(p, out, topic, "{\"value\":2.5}");
	p->alert.sent_us[p->alert.sent++] = now_us();
	send_all(p, out, at);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void report(struct series *s)
{
	const double shares[] = {0.5, 0.9, 0.99, 1};

	qsort(s->took_us, s->got, sizeof(double), compare);
	printf("%s %zu", s->name, s->got);
	for (size_t i = 0; i < 4; i++)
		printf(" %.0f",
			s->got ? s->took_us[(size_t)((double)(s->got - 1) * shares[i])] : -1);
	puts("");
}

int main(int argc, char **argv)
{
	static struct ping p = {.echo.name = "echo", .alert.name = "alert"};
	static const uint8_t hello[] = {
		0x10, 16, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0, 0, 4, 'p', 'i', 'n', 'g'};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	double period, begin;
	size_t count;
	int on = 1;

	if (argc != 6) {
		fputs("usage: ping PORT SECONDS RATE ECHO-TOPIC ALERT-TOPIC\n", stderr);
		return 64;
	}
	count = (size_t)(atof(argv[2]) * atof(argv[3]));
	count = count < SAMPLES_MAX ? count : SAMPLES_MAX;
	for (struct series *s = &p.echo; s; s = s == &p.echo ? &p.alert : NULL) {
		s->sent_us = calloc(count, sizeof(double));
		s->took_us = calloc(count, sizeof(double));
	}
	to.sin_port = htons((uint16_t)atoi(argv[1]));
	p.fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(p.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(p.fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		perror("ping: connecting");
		return 1;
	}
	send_all(&p, hello, sizeof(hello));
	receive(&p);
	subscribe(&p, "echo/#");
	subscribe(&p, argv[5]);
	receive_until(&p, now_us() + 3e5);

	period = 1e6 / atof(argv[3]);
	begin = now_us();
	for (size_t n = 0; n < count; n++) {
		receive_until(&p, begin + (double)n * period);
		send_echo(&p, argv[4]);
		receive_until(&p, begin + ((double)n + 0.5) * period);
		send_unit(&p);
	}
	receive_until(&p, now_us() + 2e6);
	report(&p.echo);
	report(&p.alert);
	return 0;
}
