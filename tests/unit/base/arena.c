/* Arenas. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/base/arena.h"

static void gives_aligned_memory_that_does_not_overlap(void **state)
{
	CLEANUP(arena_free) struct arena *a = NULL;
	char *p[200];

	(void)state;
	assert_int_equal(arena_new(&a, 300), 0);
	for (size_t i = 0; i < ARRAY_LEN(p); i++) {
		p[i] = arena_alloc(a, i);
		assert_non_null(p[i]);
		assert_int_equal((uintptr_t)p[i] % 16, 0);
		memset(p[i], (int)i, i);
	}
	for (size_t i = 0; i < ARRAY_LEN(p); i++) {
		for (size_t k = 0; k < i; k++)
			assert_int_equal((unsigned char)p[i][k], i);
	}
	assert_int_equal(arena_used(a), 199 * 200 / 2);
}

static void keeps_its_blocks_over_a_reset(void **state)
{
	CLEANUP(arena_free) struct arena *a = NULL;
	void *first[20], *again[20];

	(void)state;
	assert_int_equal(arena_new(&a, 1000), 0);
	for (int i = 0; i < 20; i++)
		first[i] = arena_alloc(a, 400);
	arena_reset(a);
	assert_int_equal(arena_used(a), 0);
	for (int i = 0; i < 20; i++)
		again[i] = arena_alloc(a, 400);
	assert_memory_equal(first, again, sizeof(first));
}

static void holds_pieces_larger_than_a_block(void **state)
{
	CLEANUP(arena_free) struct arena *a = NULL;
	char *large;

	(void)state;
	assert_int_equal(arena_new(&a, 256), 0);
	assert_non_null(arena_alloc(a, 100));
	large = arena_zalloc(a, 1000, 100);
	assert_non_null(large);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(large[i], 0);
	arena_reset(a);
	assert_non_null(arena_alloc(a, 100));
	assert_ptr_equal(arena_alloc(a, 100000), large);
}

static void copies_and_prints(void **state)
{
	CLEANUP(arena_free) struct arena *a = NULL;

	(void)state;
	assert_int_equal(arena_new(&a, 256), 0);
	assert_string_equal(arena_string(a, "lot"), "lot");
	assert_null(arena_string(a, NULL));
	assert_string_equal(arena_stringn(a, "viscosity", 4), "visc");
	assert_string_equal(arena_stringn(a, NULL, 0), "");
	assert_string_equal(arena_printf(a, "%s-%d", "unit", 7), "unit-7");
	assert_memory_equal(arena_copy(a, "a\0b", 3), "a\0b", 3);
}

static void refuses_sizes_that_no_memory_has(void **state)
{
	CLEANUP(arena_free) struct arena *a = NULL;

	(void)state;
	assert_int_equal(arena_new(&a, 256), 0);
	assert_null(arena_alloc(a, SIZE_MAX - 3));
	assert_null(arena_zalloc(a, SIZE_MAX / 8 + 2, 8));
	assert_non_null(arena_alloc(a, 8));
	arena_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_aligned_memory_that_does_not_overlap),
		cmocka_unit_test(keeps_its_blocks_over_a_reset),
		cmocka_unit_test(holds_pieces_larger_than_a_block),
		cmocka_unit_test(copies_and_prints),
		cmocka_unit_test(refuses_sizes_that_no_memory_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
