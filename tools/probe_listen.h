/* Where a probe hears its messages: a broker, or a recording. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/macros.h"

struct config;
struct err;
struct probe_topics;

struct probe_listen {
	const struct config
		*config;  /* says where the broker is and which topics are ours; may be NULL */
	const char *host; /* NULL: the configuration's, else 127.0.0.1 */
	int port;         /* 0: the configuration's, else 1883 */
	const char *const *filters; /* templates, as in a line file; none: everything but our own */
	size_t filter_count;
	int64_t ms;
	bool shows_progress;
	const char *recording; /* instead of a broker; NULL: the broker */
	uint64_t own;          /* result: messages passed over as our own */
};

/* Until the time is over, or Ctrl-C: what was heard until then counts. Negative errno with a
 * sentence. */
MUST_CHECK int probe_listen(struct probe_listen *l, struct probe_topics *out, struct err *err);
