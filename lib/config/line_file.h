/* A line file, and what its parts share while it is read.
 *
 * The plan is built in order: sources, lots, unit, features; later parts refer to earlier ones by
 * name. A source in which something was wrong stays in the plan and is marked broken, so that
 * what refers to it is not called dangling too. */
#pragma once

#include "lib/config/config.h"
#include "lib/config/schema.h"

struct source_note {
	bool is_broken;
	bool is_used; /* by a feature or a lot */
};

struct draft {
	const struct config *gateway; /* whole but for its lines */
	struct line_config *line;
	struct config_report *report;
	struct source_note *notes; /* [plan.source_count] */
};

/* Reads the line file at `path` into *out. True when it stands; findings are in the report. What
 * is in *out then or otherwise belongs to the caller (line_config_deinit). */
bool line_file_read(struct line_config *out, const struct config *gateway, const char *path,
	struct config_report *report);

/* The parts, each with its own section of the document. */
void line_read_sources(struct draft *d, const cJSON *sources, const struct place *top);
void line_read_lots(struct draft *d, const cJSON *lots, const struct place *top);
void line_read_features(struct draft *d, const cJSON *features, const struct place *top);

/* Who may open units: the unit-keyed sources that are used, narrowed by `open` (NULL: not). */
void line_mark_openers(struct draft *d, const cJSON *open, const struct place *unit);

/* "source.field" taken apart: *source its index, *field a pointer into `text`. False and an error
 * when there is no such source or field. LINE_REF_UNSURE: the source is broken, nothing was said.
 */
enum line_ref { LINE_REF_BAD, LINE_REF_UNSURE, LINE_REF_OK };
enum line_ref line_find_signal(struct draft *d, const char *text, size_t *source,
	const char **field, const struct place *at);
/* A lot by name: *out its index. False when there is none, and an error. */
bool line_find_lot(const struct draft *d, const char *name, size_t *out, const struct place *at);
