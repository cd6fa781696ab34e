/* Recordings: JSON Lines, one message a line, in order of receipt:
 * {"t_ms": 1795340350041, "topic": "..", "qos": 1, "payload": ".."}; `payload_b64` for bytes that
 * are no UTF-8; `retain` 0 or 1 where it is known (true and false are read too). */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/base/macros.h"

struct err;

struct recorded {
	int64_t t_ms;
	const char *topic;
	const void *payload;
	size_t payload_len;
	int qos;
	bool retained;
};

struct recording;

MUST_CHECK int recording_open(struct recording **out, const char *path, struct err *err);
void recording_close(struct recording *r);
CLEANUP_FOR(struct recording, recording_close)
#define RECORDING_MESSAGE 1
/* Blank lines are passed over; unknown keys too, `qos` and `retain` default to 0.
 * RECORDING_MESSAGE with *out filled (valid until the next call), 0 at the end, -EINVAL with file
 * and line. */
MUST_CHECK int recording_next(struct recording *r, struct recorded *out, struct err *err);

/* Appends one line. 0, -ENOMEM, or -EIO, which shows in ferror(f) too. */
int recording_write(FILE *f, const struct recorded *m, bool with_retain);
