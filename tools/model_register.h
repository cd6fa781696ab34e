/* A finished model file into the registry, as the challenger of a line: by the daemon that runs
 * (models/incoming), or, where none does, by the same code here. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/hash.h"
#include "lib/base/macros.h"

struct config;
struct err;
struct line_config;

struct model_registration {
	const void *bytes; /* of the file, as it is to be kept */
	size_t len;
	const char *by, *why;
	/* what came of it */
	char sha256[SHA256_HEX];
	bool is_news;    /* false: it is champion, previous or challenger already */
	char text[1200]; /* one sentence */
};

/* 0 when the registry has it. -EINVAL with a sentence when the model does not load or does not fit
 * the line; -ETIMEDOUT when the daemon has not taken it within 30 s (it may still do so); another
 * negative errno when it cannot be written. A running daemon that refuses leaves its sentence in
 * models/incoming, too. */
MUST_CHECK int model_register(struct model_registration *m, const struct config *config,
	const struct line_config *line, struct err *err);
