/* The shape of JSON payloads, and its limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/json.h"
#include "tools/probe_shape.h"

#define NOW_MS INT64_C(1767600000000)

struct bench {
	struct probe_memory memory;
	struct probe_shape *shape;
};

static int make_bench(void **state)
{
	static struct bench b;

	b = (struct bench){0};
	assert_int_equal(probe_memory_init(&b.memory), 0);
	assert_int_equal(probe_shape_new(&b.shape, &b.memory), 0);
	*state = &b;
	return 0;
}

static int free_bench(void **state)
{
	struct bench *b = *state;

	probe_shape_free(b->shape);
	probe_memory_deinit(&b->memory);
	return 0;
}

static void add(struct probe_shape *s, const char *json)
{
	CLEANUP(json_free) cJSON *tree = NULL;

	assert_int_equal(json_parse(&tree, json, strlen(json), 0, NULL), 0);
	assert_int_equal(probe_shape_add(s, tree, NOW_MS, false), 0);
}

static const struct probe_field *find(const struct bench *b, const char *pointer)
{
	const struct probe_field *f = probe_shape_find(b->shape, pointer);

	assert_non_null(f);
	return f;
}

static void gathers_every_pointer_with_type_range_and_share(void **state)
{
	struct bench *b = *state;
	const struct probe_field *f;

	add(b->shape, "{\"a\":1,\"b\":{\"c/d\":\"x\"}}");
	add(b->shape, "{\"a\":2.5}");
	f = find(b, "/a");
	assert_int_equal(probe_field_kind(f), KIND_NUMBER);
	assert_true(f->min == 1 && f->max == 2.5 && f->reals == 1);
	assert_float_equal(probe_field_present(b->shape, f), 1, 0);
	f = find(b, "/b/c~1d");
	assert_int_equal(probe_field_kind(f), KIND_TEXT);
	assert_string_equal(f->seen[0].text, "x");
	assert_float_equal(probe_field_present(b->shape, f), 0.5, 0);
}

static void takes_elements_of_an_array_together(void **state)
{
	struct bench *b = *state;
	const struct probe_field *f;
	char name[16];

	add(b->shape, "{\"v\":[{\"id\":\"t1\",\"x\":1},{\"id\":\"t2\"},{\"id\":\"t1\"},{}]}");
	f = find(b, "/v/*/id");
	assert_int_equal(f->occurrences, 3);
	assert_int_equal(f->messages, 1);
	assert_int_equal(f->seen_count, 2);
	assert_int_equal(f->seen[0].span.count, 2);
	assert_float_equal(probe_field_present(b->shape, f), 0.75, 0);
	assert_int_equal(find(b, "/v")->elements_max, 4);
	assert_string_equal(probe_field_name(find(b, "/v/*"), name, sizeof(name)), "v");
	assert_string_equal(probe_field_name(f, name, sizeof(name)), "id");
}

static void a_payload_that_is_a_scalar_has_the_empty_pointer(void **state)
{
	struct bench *b = *state;

	add(b->shape, "218.4");
	add(b->shape, "true");
	assert_int_equal(find(b, "")->kinds[KIND_BOOL], 1);
	assert_int_equal(probe_shape_count(b->shape), 1);
}

static void keeps_the_limit_of_pointers_and_counts_what_is_beyond(void **state)
{
	struct bench *b = *state;
	char json[64];

	for (int i = 0; i < PROBE_POINTERS_MAX + 50; i++) {
		snprintf(json, sizeof(json), "{\"k%d\":1}", i);
		add(b->shape, json);
	}
	assert_int_equal(probe_shape_count(b->shape), PROBE_POINTERS_MAX);
	assert_int_equal(probe_shape_over(b->shape), 51); /* the root takes one of the places */
	assert_int_equal(b->memory.over, 51);
	add(b->shape, "{\"k1\":7}"); /* those that are known go on */
	assert_int_equal(find(b, "/k1")->occurrences, 2);
}

static void keeps_so_many_different_values_and_says_that_there_are_more(void **state)
{
	struct bench *b = *state;
	char json[64];

	for (int i = 0; i < PROBE_SEEN_TEXTS_MAX + 1; i++) {
		snprintf(json, sizeof(json), "{\"id\":\"U%d\",\"n\":%d}", i, i);
		add(b->shape, json);
		assert_int_equal(find(b, "/id")->has_more, i >= PROBE_SEEN_TEXTS_MAX);
	}
	assert_int_equal(find(b, "/id")->seen_count, PROBE_SEEN_TEXTS_MAX);
	assert_int_equal(find(b, "/n")->seen_count, PROBE_SEEN_NUMBERS_MAX);
}

static void merged_shapes_say_what_one_of_all_would(void **state)
{
	struct bench *b = *state;
	struct probe_shape *one;
	const char *payloads[] = {"{\"a\":1,\"t\":1767600000000}", "{\"a\":\"x\",\"l\":[1,2]}",
		"{\"a\":-3,\"t\":1767600000001}"};
	const struct probe_field *f, *g;

	for (int i = 0; i < 3; i++) {
		CLEANUP(probe_shape_free) struct probe_shape *part = NULL;

		assert_int_equal(probe_shape_new(&part, &b->memory), 0);
		add(part, payloads[i]);
		assert_int_equal(probe_shape_merge(b->shape, part), 0);
	}
	assert_int_equal(probe_shape_new(&one, &b->memory), 0);
	for (int i = 0; i < 3; i++)
		add(one, payloads[i]);
	assert_int_equal(probe_shape_count(one), probe_shape_count(b->shape));
	for (size_t i = 0; i < probe_shape_count(one); i++) {
		f = probe_shape_field(one, i);
		g = find(b, f->pointer);
		assert_memory_equal(f->kinds, g->kinds, sizeof(f->kinds));
		assert_true(f->min == g->min && f->max == g->max && f->seen_count == g->seen_count);
		assert_int_equal(f->messages, g->messages);
		assert_int_equal(f->clock != NULL, g->clock != NULL);
	}
	probe_shape_free(one);
}

static void finds_times_by_name_and_value(void **state)
{
	struct bench *b = *state;
	struct probe_time t;

	add(b->shape, "{\"ts\":1767599999990,\"x\":1767599999990,\"n\":5,\"s\":1500000000}");
	assert_true(probe_field_time(find(b, "/ts"), &t));
	assert_int_equal(t.delay_ms, 10);
	assert_true(probe_field_time(find(b, "/x"), &t)); /* it keeps time with us */
	assert_false(probe_field_time(find(b, "/n"), &t));
	assert_false(probe_field_time(find(b, "/s"), &t)); /* a number of ten digits */
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_bench, free_bench)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(gathers_every_pointer_with_type_range_and_share),
		TEST(takes_elements_of_an_array_together),
		TEST(a_payload_that_is_a_scalar_has_the_empty_pointer),
		TEST(keeps_the_limit_of_pointers_and_counts_what_is_beyond),
		TEST(keeps_so_many_different_values_and_says_that_there_are_more),
		TEST(merged_shapes_say_what_one_of_all_would),
		TEST(finds_times_by_name_and_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
