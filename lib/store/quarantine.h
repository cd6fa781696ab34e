/* Samples of messages that could not be used, with the reason. */
#pragma once

#include <stdbool.h>

#include "lib/store/store.h"

#define QUARANTINE_HEAD_BYTES 1024 /* kept of a payload that is too big */

struct quarantined {
	int64_t at_ms;
	const char *line;    /* "" when no line is meant */
	const char *topic;   /* "" for a row the database refused: the payload names its unit */
	const void *payload; /* of one that is too big the first QUARANTINE_HEAD_BYTES */
	size_t payload_len;
	const char *reason; /* "<reason>: <sentence>" */
};

MUST_CHECK int store_put_quarantine(struct store *s, const struct quarantined *q, struct err *err);

/* Is it the message as it came? Not one that was cut, nor what never was a message. */
bool quarantine_is_whole(const struct quarantined *q);

/* Which of them; all of what is given must fit. */
struct quarantine_filter {
	int64_t id;         /* 0: any */
	const char *line;   /* NULL: any */
	const char *reason; /* the name before the colon; NULL: any */
	int64_t newest;     /* the newest so many of those that fit; 0: all */
};

/* Oldest first; ids grow. Payloads are read one at a time. A negative result of `each` ends it and
 * is returned. */
MUST_CHECK int store_each_quarantine(struct store *s, const struct quarantine_filter *filter,
	int (*each)(void *owner, int64_t id, const struct quarantined *q), void *owner,
	struct err *err);
