#include "tools/broker_session.h"

#include <stdio.h>
#include <unistd.h>

#include "lib/gateway/broker_tls.h"
#include "tools/broker_login.h"

int broker_session_open(struct session **out, const struct session_options *o,
	const struct broker_config *broker, const char *command, struct err *err)
{
	CLEANUP(broker_login_deinit) struct broker_login login = {0};
	struct session_options all = *o;
	struct tls_files tls;
	char client_id[64];
	int rc;

	snprintf(client_id, sizeof(client_id), "defectctl-%s-%ld", command, (long)getpid());
	all.client_id = client_id;
	if (broker) {
		rc = broker_login_read(&login, broker, err);
		if (rc < 0)
			return rc;
		all.host = broker->host;
		all.port = broker->port;
		all.tls = broker_tls_files(&tls, broker) ? &tls : NULL;
		all.username = login.username;
		all.password = login.password;
	}
	return session_open(out, &all, err);
}
