/* Which line files snapshot and journal are written under. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/store/temporary.h"

#include "lib/base/macros.h"
#include "lib/store/in_force.h"
#include "lib/store/units.h"

struct seen {
	char text[256];
	int count, stop_at;
};

static int see(void *owner, const struct in_force *f)
{
	struct seen *s = owner;
	size_t used = strlen(s->text);

	snprintf(s->text + used, sizeof(s->text) - used, "%s %s %s; ", f->line, f->sha256,
		f->text ? f->text : "(none)");
	return ++s->count == s->stop_at ? -ECANCELED : 0;
}

static void expect(struct temporary *t, const char *wanted)
{
	struct seen s = {0};

	temporary_do(t, store_each_in_force(t->store, see, &s, &t->err));
	assert_string_equal(s.text, wanted);
}

static void put(struct temporary *t, const struct in_force *v, size_t count)
{
	temporary_do(t, store_begin(t->store, &t->err));
	temporary_do(t, store_put_in_force(t->store, v, count, &t->err));
	temporary_do(t, store_commit(t->store, &t->err));
}

static void a_new_file_knows_of_none(void **state)
{
	expect(*state, "");
}

static void gives_them_with_their_texts(void **state)
{
	static const struct in_force v[] = {{"press-3", "cc", NULL}, {"oven", "aa", NULL}};
	struct temporary *t = *state;

	temporary_do(t, store_put_config(t->store, "aa", "oven", "{ }", 1, &t->err));
	temporary_do(t, store_put_config(t->store, "bb", "oven", "{}", 1, &t->err));
	put(t, v, 2);
	expect(t, "oven aa { }; press-3 cc (none); ");
	temporary_reopen(t, STORE_WRITE);
	expect(t, "oven aa { }; press-3 cc (none); ");
}

static void those_of_before_are_gone(void **state)
{
	static const struct in_force before[] = {{"press-3", "cc", NULL}, {"oven", "aa", NULL}};
	static const struct in_force after[] = {{"oven", "bb", NULL}};
	struct temporary *t = *state;

	put(t, before, 2);
	put(t, after, 1);
	expect(t, "oven bb (none); ");
}

static void undone_with_the_transaction_nothing_changes(void **state)
{
	static const struct in_force before[] = {{"oven", "aa", NULL}};
	static const struct in_force after[] = {{"oven", "bb", NULL}};
	struct temporary *t = *state;

	put(t, before, 1);
	temporary_do(t, store_begin(t->store, &t->err));
	temporary_do(t, store_put_in_force(t->store, after, 1, &t->err));
	store_rollback(t->store);
	expect(t, "oven aa (none); ");
}

static void ends_where_it_is_told_to(void **state)
{
	static const struct in_force v[] = {{"a", "1", NULL}, {"b", "2", NULL}};
	struct temporary *t = *state;
	struct seen s = {.stop_at = 1};

	put(t, v, 2);
	assert_int_equal(store_each_in_force(t->store, see, &s, &t->err), -ECANCELED);
	assert_int_equal(s.count, 1);
}

static void a_file_of_version_1_gets_the_table(void **state)
{
	struct temporary *t = *state;

	temporary_exec(t, "DROP TABLE in_force; DROP TABLE shadow; PRAGMA user_version = 1");
	temporary_reopen(t, STORE_WRITE);
	expect(t, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		temporary_test(a_new_file_knows_of_none),
		temporary_test(gives_them_with_their_texts),
		temporary_test(those_of_before_are_gone),
		temporary_test(undone_with_the_transaction_nothing_changes),
		temporary_test(ends_where_it_is_told_to),
		temporary_test(a_file_of_version_1_gets_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
