/* Paths and files of a configuration. */
#include "lib/config/files.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buf.h"

#define FILE_BYTES_MAX (4u << 20)

char *files_copy(struct config_report *report, const char *text)
{
	char *copy = strdup(text);

	report->failed |= !copy;
	return copy;
}

char *files_join(struct config_report *report, const char *folder, const char *name)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s", folder, name) < 0) {
		report->failed = true;
		return NULL;
	}
	return path;
}

/* The folder part of `file` with its final slash: "" for a file of the working directory. */
static size_t folder_length(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? (size_t)(slash - file) + 1 : 0;
}

char *files_resolve(struct config_report *report, const char *file, const char *path)
{
	char *here = NULL, *full = NULL;

	if (path[0] == '/')
		return files_copy(report, path);
	if (file[0] != '/')
		here = getcwd(NULL, 0);
	if (asprintf(&full, "%s%s%.*s%s", here ? here : "", here ? "/" : "",
		    (int)folder_length(file), file, path) < 0) {
		report->failed = true;
		full = NULL;
	}
	free(here);
	return full;
}

char *files_read(struct config_report *report, const char *path, size_t *len)
{
	FILE *f = fopen(path, "re");
	char *text = f ? malloc(FILE_BYTES_MAX + 2) : NULL;
	char *fitting;

	if (f && !text) {
		report->failed = true;
		fclose(f);
		return NULL;
	}
	errno = f ? 0 : errno;
	*len = f ? fread(text, 1, FILE_BYTES_MAX + 1, f) : 0;
	if (!f || ferror(f))
		config_report_error(report, path, "", "cannot be read: %s", strerror(errno));
	else if (*len > FILE_BYTES_MAX)
		config_report_error(report, path, "", "is larger than 4 MiB");
	if (f && (ferror(f) || *len > FILE_BYTES_MAX)) {
		free(text);
		text = NULL;
	}
	if (f)
		fclose(f);
	if (!text)
		return NULL;
	text[*len] = '\0';
	fitting = realloc(text, *len + 1);
	return fitting ? fitting : text;
}

void file_list_deinit(struct file_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->paths[i]);
	free(l->paths);
	*l = (struct file_list){0};
}

static void append(struct file_list *l, struct config_report *report, const char *path)
{
	char **grown;
	char *copy;

	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->paths[i], path) == 0)
			return;
	grown = realloc(l->paths, (l->count + 1) * sizeof(l->paths[0]));
	if (!grown) {
		report->failed = true;
		return;
	}
	l->paths = grown;
	copy = files_copy(report, path);
	if (copy)
		l->paths[l->count++] = copy;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

size_t file_list_add(
	struct file_list *l, struct config_report *report, const char *file, const char *pattern)
{
	CLEANUP(buf_deinit) struct buf full;
	size_t folder = pattern[0] == '/' ? 0 : folder_length(file), found = 0;
	const char *text;
	glob_t g = {0};

	buf_init(&full);
	for (size_t i = 0; i < folder; i++) /* the folder means itself, whatever is in its name */
		buf_addf(&full, "%s%c", strchr("*?[\\", file[i]) ? "\\" : "", file[i]);
	buf_add(&full, pattern);
	text = buf_text(&full);
	if (!text) {
		report->failed = true;
		return 0;
	}
	/* not sorted by glob: that would follow the locale */
	if (glob(text, GLOB_NOSORT, NULL, &g) == 0) {
		found = g.gl_pathc;
		qsort(g.gl_pathv, found, sizeof(g.gl_pathv[0]), by_bytes);
		for (size_t i = 0; i < found; i++)
			append(l, report, g.gl_pathv[i]);
	}
	globfree(&g);
	return found;
}
