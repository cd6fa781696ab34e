/* A temporary folder as working directory, with configuration files in it. In the texts ' stands
 * for ", so that they can be read. */
#pragma once

#include <ftw.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#include "lib/config/config.h"

static char folder_path[64];

static inline int folder_setup(void **state)
{
	(void)state;
	unsetenv("STATE_DIRECTORY");
	unsetenv("CREDENTIALS_DIRECTORY");
	snprintf(folder_path, sizeof(folder_path), "/tmp/defectd-config-XXXXXX");
	return !mkdtemp(folder_path) || chdir(folder_path) != 0;
}

static inline int folder_remove_one(
	const char *path, const struct stat *st, int flag, struct FTW *walk)
{
	(void)st;
	(void)flag;
	(void)walk;
	return remove(path);
}

static inline int folder_teardown(void **state)
{
	(void)state;
	return chdir("/") != 0 ||
	       nftw(folder_path, folder_remove_one, 8, FTW_DEPTH | FTW_PHYS) != 0;
}

static inline void folder_write(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	for (; *text; text++)
		fputc(*text == '\'' ? '"' : *text, f);
	assert_int_equal(fclose(f), 0);
}

/* The least that a line needs. */
#define LEAST_LINE                                               \
	"{'line': 'l', 'sources': {'s': {'topic': 'p/{unit}'}}," \
	" 'features': [{'name': 'x', 'from': 's.x'}]}"

/* Loads "defectd.json" of the folder and compares the whole report. NULL when it is refused. */
static inline struct config *folder_load(const char *expected_report)
{
	CLEANUP(config_report_deinit) struct config_report report = {0};
	CLEANUP(buf_deinit) struct buf text;
	struct config *c = NULL;
	int r = config_load(&c, "defectd.json", &report);

	buf_init(&text);
	config_report_text(&report, &text);
	assert_string_equal(buf_text(&text), expected_report);
	assert_int_equal(r, report.errors ? -22 : 0);
	return c;
}
