/* The files of TLS, read anew for each connection, in libuv's thread pool: what an administrator
 * replaces is in force from the next connection on. */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "lib/base/err.h"
#include "lib/wire/tls.h"

struct certificates {
	struct tls_files files;
	uv_work_t work;
	bool is_loading;
	struct tls *loaded;
	int result;
	struct err trouble;
	void *owner;
	/* `tls` is the owner's from now on; NULL: it could not be made, and why. */
	void (*done)(void *owner, struct tls *tls, const char *trouble);
};

/* The texts of `f` are copied. -ENOMEM. */
MUST_CHECK int certificates_init(struct certificates *c, const struct tls_files *f, void *owner,
	void (*done)(void *owner, struct tls *tls, const char *trouble));
void certificates_deinit(struct certificates *c); /* not while it loads; {0} is fine */

/* Begins; done() is called from the loop. Negative: a libuv error, and it will not be called. */
MUST_CHECK int certificates_load(struct certificates *c, uv_loop_t *loop);
void certificates_cancel(struct certificates *c); /* done() is called all the same, later */
