/* A line file, and what its parts share while it is read.
 *
 * The plan is built in order: sources, stations, unit, lots, features, labels; later parts refer
 * to earlier ones by name. A source or station in which something was wrong stays in the plan and
 * is marked broken, so that what refers to it is not called dangling too. */
#pragma once

#include "lib/config/config.h"
#include "lib/config/schema.h"

struct source_note {
	bool is_broken;
	bool is_used;  /* by a feature, lot, station or label, by `ready` or `at` */
	bool may_open; /* by a feature, lot or station */
};

struct draft {
	const struct config *gateway; /* whole but for its lines */
	struct line_config *line;
	struct config_report *report;
	size_t errors_before;      /* of other files */
	struct source_note *notes; /* [plan.source_count] */
	bool *is_station_broken;   /* [plan.station_count] */
};

/* Reads the line file at `path` into *out. True when it stands; findings are in the report. What
 * is in *out then or otherwise belongs to the caller (line_config_deinit). */
bool line_file_read(struct line_config *out, const struct config *gateway, const char *path,
	struct config_report *report);

/* The same with its text given; `file` stands in findings. */
bool line_text_read(struct line_config *out, const struct config *gateway, const char *file,
	const char *text, struct config_report *report);

/* Nothing has been found wrong with this file so far. */
static inline bool line_is_sound(const struct draft *d)
{
	return d->report->errors == d->errors_before && !d->report->failed;
}

/* The parts, each with its own section of the document; NULL where that may be left out. */
void line_read_sources(struct draft *d, const cJSON *sources, const struct place *top);
void line_read_stations(struct draft *d, const cJSON *stations, const struct place *top);
void line_read_unit(struct draft *d, const cJSON *unit, const struct place *top);
void line_read_lots(struct draft *d, const cJSON *lots, const struct place *top);
void line_read_features(struct draft *d, const cJSON *features, const struct place *top);
void line_read_labels(struct draft *d, const cJSON *label, const struct place *top);
void line_read_decide(struct draft *d, const cJSON *decide, const struct place *top);

/* Who may open units: the unit-keyed sources that features, lots and stations use, narrowed by
 * `open` of the section `unit`. */
void line_mark_openers(struct draft *d, const cJSON *unit, const struct place *top);

/* Of a line without errors: what is allowed and hardly meant. */
void line_warn(const struct draft *d, const struct place *top);

/* What refers to something by name. LINE_REF_BAD: there is none, or it is of the wrong kind, and
 * an error. LINE_REF_UNSURE: it is broken, nothing was said. */
enum line_ref { LINE_REF_BAD, LINE_REF_UNSURE, LINE_REF_OK };
/* Whether the source's messages open units because of it. */
enum line_use { LINE_USE_READS, LINE_USE_OPENS };

enum line_ref line_find_source(
	struct draft *d, const char *name, enum line_use use, size_t *out, const struct place *at);
/* A source of units; `wanted` is the end of the sentence where it is none. */
enum line_ref line_find_unit_source(struct draft *d, const char *name, enum line_use use,
	size_t *out, const char *wanted, const struct place *at);
/* "source.field" taken apart: *source its index, *field a pointer into `text`. */
enum line_ref line_find_signal(struct draft *d, const char *text, enum line_use use, size_t *source,
	const char **field, const struct place *at);
enum line_ref line_find_station(
	const struct draft *d, const char *name, size_t *out, const struct place *at);
/* One with an enter of its own. */
enum line_ref line_find_entered(
	const struct draft *d, const char *name, size_t *out, const struct place *at);
enum line_ref line_find_lot(
	const struct draft *d, const char *name, size_t *out, const struct place *at);

/* "a source of units", "a source of lots", "a stream of the line". */
const char *line_kind_text(enum source_kind kind);

/* Copies of what a payload is asked for. */
void line_copy_pointer(struct draft *d, struct payload_pointer *out, const char *text);
/* A list of scalars that is not empty and has none twice. False and an error otherwise. */
bool line_read_scalars(
	struct draft *d, struct scalar_list *out, const cJSON *list, const struct place *at);
