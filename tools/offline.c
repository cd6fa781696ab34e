#include "tools/offline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/err.h"

void offline_become_owner(const struct config *config)
{
	struct stat st;

	if (geteuid() != 0 || stat(config->state_dir, &st) < 0 || st.st_uid == 0)
		return;
	/* who may not enter it all the same is told so by what fails then */
	if (setegid(st.st_gid) == 0)
		(void)!seteuid(st.st_uid);
}

int64_t offline_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int open_all(struct offline *o, const struct config *config, const char *path, bool makes,
	struct err *err)
{
	int r;

	if (!makes && access(path, F_OK) < 0)
		return err_set(err, -errno,
			"%s: %s; the daemon makes the database when it first runs", path,
			strerror(errno));
	r = store_lock_take(&o->lock, config->state_dir, err);
	if (r == 0)
		r = store_open(&o->store, path, STORE_WRITE, err);
	if (r == 0)
		r = gateway_start(&o->gateway, config, o->store, offline_now_ms(), err);
	return r;
}

int offline_open(struct offline *o, const struct config *config, bool makes, struct err *err)
{
	char *path;
	int r;

	*o = (struct offline){.lock = -1};
	offline_become_owner(config);
	if (asprintf(&path, "%s/defectd.db", config->state_dir) < 0)
		return err_set(err, -ENOMEM, "no memory for a path");
	r = open_all(o, config, path, makes, err);
	free(path);
	return r;
}

void offline_close(struct offline *o)
{
	gateway_free(o->gateway);
	store_close(o->store);
	if (o->lock >= 0)
		close(o->lock);
	*o = (struct offline){.lock = -1};
}
