/* A file that appears whole or not at all. */
#include "tools/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/err.h"

static int folder_of(char folder[PATH_MAX], const char *path, struct err *err)
{
	char copy[PATH_MAX];

	if (strlen(path) >= sizeof(copy) - 8)
		return err_set(err, -ENAMETOOLONG, "%s: the path is too long", path);
	strcpy(copy, path);
	strcpy(folder, dirname(copy));
	return 0;
}

/* The rename would take the place of whatever is there: of a device too. */
static int refuse_what_is_no_file(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) != 0 || S_ISREG(st.st_mode))
		return 0;
	if (S_ISDIR(st.st_mode))
		return err_set(err, -EISDIR, "%s: is a folder, wanted is a file", path);
	return err_set(err, -EINVAL, "%s: is a device, pipe or socket, wanted is a file", path);
}

int new_file_check(const char *path, struct err *err)
{
	char folder[PATH_MAX];
	int rc = folder_of(folder, path, err);

	if (rc == 0)
		rc = refuse_what_is_no_file(path, err);
	if (rc != 0)
		return rc;
	if (access(folder, F_OK) != 0 && errno == ENOENT)
		return err_set(
			err, -ENOENT, "%s: cannot be written: there is no folder %s", path, folder);
	if (access(folder, W_OK | X_OK) != 0)
		return err_set(err, -errno, "%s: cannot be written: %s", path, strerror(errno));
	return 0;
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static int fill(int fd, const void *bytes, size_t len)
{
	const mode_t mask = umask(0);
	int rc;

	umask(mask);
	rc = write_all(fd, bytes, len);
	if (rc == 0 && (fchmod(fd, 0666 & ~mask) != 0 || fsync(fd) != 0))
		rc = -errno;
	if (close(fd) != 0 && rc == 0)
		rc = -errno;
	return rc;
}

/* The rename itself is on the disk only once the folder is. */
static int sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd) != 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return rc;
}

int new_file_write(const char *path, const void *bytes, size_t len, struct err *err)
{
	char folder[PATH_MAX], aside[PATH_MAX];
	int rc = folder_of(folder, path, err);
	int fd;

	if (rc == 0)
		rc = refuse_what_is_no_file(path, err);
	if (rc != 0)
		return rc;
	snprintf(aside, sizeof(aside), "%s.XXXXXX", path);
	fd = mkostemp(aside, O_CLOEXEC);
	if (fd < 0)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	rc = fill(fd, bytes, len);
	if (rc == 0 && rename(aside, path) != 0)
		rc = -errno;
	if (rc != 0) {
		unlink(aside);
		return err_set(err, rc, "%s: %s", path, strerror(-rc));
	}
	rc = sync_folder(folder);
	return rc == 0 ? 0 : err_set(err, rc, "%s: %s", folder, strerror(-rc));
}
