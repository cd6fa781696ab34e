/* TLS towards the broker, as the configuration has it. */
#pragma once

#include "lib/config/config.h"
#include "lib/wire/tls.h"

/* What tls_new needs; the texts are the configuration's. False: `b` is without TLS. */
bool broker_tls_files(struct tls_files *out, const struct broker_config *b);

/* Whether the files can be used, into the report: what cannot be opened or holds something else; a
 * key that others may read; a certificate that has ended or soon will. Who checks need not be who
 * runs the service: what only the permissions keep from us is a warning. */
void broker_tls_check(const struct config *c, struct config_report *report);
