/* Numbers, durations and sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/num.h"
#include "lib/base/rng.h"

static bool reads_as(const char *text, double expected)
{
	double v = -77;

	return num_parse(text, strlen(text), &v) && memcmp(&v, &expected, sizeof(v)) == 0;
}

static void reads_the_numbers_of_json(void **state)
{
	(void)state;
	assert_true(reads_as("0", 0));
	assert_true(reads_as("-0", -0.0));
	assert_true(reads_as("218.4", 218.4));
	assert_true(reads_as("-1.5e+3", -1500));
	assert_true(reads_as("1E22", 1e22));
	assert_true(reads_as("1e23", 1e23));
	assert_true(reads_as("9007199254740993", 9007199254740992.0));
	assert_true(reads_as("1e-400", 0));
	assert_true(reads_as("0e999999999999999999999", 0));
	assert_true(reads_as("4.9406564584124654e-324", 4.9406564584124654e-324));
	assert_true(reads_as("1.7976931348623157e308", DBL_MAX));
}

static void refuses_everything_else(void **state)
{
	static const char *const cases[] = {"", "-", "+1", "01", "-01", ".5", "5.", "1e", "1e+",
		"e5", "0x10", "inf", "nan", "NaN", "Infinity", "1,5", " 1", "1 ", "1.2.3", "--1",
		"1e5.0", "1e999", "-1e999", "1.8e308", "1_000"};
	double v = 77;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_false(num_parse(cases[i], strlen(cases[i]), &v));
	assert_true(v == 77); /* untouched */
}

static void is_lenient_where_people_write(void **state)
{
	static const struct {
		const char *text;
		double v;
	} cases[] = {{" 1.5\t", 1.5}, {"+2", 2}, {".5", .5}, {"5.", 5}, {"007", 7}, {"-.5e1", -5},
		{"00.10\r\n", .1}};
	static const char *const refused[] = {
		"", " ", ".", "+", "-.", "inf", "nan", "0x1", "1,5", "1 2", "+-1", "1e", "1e999"};
	double v;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_true(num_parse_lenient(cases[i].text, strlen(cases[i].text), &v));
		assert_true(v == cases[i].v);
	}
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		assert_false(num_parse_lenient(refused[i], strlen(refused[i]), &v));
}

/* Halfway between two doubles one digit far behind decides. */
static void rounds_by_the_last_digit_of_very_long_numbers(void **state)
{
	char text[1200];
	double v;
	int n;

	(void)state;
	n = snprintf(text, sizeof(text), "9007199254740993.%0*d", 900, 0);
	assert_true(num_parse(text, (size_t)n, &v));
	assert_true(v == 9007199254740992.0);
	text[n - 1] = '1';
	assert_true(num_parse(text, (size_t)n, &v));
	assert_true(v == 9007199254740994.0);
	n = snprintf(text, sizeof(text), "0.%0*d1e901", 900, 0);
	assert_true(num_parse(text, (size_t)n, &v));
	assert_true(v == 1);
}

static void reads_integers_to_the_ends_of_the_range(void **state)
{
	static const char *const refused[] = {"", "-", "+1", "1.0", "1e3", " 1", "1 ",
		"9223372036854775808", "-9223372036854775809", "99999999999999999999999"};
	int64_t v = 77;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		assert_false(num_parse_int(refused[i], strlen(refused[i]), &v));
	assert_true(v == 77);
	assert_true(num_parse_int("9223372036854775807", 19, &v) && v == INT64_MAX);
	assert_true(num_parse_int("-9223372036854775808", 20, &v) && v == INT64_MIN);
	assert_true(num_parse_int("007", 3, &v) && v == 7);
}

