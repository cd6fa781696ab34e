/* Scored units whose late messages are still recognised: of each its id, when it started and when
 * it was scored. There may be 100,000, so they lie in one run of bytes, oldest first, that is
 * saved by a plain copy; an index by id points into it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/macros.h"

struct err;
struct remembered;

MUST_CHECK int remembered_new(struct remembered **out); /* -ENOMEM */
void remembered_free(struct remembered *r);
CLEANUP_FOR(struct remembered, remembered_free)

size_t remembered_count(const struct remembered *r);

/* Remembers a unit; one of the same id is replaced. `scored_ms` is on the line's clock, which never
 * goes back: a smaller one than the last counts as the last. -ENOMEM: nothing changed. */
MUST_CHECK int remembered_add(
	struct remembered *r, const char *id, int64_t started_ms, int64_t scored_ms);
bool remembered_find(const struct remembered *r, const char *id, int64_t *started_ms);

bool remembered_oldest(const struct remembered *r, int64_t *scored_ms); /* false: empty */
void remembered_drop_oldest(struct remembered *r);

void remembered_save(const struct remembered *r, struct buf *out);
/* Into one that is empty. -EINVAL when the bytes are not what remembered_save wrote, -ENOMEM; then
 * it is empty again. */
MUST_CHECK int remembered_load(struct remembered *r, struct cursor *in, struct err *err);
