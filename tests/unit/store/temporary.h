/* A store in a folder of its own, for the tests of lib/store. Include it behind cmocka. */
#pragma once

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/store/store.h"

struct temporary {
	char folder[64];
	char path[96];
	struct store *store;
	struct err err;
};

static inline int temporary_setup(void **state)
{
	struct temporary *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	strcpy(t->folder, "/tmp/defectd-store-XXXXXX");
	assert_non_null(mkdtemp(t->folder));
	snprintf(t->path, sizeof(t->path), "%s/defectd.db", t->folder);
	if (store_open(&t->store, t->path, STORE_WRITE, &t->err) < 0)
		fail_msg("%s", t->err.text);
	*state = t;
	return 0;
}

static inline int temporary_teardown(void **state)
{
	struct temporary *t = *state;
	struct dirent *entry;
	char path[512];
	DIR *dir;

	store_close(t->store);
	dir = opendir(t->folder);
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", t->folder, entry->d_name);
		unlink(path);
	}
	if (dir)
		closedir(dir);
	rmdir(t->folder);
	free(t);
	return 0;
}

static inline void temporary_reopen(struct temporary *t, enum store_mode mode)
{
	store_close(t->store);
	t->store = NULL;
	if (store_open(&t->store, t->path, mode, &t->err) < 0)
		fail_msg("%s", t->err.text);
}

/* 0, or the test ends with the sentence. */
#define temporary_do(t, call)                                     \
	do {                                                      \
		if ((call) != 0)                                  \
			fail_msg("%s: %s", #call, (t)->err.text); \
	} while (0)

/* SQL that must work. */
static inline void temporary_exec(struct temporary *t, const char *sql)
{
	char *message = NULL;

	if (sqlite3_exec(store_sqlite(t->store), sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s", sql, message);
}

/* The first row that `sql` yields: its columns with '|' between, "NULL" for NULL; "" for none. */
static inline const char *temporary_query(struct temporary *t, const char *sql)
{
	static char text[2048];
	sqlite3_stmt *stmt = NULL;
	size_t len = 0;

	text[0] = '\0';
	if (sqlite3_prepare_v2(store_sqlite(t->store), sql, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(store_sqlite(t->store)));
	if (sqlite3_step(stmt) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(stmt); i++) {
			const unsigned char *s = sqlite3_column_text(stmt, i);

			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
				i ? "|" : "", s ? (const char *)s : "NULL");
		}
	}
	sqlite3_finalize(stmt);
	return text;
}

#define temporary_test(f) cmocka_unit_test_setup_teardown(f, temporary_setup, temporary_teardown)
