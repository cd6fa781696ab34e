/* Reading model files and keeping copies of them. */
#include "lib/gateway/model_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/model/model_pack.h"

static int read_all(
	int fd, void **bytes, size_t *len, const char *path, size_t limit, struct err *err)
{
	struct stat st;
	size_t got = 0;
	char *data;

	if (fstat(fd, &st) < 0)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, -EINVAL, "%s: is no regular file", path);
	if ((size_t)st.st_size > limit)
		return err_set(err, -EFBIG, "%s: has %zu bytes, allowed are %zu", path,
			(size_t)st.st_size, limit);
	data = malloc((size_t)st.st_size + 1);
	if (!data)
		return err_set(
			err, -ENOMEM, "%s: no memory for %zu bytes", path, (size_t)st.st_size);
	while (got < (size_t)st.st_size) {
		ssize_t n = read(fd, data + got, (size_t)st.st_size - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			free(data);
			return err_set(err, -errno, "%s: %s", path, strerror(errno));
		}
		if (n == 0)
			break; /* it became shorter; the checks of the contents will tell */
		got += (size_t)n;
	}
	*bytes = data;
	*len = got;
	return 0;
}

int model_file_read(void **bytes, size_t *len, const char *path, size_t limit, struct err *err)
{
	/* not held up by a pipe in its place */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int r;

	if (fd < 0)
		return err_set(err, -errno, "%s: %s", path,
			errno == ENOENT ? "there is no such file" : strerror(errno));
	r = read_all(fd, bytes, len, path, limit, err);
	close(fd);
	if (r < 0)
		return r;
	r = model_pack(bytes, len, path, limit, err);
	if (r < 0) {
		free(*bytes);
		*bytes = NULL;
	}
	return r < 0 ? err_prefix(err, r, "%s", path) : 0;
}

char *model_file_path(const char *state_dir, const char *sha256)
{
	char *path;

	return asprintf(&path, "%s/models/%s.onnx", state_dir, sha256) < 0 ? NULL : path;
}

/* Writes and syncs `name` in the folder. */
static int write_synced(int folder, const char *name, const void *bytes, size_t len)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	size_t done = 0;
	int r = 0;

	if (fd < 0)
		return -errno;
	while (done < len && r == 0) {
		ssize_t n = write(fd, (const char *)bytes + done, len - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			r = -errno;
	}
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

static int write_in(int folder, const char *name, const void *bytes, size_t len)
{
	char aside[NAME_MAX];
	int r;

	snprintf(aside, sizeof(aside), ".%.200s.new", name);
	r = write_synced(folder, aside, bytes, len);
	if (r == 0 && renameat(folder, aside, folder, name) < 0)
		r = -errno;
	if (r < 0) {
		unlinkat(folder, aside, 0);
		return r;
	}
	return fsync(folder) < 0 ? -errno : 0;
}

int model_file_write(
	const char *folder, const char *name, const void *bytes, size_t len, struct err *err)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	r = fd < 0 ? -errno : write_in(fd, name, bytes, len);
	if (fd >= 0)
		close(fd);
	return r == 0 ? 0
		      : err_set(err, r, "%s/%s: cannot be written: %s", folder, name, strerror(-r));
}

int model_file_keep(
	const char *state_dir, const char *sha256, const void *bytes, size_t len, struct err *err)
{
	char *folder, name[128];
	int r;

	if (asprintf(&folder, "%s/models", state_dir) < 0)
		return err_set(err, -ENOMEM, "no memory for a path");
	snprintf(name, sizeof(name), "%s.onnx", sha256);
	if (mkdir(folder, 0750) < 0 && errno != EEXIST)
		r = err_set(err, -errno, "%s: cannot be made: %s", folder, strerror(errno));
	else
		r = model_file_write(folder, name, bytes, len, err);
	free(folder);
	return r;
}

/* ".<name>.onnx.new" */
static bool is_aside(const char *name)
{
	static const char ending[] = ".onnx.new";
	size_t len = strlen(name);

	return name[0] == '.' && len > sizeof(ending) &&
	       strcmp(name + len - sizeof(ending) + 1, ending) == 0;
}

void model_file_clean(const char *state_dir)
{
	const struct dirent *entry;
	char *folder;
	DIR *dir;

	if (asprintf(&folder, "%s/models", state_dir) < 0)
		return;
	dir = opendir(folder);
	while (dir && (entry = readdir(dir))) {
		if (is_aside(entry->d_name))
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	if (dir)
		closedir(dir);
	free(folder);
}
