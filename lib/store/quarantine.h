/* Samples of messages that could not be used, with the reason. */
#pragma once

#include "lib/store/store.h"

struct quarantined {
	int64_t at_ms;
	const char *line; /* "" when no line is meant */
	const char *topic;
	const void *payload; /* its head when it was too big */
	size_t payload_len;
	const char *reason; /* "<reason>: <sentence>" */
};

MUST_CHECK int store_put_quarantine(struct store *s, const struct quarantined *q, struct err *err);
