/* Inside the gateway: a model file as it was read, and the model in it. */
#pragma once

#include "lib/gateway/gateway.h"

struct candidate {
	void *bytes;
	size_t len;
	char sha256[SHA256_HEX];
	struct model *model;
};

void candidate_deinit(struct candidate *c);
static inline void candidate_deinit_at(struct candidate *c)
{
	candidate_deinit(c);
}

/* These say with a sentence in err what is wrong, and which reason a line has that would run the
 * model: *why is "no_model" (there is no file), "model_refused" or "model_misfit". A negative
 * errno.
 *
 * The bytes, and what they are called. */
MUST_CHECK int candidate_read(struct candidate *c, const struct gateway *g, const char *path,
	const char **why, struct err *err);
/* The model in the bytes, with its self-test; it can score units. */
MUST_CHECK int candidate_parse(struct candidate *c, const struct gateway *g, const char *path,
	const char **why, struct err *err);
/* The same, and does it fit the line? */
MUST_CHECK int candidate_check(struct candidate *c, const struct gateway *g, size_t line,
	const char *path, const char **why, struct err *err);
/* The registry's own copy of a model: is it there, and what its name says? With `parses` the model
 * too. What is not there is "model_refused". */
MUST_CHECK int candidate_load_copy(struct candidate *c, const struct gateway *g, const char *sha256,
	bool parses, const char **why, struct err *err);
