/* The assembler's state to bytes and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>

#include "tests/unit/feature/line.h"

static int set_up(void **state)
{
	static struct line l;

	line_init(&l);
	*state = &l;
	return 0;
}

static int tear_down(void **state)
{
	line_deinit(*state);
	return 0;
}

/* Something of everything: open units with values, refused values and lots, scored units. */
static void fill(struct line *l)
{
	assert_int_equal(line_proc(l, "done", "temp", 0, 1), REFUSAL_NONE);
	l->clock_ms = 300000;
	assert_true(line_next(l));
	assert_int_equal(line_lot(l, "L1", 0, "\"visc\":2.5,\"strength\":\"hard\""), REFUSAL_NONE);
	assert_int_equal(line_lot(l, "L2", 0, "\"visc\":-1"), REFUSAL_NONE);
	assert_int_equal(line_start(l, "U1", 0,
				 "\"material\":{\"type\":\"M\\u00e4\",\"lot\":\"L1\"},"
				 "\"thickness\":60,\"glue\":\"L9\""),
		REFUSAL_NONE);
	l->clock_ms = 310000;
	assert_int_equal(line_proc(l, "U2", "temp", 5, 0.1), REFUSAL_NONE);
}

static void save(struct line *l, struct buf *b)
{
	buf_clear(b);
	assembler_save(l->a, b);
	assert_false(buf_failed(b));
}

static int load(struct line *l, const struct buf *b)
{
	struct cursor in;
	int rc;

	line_new_assembler(l, &test_limits);
	cursor_init(&in, b->data, b->len);
	rc = assembler_load(l->a, &in, &l->err);
	if (rc == 0)
		assert_int_equal(cursor_left(&in), 0);
	return rc;
}

static void comes_back_as_it_was(void **state)
{
	CLEANUP(buf_deinit) struct buf was, again;
	struct line *l = *state;

	buf_init(&was);
	buf_init(&again);
	fill(l);
	save(l, &was);
	assert_int_equal(load(l, &was), 0);
	save(l, &again);
	assert_int_equal(again.len, was.len);
	assert_memory_equal(again.data, was.data, was.len);
	assert_int_equal(assembler_open_count(l->a), 2);
	assert_int_equal(assembler_due_ms(l->a), 600000);
	assert_int_equal(line_proc(l, "done", "temp", 0, 1), REFUSAL_LATE);
	l->clock_ms = 600000;
	assert_true(line_next(l));
	assert_string_equal(l->unit.unit, "U1");
	assert_string_equal(l->unit.values[TYPE].value.text, "M\xC3\xA4");
	assert_int_equal(l->unit.values[THICKNESS].missing, MISSING_OUT_OF_RANGE);
	assert_float_equal(l->unit.values[THICKNESS].refused.number, 60, 0);
	assert_float_equal(l->unit.values[VISCOSITY].value.number, 2.5, 0);
	assert_string_equal(l->unit.lots[GLUE], "L9");
	assert_false(line_next(l));
}

static void an_empty_state_comes_back_too(void **state)
{
	CLEANUP(buf_deinit) struct buf b;
	struct line *l = *state;

	buf_init(&b);
	save(l, &b);
	assert_int_equal(load(l, &b), 0);
	assert_int_equal(assembler_open_count(l->a), 0);
	assert_int_equal(assembler_due_ms(l->a), INT64_MAX);
}

static void refuses_every_truncation(void **state)
{
	CLEANUP(buf_deinit) struct buf b;
	struct line *l = *state;

	buf_init(&b);
	fill(l);
	save(l, &b);
	for (size_t len = 0; len < b.len; len++) {
		/* memory of just this size, so that reading past the end is seen */
		struct buf cut = {.data = malloc(len ? len : 1), .len = len};

		assert_non_null(cut.data);
		memcpy(cut.data, b.data, len);
		assert_int_equal(load(l, &cut), -EINVAL);
		free(cut.data);
	}
	assert_string_equal(l->err.text,
		"the remembered units of a line's state are not what this program writes");
}

