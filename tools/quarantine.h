/* What the actions of `defectctl quarantine` share. */
#pragma once

#include <stdint.h>

#include "tools/command.h"
#include "tools/options.h"

struct config;
struct store;

/* Publishes payloads again: those of `ids`, or where there are none, those of `reason` (and `line`,
 * NULL: any). The exit status: 1 with a sentence on stderr when the broker would not, when an id is
 * not there or no whole message, and when nothing was published. */
int quarantine_replay(const struct context *ctx, const struct config *config, struct store *s,
	const struct option_list *ids, const char *reason, const char *line);

/* A number from 1 on, or -1. */
int64_t quarantine_id(const char *text);
