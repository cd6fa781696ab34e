/* Preloaded: every fsync and fdatasync takes SLOW_SYNC_MS longer. Stands for a slow disk. */
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void rest(void)
{
	const char *text = getenv("SLOW_SYNC_MS");
	long ms = text ? atol(text) : 0;
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

int fsync(int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");

	rest();
	return real(fd);
}

int fdatasync(int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");

	rest();
	return real(fd);
}
