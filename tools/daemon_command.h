/* A command to the running daemon, and its reply: <root>/cmd/<name> and <root>/reply of the broker,
 * where <root> is the "publish" of a line or of the gateway.
 *
 *	struct daemon_command c;
 *
 *	daemon_command_begin(&c, line->publish, "label");
 *	jsonw_text(&c.payload, "unit", unit);
 *	r = daemon_command_send(&c, &reply, config, err);
 *	daemon_command_deinit(&c); */
#pragma once

#include <stdbool.h>

#include "lib/base/buf.h"

struct config;
struct err;

struct daemon_command {
	const char *root, *name;
	char req[64];       /* what the reply is known by */
	struct buf payload; /* a JSON object that is still open, "req" in it */
};

struct daemon_reply {
	bool ok;
	char code[64];
	char text[1024];
};

void daemon_command_begin(struct daemon_command *c, const char *root, const char *name);
void daemon_command_deinit(struct daemon_command *c);
static inline void daemon_command_deinit_at(struct daemon_command *c)
{
	daemon_command_deinit(c);
}

/* The reply to a command, from the daemon or made here where none runs: its sentence on stdout, or
 * with --json all of it; what was refused on stderr. The exit status. */
struct context;
MUST_CHECK int daemon_reply_tell(
	const struct daemon_reply *reply, const struct context *ctx, const char *command);

/* Publishes it (QoS 1, not retained) and waits at most 10 s for the reply. -ETIMEDOUT when none
 * comes: the daemon may carry it out all the same; else what the broker is not willing to do. */
MUST_CHECK int daemon_command_send(struct daemon_command *c, struct daemon_reply *reply,
	const struct config *config, struct err *err);
