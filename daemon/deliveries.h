/* The list of QoS 1 messages delivered last: how a message that the broker sends again after a
 * reconnect or a restart is told from a new one.
 *
 * Glossary
 *   delivery  packet id and hash of topic and payload (libmosquitto hides the DUP flag)
 *   number    deliveries are numbered from 1 on; the list keeps the newest `capacity`
 *   earlier   entries of connections before the one in hand: only these can be sent again
 *
 * On each connection a broker sends again in the order in which it sent first, so the matches go
 * forward through the list and each entry is matched once. The rule is model-checked:
 * intake.pml in the design's reference. The list outlives restarts: it is committed with what
 * follows from its messages. */
#pragma once

#include <stdint.h>

#include "lib/base/macros.h"
#include "lib/store/journal.h"

struct deliveries;

MUST_CHECK int deliveries_new(struct deliveries **out, uint32_t capacity); /* -ENOMEM */
void deliveries_free(struct deliveries *d);
CLEANUP_FOR(struct deliveries, deliveries_free)

/* At start: what the store kept, oldest first, v[0] numbered `first`; at most the capacity. */
void deliveries_load(struct deliveries *d, const struct delivery *v, size_t count, uint64_t first);
/* A connection begins: all that is in the list is of earlier ones now. */
void deliveries_reconnect(struct deliveries *d);
/* The broker has no session of ours: nothing will be sent again. */
void deliveries_clear(struct deliveries *d);

/* Another capacity: the newest stay, all of earlier connections from then on. -ENOMEM. */
MUST_CHECK int deliveries_resize(struct deliveries **d, uint32_t capacity);

/* The number of the earlier entry that this message repeats, which is then used up; 0: it is new.
 */
uint64_t deliveries_match(struct deliveries *d, const struct delivery *got);
uint64_t deliveries_add(struct deliveries *d, const struct delivery *got); /* its number */

uint64_t deliveries_next(const struct deliveries *d);      /* the number the next one gets */
uint64_t deliveries_keep_from(const struct deliveries *d); /* numbers before it are gone */
