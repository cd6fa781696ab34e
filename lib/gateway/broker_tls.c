#include "lib/gateway/broker_tls.h"

#include <errno.h>
#include <sys/stat.h>

#include "lib/base/err.h"

#define ENDS_SOON_DAYS 30

bool broker_tls_files(struct tls_files *out, const struct broker_config *b)
{
	*out = (struct tls_files){
		.host = b->host,
		.ca_file = b->tls.ca_file,
		.cert_file = b->tls.cert_file,
		.key_file = b->tls.key_file,
	};
	return b->tls.is_on;
}

static void check_key_is_secret(const struct config *c, struct config_report *report)
{
	struct stat st;

	if (c->broker.tls.key_file && stat(c->broker.tls.key_file, &st) == 0 &&
		(st.st_mode & S_IRWXO))
		config_report_warning(report, c->file, "/broker/tls/key_file",
			"%s: everybody may read or change the key (mode %04o); 0640 or 0600 is "
			"meant",
			c->broker.tls.key_file, st.st_mode & 07777);
}

static void check_end(const struct config *c, int days, struct config_report *report)
{
	static const char where[] = "/broker/tls/cert_file";
	const char *path = c->broker.tls.cert_file;

	if (days < 0)
		config_report_warning(report, c->file, where,
			"%s: the certificate has ended, %d days ago; the broker will not take it",
			path, -days);
	else if (days < ENDS_SOON_DAYS)
		config_report_warning(
			report, c->file, where, "%s: the certificate ends in %d days", path, days);
}

/* Whether all files can be opened. Who checks need not be who runs the service: what only the
 * permissions keep from us is a warning. */
static bool look_at_files(const struct config *c, struct config_report *report)
{
	const struct {
		const char *where, *path;
	} files[] = {
		{"/broker/tls/ca_file", c->broker.tls.ca_file},
		{"/broker/tls/cert_file", c->broker.tls.cert_file},
		{"/broker/tls/key_file", c->broker.tls.key_file},
	};
	bool ok = true;

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct err trouble = {0};
		int r = files[i].path ? tls_file_look(files[i].path, &trouble) : 0;

		if (r == -EACCES)
			config_report_warning(report, c->file, files[i].where, "%s", trouble.text);
		else if (r < 0)
			config_report_error(report, c->file, files[i].where, "%s", trouble.text);
		ok = ok && r == 0;
	}
	return ok;
}

void broker_tls_check(const struct config *c, struct config_report *report)
{
	CLEANUP(tls_free) struct tls *t = NULL;
	struct err trouble = {0};
	struct tls_files files;

	if (!broker_tls_files(&files, &c->broker))
		return;
	check_key_is_secret(c, report);
	if (!look_at_files(c, report))
		return;
	if (tls_new(&t, &files, &trouble) < 0)
		config_report_error(report, c->file, "/broker/tls", "%s", trouble.text);
	else
		check_end(c, tls_days_left(t), report);
}
