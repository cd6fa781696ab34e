/* Everything that can be checked without a broker: configuration, models and their fit. What
 * `defectctl check` and the daemon's --check do; nothing is written. */
#pragma once

#include "lib/gateway/gateway.h"

struct gateway_check {
	struct config_report report; /* of configuration and models; errors: it does not hold */
	struct config *config;       /* NULL: refused */
	struct gateway *gateway;     /* NULL: the configuration is refused */
};

/* What brokers do by themselves and no configuration of ours can change. */
extern const char *const gateway_check_note;

/* 0 whatever was found; a negative errno when it could not be found out, with a sentence. *out is
 * to be deinitialised in any case. */
MUST_CHECK int gateway_check(struct gateway_check *out, const char *file,
	const struct nn_kernels *kernels, struct err *err);
void gateway_check_deinit(struct gateway_check *c);
static inline void gateway_check_deinit_at(struct gateway_check *c)
{
	gateway_check_deinit(c);
}

/* What is configured, for people: gateway, lines, sources, lots, features, models; at the end
 * how many errors and warnings there were. The findings themselves are config_report_text's. */
void gateway_check_text(const struct gateway_check *c, struct buf *out);

/* Does the model in force want this feature? False without a model. */
bool gateway_line_uses(const struct gateway_line *line, const char *feature);