static void prints_the_shortest_text(void **state)
{
	static const struct {
		double v;
		const char *plain, *point;
	} cases[] = {
		{0, "0", "0.0"},
		{-0.0, "0", "0.0"},
		{1, "1", "1.0"},
		{-42, "-42", "-42.0"},
		{0.1, "0.1", "0.1"},
		{-0.05, "-0.05", "-0.05"},
		{231.4, "231.4", "231.4"},
		{0.1743, "0.1743", "0.1743"},
		{1.0 / 3, "0.3333333333333333", "0.3333333333333333"},
		{0.1 + 0.2, "0.30000000000000004", "0.30000000000000004"},
		{1e-5, "1e-05", "1.0e-05"},
		{1e30, "1e+30", "1.0e+30"},
		{-1.5e-10, "-1.5e-10", "-1.5e-10"},
		{999999999999999, "999999999999999", "999999999999999.0"},
		{1795363431123, "1795363431123", "1795363431123.0"},
		{5e-324, "5e-324", "5.0e-324"},
		{DBL_MAX, "1.7976931348623157e+308", "1.7976931348623157e+308"},
	};
	char text[NUM_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(num_print(text, cases[i].v, false), strlen(cases[i].plain));
		assert_string_equal(text, cases[i].plain);
		assert_int_equal(num_print(text, cases[i].v, true), strlen(cases[i].point));
		assert_string_equal(text, cases[i].point);
	}
}

static void prints_floats_shorter(void **state)
{
	char text[NUM_TEXT_MAX];

	(void)state;
	num_print_float(text, 0.1f, false);
	assert_string_equal(text, "0.1");
	num_print_float(text, 16777216.0f, true);
	assert_string_equal(text, "16777216.0");
	num_print_float(text, -0.0f, true);
	assert_string_equal(text, "0.0");
	num_print_float(text, 1e-45f, false);
	assert_string_equal(text, "1e-45");
	num_print_float(text, FLT_MAX, false);
	assert_string_equal(text, "3.4028235e+38");
}

static void reads_back_what_it_prints(void **state)
{
	char text[NUM_TEXT_MAX];
	struct rng r;
	double v, back;
	float f;

	(void)state;
	rng_init(&r, 1, 0);
	for (int i = 0; i < 100000; i++) {
		uint64_t bits = rng_u64(&r);

		memcpy(&v, &bits, sizeof(v));
		if (i % 2) /* as measured values are */
			v = nearbyint((rng_uniform(&r) - .5) * 1e6) / (double)(1 << i % 20);
		if (isfinite(v)) {
			size_t len = num_print(text, v, i % 3 == 0);

			assert_true(num_parse(text, len, &back));
			assert_true(back == v);
		}
		memcpy(&f, &bits, sizeof(f));
		if (isfinite(f)) {
			size_t len = num_print_float(text, f, i % 3 == 0);

			assert_true(num_parse(text, len, &back));
			assert_true((float)back == f);
		}
	}
}

/* Writes a locale with a decimal comma (the compiled form of glibc) and goes there. */
static bool enter_comma_locale(char folder[], char file[], size_t file_size)
{
	static const unsigned char numeric[] = {0x14, 0x11, 0x03, 0x20, 6, 0, 0, 0, 32, 0, 0, 0, 34,
		0, 0, 0, 36, 0, 0, 0, 40, 0, 0, 0, 44, 0, 0, 0, 48, 0, 0, 0, ',', 0, '.', 0, 3, 3,
		0, 0, ',', 0, 0, 0, '.', 0, 0, 0, 'A', 'N', 'S', 'I', '_', 'X', '3', '.', '4', '-',
		'1', '9', '6', '8', 0};
	FILE *f;

	if (!mkdtemp(folder))
		return false;
	snprintf(file, file_size, "%s/xx_XX", folder);
	mkdir(file, 0700);
	snprintf(file, file_size, "%s/xx_XX/LC_NUMERIC", folder);
	f = fopen(file, "wb");
	if (!f)
		return false;
	fwrite(numeric, sizeof(numeric), 1, f);
	fclose(f);
	setenv("LOCPATH", folder, 1);
	return setlocale(LC_NUMERIC, "xx_XX") && strcmp(localeconv()->decimal_point, ",") == 0;
}

