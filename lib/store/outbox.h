/* Messages that the broker has not confirmed yet: written with the unit row, deleted after the
 * PUBACK, sent again after a start. Ids are the caller's, growing. */
#pragma once

#include "lib/store/store.h"

struct outbox_message {
	uint64_t id;
	const char *topic;
	const char *payload;
	size_t payload_len;
	int64_t at_ms;
};

MUST_CHECK int store_put_outbox(struct store *s, const struct outbox_message *m, struct err *err);
MUST_CHECK int store_delete_outbox(struct store *s, uint64_t id, struct err *err);
/* In order of id. A negative result of `each` ends it and is returned. */
MUST_CHECK int store_each_outbox(struct store *s,
	int (*each)(void *owner, const struct outbox_message *m), void *owner, struct err *err);
