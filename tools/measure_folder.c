/* Temporary folders to measure in. */
#include "tools/measure.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"

int measure_folder_new(char path[MEASURE_PATH_MAX], const char *parent, struct err *err)
{
	int n = snprintf(path, MEASURE_PATH_MAX, "%s/defectd-bench-XXXXXX", parent);

	if (n < 0 || n >= MEASURE_PATH_MAX)
		return err_set(err, -ENAMETOOLONG, "%s: the path is too long", parent);
	if (!mkdtemp(path))
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	return 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	remove(path);
	return 0;
}

void measure_folder_remove(const char *path)
{
	nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
