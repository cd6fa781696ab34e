/* Paths and files of a configuration. */
#pragma once

#include <stddef.h>

#include "lib/config/report.h"

/* Copies that belong to the caller (free). NULL when memory runs out: then report->failed. */
char *files_copy(struct config_report *report, const char *text);
char *files_join(struct config_report *report, const char *folder, const char *name); /* "/" */
/* `path` as seen from the folder that `file` lies in; absolute. */
char *files_resolve(struct config_report *report, const char *file, const char *path);

/* The whole file, NUL-terminated; NULL and an error in the report when it cannot be read or is
 * larger than 4 MiB. */
char *files_read(struct config_report *report, const char *path, size_t *len);

/* The files that match `pattern` (glob(7)) as seen from the folder of `file`, sorted by bytes. */
struct file_list {
	char **paths;
	size_t count;
};
void file_list_deinit(struct file_list *l);
static inline void file_list_deinit_at(struct file_list *l)
{
	file_list_deinit(l);
}
/* Appends what is not in the list yet; the number of files that matched. */
size_t file_list_add(
	struct file_list *l, struct config_report *report, const char *file, const char *pattern);
