/* Files that appear whole: what is replaced, and what is left alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "tools/new_file.h"

struct place {
	char folder[64], path[96];
};

static int make_place(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	strcpy(p->folder, "/tmp/defectd-new-file-XXXXXX");
	assert_non_null(mkdtemp(p->folder));
	snprintf(p->path, sizeof(p->path), "%s/m.onnx", p->folder);
	*state = p;
	return 0;
}

static int remove_place(void **state)
{
	struct place *p = *state;

	unlink(p->path);
	assert_int_equal(rmdir(p->folder), 0); /* nothing else was left there */
	free(p);
	return 0;
}

static void replaces_a_file(void **state)
{
	const struct place *p = *state;
	struct stat st;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(new_file_check(p->path, NULL), 0);
		assert_int_equal(new_file_write(p->path, "four", 4, NULL), 0);
	}
	assert_int_equal(stat(p->path, &st), 0);
	assert_true(S_ISREG(st.st_mode) && st.st_size == 4);
}

static off_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_size : -1;
}

static void appears_only_when_it_is_kept(void **state)
{
	const struct place *p = *state;
	struct new_file *f = NULL;

	assert_int_equal(new_file_open(&f, p->path, NULL), 0);
	fputs("four", new_file_stream(f));
	fflush(new_file_stream(f));
	assert_int_equal(size_of(p->path), -1);
	assert_int_equal(new_file_keep(f, NULL), 0);
	assert_int_equal(size_of(p->path), 4);

	assert_int_equal(new_file_open(&f, p->path, NULL), 0);
	fputs("not kept", new_file_stream(f));
	new_file_drop(f);
	assert_int_equal(size_of(p->path), 4);
}

static void keeps_nothing_that_could_not_be_written(void **state)
{
	const struct place *p = *state;
	struct new_file *f = NULL;
	struct err err = {0};

	assert_int_equal(new_file_open(&f, p->path, NULL), 0);
	assert_non_null(freopen("/dev/full", "w", new_file_stream(f)));
	fputs("four", new_file_stream(f));
	assert_int_equal(new_file_keep(f, &err), -ENOSPC);
	assert_non_null(strstr(err.text, "m.onnx: No space left on device"));
	assert_int_equal(size_of(p->path), -1);
}

/* Renamed over /dev/null, a model would be all that is left of it. */
static void leaves_alone_what_is_no_file(void **state)
{
	const struct place *p = *state;
	struct err err = {0};
	char expected[160];
	struct stat st;

	snprintf(expected, sizeof(expected), "%s: is a device, pipe or socket, wanted is a file",
		p->path);
	assert_int_equal(mkfifo(p->path, 0600), 0);
	assert_int_equal(new_file_check(p->path, &err), -EINVAL);
	assert_string_equal(err.text, expected);
	assert_int_equal(new_file_write(p->path, "four", 4, &err), -EINVAL);
	assert_string_equal(err.text, expected);
	assert_int_equal(stat(p->path, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
}

static void wants_a_folder_that_is_there(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(new_file_check("/nonexistent/m.onnx", &err), -ENOENT);
	assert_string_equal(err.text,
		"/nonexistent/m.onnx: cannot be written: there is no folder /nonexistent");
	assert_int_equal(new_file_check("/tmp", &err), -EISDIR);
	assert_string_equal(err.text, "/tmp: is a folder, wanted is a file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(replaces_a_file, make_place, remove_place),
		cmocka_unit_test_setup_teardown(
			leaves_alone_what_is_no_file, make_place, remove_place),
		cmocka_unit_test_setup_teardown(
			appears_only_when_it_is_kept, make_place, remove_place),
		cmocka_unit_test_setup_teardown(
			keeps_nothing_that_could_not_be_written, make_place, remove_place),
		cmocka_unit_test(wants_a_folder_that_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
