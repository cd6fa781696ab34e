/* Messages about units that the broker has not confirmed yet, in memory: what the outbox table
 * holds, and what is newer than that.
 *
 * Glossary
 *   lane      alerts in one, everything else in the other; alerts go first, also before what came
 *             earlier, and two of the places in the library are theirs
 *   sent      handed to the library, with the number (mid) that its confirmation will bear
 *   stored    in the table, or in a batch on its way there */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "lib/base/macros.h"

#define KEPT_SENT_MAX 20 /* in the library: it searches a list for each */
#define KEPT_LANES 2

struct batch;
struct outbox_message;

struct kept_message {
	TAILQ_ENTRY(kept_message) link;
	struct kept_lane *lane;
	uint64_t id;
	int64_t at_ms;
	int mid; /* 0: not sent */
	bool is_stored;
	const char *topic;
	size_t payload_len;
	char payload[]; /* with the topic behind it */
};

TAILQ_HEAD(kept_list, kept_message);

struct kept_lane {
	struct kept_list messages;     /* in order of id */
	struct kept_message *unsent;   /* the first; NULL: none */
	struct kept_message *unstored; /* the first; NULL: none */
};

struct kept {
	struct kept_lane lanes[KEPT_LANES];
	size_t count, sent;
	uint64_t next_id;
	uint64_t *deletes; /* gone, but still in the table */
	size_t delete_count, delete_cap;
	uint64_t deletes_since_ns;
};

void kept_init(struct kept *k);
void kept_deinit(struct kept *k);

/* NULL: no memory. */
struct kept_message *kept_add(struct kept *k, const struct outbox_message *m, bool is_stored);
/* Confirmed or given up: it also goes out of the table. Needs no memory. */
void kept_drop(struct kept *k, struct kept_message *m);

struct kept_message *kept_next(const struct kept *k); /* to be sent now; NULL: none, or no room */
void kept_mark_sent(struct kept *k, struct kept_message *m); /* m->mid is set */
struct kept_message *kept_find_sent(const struct kept *k, int mid);
void kept_unsend(struct kept *k); /* the connection is gone: all are to be sent again */
/* What a full outbox gives up first: the oldest prediction not sent, then the oldest alert; NULL
 * when all are sent. */
struct kept_message *kept_oldest_unsent(const struct kept *k);

/* Into the batch: what is to be stored and what is to be deleted. -ENOMEM. */
MUST_CHECK int kept_fill(struct kept *k, struct batch *b);
void kept_unstore(struct kept *k); /* the table is empty: all are to be stored again */
