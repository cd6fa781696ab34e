/* What the files that read a source share. */
#pragma once

#include "lib/config/line_file.h"

enum format { FORMAT_JSON, FORMAT_NUMBER, FORMAT_TEXT };

/* The document as it is read: texts are borrowed from it. */
struct source_file {
	const char *topic, *each, *unit, *lot, *tag, *value, *time, *time_zone;
	bool has_unit, has_lot, has_value, has_time, has_time_format, journal;
	int qos, format, time_format;
	int64_t shift_ms;
	const cJSON *fields, *when, *quality;
};

/* A source while it is read. */
struct source_draft {
	struct draft *line;
	struct source *source;
	const struct source_file *file;
	const struct place *at;
};

/* The id or tag as it stands under `key`; NULL: the capture of that name, if the topic has one. */
void line_read_id(
	const struct source_draft *s, const char *key, const char *text, struct id_expr *out);
void line_read_conditions(const struct source_draft *s);
void line_read_time(const struct source_draft *s);

/* Says it where a payload that is one value is looked into. */
void line_check_pointer(const struct source_draft *s, const char *pointer, const struct place *at);
