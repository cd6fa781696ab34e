/* Derived inputs: what expressions mean, and which are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/model/expression.h"

/* The value of an expression for operands in order of appearance. */
static double value_of(const char *text, const double *operands)
{
	CLEANUP(arena_free) struct arena *memory = NULL;
	struct expression *e = NULL;
	struct err err = {""};

	assert_int_equal(arena_new(&memory, 1024), 0);
	if (expression_compile(&e, memory, text, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	return expression_run(e, operands);
}

static const struct {
	const char *text;
	double value; /* with 7, 2, 0.5 as the first, second and third feature; NAN: missing */
} sound[] = {
	{"1", 1}, {"  .5 ", 0.5}, {"1e3", 1000}, {"2.5E-1", 0.25}, {"a", 7}, {"a + b * c", 8},
	{"(a + b) * c", 4.5}, {"a - b - c", 4.5}, {"a - (b - c)", 5.5}, {"a / b / c", 7},
	{"-a + b", -5}, {"-a * b", -14}, {"a * -b", -14}, {"--a", 7}, {"-(a + b)", -9},
	{"torque * speed * 0.104719755", 14 * 0.104719755}, {"a * a + b + a", 58},
	{"abs(b - a) ", 5}, /* b comes first */
	{"min(a, b)", 2}, {"max(a, b, c, 9, 1)", 9}, {"min(a,b,c)", 0.5}, {"sqrt(a + b)", 3},
	{"exp(0)", 1}, {"ln(exp(1))", 1}, {"log10(1000)", 3}, {"pow(a, b)", 49},
	{"floor(-a * c1)", -14}, {"round(2.5) + round(-2.5)", 0}, {"round(2.5)", 3},
	{"min + max", 9}, /* features of these names */
	{"sqrt (\n4)", 2}, {"_x1 + A", 9}, {"a / 0", NAN}, {"a / (b - b)", NAN}, {"0 / 0", NAN},
	{"sqrt(-a)", NAN}, {"ln(0)", NAN}, {"ln(-1)", NAN}, {"exp(1000)", NAN},
	{"min(sqrt(-1), 1)", NAN}, /* what is no number stays none */
	{"max(1, sqrt(-1))", NAN}, {"pow(sqrt(-1), 0)", NAN},
	{"1 / (1 + exp(1000))", 0}, /* an infinity on the way is as good as any number */
};

static void expressions_mean_what_they_say(void **state)
{
	const double operands[64] = {7, 2, 0.5};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sound); i++) {
		double wanted = sound[i].value, got = value_of(sound[i].text, operands);

		if (isnan(wanted) ? !isnan(got) : fabs(got - wanted) > 1e-12)
			fail_msg("%s is %.17g, wanted is %.17g", sound[i].text, got, wanted);
	}
}

static void a_missing_operand_makes_it_missing(void **state)
{
	(void)state;
	assert_true(isnan(value_of("a * 0 + b", (const double[]){NAN, 1})));
	assert_true(isnan(value_of("max(a, b)", (const double[]){1, NAN})));
	assert_true(isnan(value_of("pow(a, 0)", (const double[]){NAN})));
}

static const struct {
	const char *text, *sentence;
} refused[] = {
	{"", "at character 1 the text ends, wanted is a number, a feature, a function or \"(\""},
	{"a b", "at character 3 stands \"b\", wanted is an operator"},
	{"a +", "at character 4 the text ends, wanted is a number, a feature, a function or \"(\""},
	{"a ** b",
		"at character 4 stands \"*\", wanted is a number, a feature, a function or \"(\""},
	{"a ^ 2", "at character 3 stands \"^\", wanted is an operator"},
	{"(a", "at character 3 the text ends, wanted is an operator or \")\""},
	{"a)", "at character 2 stands \")\", wanted is an operator"},
	{"1.2.3", "at character 1 stands \"1\", wanted is a number"},
	{".", "at character 1 stands \".\", wanted is a number"},
	{"1e999", "at character 1 stands \"1\", wanted is a number"},
	{"2a", "at character 2 stands \"a\", wanted is an operator"},
	{"sin(a)", "at character 1: there is no function \"sin\", allowed are abs, min, max, sqrt, "
		   "exp, "
		   "ln, log10, pow, floor and round"},
	{"abs(a, b)", "at character 6: abs wants 1 argument"},
	{"pow(a)", "at character 6: pow wants 2 arguments"},
	{"min(a)", "at character 6: min wants 2 arguments or more"},
	{"pow(a, b, c)", "at character 9: pow wants 2 arguments"},
	{"abs()",
		"at character 5 stands \")\", wanted is a number, a feature, a function or \"(\""},
	{"max(a b)", "at character 7 stands \"b\", wanted is \",\" or \")\""},
	{"a + \x80", "at character 5 stands \\x80, wanted is a number, a feature, a function or "
		     "\"(\""},
};

