/* The store thread: the only one that touches the database while the daemon runs.
 *
 * It takes one batch (or chain of batches) at a time, commits it in one transaction and hands it
 * back through the loop. Errors of the file (full, I/O, busy) keep the batch, and it is tried
 * again each second until it goes in. A file that SQLite calls corrupt is set aside as
 * defectd.db.bad-<time> and a new one is begun; the batch then comes back uncommitted, since the
 * new file needs a snapshot with it. While there is nothing to commit, retention runs in slices. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "daemon/batch.h"

struct err;
struct gateway;
struct store;
struct committer;

struct committer_handlers { /* on the loop */
	void *owner;
	void (*committed)(void *owner, struct batch *first);
	void (*begun_anew)(void *owner, struct batch *first); /* not committed: submit it again */
	void (*trouble)(void *owner, const char *why);        /* "": it is over */
};

struct committer_figures {
	uint64_t commits;
	int64_t last_commit_us;
};

/* The store is the committer's from here on. `gateway` is borrowed, for beginning anew. */
MUST_CHECK int committer_new(struct committer **out, uv_loop_t *loop, struct store *store,
	const struct gateway *gateway, int64_t boot, const struct committer_handlers *h,
	struct err *err);
bool committer_is_idle(const struct committer *c); /* takes a batch now */
void committer_submit(struct committer *c, struct batch *first);
struct committer_figures committer_figures(struct committer *c);
/* For how long the call on the store that now runs has been running. */
uint64_t committer_busy_ns(const struct committer *c);

/* Ends the thread, with the store call in hand, but without a batch that does not go in, and
 * closes the store. Handles are closed; the loop must run once more. False: the call did not
 * return within the time, the thread is still there and nothing may be freed. */
bool committer_stop(struct committer *c, uint64_t patience_ms);
void committer_free(struct committer *c); /* NULL is fine; after committer_stop */
