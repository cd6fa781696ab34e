/* Which model has which role, and who may have it next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/store/temporary.h"

#include "lib/store/registry.h"
#include "lib/store/roles.h"

/* 64 digits of one letter. */
static const char *sha(char c)
{
	static char texts[4][SHA256_HEX];
	static unsigned at;
	char *text = texts[at++ % 4];

	memset(text, c, SHA256_HEX - 1);
	return text;
}

static struct role_changes change(struct roles *r, char c, enum model_role role, int64_t at_ms)
{
	struct role_changes changes = roles_change(r, sha(c), role, at_ms);

	assert_int_equal(roles_apply(r, &changes), 0);
	return changes;
}

/* "a champion 1, .." in order of appearance. */
static void expect(const struct role *v, size_t count, const char *expected)
{
	char text[512] = "";
	size_t len = 0;

	for (size_t i = 0; i < count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%c %s %lld",
			i ? ", " : "", v[i].sha256[0], model_role_name(v[i].role),
			(long long)v[i].at_ms);
	assert_string_equal(text, expected);
}

static void a_champion_makes_the_one_before_previous(void **state)
{
	CLEANUP(roles_deinit) struct roles r = {0};
	struct role_changes c;

	(void)state;
	change(&r, 'a', ROLE_CHAMPION, 1);
	change(&r, 'b', ROLE_CHAMPION, 2);
	expect(r.v, r.count, "a previous 2, b champion 2");
	c = change(&r, 'c', ROLE_CHAMPION, 3);
	expect(c.v, c.count, "a retired 3, b previous 3, c champion 3");
	expect(r.v, r.count, "a retired 3, b previous 3, c champion 3");
}

static void going_back_twice_goes_forward(void **state)
{
	CLEANUP(roles_deinit) struct roles r = {0};

	(void)state;
	change(&r, 'a', ROLE_CHAMPION, 1);
	change(&r, 'b', ROLE_CHAMPION, 2);
	change(&r, 'a', ROLE_CHAMPION, 3);
	expect(r.v, r.count, "a champion 3, b previous 3");
	change(&r, 'b', ROLE_CHAMPION, 4);
	expect(r.v, r.count, "a previous 4, b champion 4");
}

static void a_challenger_retires_the_one_before_alone(void **state)
{
	CLEANUP(roles_deinit) struct roles r = {0};
	struct role_changes c;

	(void)state;
	change(&r, 'c', ROLE_CHALLENGER, 1);
	expect(r.v, r.count, "c challenger 1");
	change(&r, 'a', ROLE_CHAMPION, 2);
	c = change(&r, 'd', ROLE_CHALLENGER, 3);
	expect(c.v, c.count, "c retired 3, d challenger 3");
	/* promoted, it is challenger no longer, and nobody else is */
	change(&r, 'd', ROLE_CHAMPION, 4);
	expect(r.v, r.count, "c retired 3, a previous 4, d champion 4");
	assert_null(roles_with(&r, ROLE_CHALLENGER));
	/* a retired one may try again */
	change(&r, 'c', ROLE_CHALLENGER, 5);
	expect(r.v, r.count, "c challenger 5, a previous 4, d champion 4");
}

static void a_champion_again_displaces_nobody(void **state)
{
	CLEANUP(roles_deinit) struct roles r = {0};
	struct role_changes c;

	(void)state;
	change(&r, 'a', ROLE_CHAMPION, 1);
	change(&r, 'b', ROLE_CHAMPION, 2);
	c = change(&r, 'b', ROLE_CHAMPION, 3);
	expect(c.v, c.count, "b champion 3");
	expect(r.v, r.count, "a previous 2, b champion 3");
}

