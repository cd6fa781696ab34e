/* A file that appears whole or not at all. */
#include "tools/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
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

/* The rename itself is on the disk only once the folder is. */
static int sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd) != 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return rc;
}

struct new_file {
	FILE *stream; /* NULL: closed */
	char path[PATH_MAX], aside[PATH_MAX], folder[PATH_MAX];
};

int new_file_open(struct new_file **out, const char *path, struct err *err)
{
	CLEANUP(new_file_drop) struct new_file *f = calloc(1, sizeof(*f));
	int rc = f ? folder_of(f->folder, path, err) : err_set(err, -ENOMEM, "no memory");
	int fd;

	if (rc == 0)
		rc = refuse_what_is_no_file(path, err);
	if (rc != 0)
		return rc;
	snprintf(f->path, sizeof(f->path), "%s", path);
	snprintf(f->aside, sizeof(f->aside), "%.*s.XXXXXX", PATH_MAX - 8, path);
	fd = mkostemp(f->aside, O_CLOEXEC);
	if (fd < 0)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	f->stream = fdopen(fd, "w");
	if (!f->stream) {
		close(fd);
		unlink(f->aside);
		return err_set(err, -ENOMEM, "%s: no memory to write it", path);
	}
	*out = TAKE(f);
	return 0;
}

FILE *new_file_stream(struct new_file *f)
{
	return f->stream;
}

void new_file_drop(struct new_file *f)
{
	if (!f)
		return;
	if (f->stream) {
		fclose(f->stream);
		unlink(f->aside);
	}
	free(f);
}

/* What was written is on the disk afterwards, or it is the first error of writing. */
static int finish(struct new_file *f)
{
	const mode_t mask = umask(0);
	bool failed;
	int rc = 0;

	umask(mask);
	errno = 0;
	failed = fflush(f->stream) != 0;
	failed |= ferror(f->stream) != 0;
	if (failed || fchmod(fileno(f->stream), 0666 & ~mask) != 0 || fsync(fileno(f->stream)) != 0)
		rc = errno ? -errno : -EIO;
	if (fclose(TAKE(f->stream)) != 0 && rc == 0)
		rc = -errno;
	return rc;
}

int new_file_keep(struct new_file *file, struct err *err)
{
	CLEANUP(new_file_drop) struct new_file *f = file;
	int rc = finish(f);

	if (rc == 0 && rename(f->aside, f->path) != 0)
		rc = -errno;
	if (rc != 0) {
		unlink(f->aside);
		return err_set(err, rc, "%s: %s", f->path, strerror(-rc));
	}
	rc = sync_folder(f->folder);
	return rc == 0 ? 0 : err_set(err, rc, "%s: %s", f->folder, strerror(-rc));
}

int new_file_write(const char *path, const void *bytes, size_t len, struct err *err)
{
	CLEANUP(new_file_drop) struct new_file *f = NULL;
	int rc = new_file_open(&f, path, err);

	if (rc != 0)
		return rc;
	errno = 0;
	if (fwrite(bytes, 1, len, f->stream) != len) {
		rc = errno ? -errno : -EIO; /* at the end it would no longer be known */
		return err_set(err, rc, "%s: %s", path, strerror(-rc));
	}
	return new_file_keep(TAKE(f), err);
}
