/* What was heard, topic by topic: how many messages, how often, what payloads.
 *
 * At most PROBE_TOPICS_MAX topics are kept; messages on others are counted. Topics that differ only
 * in what looks like an id share a shape from the start, so that ten thousand units cost no more
 * than one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/macros.h"
#include "tools/probe_variants.h"

#define PROBE_TOPICS_MAX 10000
#define PROBE_TOPIC_BYTES_MAX 512 /* longer ones are counted, not kept */
#define PROBE_LEVELS_MAX 32       /* of a topic */
#define PROBE_PAYLOAD_MAX 65536   /* bytes; larger ones are counted, not read */

enum probe_payload {
	PAYLOAD_EMPTY,
	PAYLOAD_NUMBER, /* 218.4 */
	PAYLOAD_SCALAR, /* other JSON that is one value: true, "ON", null */
	PAYLOAD_TEXT,   /* ON */
	PAYLOAD_BINARY,
	PAYLOAD_OBJECT,
	PAYLOAD_ARRAY,
	PAYLOAD_TOO_BIG,
	PAYLOAD_KINDS,
};

struct probe_topic {
	const char *text;
	const char *levels[PROBE_LEVELS_MAX]; /* its levels, each with a NUL of its own */
	size_t level_count;
	uint64_t messages, retained;
	uint64_t qos[3];
	uint64_t payloads[PAYLOAD_KINDS];
	struct probe_span live;               /* of the messages that were not retained */
	double interval_mean_ms, interval_m2; /* between those: Welford's sums */
	uint64_t members;                     /* of objects: a bit for each hashed member name */
	uint64_t value_numbers, value_texts;  /* payloads, or members like "value", that are it */
	struct probe_variants *shapes; /* shared with topics of the same pattern; never NULL */
};

struct recorded;
struct probe_topics;

MUST_CHECK int probe_topics_new(struct probe_topics **out); /* -ENOMEM */
void probe_topics_free(struct probe_topics *p);
CLEANUP_FOR(struct probe_topics, probe_topics_free)

/* Messages in order of receipt. -ENOMEM. */
MUST_CHECK int probe_topics_add(struct probe_topics *p, const struct recorded *m);

/* What was heard and what was not kept of it. */
struct probe_heard {
	uint64_t messages;
	uint64_t messages_over;   /* on topics beyond the limit, or with names too long for us */
	uint64_t pointers_over;   /* values in payloads beyond the limits of shapes */
	int64_t begin_ms, end_ms; /* first and last receipt; see probe_topics_listened */
};
void probe_topics_heard(const struct probe_topics *p, struct probe_heard *out);
/* From when to when there was listening, where that is known (not with a recording). */
void probe_topics_listened(struct probe_topics *p, int64_t begin_ms, int64_t end_ms);

/* In the order in which they were first heard. */
size_t probe_topics_count(const struct probe_topics *p);
const struct probe_topic *probe_topics_at(const struct probe_topics *p, size_t i);
/* What most of its payloads are; an empty one only where there is nothing else. */
enum probe_payload probe_payload_of(const uint64_t payloads[PAYLOAD_KINDS]);
const char *probe_payload_name(enum probe_payload k); /* "number", "json", ... */
