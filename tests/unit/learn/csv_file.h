/* A CSV file in a folder of its own, for the length of a test. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/macros.h"

struct csv_file {
	char path[64];
};

static inline struct csv_file csv_file_of(const char *text, size_t len)
{
	struct csv_file f = {"/tmp/defectd-test-XXXXXX"};
	int fd = mkstemp(f.path);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len || close(fd) != 0)
		abort();
	return f;
}

static inline void csv_file_remove_at(struct csv_file *f)
{
	unlink(f->path);
}

/* Declares `t`, the table of a literal text, and its file. */
#define TABLE_OF(t, text)                                                                    \
	CLEANUP(csv_file_remove) struct csv_file t##_file = csv_file_of(text, strlen(text)); \
	CLEANUP(table_free) struct table *t = NULL;                                          \
	assert_int_equal(table_read(&t, t##_file.path, NULL), 0)
