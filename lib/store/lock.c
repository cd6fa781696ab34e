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

int store_lock_take(int *fd_out, const char *state_dir, struct err *err)
{
	char path[4096];
	int fd, r = 0;

	if (snprintf(path, sizeof(path), "%s/lock", state_dir) >= (int)sizeof(path))
		return err_set(err, -ENAMETOOLONG, "%s: the path is too long", state_dir);
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
