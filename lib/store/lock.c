/* The lock of the state folder. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/store/store.h"

#define LOCK_PATH_MAX 4096

/* Who has it, for people; the lock itself is the descriptor's. */
static void write_pid(int fd)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) < 0)
		return; /* a full disk: the lock holds without */
}

static int refuse_taken(int fd, const char *path, struct err *err)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return err_set(err, -EWOULDBLOCK,
		"%s: another process%s%s has this folder, only one may write", path,
		text[0] ? " with id " : "", text);
}

static int lock_path(char path[LOCK_PATH_MAX], const char *state_dir, struct err *err)
{
	if (snprintf(path, LOCK_PATH_MAX, "%s/lock", state_dir) >= LOCK_PATH_MAX)
		return err_set(err, -ENAMETOOLONG, "%s: the path is too long", state_dir);
	return 0;
}

int store_lock_take(int *fd_out, const char *state_dir, struct err *err)
{
	char path[LOCK_PATH_MAX];
	int fd, r = lock_path(path, state_dir, err);

	if (r < 0)
		return r;
	if (mkdir(state_dir, 0750) < 0 && errno != EEXIST) {
		r = -errno;
		return err_set(err, r, "%s: cannot make the folder: %s", state_dir, strerror(-r));
	}
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (fd < 0) {
		r = -errno;
		return err_set(err, r, "%s: cannot open the lock: %s", path, strerror(-r));
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		r = -errno;
		r = r == -EWOULDBLOCK
			    ? refuse_taken(fd, path, err)
			    : err_set(err, r, "%s: cannot take the lock: %s", path, strerror(-r));
		close(fd);
		return r;
	}
	write_pid(fd);
	*fd_out = fd;
	return 0;
}

int store_lock_is_held(const char *state_dir, bool *out, struct err *err)
{
	char path[LOCK_PATH_MAX];
	int fd, r = lock_path(path, state_dir, err);

	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		*out = false;
		return 0;
	}
	if (fd < 0) {
		r = -errno;
		return err_set(err, r, "%s: cannot open the lock: %s", path, strerror(-r));
	}
	*out = flock(fd, LOCK_SH | LOCK_NB) < 0;
	close(fd);
	return 0;
}
