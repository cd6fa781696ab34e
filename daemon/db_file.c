#include "daemon/db_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/err.h"
#include "lib/gateway/gateway.h"

char *db_file_path(const char *state_dir)
{
	char *path;

	return asprintf(&path, "%s/defectd.db", state_dir) < 0 ? NULL : path;
}

int db_file_set_aside(const char *path, struct err *err)
{
	static const char *const parts[] = {"", "-wal", "-shm"};
	char stamp[32], from[4096], to[4096];
	time_t now = time(NULL);
	struct tm tm;

	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", gmtime_r(&now, &tm));
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		snprintf(from, sizeof(from), "%s%s", path, parts[i]);
		snprintf(to, sizeof(to), "%s.bad-%s%s", path, stamp, parts[i]);
		if (rename(from, to) < 0 && errno != ENOENT)
			return err_set(
				err, -errno, "%s: cannot be set aside: %s", from, strerror(errno));
	}
	return 0;
}

int db_file_begin_anew(struct store **out, const char *path, const struct gateway *g, int64_t boot,
	int64_t now_ms, struct err *err)
{
	CLEANUP(store_close) struct store *s = NULL;
	int r = store_open(&s, path, STORE_WRITE, err);

	if (r == 0)
		r = gateway_prepare_store(g, s, now_ms, err);
	if (r == 0)
		r = gateway_put_in_force(g, s, NULL, err);
	if (r == 0)
		r = store_meta_set(s, "boot", boot, err);
	if (r < 0)
		return r;
	*out = TAKE(s);
	return 0;
}
