#include "lib/model/onnx_external.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/model/onnx.pb-c.h"
#include "lib/model/onnx_graph.h"

#define LOCATION_EXTERNAL 1 /* TensorProto.DataLocation */

void onnx_external_init(struct onnx_external *e, int folder, size_t limit_bytes)
{
	*e = (struct onnx_external){.folder = folder, .left = limit_bytes, .file = -1};
}

static void forget_file(struct onnx_external *e)
{
	if (e->file >= 0)
		close(e->file);
	free(e->location);
	e->file = -1;
	e->location = NULL;
}

void onnx_external_deinit(struct onnx_external *e)
{
	forget_file(e);
}

bool onnx_is_external(const struct Onnx__TensorProto *p)
{
	return p->data_location == LOCATION_EXTERNAL;
}

/* The value of an entry, NULL when there is none. Twice is refused: readers would differ. */
static int find_entry(const Onnx__TensorProto *p, const char *key, const ProtobufCBinaryData **out,
	const char *what, struct err *err)
{
	*out = NULL;
	for (size_t i = 0; i < p->n_external_data; i++) {
		const Onnx__StringStringEntryProto *e = p->external_data[i];

		if (!e->key || strcmp(e->key, key) != 0)
			continue;
		if (*out)
			return err_set(err, -EINVAL,
				"%s: its external data has \"%s\" twice, once is allowed", what,
				key);
		*out = &e->value;
	}
	return 0;
}

/* A decimal number; `preset` when there is no such entry. */
static int read_number(const Onnx__TensorProto *p, const char *key, uint64_t preset, uint64_t *out,
	const char *what, struct err *err)
{
	const ProtobufCBinaryData *text;
	uint64_t v = 0;
	int rc = find_entry(p, key, &text, what, err);

	if (rc < 0)
		return rc;
	*out = preset;
	if (!text)
		return 0;
	for (size_t i = 0; i < text->len; i++) {
		unsigned digit = text->data[i] - (unsigned)'0';

		if (digit > 9 || __builtin_mul_overflow(v, 10, &v) ||
			__builtin_add_overflow(v, digit, &v))
			return err_set(err, -EINVAL,
				"%s: the %s of its external data is no number of bytes that a file "
				"can have",
				what, key);
	}
	if (text->len == 0)
		return err_set(err, -EINVAL, "%s: the %s of its external data is empty", what, key);
	*out = v;
	return 0;
}

/* malloc'ed, NUL-terminated. */
static int read_location(const Onnx__TensorProto *p, char **out, const char *what, struct err *err)
{
	const ProtobufCBinaryData *text;
	int rc = find_entry(p, "location", &text, what, err);

	if (rc < 0)
		return rc;
	if (!text || text->len == 0)
		return err_set(err, -EINVAL,
			"%s: its numbers are in another file, but it does not say which", what);
	if (memchr(text->data, 0, text->len))
		return err_set(err, -EINVAL,
			"%s: the location of its external data has a NUL in it", what);
	*out = strndup((const char *)text->data, text->len);
	return *out ? 0 : err_set(err, -ENOMEM, "no memory for the model");
}

static int cannot_open(const char *location, int code, const char *what, struct err *err)
{
	char show[ONNX_TEXT];

	onnx_show(show, location);
	if (code == ELOOP || code == ENOTDIR)
		return err_set(err, -EINVAL,
			"%s: its numbers are in \"%s\", part of which is a link or no folder; "
			"links are not followed",
			what, show);
	if (code == ENOENT || code == ENAMETOOLONG)
		return err_set(err, -EINVAL,
			"%s: its numbers are in \"%s\", which is not in the folder of the model",
			what, show);
	return err_set(err, -code, "%s: its numbers are in \"%s\", which cannot be opened: %s",
		what, show, strerror(code));
}

