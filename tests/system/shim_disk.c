/* Preloaded: a disk that fails on command. While the file named by DISK_TROUBLE exists, its text
 * says how: "ENOSPC" (full: writes that grow a file fail), "EROFS" (read-only: opening for
 * writing, creating and writing fail) or "EIO". Only files below DISK_ROOT are meant. Holds as
 * root, too, whom permissions do not stop. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static int trouble(void)
{
	int (*real_open)(const char *, int, ...) =
		(int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
	const char *path = getenv("DISK_TROUBLE");
	char text[16] = "";
	int fd, saved = errno;

	fd = path ? real_open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd >= 0) {
		if (read(fd, text, sizeof(text) - 1) < 0)
			text[0] = 0;
		close(fd);
	}
	errno = saved;
	if (strncmp(text, "ENOSPC", 6) == 0)
		return ENOSPC;
	if (strncmp(text, "EROFS", 5) == 0)
		return EROFS;
	return strncmp(text, "EIO", 3) == 0 ? EIO : 0;
}

static int is_below_root(const char *path)
{
	const char *root = getenv("DISK_ROOT");

	return root && strncmp(path, root, strlen(root)) == 0;
}

static int is_ours(int fd)
{
	char link[64], path[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return 0;
	path[n] = 0;
	return is_below_root(path);
}

static int refuses_open(const char *path, int flags)
{
	int err = is_below_root(path) ? trouble() : 0;

	if (err == EROFS && (flags & (O_WRONLY | O_RDWR | O_CREAT)))
		return EROFS;
	if (err == ENOSPC && (flags & O_CREAT) && access(path, F_OK) != 0)
		return ENOSPC;
	return 0;
}

#define OPEN_LIKE(name)                                                            \
	int name(const char *path, int flags, ...)                                 \
	{                                                                          \
		int (*real)(const char *, int, ...) =                              \
			(int (*)(const char *, int, ...))dlsym(RTLD_NEXT, #name);  \
		va_list args;                                                      \
		mode_t mode;                                                       \
                                                                                   \
		va_start(args, flags);                                             \
		mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(args, mode_t) : 0; \
		va_end(args);                                                      \
		errno = refuses_open(path, flags);                                 \
		return errno ? -1 : real(path, flags, mode);                       \
	}

int open(const char *path, int flags, ...);
int open64(const char *path, int flags, ...);
OPEN_LIKE(open)
OPEN_LIKE(open64)

int mkdir(const char *path, mode_t mode)
{
	int (*real)(const char *, mode_t) =
		(int (*)(const char *, mode_t))dlsym(RTLD_NEXT, "mkdir");
	int err = is_below_root(path) ? trouble() : 0;

	errno = err;
	return err ? -1 : real(path, mode);
}

static int refuses_write(int fd, off_t end)
{
	struct stat st;
	int err = is_ours(fd) ? trouble() : 0;

	if (err == ENOSPC && fstat(fd, &st) == 0 && end <= st.st_size)
		return 0; /* overwriting needs no space */
	return err;
}

#define PWRITE_LIKE(name, off_type)                                                               \
	ssize_t name(int fd, const void *bytes, size_t n, off_type at);                           \
	ssize_t name(int fd, const void *bytes, size_t n, off_type at)                            \
	{                                                                                         \
		ssize_t (*real)(int, const void *, size_t, off_type) =                            \
			(ssize_t(*)(int, const void *, size_t, off_type))dlsym(RTLD_NEXT, #name); \
		int err = refuses_write(fd, (off_t)(at + (off_type)n));                           \
                                                                                                  \
		errno = err;                                                                      \
		return err ? -1 : real(fd, bytes, n, at);                                         \
	}

PWRITE_LIKE(pwrite, off_t)
PWRITE_LIKE(pwrite64, off64_t)

ssize_t write(int fd, const void *bytes, size_t n)
{
	ssize_t (*real)(int, const void *, size_t) =
		(ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
	off_t at = lseek(fd, 0, SEEK_CUR);
	int err = at >= 0 ? refuses_write(fd, at + (off_t)n) : 0;

	errno = err;
	return err ? -1 : real(fd, bytes, n);
}