static void survives_every_changed_byte(void **state)
{
	static const unsigned char changes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 0x80, 0xFF};
	CLEANUP(buf_deinit) struct buf b;
	struct line *l = *state;

	buf_init(&b);
	fill(l);
	save(l, &b);
	for (size_t i = 0; i < b.len; i++) {
		for (size_t k = 0; k < ARRAY_LEN(changes); k++) {
			int rc;

			b.data[i] ^= (char)changes[k];
			rc = load(l, &b);
			assert_true(rc == 0 || rc == -EINVAL);
			l->clock_ms = INT64_MAX;
			while (rc == 0 && line_next(l))
				continue;
			b.data[i] ^= (char)changes[k];
		}
	}
}

/* Replaces the first `was` in a saved state. */
static void change(struct buf *b, const void *was, const void *to, size_t len)
{
	char *at = memmem(b->data, b->len, was, len);

	assert_non_null(at);
	memcpy(at, to, len);
}

static void refuses_what_cannot_have_been(void **state)
{
	const double number = 0.1, infinite = INFINITY;
	CLEANUP(buf_deinit) struct buf b;
	struct line *l = *state;

	buf_init(&b);
	fill(l);
	save(l, &b);
	change(&b, &number, &infinite, sizeof(number));
	assert_int_equal(load(l, &b), -EINVAL);
	change(&b, &infinite, &number, sizeof(number));
	assert_int_equal(load(l, &b), 0);
	change(&b, "U1", "U2", 2); /* one unit twice */
	assert_int_equal(load(l, &b), -EINVAL);
	change(&b, "U2", "U1", 2);
	change(&b, "L2", "L1", 2); /* one lot twice */
	assert_int_equal(load(l, &b), -EINVAL);
	assert_string_equal(l->err.text,
		"the material lots of a line's state are not what this program writes");
}

static void says_which_part_is_not_ours(void **state)
{
	struct buf b = {.data = (char *)(uintptr_t) "line 9\nabc", .len = 10};
	struct line *l = *state;

	assert_int_equal(load(l, &b), -EINVAL);
	assert_string_equal(
		l->err.text, "the first bytes of a line's state are not what this program writes");
}

static void drops_what_a_changed_plan_lacks(void **state)
{
	CLEANUP(buf_deinit) struct buf b;
	struct line *l = *state;

	buf_init(&b);
	fill(l);
	save(l, &b);
	/* the last features are gone, temp is a text now, one is renamed, one moved */
	while (l->plan.feature_count > VISCOSITY + 1) {
		struct feature *f = &l->plan.features[--l->plan.feature_count];

		free(f->name);
		free(f->field);
	}
	l->plan.features[TEMP].is_text = true;
	free(l->plan.features[VISCOSITY].name);
	l->plan.features[VISCOSITY].name = strdup("resin_viscosity");
	free(l->plan.features[THICKNESS].field);
	l->plan.features[THICKNESS].field = strdup("width");
	assert_int_equal(load(l, &b), 0);
	l->clock_ms = 610000;
	assert_true(line_next(l));
	assert_int_equal(l->unit.values[THICKNESS].missing, MISSING_NOT_SENT);
	assert_float_equal(l->unit.values[VISCOSITY].value.number, 2.5, 0);
	assert_true(line_next(l));
	assert_string_equal(l->unit.values[TEMP].value.text, "0.1");
}

static void values_go_to_the_feature_of_their_name(void **state)
{
	CLEANUP(buf_deinit) struct buf b;
	struct line *l = *state;

	buf_init(&b);
	/* two features of one field that keep different values */
	free(l->plan.features[SPEED].field);
	l->plan.features[SPEED].field = strdup("temp");
	l->plan.features[SPEED].has_max = true;
	l->plan.features[SPEED].max = 10;
	line_new_assembler(l, &test_limits);
	assert_int_equal(line_proc(l, "U1", "temp", 0, 5), REFUSAL_NONE);
	assert_int_equal(line_proc(l, "U1", "temp", 1, 50), REFUSAL_NONE);
	save(l, &b);
	assert_int_equal(load(l, &b), 0);
	l->clock_ms = 300000;
	assert_true(line_next(l));
	assert_float_equal(l->unit.values[TEMP].value.number, 50, 0);
	assert_float_equal(l->unit.values[SPEED].value.number, 5, 0);
}