/* Part by part from the folder on. *out is the file's descriptor. */
static int open_path(int folder, const char *location, int *out, const char *what, struct err *err)
{
	char part[256], show[ONNX_TEXT];
	const char *at = location;
	int here = folder;

	if (location[0] == '/')
		return err_set(err, -EINVAL,
			"%s: its numbers are in \"%s\": the path must be relative, only the folder "
			"of the model is looked in",
			what, onnx_show(show, location));
	for (;;) {
		size_t len = strcspn(at, "/");
		bool is_last = !at[len];
		int next, code;

		if (len == 2 && memcmp(at, "..", 2) == 0) {
			if (here != folder)
				close(here);
			return err_set(err, -EINVAL,
				"%s: its numbers are in \"%s\": \"..\" is not allowed, only the "
				"folder of the model is looked in",
				what, onnx_show(show, location));
		}
		if (!is_last && (len == 0 || (len == 1 && at[0] == '.'))) {
			at += len + 1;
			continue;
		}
		if (len >= sizeof(part)) {
			next = -1;
			code = ENAMETOOLONG;
		} else {
			memcpy(part, at, len);
			part[len] = '\0';
			next = openat(here, part,
				O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
					(is_last ? O_NONBLOCK : O_DIRECTORY));
			code = errno;
		}
		if (here != folder)
			close(here);
		if (next < 0)
			return cannot_open(location, code, what, err);
		if (is_last) {
			*out = next;
			return 0;
		}
		here = next;
		at += len + 1;
	}
}

/* The file that `location` names is open afterwards; takes the text. */
static int open_file(struct onnx_external *e, char *location, const char *what, struct err *err)
{
	char show[ONNX_TEXT];
	struct stat st;
	int fd = -1, rc;

	if (e->location && strcmp(e->location, location) == 0) {
		free(location);
		return 0;
	}
	if (e->folder < 0)
		rc = err_set(err, -EINVAL,
			"%s: its numbers are in another file (\"%s\"), and there is no folder to "
			"look for it in: all must be in the model file itself here",
			what, onnx_show(show, location));
	else
		rc = open_path(e->folder, location, &fd, what, err);
	if (rc == 0 && fstat(fd, &st) < 0)
		rc = cannot_open(location, errno, what, err);
	if (rc == 0 && !S_ISREG(st.st_mode))
		rc = err_set(err, -EINVAL,
			"%s: its numbers are in \"%s\", which is not a regular file", what,
			onnx_show(show, location));
	if (rc < 0) {
		if (fd >= 0)
			close(fd);
		free(location);
		return rc;
	}
	forget_file(e);
	e->file = fd;
	e->location = location;
	e->size = (uint64_t)st.st_size;
	return 0;
}

int onnx_external_find(struct onnx_external *e, const struct Onnx__TensorProto *p, size_t bytes,
	uint64_t *offset, const char *what, struct err *err)
{
	char show[ONNX_TEXT], *location = NULL;
	uint64_t length, begin;
	int rc = read_location(p, &location, what, err);

	if (rc < 0)
		return rc;
	rc = read_number(p, "offset", 0, &begin, what, err);
	if (rc == 0 && (begin > INT64_MAX || bytes > INT64_MAX - begin))
		rc = err_set(err, -EINVAL,
			"%s: the offset of its external data is no number of bytes that a file "
			"can have",
			what);
	if (rc == 0)
		rc = read_number(p, "length", bytes, &length, what, err);
	if (rc < 0) {
		free(location);
		return rc;
	}
	rc = open_file(e, location, what, err);
	if (rc < 0)
		return rc;
	onnx_show(show, e->location);
	if (length != bytes)
		return err_set(err, -EINVAL,
			"%s has %ju bytes of numbers in \"%s\", its dims want %zu", what,
			(uintmax_t)length, show, bytes);
	if (begin > e->size || bytes > e->size - begin)
		return err_set(err, -EINVAL,
			"%s: its numbers are %zu bytes of \"%s\" from byte %ju on, but that has "
			"%ju",
			what, bytes, show, (uintmax_t)begin, (uintmax_t)e->size);
	if (bytes > e->left)
		return err_set(err, -EFBIG,
			"%s: with its numbers in \"%s\" the model is bigger than allowed", what,
			show);
	*offset = begin;
	return 0;
}

int onnx_external_read(struct onnx_external *e, void *out, size_t bytes, uint64_t offset,
	const char *what, struct err *err)
{
	char show[ONNX_TEXT];
	size_t have = 0;

	while (have < bytes) {
		ssize_t n =
			pread(e->file, (char *)out + have, bytes - have, (off_t)(offset + have));
		int code = n < 0 ? errno : EIO;

		if (n < 0 && code == EINTR)
			continue;
		if (n <= 0)
			return err_set(err, -code, "%s: reading \"%s\" failed: %s", what,
				onnx_show(show, e->location),
				n < 0 ? strerror(code) : "it became shorter meanwhile");
		have += (size_t)n;
	}
	e->left -= bytes;
	e->read += bytes;
	return 0;
}
