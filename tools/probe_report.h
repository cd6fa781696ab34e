/* What a probe found, for people and for programs. */
#pragma once

#include <stdio.h>

#include "tools/probe_proposal.h"

struct probe_report {
	struct probe_heard heard;
	const struct probe_topics *topics;
	const struct probe_templates *templates;
	const struct proposal *proposal;
	uint64_t own; /* messages of the daemon's own, which were passed over */
};

/* Readable tables. */
void probe_report_print(FILE *f, const struct probe_report *r);
/* One JSON document, defectctl(1) says of what. */
void probe_report_json(struct buf *b, const struct probe_report *r);

/* For both: what a member is ("the id of the piece", "time (ms), 12 ms before it is received"); ""
 * for a plain value. */
void probe_say_field(struct buf *b, const struct probe_report *r, const struct probe_template *t,
	const struct probe_field *f);
/* The same in a word, for programs: "time" "unit" "lot" "tag" "value" "event" "result" "each" "".
 */
const char *probe_role_of_field(
	const struct probe_report *r, const struct probe_template *t, const struct probe_field *f);
