/* TLS of one connection, over OpenSSL: what the files say, the check of the broker's name, the
 * handshake step by step, and in words what went wrong.
 *
 * libmosquitto would check the name it connects to, so it would have to resolve it, and that
 * blocks. So the context is made here, with the name in it; the library gets a numeric address.
 * The handshake is driven from here as well: left to itself the library goes on for ever, at full
 * speed, where the connection is refused (2.0.11).
 *
 * TLS 1.2 or later. The certificate and its name are always checked. */
#pragma once

#include <stdbool.h>

#include "lib/base/macros.h"

struct err;
struct tls;

struct tls_files {
	const char *host;                 /* the name or address the certificate must be for */
	const char *ca_file;              /* PEM; NULL: the CAs of the system */
	const char *cert_file, *key_file; /* PEM; NULL: no client certificate */
};

/* Whether it is a regular file that can be read: -errno or -EINVAL, with path and reason. */
MUST_CHECK int tls_file_look(const char *path, struct err *err);

/* Reads the files: blocks on the disk, may run in any thread. -EINVAL (what a file holds), or the
 * errno of opening it; the sentence names the file. Nothing of `f` is kept. */
MUST_CHECK int tls_new(struct tls **out, const struct tls_files *f, struct err *err);
void tls_free(struct tls *t);
CLEANUP_FOR(struct tls, tls_free)

/* Days until our own certificate ends, negative when it has; TLS_NO_END without one. */
#define TLS_NO_END 1000000
int tls_days_left(const struct tls *t);

void *tls_context(struct tls *t); /* SSL_CTX of OpenSSL, still owned by `t` */

/* One step of the handshake on `ssl` (SSL of OpenSSL, made from the context). 0: it is over and
 * well; TLS_GOES_ON; -ECONNREFUSED and other errno with a sentence. */
enum { TLS_GOES_ON = 1 };
MUST_CHECK int tls_shake(struct tls *t, void *ssl, struct err *err);
/* The library's own first step failed: why, as tls_shake says it. */
int tls_failed(const struct tls *t, struct err *err);
/* Whether the handshake waits until it can write (which also shows when TCP is connected). */
bool tls_wants_write(const struct tls *t);

/* Something was read from the socket already and waits in `ssl`. */
bool tls_has_more(void *ssl);

/* After the handshake: why the connection ended, in words; and whether one side turned the other
 * away, rather than just being gone. */
const char *tls_why(const struct tls *t);
bool tls_was_turned_away(const struct tls *t);
