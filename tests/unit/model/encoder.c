/* Raw features to inputs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>

#include "lib/base/arena.h"
#include "lib/model/encoder.h"
#include "tests/unit/model/example.h"

/* Encodes torque, wear and type and compares with the five inputs. */
static void encodes(struct value torque, struct value wear, struct value type, const float *wanted)
{
	__attribute__((cleanup(example_deinit_at))) struct example e;
	CLEANUP(arena_free) struct arena *memory = NULL;
	const struct value values[] = {torque, wear, type};
	struct encoder encoder;
	double x[EXAMPLE_INPUTS];

	example_init(&e);
	assert_int_equal(arena_new(&memory, 1024), 0);
	assert_int_equal(encoder_init(&encoder, memory, e.inputs, EXAMPLE_INPUTS, NULL), 0);
	assert_int_equal(encoder.feature_count, 3);
	encoder_run(&encoder, values, x, NULL);
	for (int i = 0; i < EXAMPLE_INPUTS; i++)
		assert_true((float)x[i] == wanted[i]);
}

static void numbers_and_texts_become_inputs(void **state)
{
	(void)state;
	encodes(number(42.8), number(5), text("M"), (const float[]){42.8f, 5, 0, 1, 0});
	encodes(number(42.8), number(5), text("K"), (const float[]){42.8f, 5, 0, 1, 0});
	encodes(number(-1), number(0), text("L"), (const float[]){-1, 0, 1, 0, 0});
}

static void a_missing_number_becomes_the_mean_or_the_given_number(void **state)
{
	(void)state;
	encodes(missing(), missing(), text("L"), (const float[]){39.98691f, 7, 1, 0, 1});
}

static void a_missing_or_new_text_is_zero_everywhere(void **state)
{
	(void)state;
	encodes(number(1), number(2), missing(), (const float[]){1, 2, 0, 0, 0});
	encodes(number(1), number(2), text("X"), (const float[]){1, 2, 0, 0, 0});
	encodes(number(1), number(2), text(""), (const float[]){1, 2, 0, 0, 0});
}

static void a_value_of_the_other_kind_counts_as_missing(void **state)
{
	(void)state;
	encodes(text("12"), number(2), number(3), (const float[]){39.98691f, 2, 0, 0, 0});
	encodes(number(1), text("2"), missing(), (const float[]){1, 7, 0, 0, 1});
}

static void a_number_beyond_float32_becomes_the_largest(void **state)
{
	(void)state;
	encodes(number(1e300), number(-1e300), text("L"),
		(const float[]){FLT_MAX, -FLT_MAX, 1, 0, 0});
}

/* Encodes a and b with these inputs. */
static void encode_two(
	const struct model_input *inputs, size_t count, struct value a, struct value b, double *x)
{
	CLEANUP(arena_free) struct arena *memory = NULL;
	const struct value values[] = {a, b};
	struct encoder encoder;

	assert_int_equal(arena_new(&memory, 1024), 0);
	assert_int_equal(encoder_init(&encoder, memory, inputs, count, NULL), 0);
	assert_int_equal(encoder.feature_count, 2);
	assert_string_equal(encoder.features[0].name, "a");
	encoder_run(&encoder, values, x, NULL);
}

static void a_derived_input_is_worked_out_in_double(void **state)
{
	const struct model_input inputs[] = {
		{.kind = MODEL_INPUT_DERIVED,
			.name = "difference",
			.from = "",
			.derive = "a - b",
			.missing = 7},
		{.kind = MODEL_INPUT_NUMBER, .name = "a", .from = "a", .missing = 1},
		{.kind = MODEL_INPUT_DERIVED,
			.name = "inverse",
			.from = "",
			.derive = "1 / (b - a)",
			.missing = -2},
	};
	double x[3];

	(void)state;
	encode_two(inputs, 3, number(100000001), number(100000000), x);
	assert_true(x[0] == 1 && x[1] == 100000001 && x[2] == -1); /* 0 in single precision */
	encode_two(inputs, 3, number(3), number(3), x);
	assert_true(x[0] == 0 && x[2] == -2); /* not finite is missing */
	encode_two(inputs, 3, number(3), missing(), x);
	assert_true(x[0] == 7 && x[1] == 3 && x[2] == -2);
	encode_two(inputs, 3, text("3"), number(3), x);
	assert_true(x[0] == 7 && x[1] == 1 && x[2] == -2);
}

static void a_scaled_input_is_scaled_in_double_behind_imputation(void **state)
{
	const struct model_input inputs[] = {
		{.kind = MODEL_INPUT_NUMBER,
			.name = "a",
			.from = "a",
			.missing = 3,
			.mean = 100000000,
			.sd = 0.5,
			.is_scaled = true},
		{.kind = MODEL_INPUT_IS_MISSING,
			.name = "b",
			.from = "b",
			.mean = 0.25,
			.sd = 0.5,
			.is_scaled = true},
	};
	double x[2];

	(void)state;
	encode_two(inputs, 2, number(100000001), missing(), x);
	assert_true(x[0] == 2 && x[1] == 1.5);
	encode_two(inputs, 2, missing(), number(0), x);
	assert_true(x[0] == (3 - 1e8) / 0.5 && x[1] == -0.5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_and_texts_become_inputs),
		cmocka_unit_test(a_missing_number_becomes_the_mean_or_the_given_number),
		cmocka_unit_test(a_missing_or_new_text_is_zero_everywhere),
		cmocka_unit_test(a_value_of_the_other_kind_counts_as_missing),
		cmocka_unit_test(a_number_beyond_float32_becomes_the_largest),
		cmocka_unit_test(a_derived_input_is_worked_out_in_double),
		cmocka_unit_test(a_scaled_input_is_scaled_in_double_behind_imputation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
