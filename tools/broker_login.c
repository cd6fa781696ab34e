/* Who a command is to the broker. */
#include "tools/broker_login.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/config/config.h"

#define PASSWORD_BYTES_MAX 1024

int broker_login_read(struct broker_login *out, const struct broker_config *broker, struct err *err)
{
	char text[PASSWORD_BYTES_MAX + 1];
	size_t len;
	FILE *f;

	*out = (struct broker_login){.username = broker->username};
	if (!broker->password_file)
		return 0;
	f = fopen(broker->password_file, "re");
	if (!f)
		return err_set(err, -errno, "%s: %s", broker->password_file, strerror(errno));
	len = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[len] = 0;
	text[strcspn(text, "\r\n")] = 0;
	out->password = strdup(text);
	return out->password ? 0 : err_set(err, -ENOMEM, "no memory");
}

void broker_login_deinit(struct broker_login *l)
{
	free(l->password);
	l->password = NULL;
}
