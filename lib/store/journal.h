/* What makes a start after SIGKILL equal to no kill at all: the journal of engine inputs, the
 * snapshot of the engine's state, and the list of delivered QoS 1 messages.
 *
 * The journal holds one row per transaction: the inputs first .. last as bytes. The list of
 * deliveries is numbered too; entries go when they are older than its capacity. All writes belong
 * inside the transaction that holds the outcomes of the same inputs. */
#pragma once

#include "lib/store/store.h"

MUST_CHECK int store_put_journal(struct store *s, uint64_t first, uint64_t last, const void *bytes,
	size_t len, struct err *err);
/* Replaces the snapshot and drops the journal rows up to `number`. */
MUST_CHECK int store_put_snapshot(struct store *s, uint64_t number, int64_t at_ms,
	const void *bytes, size_t len, struct err *err);

/* *bytes belongs to the caller (free); NULL and *number 0 when there is none. */
MUST_CHECK int store_load_snapshot(
	struct store *s, uint64_t *number, void **bytes, size_t *len, struct err *err);
/* Calls `each` for every journal row behind `after`, in order; a negative result of `each` ends
 * it and is returned. */
MUST_CHECK int store_each_journal(struct store *s, uint64_t after,
	int (*each)(void *owner, uint64_t first, uint64_t last, const void *bytes, size_t len),
	void *owner, struct err *err);

struct delivery {
	uint64_t hash;   /* of topic and payload */
	uint16_t packet; /* packet id */
};

/* Appends `count` deliveries, the first numbered `first` (from 1 on, without gaps), and drops
 * rows that lie wholly before `keep_from`. */
MUST_CHECK int store_put_deliveries(struct store *s, uint64_t first, const struct delivery *v,
	size_t count, uint64_t keep_from, struct err *err);
/* Empties the list (a CONNACK without session-present). */
MUST_CHECK int store_clear_deliveries(struct store *s, struct err *err);
/* The newest up to `cap` deliveries, oldest first; *first is the number of v[0] (1 when none). */
MUST_CHECK int store_load_deliveries(struct store *s, struct delivery *v, size_t cap, size_t *count,
	uint64_t *first, struct err *err);
