/* What is recorded of one unit, once it is scored: the row that the engine makes, the messages
 * are written from, and the store keeps. It lives in base because these layers do not know each
 * other. Texts belong to whoever made the row (the engine: the arena of its outcomes). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/value.h"

struct unit_row {
	const char *line;
	const char *unit;
	int64_t started_ms;
	int64_t scored_ms;
	uint64_t seq;           /* counts the line's units over restarts, from 1; not a column */
	const char *verdict;    /* "pass" "defect" "unsure" "not_scored" */
	int verdict_n;          /* 0 1 2 3 */
	double p_defect;        /* -1 when not scored (stored as NULL) */
	const char *class_name; /* "" without classes */
	double threshold;       /* 0 when there is no model */
	const char *model;      /* sha256 of the model file, "" without */
	const char *reason;     /* why not scored or unsure; "" otherwise */
	unsigned imputed_count;
	const char *imputed; /* JSON list of feature names */
	const char *reasons; /* JSON list */
	const char *detail;  /* JSON object, or NULL: not kept for this unit */
	const char *lots;    /* JSON object: lot name -> id */
	const char *config;  /* sha256 of the line file */
	int64_t latency_us;  /* -1: not measured (replay); the daemon fills it in */
	int64_t gap_ms;      /* -1: not known */
	size_t value_count;
	const char *const *names;   /* [value_count] feature names, as columns */
	const struct value *values; /* [value_count] */
};
