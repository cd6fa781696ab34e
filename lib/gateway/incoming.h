/* <state_dir>/models/incoming: models on their way into the registry.
 *
 *   <sha256>.onnx         the file, complete before the next one appears
 *   <sha256>.json         the order: {"v":1,"line":"press-3","by":"amy","why":"more rows"}; all but
 *                         the line may be left out
 *   <sha256>.failed.json  it was refused: {"v":1,"line":"press-3","text":"..."}
 *
 * Whoever brings a model puts both, the order last; the daemon takes both away once the registry
 * has it, or leaves what is wrong with it. Each file is whole or not there. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/hash.h"
#include "lib/base/macros.h"

struct err;

struct incoming_order {
	char sha256[SHA256_HEX];
	char *line, *by, *why; /* owned */
};

void incoming_order_deinit(struct incoming_order *o);
static inline void incoming_order_deinit_at(struct incoming_order *o)
{
	incoming_order_deinit(o);
}

char *incoming_folder(const char *state_dir); /* the caller's; NULL: no memory */

/* Both files; what an earlier attempt left of a refusal goes. */
MUST_CHECK int incoming_put(const char *folder, const struct incoming_order *o, const void *bytes,
	size_t len, struct err *err);

/* Calls `each` with the SHA-256 of each order that waits, until it says true; in order of names. A
 * folder that is not there has none. */
MUST_CHECK int incoming_each(const char *folder, bool (*each)(void *owner, const char *sha256),
	void *owner, struct err *err);
#define INCOMING_GONE 1 /* named outcome: there is no such order */
/* Reads an order. -EINVAL with a sentence when it is none; o->sha256 is set all the same. */
MUST_CHECK int incoming_read(
	struct incoming_order *o, const char *folder, const char *sha256, struct err *err);
/* Takes away what was being written aside, last before this time (seconds since 1970), by somebody
 * who was ended meanwhile. */
void incoming_clean(const char *folder, int64_t before_s);
char *incoming_model_path(const char *folder, const char *sha256); /* NULL: no memory */

/* Takes both files away. */
void incoming_remove(const char *folder, const char *sha256);
/* The same, and leaves the sentence; of those the newest 100 stay. A negative errno of writing:
 * then all is as it was. */
MUST_CHECK int incoming_refuse(
	const char *folder, const struct incoming_order *o, const char *text, struct err *err);
/* Was it refused? The sentence. */
bool incoming_is_refused(const char *folder, const char *sha256, char *text, size_t cap);
