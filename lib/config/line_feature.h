/* What the files that read a feature share. */
#pragma once

#include "lib/config/line_file.h"

/* The document as it is read: texts are borrowed from it. */
struct feature_file {
	const char *name, *from, *lot, *during, *at;
	int type, missing;
	bool has_type, has_min, has_max;
	double min, max;
	bool has_during, has_at, has_ago, has_over, has_hold, has_min_samples;
	int64_t ago_ms, over_ms, hold_ms, min_samples;
	const cJSON *take;
};

/* What is taken of a window; of a list each makes a feature of its own. */
struct take_list {
	enum take v[TAKE_COUNT_OF];
	size_t count; /* 0: something was wrong */
	bool is_list;
};

/* `take` as it stands there, or as it is by default; whether it goes with the window and the type
 * is judged by line_check_takes. */
void line_read_takes(struct take_list *out, const struct feature_file *f, const struct place *at);
void line_check_takes(const struct take_list *takes, const struct feature_file *f, bool is_text,
	const struct place *at);

/* The window of a stream's feature. */
void line_read_window(
	struct draft *d, struct window *out, const struct feature_file *f, const struct place *at);
/* Of a feature that has none every key of a window is an error. `source` NULL: the id of a lot. */
void line_refuse_window(
	const struct feature_file *f, const struct source *source, const struct place *at);
