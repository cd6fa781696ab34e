/* The samples of one signal of a line, sorted by event time, those of equal times by arrival.
 *
 * There are never more than `limit`: then the oldest goes for each new one. Otherwise samples go
 * only when the caller says that nobody will ask for them any more, for which signal_is_full() is
 * the occasion. Whatever goes, the time of the newest that went is remembered.
 *
 * Samples are handed out where they lie, in one piece: good until the next call that is given the
 * signal without const. Two signals that were given the same calls behave alike from then on,
 * and so does one that was loaded from what another saved. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/macros.h"
#include "lib/base/value.h"

struct err;
struct signal;

struct sample {
	int64_t time_ms; /* event time */
	union {
		double number; /* finite */
		char *text;    /* at most TEXT_VALUE_BYTES_MAX bytes */
	};
};

/* Of numbers or of texts. `limit` is at least 1. -ENOMEM. */
MUST_CHECK int signal_new(struct signal **out, bool is_text, size_t limit);
void signal_free(struct signal *s); /* NULL is fine */
CLEANUP_FOR(struct signal, signal_free)

#define SIGNAL_ADDED 1
#define SIGNAL_REPEAT 2   /* its time and value are there already; looked for when `unique` */
#define SIGNAL_OUTDATED 3 /* older than all that is kept, and not newer than what went */

/* Adds a sample. The value is of the signal's kind, finite or a text of at most
 * TEXT_VALUE_BYTES_MAX bytes, which is copied. One of the three above, or -ENOMEM: then nothing
 * changed. A sample that is the one to go at the limit is outdated, too, and is remembered as the
 * newest that went. */
MUST_CHECK int signal_add(struct signal *s, int64_t time_ms, const struct value *v, bool unique);

/* Whether the next sample needs more room, or at the limit another's: the caller may call
 * signal_drop_before() first. */
bool signal_is_full(const struct signal *s);

/* The samples before `time_ms` go, but the newest of them stays: its value was in force then. */
void signal_drop_before(struct signal *s, int64_t time_ms);

int64_t signal_dropped_to_ms(const struct signal *s); /* INT64_MIN: nothing ever went */
bool signal_dropped_by_limit(const struct signal *s); /* whether the limit took that one */
uint64_t signal_over(const struct signal *s);         /* samples that the limit took */
size_t signal_count(const struct signal *s);
bool signal_newest(const struct signal *s, int64_t *time_ms); /* false: there is none */

/* The samples with from_ms <= t <= to_ms, oldest first: how many, and in *first where. */
size_t signal_range(
	const struct signal *s, int64_t from_ms, int64_t to_ms, const struct sample **first);
/* The newest sample at or before `time_ms`; NULL: there is none. */
const struct sample *signal_at(const struct signal *s, int64_t time_ms);

void signal_save(const struct signal *s, struct buf *out);
/* Replaces what a signal of the same kind holds. What is more than its limit goes as if it had just
 * been added. -EINVAL when the bytes are not what signal_save wrote, -ENOMEM; then it is empty. */
MUST_CHECK int signal_load(struct signal *s, struct cursor *in, struct err *err);
