/* Values of a unit or lot, one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "lib/feature/values.h"

static struct value number(double v)
{
	return (struct value){.kind = VALUE_NUMBER, .number = v};
}

static struct value text(const char *t)
{
	return (struct value){.kind = VALUE_TEXT, .text = t};
}

static enum value_refusal judge(const struct feature *f, struct value in)
{
	char scratch[NUM_TEXT_MAX];
	struct value out;

	return feature_judge(f, &in, &out, scratch);
}

static void a_number_feature_takes_numbers_within_its_bounds(void **state)
{
	struct feature f = {.has_min = true, .min = 0, .has_max = true, .max = 10};

	(void)state;
	assert_int_equal(judge(&f, number(0)), VALUE_REFUSAL_NONE);
	assert_int_equal(judge(&f, number(10)), VALUE_REFUSAL_NONE);
	assert_int_equal(judge(&f, number(-0.001)), VALUE_REFUSAL_OUT_OF_RANGE);
	assert_int_equal(judge(&f, number(10.001)), VALUE_REFUSAL_OUT_OF_RANGE);
	assert_int_equal(judge(&f, number(NAN)), VALUE_REFUSAL_OUT_OF_RANGE);
	assert_int_equal(judge(&f, text("5")), VALUE_REFUSAL_WRONG_TYPE);
	assert_int_equal(
		judge(&f, (struct value){.kind = VALUE_MISSING}), VALUE_REFUSAL_WRONG_TYPE);
	f.has_min = f.has_max = false;
	assert_int_equal(judge(&f, number(-1e308)), VALUE_REFUSAL_NONE);
	assert_int_equal(judge(&f, number(INFINITY)), VALUE_REFUSAL_OUT_OF_RANGE);
}

static void a_text_feature_takes_numbers_as_their_shortest_text(void **state)
{
	struct feature f = {.is_text = true};
	char scratch[NUM_TEXT_MAX], longest[TEXT_VALUE_BYTES_MAX + 2];
	struct value out, in = number(4711);

	(void)state;
	assert_int_equal(feature_judge(&f, &in, &out, scratch), VALUE_REFUSAL_NONE);
	assert_int_equal(out.kind, VALUE_TEXT);
	assert_string_equal(out.text, "4711");
	in = number(0.1);
	assert_int_equal(feature_judge(&f, &in, &out, scratch), VALUE_REFUSAL_NONE);
	assert_string_equal(out.text, "0.1");
	memset(longest, 'x', sizeof(longest));
	longest[TEXT_VALUE_BYTES_MAX + 1] = '\0';
	assert_int_equal(judge(&f, text(longest)), VALUE_REFUSAL_OUT_OF_RANGE);
	longest[TEXT_VALUE_BYTES_MAX] = '\0';
	assert_int_equal(judge(&f, text(longest)), VALUE_REFUSAL_NONE);
}

static void texts_belong_to_their_slots(void **state)
{
	struct value_slot slots[2] = {0};
	struct values v = {.slots = slots, .count = 2};
	char was[] = "old";
	struct value in = text(was);

	(void)state;
	assert_false(values_has(&v, 0));
	assert_int_equal(values_put(&v, 0, &in, 5, RULE_NEWER_OR_EQUAL), VALUES_CHANGED);
	was[0] = 'x';
	assert_string_equal(values_get(&v, 0).text, "old");
	in = number(3);
	assert_int_equal(values_put(&v, 0, &in, 4, RULE_NEWER_OR_EQUAL), 0);
	assert_int_equal(values_put(&v, 0, &in, 5, RULE_NEWER), 0);
	assert_int_equal(values_put(&v, 0, &in, 9, RULE_ABSENT), 0);
	assert_int_equal(values_put(&v, 1, &in, 9, RULE_ABSENT), VALUES_CHANGED);
	assert_int_equal(values_put(&v, 0, &in, 5, RULE_NEWER_OR_EQUAL), VALUES_CHANGED);
	assert_float_equal(values_get(&v, 0).number, 3, 0);
	values_deinit(&v);
	assert_false(values_has(&v, 0));
	assert_int_equal(values_get(&v, 1).kind, VALUE_MISSING);
}

static void keeps_the_newest_refused_value_of_each_feature(void **state)
{
	struct values v = {.slots = NULL};
	struct value in = number(1);

	(void)state;
	assert_int_equal(
		values_refuse(&v, 7, &in, VALUE_REFUSAL_OUT_OF_RANGE, 10, RULE_NEWER_OR_EQUAL),
		VALUES_CHANGED);
	assert_int_equal(
		values_refuse(&v, 3, &in, VALUE_REFUSAL_OUT_OF_RANGE, 10, RULE_NEWER_OR_EQUAL),
		VALUES_CHANGED);
	in = number(2);
	assert_int_equal(
		values_refuse(&v, 7, &in, VALUE_REFUSAL_OUT_OF_RANGE, 9, RULE_NEWER_OR_EQUAL), 0);
	in = text("abc");
	assert_int_equal(
		values_refuse(&v, 7, &in, VALUE_REFUSAL_WRONG_TYPE, 11, RULE_NEWER_OR_EQUAL),
		VALUES_CHANGED);
	assert_float_equal(values_refused(&v, 3)->number, 1, 0);
	assert_string_equal(values_refused(&v, 7)->text, "abc");
	assert_int_equal(values_refused(&v, 7)->why, VALUE_REFUSAL_WRONG_TYPE);
	assert_null(values_refused(&v, 5));
	assert_null(values_refused(&v, 8));
	values_deinit(&v);
}

static void cuts_a_refused_text_between_characters(void **state)
{
	struct values v = {.slots = NULL};
	char longest[200] = "";
	struct value in = text(longest);

	(void)state;
	for (size_t i = 0; i < 40; i++)
		strcat(longest, i == 0 ? "x" : "\xC3\xA4"); /* 1 + 2 * 39 bytes */
	assert_int_equal(
		values_refuse(&v, 0, &in, VALUE_REFUSAL_WRONG_TYPE, 0, RULE_NEWER_OR_EQUAL),
		VALUES_CHANGED);
	assert_int_equal(strlen(values_refused(&v, 0)->text), 63);
	values_deinit(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_feature_takes_numbers_within_its_bounds),
		cmocka_unit_test(a_text_feature_takes_numbers_as_their_shortest_text),
		cmocka_unit_test(texts_belong_to_their_slots),
		cmocka_unit_test(keeps_the_newest_refused_value_of_each_feature),
		cmocka_unit_test(cuts_a_refused_text_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
