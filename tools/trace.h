/* What `defectctl trace` knows of one unit, all of it from the database: its row, and the line file
 * as it was when the unit was scored. */
#pragma once

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/value.h"

struct err;
struct store;

/* One of the row's columns that are no features; "" and false where it is NULL. */
struct trace_text {
	const char *text;
	bool is_there;
};

struct trace_feature {
	const char *name;
	struct value value;
	const cJSON *detail; /* {"n","from","to","missing","refused","held"}; NULL: not kept */
	bool is_imputed;
	/* from the line file, "" where it does not say */
	const char *from;    /* "start.thickness" */
	const char *rule;    /* "mean during oven" */
	const char *topic;   /* with what is known filled in */
	const char *pointer; /* where in the payload */
	const char *lot, *lot_id;
};

struct trace_other { /* another unit of the same id */
	int64_t started_ms;
	const char *verdict;
};

struct trace {
	struct arena *arena;
	const char *line, *unit;
	int64_t started_ms, scored_ms;
	struct trace_text verdict, p_defect, class_name, threshold, model, reason, imputed, reasons,
		lots, config, latency_us, gap_ms;
	cJSON *imputed_list, *reason_list, *lot_map, *detail, *line_file; /* NULL: not there */
	struct trace_feature *features;
	size_t feature_count;
	struct trace_other *others; /* newest first */
	size_t other_count;
};

#define TRACE_NEWEST INT64_MIN

/* The row of the unit that started then, or of the newest. -ENOENT with a sentence that names what
 * is near. Sets everything but what comes from the line file. */
MUST_CHECK int trace_read(struct trace *out, struct store *s, const char *line, const char *unit,
	int64_t started_ms, struct err *err);
void trace_deinit(struct trace *t);
static inline void trace_deinit_at(struct trace *t)
{
	trace_deinit(t);
}

/* Brings the features into the line file's order, leaves out those it does not have, and says where
 * each comes from. Without a line file: nothing. -ENOMEM. */
MUST_CHECK int trace_find_sources(struct trace *t, struct err *err);

/* Of a feature's detail: a member, or NULL; why it is missing, or ""; a whole number, false where
 * there is none; whether a value from before the window stood in. */
const cJSON *trace_detail(const struct trace_feature *f, const char *key);
const char *trace_missing(const struct trace_feature *f);
bool trace_detail_int(const struct trace_feature *f, const char *key, int64_t *out);
bool trace_is_held(const struct trace_feature *f);

void trace_print(const struct trace *t);
void trace_print_json(const struct trace *t);
