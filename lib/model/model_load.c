/* A model file from its folder. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/model/model.h"
#include "lib/model/model_pack.h"
#include "lib/model/onnx_rewrite.h"

static int no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "no memory for the model");
}

/* The file's bytes, malloc'ed. It is read, not mapped: others may cut it short meanwhile. */
static int read_file(void **out, size_t *len, int fd, size_t limit, struct err *err)
{
	struct stat st;
	size_t have = 0;
	char *bytes;

	if (fstat(fd, &st) < 0)
		return err_set(err, -errno, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, -EINVAL, "not a regular file");
	if ((uintmax_t)st.st_size > limit)
		return err_set(err, -EFBIG, "the file has %jd bytes, allowed for a model are %zu",
			(intmax_t)st.st_size, limit);
	bytes = malloc((size_t)st.st_size + 1);
	if (!bytes)
		return no_memory(err);
	while (have < (size_t)st.st_size) {
		ssize_t n = read(fd, bytes + have, (size_t)st.st_size - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int code = n < 0 ? errno : EIO;

			free(bytes);
			return err_set(err, -code, "reading failed: %s",
				n < 0 ? strerror(code) : "the file became shorter meanwhile");
		}
		have += (size_t)n;
	}
	*out = bytes;
	*len = have;
	return 0;
}

/* The folder of a file, opened. */
static int open_folder(const char *path, struct err *err)
{
	char *copy = strdup(path);
	int fd;

	if (!copy)
		return no_memory(err);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	return fd < 0 ? err_set(err, -errno, "its folder: %s", strerror(errno)) : fd;
}

int model_pack(void **bytes, size_t *len, const char *path, size_t limit_bytes, struct err *err)
{
	CLEANUP(buf_deinit) struct buf out = {0};
	int folder, rc;

	/* the key that external data cannot do without: most files need no copy */
	if (!memmem(*bytes, *len, "location", strlen("location")))
		return 0;
	folder = open_folder(path, err);
	if (folder < 0)
		return folder;
	rc = onnx_rewrite(&out, *bytes, *len, folder, NULL, 0, limit_bytes, err);
	close(folder);
	if (rc < 0)
		return rc;
	free(*bytes);
	*bytes = out.data;
	*len = out.len;
	buf_init(&out); /* handed over */
	return 0;
}

int model_load(struct model **out, const char *path, size_t limit_bytes, const struct nn_kernels *k,
	struct err *err)
{
	void *bytes = NULL;
	size_t len = 0;
	/* not to wait for a writer where the path is a FIFO */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc;

	if (fd < 0)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	rc = read_file(&bytes, &len, fd, limit_bytes, err);
	close(fd);
	if (rc == 0)
		rc = model_pack(&bytes, &len, path, limit_bytes, err);
	if (rc == 0)
		rc = model_parse(out, bytes, len, k, err);
	free(bytes);
	return rc < 0 ? err_prefix(err, rc, "%s", path) : 0;
}
