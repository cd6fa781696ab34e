/* A session with the broker of the configuration, as its user. */
#pragma once

#include "lib/base/macros.h"
#include "tools/session.h"

struct broker_config;
struct err;

/* `command` becomes part of the client id, which is this run's own: a broker ends the older of two
 * with one name. `o` says the rest; where `broker` is not NULL, host, port, login and TLS are its.
 */
MUST_CHECK int broker_session_open(struct session **out, const struct session_options *o,
	const struct broker_config *broker, const char *command, struct err *err);
