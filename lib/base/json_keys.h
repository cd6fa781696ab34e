/* The keys of the objects that a scan has open, to find duplicates (json_scan.c alone uses this).
 *
 * Keys stand on one stack: an object's begin at the mark taken when it was opened; when it is
 * closed they are compared and dropped. Few are compared pairwise, many are sorted, so that an
 * object of any size costs n log n. Keys are compared as they read, without their escapes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/macros.h"

struct json_key {
	uint64_t hash;
	const char *raw; /* between the quotes, as written */
	size_t len;      /* without escapes */
	size_t decoded;  /* where it stands in json_keys.decoded; SIZE_MAX: raw has no escapes */
};

struct json_keys {
	struct json_key *v; /* `few`, or memory of its own */
	size_t count, cap;
	struct buf decoded;
	struct json_key few[32];
};

void json_keys_init(struct json_keys *k);
void json_keys_deinit(struct json_keys *k);
static inline void json_keys_deinit_at(struct json_keys *k)
{
	json_keys_deinit(k);
}

/* `raw` is sound JSON string contents and outlives the stack. False: no memory. */
bool json_keys_push(struct json_keys *k, const char *raw, size_t len, bool has_escape);
/* Drops the keys from `mark` on; the first one in the text that repeats another, or NULL. It is
 * there until the next push. */
const struct json_key *json_keys_close(struct json_keys *k, size_t mark);
