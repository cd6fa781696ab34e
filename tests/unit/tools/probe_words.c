/* What names mean, and what ids look like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/base/macros.h"
#include "tools/probe_words.h"

static void takes_names_apart_at_gaps_capitals_and_digits(void **state)
{
	(void)state;
	assert_true(probe_words("oven_in") & WORD_ENTER);
	assert_true(probe_words("CFX.Production.WorkStarted") & WORD_ENTER);
	assert_true(probe_words("work-completed2") & WORD_EXIT);
	assert_true(probe_words("SN00123") & WORD_UNIT);
	assert_int_equal(probe_words("inside") & WORD_ENTER, 0);
	assert_int_equal(probe_words("snow"), 0);
	assert_int_equal(probe_words(""), 0);
}

static void looks_at_what_a_name_is_about(void **state)
{
	(void)state;
	assert_true(probe_head("resin_lot") & WORD_LOT);
	assert_true(probe_head("lot_id") & WORD_LOT);
	assert_true(probe_head("SerialNumber") & WORD_UNIT);
	assert_true(probe_head("/part/id") & WORD_UNIT);
	assert_int_equal(probe_head("lot_colour") & WORD_LOT, 0);
	assert_int_equal(probe_head("part_weight") & WORD_UNIT, 0);
	assert_int_equal(probe_head("PartNumber") & WORD_UNIT, 0); /* of the type */
}

static void leaves_the_thing_of_an_event(void **state)
{
	char stem[PROBE_NAME_MAX];

	(void)state;
	probe_stem(stem, sizeof(stem), "oven_in");
	assert_string_equal(stem, "oven");
	probe_stem(stem, sizeof(stem), "WorkCompleted");
	assert_string_equal(stem, "work");
	probe_stem(stem, sizeof(stem), "start");
	assert_string_equal(stem, "");
	probe_stem(stem, 6, "first_second_in");
	assert_string_equal(stem, "first");
}

static void makes_names_that_the_configuration_takes(void **state)
{
	static const struct {
		const char *text, *name;
	} cases[] = {
		{"MeltTemp C", "melt_temp_c"},
		{"switch:0/apower", "switch_0_apower"},
		{"zone12", "zone12"},
		{"Ch1.Dev1.Tag1", "ch1_dev1_tag1"},
		{"3d_scan", "n3d_scan"},
		{"h2o", "h2o"},
		{"AM2301", "am2301"},
		{"\xc3\x96l", "l"},
		{"--", "value"},
		{"", "value"},
	};
	char name[PROBE_NAME_MAX], longest[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		probe_name(name, cases[i].text, "value");
		assert_string_equal(name, cases[i].name);
	}
	for (size_t i = 0; i < sizeof(longest) - 1; i++)
		longest[i] = i % 4 == 3 ? '_' : 'a';
	longest[sizeof(longest) - 1] = '\0';
	probe_name(name, longest, "value");
	assert_in_range(strlen(name), PROBE_NAME_MAX - 2, PROBE_NAME_MAX - 1);
	memset(longest, '7', sizeof(longest) - 1);
	probe_name(name, longest, "value");
	assert_true(strlen(name) < PROBE_NAME_MAX);
}

static void knows_ids_from_numbered_things_and_words(void **state)
{
	(void)state;
	assert_int_equal(probe_form("temp"), FORM_WORD);
	assert_int_equal(probe_form("press-3"), FORM_NUMBERED);
	assert_int_equal(probe_form("zone12"), FORM_NUMBERED);
	assert_int_equal(probe_form("M14860"), FORM_ID);
	assert_int_equal(probe_form("4711"), FORM_ID);
	assert_int_equal(probe_form("2c24590d"), FORM_ID);
	assert_int_equal(probe_form("5f0c9a3e-5b7e-4c39-9f3b-0d6f8f5d2a10"), FORM_ID);
}

static void gives_texts_of_one_kind_one_pattern(void **state)
{
	char a[64], b[64], small[4];

	(void)state;
	probe_pattern(a, sizeof(a), "U00123");
	probe_pattern(b, sizeof(b), "X9876543");
	assert_string_equal(a, b);
	probe_pattern(a, sizeof(a), "press-3");
	probe_pattern(b, sizeof(b), "press-12");
	assert_string_equal(a, b);
	probe_pattern(b, sizeof(b), "mixer-12");
	assert_string_not_equal(a, b);
	probe_pattern(a, sizeof(a), "2c24590d-5b7e");
	probe_pattern(b, sizeof(b), "ab019f3b-0000");
	assert_string_equal(a, b);
	probe_pattern(small, sizeof(small), "temperature");
	assert_string_equal(small, "tem");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_names_apart_at_gaps_capitals_and_digits),
		cmocka_unit_test(looks_at_what_a_name_is_about),
		cmocka_unit_test(leaves_the_thing_of_an_event),
		cmocka_unit_test(makes_names_that_the_configuration_takes),
		cmocka_unit_test(knows_ids_from_numbered_things_and_words),
		cmocka_unit_test(gives_texts_of_one_kind_one_pattern),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
