/* The messages of the simulated moulding line, and the line file that reads them.
 *
 *   <topic>/lot/R0001                    grade, viscosity, moisture_pct: what the laboratory says
 *   <topic>/part/M000001/start           ts_ms, lot, wall_mm
 *   <topic>/part/M000001/value/<name>    ts_ms, value: a process value each */
#pragma once

#include <stdint.h>

#include "lib/base/buf.h"
#include "tools/moulding.h"

struct err;

struct moulding_messages {
	const char *topic, *prefix; /* of all topics; of a part's id */
	double rate;                /* parts a second */
	int64_t begins_ms;
	/* Where they go; negative errno ends it. */
	int (*send)(void *owner, const char *topic, const struct buf *payload, int64_t at_ms,
		struct err *err);
	void *owner;
	/* private */
	struct buf payload;
	struct moulding_part before;
};

/* What is to be sent when `part` begins; parts in order. */
MUST_CHECK int moulding_send(
	struct moulding_messages *m, const struct moulding_part *part, struct err *err);
/* The values of the last part; frees what was kept. */
MUST_CHECK int moulding_send_end(struct moulding_messages *m, struct err *err);

/* Writes the configuration of this line for defectd. */
MUST_CHECK int moulding_write_line_file(const char *path, const char *topic, struct err *err);
