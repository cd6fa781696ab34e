/* Publishes ready-made MQTT 3.1.1 PUBLISH packets (QoS 1) from a file as fast as the broker takes
 * them, at most WINDOW unacknowledged: load PORT FILE. Plain sockets, so that it costs the machine
 * as little as it can beside what is measured. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define WINDOW 2000
#define CHUNK 65536

static int connect_to(int port)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	static const uint8_t hello[] = {
		0x10, 16, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0, 0, 4, 'l', 'o', 'a', 'd'};
	uint8_t answer[4];
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0 ||
		write(fd, hello, sizeof(hello)) != sizeof(hello) ||
		recv(fd, answer, 4, MSG_WAITALL) != 4 || answer[3] != 0) {
		perror("load: connecting");
		exit(1);
	}
	return fd;
}

/* The length of the packet at p, or 0 when it is not whole. */
static size_t packet_length(const uint8_t *p, const uint8_t *end)
{
	size_t length = 0, at = 1;

	for (int shift = 0; p + at < end; shift += 7) {
		length |= (size_t)(p[at] & 0x7f) << shift;
		if (!(p[at++] & 0x80))
			return p + at + length <= end ? at + length : 0;
	}
	return 0;
}

static size_t take_acks(int fd, size_t *partial)
{
	uint8_t in[CHUNK];
	ssize_t n = recv(fd, in, sizeof(in), MSG_DONTWAIT);
	size_t acks;

	if (n == 0 || (n < 0 && errno != EAGAIN)) {
		fputs("load: the broker went away\n", stderr);
		exit(1);
	}
	if (n < 0)
		return 0;
	acks = (*partial + (size_t)n) / 4; /* a PUBACK is 4 bytes */
	*partial = (*partial + (size_t)n) % 4;
	return acks;
}

int main(int argc, char **argv)
{
	const uint8_t *data, *at, *end, *ready;
	size_t unconfirmed = 0, queued = 0, partial = 0;
	struct stat st;
	int file, fd;

	if (argc != 3) {
		fputs("usage: load PORT FILE\n", stderr);
		return 64;
	}
	file = open(argv[2], O_RDONLY);
	if (file < 0 || fstat(file, &st) < 0) {
		perror(argv[2]);
		return 1;
	}
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, file, 0);
	at = ready = data;
	end = data + st.st_size;
	fd = connect_to(atoi(argv[1]));
	while (at < end || unconfirmed > 0) {
		struct pollfd p = {.fd = fd, .events = POLLIN};

		while (ready < end && unconfirmed + queued < WINDOW && ready - at < CHUNK) {
			ready += packet_length(ready, end);
			queued++;
		}
		if (ready > at)
			p.events |= POLLOUT;
		poll(&p, 1, 1000);
		if (p.revents & POLLOUT) {
			ssize_t n = send(fd, at, (size_t)(ready - at), MSG_DONTWAIT | MSG_NOSIGNAL);

			at += n > 0 ? n : 0;
			unconfirmed += queued;
			queued = 0;
		}
		if (p.revents & (POLLIN | POLLHUP))
			unconfirmed -= take_acks(fd, &partial);
	}
	return 0;
}
