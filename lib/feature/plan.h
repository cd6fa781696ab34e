/* A line's plan: how raw features come out of messages. Built by the configuration, fixed while
 * it is in use; the assembler works from it.
 *
 * Glossary: a source is a topic template and how to read what matches it; an element is what a
 * source reads one at a time: the payload, or with `each` a part of it; a signal is
 * "source.field"; a raw feature is a named value of a unit. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/feature/aggregate.h"
#include "lib/feature/decoder.h"
#include "lib/feature/topic.h"

#define NAME_LEN_MAX 48
#define ID_BYTES_MAX 128
#define NO_INDEX ((size_t)-1) /* no source, no station */

struct time_zone;

enum source_kind {
	SOURCE_UNIT,   /* carries a unit id: unit-keyed values and events */
	SOURCE_LOT,    /* carries a lot id: properties of a lot */
	SOURCE_STREAM, /* carries neither: samples of the line's signals */
};

/* RFC 6901, looked up in the element in hand or in the whole payload ("#/x"). text NULL: none. */
struct payload_pointer {
	char *text;
	bool in_whole;
};

/* An id or a tag is put together of parts: "{/order}-{cycle}" has three. No parts: none. */
struct id_part {
	enum {
		ID_LITERAL, /* text */
		ID_CAPTURE, /* of the topic */
		ID_KEY,     /* the element's name or index in what `each` takes apart */
		ID_POINTER,
	} kind;
	char *text;
	int capture;
	struct payload_pointer pointer;
};

struct id_expr {
	struct id_part *parts;
	size_t count;
};

/* A JSON scalar that a payload's value is compared with, by type and value. */
struct scalar {
	enum { SCALAR_NUMBER, SCALAR_TEXT, SCALAR_BOOL } kind;
	double number; /* SCALAR_BOOL: 1 or 0 */
	char *text;
};

struct scalar_list {
	struct scalar *v;
	size_t count;
};

/* The value at a pointer is there, and is one of the list (is_not: is none of it). */
struct condition {
	struct payload_pointer at;
	bool is_not;
	struct scalar_list values;
};

enum time_format {
	TIME_OF_RECEIPT, /* the source has no times of its own */
	TIME_MS,         /* a number: milliseconds since 1970 */
	TIME_ISO,        /* ISO 8601 text */
	TIME_S,          /* seconds, with a fraction */
	TIME_US,
	TIME_NS,
};

struct source_field {
	char *name;
	struct payload_pointer pointer;
};

struct source {
	char *name;
	struct topic_template *topic;
	int qos;
	const struct decoder *decoder;
	enum source_kind kind;
	char *each;             /* pointer to the array or object to take apart; NULL: none */
	struct condition *when; /* [when_count], all must hold */
	size_t when_count;
	struct id_expr id;            /* unit or lot, as kind says */
	struct id_expr tag;           /* when set, the one signal of an element is source.<tag> */
	struct payload_pointer value; /* with a tag: where the value is; text NULL: at "/value", or
					 the element itself where that is a scalar */
	enum time_format time_format;
	struct payload_pointer time;
	struct time_zone *zone; /* of ISO times without one; NULL: UTC */
	int64_t shift_ms;
	struct condition *quality;   /* NULL: none; the element counts where it holds */
	struct source_field *fields; /* none: every scalar member of the element; a scalar element
					is the field "value" */
	size_t field_count;
	bool opens;   /* may open a unit */
	bool journal; /* false: its messages are lost at a crash (a fast stream at QoS 0) */
};

/* Where units stay for a while. At least one of enter and exit is there. */
struct station {
	char *name;
	size_t enter, exit;   /* sources; NO_INDEX: none */
	int64_t max_dwell_ms; /* with enter: an exit later than that does not come */
	int64_t look_back_ms; /* exit alone: the window's greatest length; 0: none given */
	int64_t reorder_ms;   /* how long samples may come after the exit */
	bool no_exit_closes;  /* a window whose exit is missing ends at max_dwell, else its features
				 are missing */
};

/* A material lot: the signal that names it. */
struct lot {
	char *name;
	size_t bind_source;
	char *bind_field;
	bool is_loaded;   /* a stream tells the lot now loaded; else a unit-keyed field names it */
	size_t at;        /* loaded: at this station's enter; NO_INDEX: at the unit's start, */
	int64_t delay_ms; /* and so much earlier */
};

enum feature_kind {
	FEATURE_UNIT,   /* unit-keyed value: source.field */
	FEATURE_LOT,    /* property of the unit's lot: source.field of lot `lot` */
	FEATURE_LOT_ID, /* the id of lot `lot` itself; always text */
	FEATURE_STREAM, /* taken of a signal's samples in a window */
};

/* Which samples of a stream belong to a unit. */
struct window {
	enum window_anchor {
		WINDOW_DURING, /* a station: while the unit was there */
		WINDOW_START,  /* the others: before the unit's start, */
		WINDOW_ENTER,  /* its enter or */
		WINDOW_EXIT,   /* exit at a station, */
		WINDOW_SOURCE, /* its first message of a source */
	} anchor;
	size_t station; /* DURING, ENTER, EXIT */
	size_t source;  /* SOURCE */
	int64_t ago_ms, over_ms;
	bool has_over; /* else the newest sample at or before anchor - ago */
	int64_t hold_ms;
	bool has_hold;
};

struct feature {
	char *name;
	enum feature_kind kind;
	size_t source;
	char *field;
	size_t lot;
	bool is_text; /* of a stream: only TAKE_LAST and TAKE_FIRST */
	bool has_min, has_max;
	double min, max;
	bool impute; /* when missing: NULL and the model fills in; else the unit is not scored */
	struct window window;
	enum take take;
	size_t min_samples; /* 0: any number */
};

struct unit_policy {
	size_t ready_on;  /* a source: ready `grace` after its message; NO_INDEX: when complete */
	int64_t grace_ms; /* on the line's clock */
	int64_t deadline_ms; /* from its opening, on the line's clock */
	int64_t again_ms;    /* how long a scored unit is remembered */
	int64_t every_ms;    /* > 0: units by the clock instead, at its multiples */
};

/* What inspection found: a unit-keyed field, and which of its values mean what. */
struct label_rule {
	size_t source;
	char *field;
	struct scalar_list defect, good;          /* no good ones: all that is no defect is good */
	char *class_field, *by_field, *why_field; /* of the same source; NULL: none */
};

struct plan {
	char *line; /* the line's name: units by the clock are called after it */
	struct source *sources;
	size_t source_count;
	struct station *stations;
	size_t station_count;
	struct lot *lots;
	size_t lot_count;
	struct feature *features;
	size_t feature_count;
	struct label_rule *labels;
	size_t label_count;
	bool label_worst; /* of several labels of a unit the worst holds, else the newest */
	struct unit_policy unit;
};

/* Frees what the plan points to, not the plan itself. */
void plan_deinit(struct plan *plan);
int plan_find_source(const struct plan *plan, const char *name);  /* index or -1 */
int plan_find_station(const struct plan *plan, const char *name); /* index or -1 */
int plan_find_lot(const struct plan *plan, const char *name);     /* index or -1 */
int plan_find_feature(const struct plan *plan, const char *name); /* index or -1 */

/* Is the value one of the list, by JSON type and value? False for NULL, null, arrays, objects. */
bool scalar_list_has(const struct scalar_list *list, const cJSON *item);