static void a_model_is_found_by_role_or_beginning(void **state)
{
	CLEANUP(roles_deinit) struct roles r = {0};
	const struct role *found = NULL;
	char longer[SHA256_HEX + 1], similar[SHA256_HEX];
	struct role_changes c;

	(void)state;
	assert_int_equal(roles_look_up(&r, "challenger", &found), ROLES_UNKNOWN);
	change(&r, 'a', ROLE_CHAMPION, 1);
	change(&r, 'c', ROLE_CHALLENGER, 2);
	assert_int_equal(roles_look_up(&r, "challenger", &found), ROLES_FOUND);
	assert_int_equal(found->sha256[0], 'c');
	assert_int_equal(roles_look_up(&r, "champion", &found), ROLES_FOUND);
	assert_int_equal(found->sha256[0], 'a');
	assert_int_equal(roles_look_up(&r, "previous", &found), ROLES_UNKNOWN);
	assert_int_equal(roles_look_up(&r, "retired", &found), ROLES_UNKNOWN);
	assert_int_equal(roles_look_up(&r, "CCCC", &found), ROLES_FOUND);
	assert_int_equal(found->sha256[0], 'c');
	assert_int_equal(roles_look_up(&r, sha('c'), &found), ROLES_FOUND);
	assert_int_equal(roles_look_up(&r, "ccc", &found), ROLES_UNKNOWN); /* too short */
	assert_int_equal(roles_look_up(&r, "", &found), ROLES_UNKNOWN);
	assert_int_equal(roles_look_up(&r, "cccd", &found), ROLES_UNKNOWN);
	snprintf(longer, sizeof(longer), "%sc", sha('c'));
	assert_int_equal(roles_look_up(&r, longer, &found), ROLES_UNKNOWN);
	snprintf(similar, sizeof(similar), "%s", sha('c'));
	similar[5] = 'd';
	c = roles_change(&r, similar, ROLE_CHALLENGER, 3);
	assert_int_equal(roles_apply(&r, &c), 0);
	assert_int_equal(roles_look_up(&r, "ccccc", &found), ROLES_AMBIGUOUS);
	assert_int_equal(roles_look_up(&r, "cccccd", &found), ROLES_FOUND);
}

static void add_letter(void *owner, const char *sha256)
{
	strncat(owner, sha256, 1);
}

static void all_but_the_newest_retired_are_outdated(void **state)
{
	CLEANUP(roles_deinit) struct roles r = {0};
	char letters[16] = "";

	(void)state;
	for (char c = 'a'; c <= 'f'; c++)
		change(&r, c, ROLE_CHAMPION, c);
	roles_each_outdated(&r, 4, add_letter, letters);
	assert_string_equal(letters, "");
	roles_each_outdated(&r, 2, add_letter, letters);
	assert_string_equal(letters, "ab");
	letters[0] = 0;
	roles_each_outdated(&r, 0, add_letter, letters);
	assert_string_equal(letters, "abcd");
	assert_true(roles_is_outdated(&r, sha('b'), 2));
	assert_false(roles_is_outdated(&r, sha('c'), 2));
	assert_false(roles_is_outdated(&r, sha('e'), 0)); /* previous */
	assert_false(roles_is_outdated(&r, sha('x'), 0));
	roles_forget_file(&r, sha('a'));
	letters[0] = 0;
	roles_each_outdated(&r, 2, add_letter, letters);
	assert_string_equal(letters, "b");
	/* it comes back with its file */
	change(&r, 'a', ROLE_CHALLENGER, 'g');
	change(&r, 'g', ROLE_CHALLENGER, 'h');
	letters[0] = 0;
	roles_each_outdated(&r, 0, add_letter, letters);
	assert_string_equal(letters, "abcd");
}

static void the_registry_is_read_as_it_was_written(void **state)
{
	struct temporary *t = *state;
	CLEANUP(roles_deinit) struct roles r = {0};

	temporary_do(
		t, store_promote(t->store, "press-3", sha('a'), "f", "{}", "", "", 1, &t->err));
	temporary_do(
		t, store_promote(t->store, "press-3", sha('b'), "f", "{}", "", "", 2, &t->err));
	temporary_do(
		t, store_promote(t->store, "press-3", sha('c'), "f", "{}", "", "", 3, &t->err));
	temporary_do(t, store_promote(t->store, "oven", sha('d'), "f", "{}", "", "", 3, &t->err));
	temporary_do(t, roles_load(&r, t->store, "press-3", &t->err));
	expect(r.v, r.count, "c champion 3, b previous 3, a retired 3");
	temporary_do(t, roles_load(&r, t->store, "none", &t->err));
	assert_int_equal(r.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_champion_makes_the_one_before_previous),
		cmocka_unit_test(going_back_twice_goes_forward),
		cmocka_unit_test(a_challenger_retires_the_one_before_alone),
		cmocka_unit_test(a_champion_again_displaces_nobody),
		cmocka_unit_test(a_model_is_found_by_role_or_beginning),
		cmocka_unit_test(all_but_the_newest_retired_are_outdated),
		temporary_test(the_registry_is_read_as_it_was_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
