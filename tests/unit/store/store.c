/* Opening, migrating, transactions, errors of the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/store/temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "lib/store/journal.h"

static void expect_open_refused(
	struct temporary *t, enum store_mode mode, int code, const char *sentence)
{
	struct store *s = NULL;
	char expected[512];

	store_close(t->store);
	t->store = NULL;
	snprintf(expected, sizeof(expected), "%s%s", t->path, sentence);
	assert_int_equal(store_open(&s, t->path, mode, &t->err), code);
	assert_null(s);
	assert_string_equal(t->err.text, expected);
}

static void expect_words(struct temporary *t, const char *sentence)
{
	char expected[512];

	snprintf(expected, sizeof(expected), "%s%s", t->path, sentence);
	assert_string_equal(t->err.text, expected);
}

static void makes_its_tables_once(void **state)
{
	struct temporary *t = *state;
	int64_t v = 7;

	assert_string_equal(
		temporary_query(t, "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema"
				   " WHERE type = 'table' ORDER BY name)"),
		"config,deliveries,in_force,journal,label,label_history,meta,model,model_event,"
		"outbox,"
		"quarantine,shadow,snapshot");
	temporary_do(t, store_meta_get(t->store, "boot", &v, &t->err));
	assert_int_equal(v, 0);
	temporary_do(t, store_meta_set(t->store, "boot", 41, &t->err));
	temporary_do(t, store_meta_set(t->store, "boot", 42, &t->err));
	temporary_reopen(t, STORE_WRITE);
	temporary_do(t, store_meta_get(t->store, "boot", &v, &t->err));
	assert_int_equal(v, 42);
	temporary_do(t, store_check(t->store, &t->err));
}

static void writes_with_full_synchronisation(void **state)
{
	struct temporary *t = *state;

	assert_string_equal(temporary_query(t, "PRAGMA journal_mode"), "wal");
	assert_string_equal(temporary_query(t, "PRAGMA synchronous"), "2");
}

static void refuses_a_file_of_a_newer_version(void **state)
{
	struct temporary *t = *state;
	static const char sentence[] = ": the file has version 99, this program knows versions up "
				       "to 3: it was written by a newer defectd";

	temporary_exec(t, "PRAGMA user_version = 99");
	expect_open_refused(t, STORE_WRITE, -EINVAL, sentence);
	expect_open_refused(t, STORE_READ, -EINVAL, sentence);
}

static void refuses_to_read_what_is_not_ours(void **state)
{
	struct temporary *t = *state;
	int fd;

	temporary_exec(t, "PRAGMA user_version = 0");
	expect_open_refused(t, STORE_READ, -EINVAL, ": this is no database of defectd");
	unlink(t->path);
	expect_open_refused(t, STORE_READ, -ENOENT,
		": cannot open the database: unable to open database file (No such file or "
		"directory)");
	fd = open(t->path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	for (int i = 0; i < 100; i++)
		assert_int_equal(write(fd, "this is a text, no database\n", 28), 28);
	close(fd);
	expect_open_refused(
		t, STORE_READ, -EUCLEAN, ": cannot prepare it for reading: file is not a database");
	expect_open_refused(t, STORE_WRITE, -EUCLEAN,
		": cannot prepare it for writing: file is not a database");
}

static void reads_beside_a_writer_and_never_writes(void **state)
{
	struct temporary *t = *state;
	CLEANUP(store_close) struct store *reader = NULL;
	int64_t v;

	temporary_do(t, store_open(&reader, t->path, STORE_READ, &t->err));
	temporary_do(t, store_begin(t->store, &t->err));
	temporary_do(t, store_meta_set(t->store, "boot", 1, &t->err));
	temporary_do(t, store_meta_get(reader, "boot", &v, &t->err));
	assert_int_equal(v, 0);
	temporary_do(t, store_commit(t->store, &t->err));
	temporary_do(t, store_meta_get(reader, "boot", &v, &t->err));
	assert_int_equal(v, 1);
	assert_int_equal(store_meta_set(reader, "boot", 2, &t->err), -EROFS);
	expect_words(t, ": cannot keep a number: attempt to write a readonly database");
}

/* What a member of the group may do who cannot write in the folder. */
static void lets_others_read_after_a_clean_close(void **state)
{
	struct temporary *t = *state;
	int status = 0;
	pid_t child;

	if (getuid() != 0)
		skip();
	temporary_do(t, store_meta_set(t->store, "boot", 42, &t->err));
	store_close(t->store);
	t->store = NULL;
	assert_int_equal(chmod(t->folder, 0755), 0);
	child = fork();
	if (child == 0) {
		struct store *s = NULL;
		struct err err;
		int64_t v = 0;

		if (setgid(65534) < 0 || setuid(65534) < 0)
			_exit(2);
		if (store_open(&s, t->path, STORE_READ, &err) < 0 ||
			store_meta_get(s, "boot", &v, &err) < 0) {
			fprintf(stderr, "%s\n", err.text);
			_exit(1);
		}
		_exit(v == 42 ? 0 : 3);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void undoes_what_was_not_committed(void **state)
{
	struct temporary *t = *state;
	int64_t v;

	store_rollback(t->store); /* nothing is open: nothing happens */
	temporary_do(t, store_begin(t->store, &t->err));
	temporary_do(t, store_meta_set(t->store, "boot", 1, &t->err));
	store_rollback(t->store);
	temporary_do(t, store_begin(t->store, &t->err));
	temporary_do(t, store_meta_set(t->store, "other", 1, &t->err));
	temporary_reopen(t, STORE_WRITE);
	temporary_do(t, store_meta_get(t->store, "boot", &v, &t->err));
	assert_int_equal(v, 0);
	temporary_do(t, store_meta_get(t->store, "other", &v, &t->err));
	assert_int_equal(v, 0);
}

static void says_when_another_writes(void **state)
{
	struct temporary *t = *state;
	CLEANUP(store_close) struct store *other = NULL;

	temporary_do(t, store_open(&other, t->path, STORE_WRITE, &t->err));
	sqlite3_busy_timeout(store_sqlite(other), 0);
	temporary_do(t, store_begin(t->store, &t->err));
	assert_int_equal(store_begin(other, &t->err), -EBUSY);
	expect_words(t, ": cannot begin a transaction: database is locked");
	temporary_do(t, store_commit(t->store, &t->err));
	temporary_do(t, store_begin(other, &t->err));
}

static void goes_on_after_the_disk_was_full(void **state)
{
	struct temporary *t = *state;
	static char bytes[100000];
	int r = 0;

	temporary_exec(t, "PRAGMA max_page_count = 60");
	temporary_do(t, store_begin(t->store, &t->err));
	for (uint64_t i = 1; r == 0 && i < 10; i++)
		r = store_put_journal(t->store, i, i, bytes, sizeof(bytes), &t->err);
	assert_int_equal(r, -ENOSPC);
	expect_words(t, ": cannot write the journal: database or disk is full");
	store_rollback(t->store);
	temporary_exec(t, "PRAGMA max_page_count = 100000");
	temporary_do(t, store_begin(t->store, &t->err));
	temporary_do(t, store_put_journal(t->store, 1, 1, bytes, sizeof(bytes), &t->err));
	temporary_do(t, store_commit(t->store, &t->err));
	assert_string_equal(temporary_query(t, "SELECT count(*) FROM journal"), "1");
}

/* The system's own word stands behind SQLite's. */
static void goes_on_after_an_error_of_the_disk(void **state)
{
	struct temporary *t = *state;
	static char bytes[300000];
	struct rlimit before, small;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 200000;
	temporary_do(t, store_begin(t->store, &t->err));
	temporary_do(t, store_put_journal(t->store, 1, 1, bytes, sizeof(bytes), &t->err));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(store_commit(t->store, &t->err), -EIO);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	expect_words(t, ": cannot commit: disk I/O error (File too large)");
	store_rollback(t->store);
	temporary_do(t, store_begin(t->store, &t->err));
	temporary_do(t, store_put_journal(t->store, 1, 1, bytes, sizeof(bytes), &t->err));
	temporary_do(t, store_commit(t->store, &t->err));
	temporary_do(t, store_check(t->store, &t->err));
}

static int read_nothing(void *owner, uint64_t first, uint64_t last, const void *bytes, size_t len)
{
	(void)owner, (void)first, (void)last, (void)bytes, (void)len;
	return 0;
}

static void notices_a_damaged_file(void **state)
{
	struct temporary *t = *state;
	char junk[4096];
	int fd;

	memset(junk, 0x5A, sizeof(junk));
	temporary_do(t, store_put_journal(t->store, 1, 1, junk, sizeof(junk), &t->err));
	store_close(t->store);
	t->store = NULL;
	fd = open(t->path, O_WRONLY);
	for (int page = 1; page < 14; page++)
		assert_int_equal(pwrite(fd, junk, sizeof(junk), page * 4096L), sizeof(junk));
	close(fd);
	temporary_do(t, store_open(&t->store, t->path, STORE_READ, &t->err));
	assert_int_equal(store_check(t->store, &t->err), -EUCLEAN);
	assert_non_null(strstr(t->err.text, "the database is damaged: "));
	assert_int_equal(store_each_journal(t->store, 0, read_nothing, NULL, &t->err), -EUCLEAN);
	expect_words(t, ": cannot read the journal: database disk image is malformed");
}

/* A child commits and says so until it is killed: what it said must be there. */
static void keeps_every_commit_over_a_kill(void **state)
{
	struct temporary *t = *state;
	uint64_t said = 0, v;
	int pipes[2];
	pid_t child;

	store_close(t->store);
	t->store = NULL;
	assert_int_equal(pipe(pipes), 0);
	child = fork();
	if (child == 0) {
		struct store *s = NULL;

		if (store_open(&s, t->path, STORE_WRITE, NULL) < 0)
			_exit(1);
		for (v = 1;; v++) {
			if (store_begin(s, NULL) < 0 ||
				store_put_journal(s, v, v, &v, sizeof(v), NULL) < 0 ||
				store_commit(s, NULL) < 0 || write(pipes[1], &v, sizeof(v)) < 0)
				_exit(1);
		}
	}
	close(pipes[1]);
	while (said < 100 && read(pipes[0], &v, sizeof(v)) == sizeof(v))
		said = v;
	kill(child, SIGKILL);
	while (read(pipes[0], &v, sizeof(v)) == sizeof(v))
		said = v;
	waitpid(child, NULL, 0);
	close(pipes[0]);
	assert_true(said >= 100);
	temporary_do(t, store_open(&t->store, t->path, STORE_WRITE, &t->err));
	temporary_do(t, store_check(t->store, &t->err));
	assert_string_equal(temporary_query(t, "SELECT count(*) = max(last) FROM journal"), "1");
	assert_true((uint64_t)atoll(temporary_query(t, "SELECT max(last) FROM journal")) >= said);
}

static void keeps_its_wal_within_bounds(void **state)
{
	struct temporary *t = *state;
	static char bytes[64 * 1024];
	char path[128];
	struct stat wal;

	for (uint64_t i = 1; i <= 1000; i++) {
		temporary_do(t, store_begin(t->store, &t->err));
		temporary_do(t, store_put_journal(t->store, i, i, bytes, sizeof(bytes), &t->err));
		if (i % 50 == 0)
			temporary_do(t,
				store_put_snapshot(t->store, i, 0, bytes, sizeof(bytes), &t->err));
		temporary_do(t, store_commit(t->store, &t->err));
	}
	snprintf(path, sizeof(path), "%s-wal", t->path);
	assert_int_equal(stat(path, &wal), 0);
	assert_true(wal.st_size < 16 * 1024 * 1024);
	assert_int_equal(stat(t->path, &wal), 0);
	assert_true(wal.st_size < 16 * 1024 * 1024); /* pages of dropped journal rows are reused */
}

static void leaves_no_file_open_when_it_cannot_open(void **state)
{
	struct store *s = NULL;
	struct err err;

	(void)state;
	assert_int_equal(store_open(&s, "/nonexistent/defectd.db", STORE_WRITE, &err), -ENOENT);
	assert_string_equal(err.text,
		"/nonexistent/defectd.db: cannot open the database: unable to open database file "
		"(No such file or directory)");
	assert_null(s);
	store_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		temporary_test(makes_its_tables_once),
		temporary_test(writes_with_full_synchronisation),
		temporary_test(refuses_a_file_of_a_newer_version),
		temporary_test(refuses_to_read_what_is_not_ours),
		temporary_test(reads_beside_a_writer_and_never_writes),
		temporary_test(lets_others_read_after_a_clean_close),
		temporary_test(undoes_what_was_not_committed),
		temporary_test(says_when_another_writes),
		temporary_test(goes_on_after_the_disk_was_full),
		temporary_test(goes_on_after_an_error_of_the_disk),
		temporary_test(notices_a_damaged_file),
		temporary_test(keeps_every_commit_over_a_kill),
		temporary_test(keeps_its_wal_within_bounds),
		cmocka_unit_test(leaves_no_file_open_when_it_cannot_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
