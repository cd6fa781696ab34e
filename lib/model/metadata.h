/* What stands beside the graph in a model file, as JSON: defectd.inputs and the rest. Read
 * strictly: a key that is not known is refused by name, since ignoring it would change what the
 * model says. */
#pragma once

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/base/macros.h"
#include "lib/model/model.h"

#define METADATA_BYTES_MAX (1u << 20) /* of one entry; JSON takes many times its text in memory */

struct arena;
struct buf;
struct err;

/* A JSON list in vector order. Statistics that are NAN are left out. */
void metadata_write_inputs(struct buf *out, const struct model_input *inputs, size_t count);
/* inputs [count], in the arena; `count` is what the graph wants. -EINVAL, -ENOMEM. */
MUST_CHECK int metadata_read_inputs(struct model_input **out, size_t count, struct arena *memory,
	const char *text, size_t len, struct err *err);
/* The same from a tree, of any length; `where` is what messages call it. */
MUST_CHECK int metadata_take_inputs(struct model_input **out, size_t *count, struct arena *memory,
	const cJSON *tree, const char *where, struct err *err);

void metadata_write_threshold(struct buf *out, double threshold);
MUST_CHECK int metadata_read_threshold(double *out, const char *text, size_t len, struct err *err);

/* Any JSON object; kept as it is. *out is in the arena; `key` is for messages. */
MUST_CHECK int metadata_read_object(const char **out, struct arena *memory, const char *key,
	const char *text, size_t len, struct err *err);

/* Only "true" is allowed. */
MUST_CHECK int metadata_read_logits(bool *out, const char *text, size_t len, struct err *err);

struct metadata_classes {
	const char *const *names; /* [count], as the graph's outputs */
	const bool *is_defect;    /* [count]: at least one of them, and not all */
	size_t count;             /* 0: none */
};

/* Both lists of texts, or neither (NULL); everything goes into the arena. `outputs`: of the graph.
 * -EINVAL: not as many as outputs, a name twice, a defect that is no class, none or all of them
 * defects; -ENOMEM. */
MUST_CHECK int metadata_read_classes(struct metadata_classes *out, size_t outputs,
	struct arena *memory, const char *classes, size_t classes_len, const char *defects,
	size_t defects_len, struct err *err);
/* A JSON list of texts. */
void metadata_write_texts(struct buf *out, const char *const *texts, size_t count);