static void does_not_care_for_a_decimal_comma(void **state)
{
	char folder[] = "/tmp/defectd-locale-XXXXXX", file[64], text[NUM_TEXT_MAX];
	bool is_comma = enter_comma_locale(folder, file, sizeof(file));

	(void)state;
	if (is_comma) {
		snprintf(text, sizeof(text), "%.1f", 1.5);
		assert_string_equal(text, "1,5"); /* the locale really holds */
		reads_the_numbers_of_json(state);
		refuses_everything_else(state);
		is_lenient_where_people_write(state);
		rounds_by_the_last_digit_of_very_long_numbers(state);
		prints_the_shortest_text(state);
		prints_floats_shorter(state);
		reads_back_what_it_prints(state);
		snprintf(text, sizeof(text), "%.1f", 1.5);
		assert_string_equal(text, "1,5"); /* and was left as it was */
	}
	setlocale(LC_NUMERIC, "C");
	unlink(file);
	*strrchr(file, '/') = '\0';
	rmdir(file);
	rmdir(folder);
	if (!is_comma)
		skip();
}

static void prints_durations_as_they_would_be_written(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {{0, "0ms"}, {1, "1ms"}, {1500, "1500ms"}, {2000, "2s"}, {182000, "182s"},
		{90000, "90s"}, {600000, "10min"}, {7200000, "2h"}, {86400000, "1d"},
		{365 * INT64_C(86400000), "1y"}, {-20000, "-20s"},
		{INT64_MIN, "-9223372036854775808ms"}};
	char text[NUM_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(duration_print(text, cases[i].ms), strlen(cases[i].text));
		assert_string_equal(text, cases[i].text);
	}
}

static void reads_durations(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {{"0ms", 0}, {"500ms", 500}, {"90s", 90000}, {"10min", 600000}, {"2h", 7200000},
		{"90d", 7776000000}, {"10y", 315360000000}};
	struct err err;
	int64_t ms = 77;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(duration_parse(cases[i].text, &ms, NULL), 0);
		assert_true(ms == cases[i].ms);
	}
	ms = 77;
	assert_true(duration_parse("", &ms, NULL) < 0);
	assert_true(duration_parse("90", &ms, NULL) < 0);
	assert_true(duration_parse("s", &ms, NULL) < 0);
	assert_true(duration_parse("1.5s", &ms, NULL) < 0);
	assert_true(duration_parse("-1s", &ms, NULL) < 0);
	assert_true(duration_parse("1 s", &ms, NULL) < 0);
	assert_true(duration_parse("90m", &ms, &err) < 0);
	assert_string_equal(err.text,
		"\"90m\" is no duration, allowed are a whole number and one of "
		"ms, s, min, h, d, y, such as \"90s\"");
	assert_true(duration_parse("999999999999y", &ms, &err) < 0);
	assert_string_equal(err.text, "\"999999999999y\" is too long a duration");
	assert_true(ms == 77);
}

static void reads_sizes(void **state)
{
	struct err err;
	int64_t bytes = 77;

	(void)state;
	assert_int_equal(size_parse("512B", &bytes, NULL), 0);
	assert_true(bytes == 512);
	assert_int_equal(size_parse("64KiB", &bytes, NULL), 0);
	assert_true(bytes == 65536);
	assert_int_equal(size_parse("2GiB", &bytes, NULL), 0);
	assert_true(bytes == INT64_C(2) << 30);
	assert_true(size_parse("64KB", &bytes, &err) < 0);
	assert_string_equal(err.text,
		"\"64KB\" is no size, allowed are a whole number and one of B, "
		"KiB, MiB, GiB, such as \"64KiB\"");
	assert_true(size_parse("99999999999GiB", &bytes, &err) < 0);
	assert_string_equal(err.text, "\"99999999999GiB\" is too large a size");
	assert_true(bytes == INT64_C(2) << 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_numbers_of_json),
		cmocka_unit_test(refuses_everything_else),
		cmocka_unit_test(is_lenient_where_people_write),
		cmocka_unit_test(rounds_by_the_last_digit_of_very_long_numbers),
		cmocka_unit_test(reads_integers_to_the_ends_of_the_range),
		cmocka_unit_test(prints_the_shortest_text),
		cmocka_unit_test(prints_floats_shorter),
		cmocka_unit_test(reads_back_what_it_prints),
		cmocka_unit_test(does_not_care_for_a_decimal_comma),
		cmocka_unit_test(reads_durations),
		cmocka_unit_test(prints_durations_as_they_would_be_written),
		cmocka_unit_test(reads_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
