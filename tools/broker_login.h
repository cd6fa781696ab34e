/* Who a command is to the broker: the configured user and the password from its file. */
#pragma once

#include "lib/base/macros.h"

struct broker_config;
struct err;

struct broker_login {
	const char *username; /* the configuration's; NULL: none */
	char *password;       /* NULL: none */
};

/* The file's text without a line feed at its end. errno of reading, with a sentence. */
MUST_CHECK int broker_login_read(
	struct broker_login *out, const struct broker_config *broker, struct err *err);
void broker_login_deinit(struct broker_login *l);
static inline void broker_login_deinit_at(struct broker_login *l)
{
	broker_login_deinit(l);
}
