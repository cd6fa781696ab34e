/* A line's plan: how raw features come out of messages. Built by the configuration, fixed while
 * it is in use; the assembler works from it.
 *
 * Glossary: a source is a topic template and how to read what matches it; a signal is
 * "source.field"; a raw feature is a named value of a unit.
 * Left for later, with their place here: `each` and `when` of a source, streams (a source with
 * neither unit nor lot), stations, windows and `take` of a feature, the lot now loaded. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/feature/decoder.h"
#include "lib/feature/topic.h"

#define NAME_LEN_MAX 48
#define ID_BYTES_MAX 128

enum source_kind {
	SOURCE_UNIT, /* carries a unit id: unit-keyed values */
	SOURCE_LOT,  /* carries a lot id: properties of a lot */
};

/* Where an id or a tag comes from: a capture of the topic, or a pointer into the payload. */
struct id_expr {
	enum { ID_NONE, ID_CAPTURE, ID_POINTER } kind;
	int capture;
	char *pointer; /* RFC 6901 */
};

enum time_format {
	TIME_OF_RECEIPT, /* the source has no times of its own */
	TIME_MS,         /* a number: milliseconds since 1970 */
	TIME_ISO,        /* ISO 8601 text */
};

struct source_field {
	char *name;
	char *pointer;
};

struct source {
	char *name;
	struct topic_template *topic;
	int qos;
	const struct decoder *decoder;
	enum source_kind kind;
	struct id_expr id;   /* unit or lot, as kind says */
	struct id_expr tag;  /* when set, the one signal of a message is source.<tag> */
	char *value_pointer; /* with a tag: where the value is ("" for number) */
	enum time_format time_format;
	char *time_pointer;
	struct source_field *fields; /* none: every scalar member of the top level (json), or the
					field "value" (number) */
	size_t field_count;
	bool opens; /* may open a unit */
};

/* A material lot: the unit-keyed signal that names it. */
struct lot {
	char *name;
	size_t bind_source;
	char *bind_field;
};

enum feature_kind {
	FEATURE_UNIT,   /* unit-keyed value: source.field */
	FEATURE_LOT,    /* property of the unit's lot: source.field of lot `lot` */
	FEATURE_LOT_ID, /* the id of lot `lot` itself; always text */
};

struct feature {
	char *name;
	enum feature_kind kind;
	size_t source;
	char *field;
	size_t lot;
	bool is_text;
	bool has_min, has_max;
	double min, max;
	bool impute; /* when missing: NULL and the model fills in; else the unit is not scored */
};

struct unit_policy {
	int64_t deadline_ms; /* from its opening, on the line's clock */
	int64_t again_ms;    /* how long a scored unit is remembered */
};

struct plan {
	struct source *sources;
	size_t source_count;
	struct lot *lots;
	size_t lot_count;
	struct feature *features;
	size_t feature_count;
	struct unit_policy unit;
};

/* Frees what the plan points to, not the plan itself. */
void plan_deinit(struct plan *plan);
int plan_find_source(const struct plan *plan, const char *name);  /* index or -1 */
int plan_find_lot(const struct plan *plan, const char *name);     /* index or -1 */
int plan_find_feature(const struct plan *plan, const char *name); /* index or -1 */
