/* The lock of the state folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/store/temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static void lets_one_process_in(void **state)
{
	struct temporary *t = *state;
	char folder[128], expected[256];
	struct stat st;
	int fd = -1, second = -1;

	snprintf(folder, sizeof(folder), "%s/state", t->folder);
	temporary_do(t, store_lock_take(&fd, folder, &t->err));
	assert_int_equal(stat(folder, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0750);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);

	assert_int_equal(store_lock_take(&second, folder, &t->err), -EWOULDBLOCK);
	snprintf(expected, sizeof(expected),
		"%s/lock: another process with id %d has this folder, only one may write", folder,
		(int)getpid());
	assert_string_equal(t->err.text, expected);
	assert_int_equal(second, -1);

	close(fd);
	temporary_do(t, store_lock_take(&fd, folder, &t->err));
	close(fd);
	snprintf(expected, sizeof(expected), "%s/lock", folder);
	assert_int_equal(unlink(expected), 0);
	assert_int_equal(rmdir(folder), 0);
}

static void is_seen_to_be_held_and_let_go(void **state)
{
	struct temporary *t = *state;
	bool is_held = true;
	int fd = -1;

	temporary_do(t, store_lock_is_held(t->folder, &is_held, &t->err));
	assert_false(is_held); /* no lock file */
	temporary_do(t, store_lock_take(&fd, t->folder, &t->err));
	temporary_do(t, store_lock_is_held(t->folder, &is_held, &t->err));
	assert_true(is_held);
	close(fd);
	temporary_do(t, store_lock_is_held(t->folder, &is_held, &t->err));
	assert_false(is_held);
	/* looking leaves nothing behind */
	temporary_do(t, store_lock_take(&fd, t->folder, &t->err));
	close(fd);
}

static void says_why_it_cannot(void **state)
{
	bool is_held;
	struct err err;
	int fd = -1;

	(void)state;
	assert_int_equal(store_lock_is_held("/dev/null", &is_held, &err), -ENOTDIR);
	assert_string_equal(err.text, "/dev/null/lock: cannot open the lock: Not a directory");
	assert_int_equal(store_lock_take(&fd, "/nonexistent/state", &err), -ENOENT);
	assert_string_equal(
		err.text, "/nonexistent/state: cannot make the folder: No such file or directory");
	assert_int_equal(store_lock_take(&fd, "/dev/null", &err), -ENOTDIR);
	assert_string_equal(err.text, "/dev/null/lock: cannot open the lock: Not a directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		temporary_test(lets_one_process_in),
		temporary_test(is_seen_to_be_held_and_let_go),
		cmocka_unit_test(says_why_it_cannot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