static void unsound_expressions_are_refused_by_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		CLEANUP(arena_free) struct arena *memory = NULL;
		struct expression *e = NULL;
		struct err err = {""};

		assert_int_equal(arena_new(&memory, 1024), 0);
		assert_int_equal(expression_compile(&e, memory, refused[i].text, &err), -EINVAL);
		assert_string_equal(err.text, refused[i].sentence);
		assert_null(e);
	}
}

/* `what` so many times, one after the other. */
static const char *repeat(struct buf *b, const char *what, int times)
{
	buf_clear(b);
	for (int i = 0; i < times; i++)
		buf_add(b, what);
	return buf_text(b);
}

static int compile(const char *text, struct err *err)
{
	CLEANUP(arena_free) struct arena *memory = NULL;
	struct expression *e = NULL;

	assert_int_equal(arena_new(&memory, 1024), 0);
	return expression_compile(&e, memory, text, err);
}

static void there_are_at_most_64_steps(void **state)
{
	CLEANUP(buf_deinit) struct buf b;
	struct err err;

	(void)state;
	buf_init(&b);
	repeat(&b, "x+", 31);
	buf_add(&b, "abs(x)"); /* 32 features, 31 sums, 1 function */
	assert_int_equal(compile(buf_text(&b), NULL), 0);
	buf_add(&b, "-abs(x)");
	assert_int_equal(compile(buf_text(&b), &err), -EINVAL);
	assert_string_equal(err.text, "it takes more than 64 steps");
}

static void it_is_not_nested_without_end(void **state)
{
	CLEANUP(buf_deinit) struct buf b;
	struct err err;

	(void)state;
	buf_init(&b);
	assert_int_equal(compile(repeat(&b, "(", 1000000), &err), -EINVAL);
	assert_string_equal(err.text, "more than 64 parentheses in each other");
	assert_int_equal(compile(repeat(&b, "-", 1000000), &err), -EINVAL);
	assert_string_equal(err.text, "more than 64 signs in a row");
	assert_int_equal(compile(repeat(&b, "abs(", 1000000), &err), -EINVAL);
	assert_string_equal(err.text, "more than 64 parentheses in each other");
	assert_int_equal(compile(repeat(&b, "x", 1000000), &err), -EINVAL);
	assert_string_equal(
		err.text, "at character 1: a name has 1000000 letters, allowed are 128");
}

static void operands_are_features_in_order_of_appearance(void **state)
{
	CLEANUP(arena_free) struct arena *memory = NULL;
	struct expression *e = NULL;

	(void)state;
	assert_int_equal(arena_new(&memory, 1024), 0);
	assert_int_equal(expression_compile(&e, memory, "b * aa + b - a", NULL), 0);
	assert_int_equal(expression_operand_count(e), 3);
	assert_string_equal(expression_operand(e, 0), "b");
	assert_string_equal(expression_operand(e, 1), "aa");
	assert_string_equal(expression_operand(e, 2), "a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expressions_mean_what_they_say),
		cmocka_unit_test(a_missing_operand_makes_it_missing),
		cmocka_unit_test(unsound_expressions_are_refused_by_place),
		cmocka_unit_test(there_are_at_most_64_steps),
		cmocka_unit_test(it_is_not_nested_without_end),
		cmocka_unit_test(operands_are_features_in_order_of_appearance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