static void drops_values_that_new_bounds_refuse(void **state)
{
	CLEANUP(buf_deinit) struct buf b;
	struct line *l = *state;

	buf_init(&b);
	assert_int_equal(line_start(l, "U1", 0, "\"thickness\":40"), REFUSAL_NONE);
	save(l, &b);
	l->plan.features[THICKNESS].max = 30;
	assert_int_equal(load(l, &b), 0);
	l->clock_ms = 300000;
	assert_true(line_next(l));
	assert_int_equal(l->unit.values[THICKNESS].missing, MISSING_NOT_SENT);
}

static void a_unit_that_was_complete_comes_out_after_loading(void **state)
{
	static const size_t required[] = {TEMP};
	CLEANUP(buf_deinit) struct buf b;
	struct line *l = *state;
	struct cursor in;

	buf_init(&b);
	assert_int_equal(line_proc(l, "U1", "temp", 0, 5), REFUSAL_NONE);
	save(l, &b);
	line_new_assembler(l, &test_limits);
	line_require(l, 1, required);
	cursor_init(&in, b.data, b.len);
	assert_int_equal(assembler_load(l->a, &in, &l->err), 0);
	assert_true(line_next(l));
	assert_string_equal(l->unit.cause, "complete");
}

static void drops_what_smaller_limits_do_not_hold(void **state)
{
	struct assembler_limits limits = {
		.open_units = 1,
		.remembered_units = 1,
		.lots = 1,
		.samples = 1,
		.array_elements = 1,
		.future_limit_ms = 60000,
	};
	CLEANUP(buf_deinit) struct buf b;
	struct line *l = *state;
	struct cursor in;

	buf_init(&b);
	fill(l);
	assert_int_equal(line_proc(l, "done2", "temp", 0, 1), REFUSAL_NONE);
	save(l, &b);
	line_new_assembler(l, &limits);
	cursor_init(&in, b.data, b.len);
	assert_int_equal(assembler_load(l->a, &in, &l->err), 0);
	assert_int_equal(assembler_counts(l->a)->lots_over, 1);
	assert_true(line_next(l));
	assert_string_equal(l->unit.cause, "open_units");
	assert_true(line_next(l));
	assert_false(line_next(l));
	assert_int_equal(assembler_open_count(l->a), 1);
}

static void keeps_the_order_in_which_lots_were_used(void **state)
{
	CLEANUP(buf_deinit) struct buf b;
	struct assembler_limits limits = test_limits;
	struct line *l = *state;
	struct cursor in;

	buf_init(&b);
	limits.lots = 3;
	line_new_assembler(l, &limits);
	assert_int_equal(line_lot(l, "L1", 0, "\"visc\":1"), REFUSAL_NONE);
	assert_int_equal(line_start(l, "U1", 0, "\"material\":{\"lot\":\"L1\"}"), REFUSAL_NONE);
	assert_int_equal(line_lot(l, "L2", 0, "\"visc\":1"), REFUSAL_NONE);
	assert_int_equal(line_lot(l, "L3", 0, "\"visc\":1"), REFUSAL_NONE);
	save(l, &b);
	line_new_assembler(l, &limits);
	cursor_init(&in, b.data, b.len);
	assert_int_equal(assembler_load(l->a, &in, &l->err), 0);
	assert_int_equal(line_lot(l, "L4", 0, "\"visc\":1"), REFUSAL_NONE);
	l->clock_ms = 300000;
	assert_true(line_next(l));
	assert_int_equal(l->unit.values[VISCOSITY].missing, MISSING_NOT_SENT); /* L1 had to go */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(comes_back_as_it_was),
		TEST(an_empty_state_comes_back_too),
		TEST(refuses_every_truncation),
		TEST(survives_every_changed_byte),
		TEST(refuses_what_cannot_have_been),
		TEST(says_which_part_is_not_ours),
		TEST(drops_what_a_changed_plan_lacks),
		TEST(values_go_to_the_feature_of_their_name),
		TEST(drops_values_that_new_bounds_refuse),
		TEST(a_unit_that_was_complete_comes_out_after_loading),
		TEST(drops_what_smaller_limits_do_not_hold),
		TEST(keeps_the_order_in_which_lots_were_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
