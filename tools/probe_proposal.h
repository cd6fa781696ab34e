/* The line file that is proposed: a document of sources, stations, lots, label and features, each
 * with the reasons for it. It is made from templates and written as JSON with comments.
 *
 *   sources   one for each way to read a template; more where one template tells of several events
 *             or machines. Only what something uses is written in the end.
 *   stations  pairs of sources that are called enter and exit of the same thing
 *   lots      fields of units whose values are ids of a lot source, or that are called lots
 *   label     a field of units that says OK and NG: never a feature
 *   features  numbers of units as they are, properties of lots, aggregates of streams
 *
 * Everything belongs to the document's arena; pointers into its arrays stay good, since each array
 * is whole before the next part is looked for. */
#pragma once

#include "tools/probe_reading.h"

struct arena;
struct buf;

#define PROPOSAL_COLUMNS_MAX 400 /* features, each aggregate counted; the daemon takes 500 */
#define PROPOSAL_SOURCES_MAX 200
#define PROPOSAL_WHEN_MAX 3
#define PROPOSAL_MACHINES_MAX 8 /* of a template, each with a source of its own */

/* Reasons, a line each, for people. */
struct proposal_notes {
	const char **text;
	size_t count, cap;
};

/* A field of a source, or one of its tags. */
struct proposal_field {
	const char *name;                /* of a tag as it comes */
	const char *pointer;             /* NULL: of a tag, or the payload is the value */
	const struct probe_field *field; /* NULL: of a tag in the topic */
	bool is_number, is_category;     /* worth a feature; a category is text of few values */
	bool is_used;
	unsigned means;
};

enum proposal_carries { CARRIES_STREAM, CARRIES_UNIT, CARRIES_LOT };
enum proposal_event { EVENT_NONE, EVENT_ENTER, EVENT_EXIT };

/* A condition: what the value at a pointer is, as JSON. */
struct proposal_when {
	const char *at, *is;
};

struct proposal_source {
	const struct probe_reading *reading;
	const char *name, *topic;
	enum proposal_carries carries;
	/* As they stand in the line file; NULL: left out. `good` is JSON. */
	const char *format, *each, *unit, *lot, *tag, *value;
	const char *time, *time_format, *time_zone, *shift, *quality, *good;
	struct proposal_when when[PROPOSAL_WHEN_MAX];
	size_t when_count;
	bool has_tags;
	struct proposal_field *fields; /* or its tags */
	size_t field_count;
	/* Where the ids are: a level of the topic, or a member of the payload. */
	const struct probe_level *id_level;
	const struct probe_field *id_field;
	enum proposal_event event;
	const char *event_of;   /* the same for the enter and exit of one thing */
	const char *event_name; /* what it is that is entered: "oven" */
	bool is_inspection; /* its topic says so: what it knows is known too late for a feature */
	bool is_used;
	struct proposal_notes notes;
};

struct proposal_station {
	const char *name;
	struct proposal_source *enter, *exit; /* one of them may be NULL */
	int64_t max_dwell_ms;                 /* without enter: look_back */
	int64_t typical_ms;                   /* 0: not measured */
	struct proposal_notes notes;
};

struct proposal_lot {
	const char *name;
	struct proposal_source *from; /* whose field is bound */
	struct proposal_field *field;
	struct proposal_source *properties; /* NULL: none */
	struct proposal_notes notes;
};

struct proposal_label {
	struct proposal_source *source; /* NULL: there is none */
	struct proposal_field *field;
	const char *defect, *good; /* JSON lists; good NULL: none came */
	struct proposal_notes notes;
};

enum proposal_gives { GIVE_AS_IT_IS, GIVE_LAST, GIVE_SPREAD }; /* SPREAD: mean, min and max */

struct proposal_feature {
	const char *name;
	struct proposal_source *source;
	struct proposal_field *field;
	bool is_text;
	const struct proposal_lot *lot; /* of a property of a lot */
	const struct proposal_station
		*station; /* of a stream; NULL: what was before the unit's start */
	enum proposal_gives take;
};

struct proposal {
	struct arena *arena;
	const char *name;
	struct probe_reading *readings;
	size_t reading_count;
	struct proposal_source *sources;
	size_t source_count;
	struct proposal_station *stations;
	size_t station_count;
	struct proposal_lot *lots;
	size_t lot_count;
	struct proposal_label label;
	struct proposal_feature *features;
	size_t feature_count;
	bool has_units; /* else machine condition: a unit every 10 s */
	int64_t deadline_ms;
	struct proposal_notes notes; /* about the whole: what was left out, and why */
	int64_t begin_ms, end_ms;    /* when there was listening */
};

/* `name` NULL: from the topics. The templates must outlive the document. -ENOMEM. Without features
 * it is no line file yet: its notes say what is missing. */
MUST_CHECK int proposal_new(struct proposal **out, struct probe_templates *templates,
	const struct probe_heard *heard, const char *name);
void proposal_free(struct proposal *p);
CLEANUP_FOR(struct proposal, proposal_free)

/* The line file; `with_comments` as people want it, without them as programs do. */
void proposal_write(struct buf *b, const struct proposal *p, bool with_comments);

/* The steps of proposal_new, a file each. -ENOMEM. */
MUST_CHECK int proposal_find_sources(struct proposal *p, struct probe_templates *templates);
MUST_CHECK int proposal_add_source(struct proposal *p, const struct probe_reading *r);
MUST_CHECK int proposal_find_fields(struct proposal *p, struct proposal_source *s);
/* Whether it tells that something is entered or left: in the topic "oven_in", or in the kind of
 * message. */
MUST_CHECK int proposal_find_event(struct proposal *p, struct proposal_source *s);
/* A tag that is the id of the piece in work becomes a source of its own. */
MUST_CHECK int proposal_find_unit_tags(struct proposal *p, struct proposal_source *s);
MUST_CHECK int proposal_find_stations(struct proposal *p);
MUST_CHECK int proposal_find_lots(struct proposal *p);
MUST_CHECK int proposal_find_label(struct proposal *p);
MUST_CHECK int proposal_find_features(struct proposal *p);

/* For the steps. A note that finds no memory is left out. */
void proposal_note(struct proposal *p, struct proposal_notes *notes, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
/* The ids of a source that carries units or lots: the i-th, NULL behind the last one. */
const char *proposal_id(const struct proposal_source *s, size_t i, struct probe_span *span);
bool proposal_is_source_taken(const struct proposal *p, const char *name);
/* Does the topic's last name say what the one value of the payload is? */
bool proposal_has_topic_tags(const struct probe_reading *r);
/* The level's text where it stands for itself in the topic; NULL: it is empty, or varies. */
const char *proposal_plain_level(const struct probe_template *t, size_t i);
bool proposal_is_number(const char *level); /* digits alone name nothing */
/* What a kind of message is called: "WorkStarted" of CFX.Production.WorkStarted. */
const char *proposal_last_part(const char *value);
/* `name`, or with _2, _3.. behind it when `is_taken` says so. NULL: no memory. */
const char *proposal_unique(struct proposal *p, const char *name,
	bool (*is_taken)(const struct proposal *p, const char *name));
