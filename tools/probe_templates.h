/* Topics grouped into templates: levels that vary become {unit}, {lot}, {tag} or a name of their
 * own.
 *
 * A level varies where its values look like ids, where a name beside it says what it is, or where
 * several topics differ in it alone and carry the same kind of payload. What it is follows from its
 * own name, the name of the level before it, and how its values come over time. Names of events
 * (start, end, oven_in) never vary. */
#pragma once

#include "tools/probe_topics.h"

enum probe_capture {
	CAPTURE_NONE, /* the level is the same in all topics */
	CAPTURE_UNIT,
	CAPTURE_LOT,
	CAPTURE_TAG,
	CAPTURE_OTHER, /* a machine, a zone: no id, and not the name of the value */
};

struct probe_level_value {
	const char *text;
	struct probe_span live;
	uint64_t messages;
};

struct probe_level {
	enum probe_capture capture;
	const char *name; /* of the capture; else the level's text */
	const char *why;  /* what the guess rests on, a sentence; NULL: no capture */
	struct probe_level_value *values; /* of a capture in this template, sorted by text */
	size_t value_count;
	enum probe_coming coming;
};

enum probe_regularity {
	REGULARITY_UNKNOWN, /* too few messages on each topic */
	REGULARITY_REGULAR,
	REGULARITY_IRREGULAR,
};

/* Messages with a shape of their own: the values that the telling member has in them. */
struct probe_message_kind {
	const char **values;
	size_t count;
};

struct probe_template {
	const char *text; /* "plant/part/{unit}/start" */
	struct probe_level *levels;
	size_t level_count;
	const struct probe_topic **topics;
	size_t topic_count;
	uint64_t messages, retained;
	uint64_t qos[3];
	uint64_t payloads[PAYLOAD_KINDS];
	enum probe_payload payload; /* most of them */
	double per_second;          /* of the messages that were not retained */
	double interval_ms; /* between two of one topic, in the middle of all topics; 0: unknown */
	enum probe_regularity regularity;
	const struct probe_shape *shape;
	/* Where messages of different kinds come: the pointer to the member that says which, and
	 * the kinds. NULL and 0: they are all alike. */
	const char *told_by;
	struct probe_message_kind *kinds;
	size_t kind_count;
	/* Of a part: what it is a part of (else itself), and the values of told_by in it. */
	const struct probe_template *whole;
	const struct probe_message_kind *only;
};

struct probe_templates;

/* The topics must outlive the templates. -ENOMEM. */
MUST_CHECK int probe_templates_new(struct probe_templates **out, const struct probe_topics *topics);
void probe_templates_free(struct probe_templates *t);
CLEANUP_FOR(struct probe_templates, probe_templates_free)

size_t probe_templates_count(const struct probe_templates *t); /* sorted by text */
const struct probe_template *probe_templates_at(const struct probe_templates *t, size_t i);
/* A part of a template: the topics that agree with `machine` (NULL: all) in levels that are neither
 * a unit nor a lot, and the messages of one kind (NULL: all). It lives as long as the templates. */
MUST_CHECK int probe_templates_part(struct probe_templates *all, const struct probe_template **out,
	const struct probe_template *t, const struct probe_topic *machine,
	const struct probe_message_kind *only);
/* The index of the level that is this capture; -1: none is. */
int probe_template_find(const struct probe_template *t, enum probe_capture capture);
const char *probe_regularity_name(enum probe_regularity r); /* "regular" */
