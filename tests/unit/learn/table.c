/* Tables from CSV files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "lib/base/err.h"
#include "lib/learn/table.h"
#include "tests/unit/learn/csv_file.h"

/* The sentence must be "<path>: <wanted>". */
static void assert_refused_bytes(const char *text, size_t len, const char *wanted)
{
	CLEANUP(csv_file_remove) struct csv_file f = csv_file_of(text, len);
	struct table *t = NULL;
	struct err err;
	char full[1100];

	assert_int_equal(table_read(&t, f.path, &err), -EINVAL);
	assert_null(t);
	snprintf(full, sizeof(full), "%s: %s", f.path, wanted);
	assert_string_equal(err.text, full);
}

static void assert_refused(const char *text, const char *wanted)
{
	assert_refused_bytes(text, strlen(text), wanted);
}

static void reads_numbers_texts_and_empty_cells(void **state)
{
	(void)state;
	TABLE_OF(t, "A,b\n1.5,L\n,M\n-2e3,\n");
	assert_int_equal(t->rows, 3);
	assert_int_equal(t->columns, 2);
	assert_string_equal(t->column[0].name, "a");
	assert_string_equal(t->column[0].header, "A");
	assert_false(t->column[0].is_text);
	assert_float_equal(t->column[0].v[0].number, 1.5, 0);
	assert_int_equal(t->column[0].v[1].kind, VALUE_MISSING);
	assert_float_equal(t->column[0].v[2].number, -2000, 0);
	assert_true(t->column[1].is_text);
	assert_string_equal(table_text(t, 1, 1), "M");
	assert_string_equal(table_text(t, 1, 2), "");
	assert_int_equal(t->line[2], 4);
}

static void a_column_with_one_text_is_one_of_texts(void **state)
{
	(void)state;
	TABLE_OF(t, "x\n1\n2.50\nx3\n");
	assert_true(t->column[0].is_text);
	assert_int_equal(t->column[0].text_row, 2);
	assert_int_equal(t->column[0].v[1].kind, VALUE_TEXT);
	assert_string_equal(table_text(t, 0, 1), "2.50");
}

static void keeps_a_number_as_it_was_written(void **state)
{
	(void)state;
	TABLE_OF(t, "id\n007\n1.0\n");
	assert_false(t->column[0].is_text);
	assert_string_equal(table_text(t, 0, 0), "007");
	assert_string_equal(table_text(t, 0, 1), "1.0");
}

static void skips_a_byte_order_mark_and_takes_crlf(void **state)
{
	(void)state;
	TABLE_OF(t, "\xef\xbb\xbfUDI,Type\r\n1,L\r\n2,\"M\"\r\n");
	assert_int_equal(t->rows, 2);
	assert_string_equal(t->column[0].header, "UDI");
	assert_string_equal(t->column[1].header, "Type");
	assert_string_equal(table_text(t, 1, 0), "L");
	assert_string_equal(table_text(t, 1, 1), "M");
}

static void undoes_quotes(void **state)
{
	(void)state;
	TABLE_OF(t, "\"a, b\",c\n\"say \"\"hi\"\"\",\"two\nlines\"\n\"\",\"3\"\n");
	assert_string_equal(t->column[0].name, "a_b");
	assert_string_equal(table_text(t, 0, 0), "say \"hi\"");
	assert_string_equal(table_text(t, 1, 0), "two\nlines");
	assert_int_equal(t->column[0].v[1].kind, VALUE_MISSING);
	assert_int_equal(t->line[1], 4);
}

static void needs_no_newline_at_the_end(void **state)
{
	(void)state;
	TABLE_OF(t, "a,b\n1,2\n3,");
	assert_int_equal(t->rows, 2);
	assert_int_equal(t->column[1].v[1].kind, VALUE_MISSING);
	TABLE_OF(u, "a,b\r\n1,2\r");
	assert_float_equal(u->column[1].v[0].number, 2, 0);
}

static void skips_empty_lines_at_the_end_only(void **state)
{
	(void)state;
	TABLE_OF(t, "a,b\n1,2\n\r\n\n");
	assert_int_equal(t->rows, 1);
	assert_refused("a,b\n1,2\n\n3,4\n", "line 3: 1 field, the header has 2");
}

static void an_empty_line_is_a_missing_value_of_an_only_column(void **state)
{
	(void)state;
	TABLE_OF(t, "a\n1\n\n3\n\n");
	assert_int_equal(t->rows, 4);
	assert_int_equal(t->column[0].v[1].kind, VALUE_MISSING);
}

static void a_header_alone_is_a_table_without_rows(void **state)
{
	(void)state;
	TABLE_OF(t, "a,b\n");
	assert_int_equal(t->rows, 0);
}

static void refuses_rows_with_another_number_of_fields(void **state)
{
	(void)state;
	assert_refused("a,b,c\n1,2,3\n1,2\n", "line 3: 2 fields, the header has 3");
	assert_refused("a,b\n1,2\n\"x\ny\",1,5\n",
		"line 3: 3 fields, the header has 2; are there decimal commas? Wanted is a point");
}

static void refuses_decimal_commas(void **state)
{
	(void)state;
	assert_refused("a,b\n1,\"2\"\n1,\"-3,14\"\n",
		"line 3: \"-3,14\" in column b has a decimal comma; wanted is a point");
	TABLE_OF(t, "a\n\"1,5\"\n\"1,5 mm\"\n");
	assert_true(t->column[0].is_text);
}

static void refuses_other_separators(void **state)
{
	(void)state;
	assert_refused("a;b\n1;2\n", "line 1: the fields are separated by semicolons; wanted are "
				     "commas, with a point in decimal numbers");
	assert_refused("a\tb\n1\t2\n", "line 1: the fields are separated by tabs; wanted are "
				       "commas, with a point in decimal numbers");
}

static void refuses_doubled_and_empty_names(void **state)
{
	(void)state;
	assert_refused("Air temp,x,air_temp\n1,2,3\n",
		"line 1: columns 1 \"Air temp\" and 3 \"air_temp\" have the same name air_temp");
	assert_refused("a,,c\n1,2,3\n",
		"line 1: column 2 has the header \"\"; wanted is a name with letters or digits");
	assert_refused("a,?\n1,2\n",
		"line 1: column 2 has the header \"?\"; wanted is a name with letters or digits");
}

static void refuses_quotes_out_of_place(void **state)
{
	(void)state;
	assert_refused("a\nx\"y\n",
		"line 2: a quote is out of place: a field with quotes must begin "
		"with one and double those inside");
	assert_refused("a,b\n\"x\"y,1\n", "line 2: a quote is out of place: behind a quoted field "
					  "only a comma or the end of the line may stand");
	assert_refused("a\n1\n\"x\n\n", "line 3: a quoted field has no end");
}

static void refuses_what_is_no_text(void **state)
{
	(void)state;
	assert_refused("", "is empty; wanted is a header line and rows");
	assert_refused_bytes("a\n1\0\n", 5, "line 2: a NUL byte; wanted is text");
	assert_refused("a\n\xfc\n", "line 2: the byte 0xfc is no UTF-8; save the file as UTF-8");
	assert_refused("a\nx\ry\n", "line 2: a carriage return in the middle of a line");
}

static void says_why_a_file_cannot_be_read(void **state)
{
	struct table *t = NULL;
	struct err err;

	(void)state;
	assert_int_equal(table_read(&t, "/nowhere/x.csv", &err), -ENOENT);
	assert_string_equal(err.text, "/nowhere/x.csv: No such file or directory");
	assert_int_equal(table_read(&t, "/tmp", &err), -EINVAL);
	assert_string_equal(err.text, "/tmp: is no regular file");
}

static void normalises_names(void **state)
{
	static const struct {
		const char *header, *name;
	} cases[] = {
		{"Air temperature [K]", "air_temperature_k"},
		{"  x--y  ", "x_y"},
		{"3rd", "3rd"},
		{"Öl", "l"},
		{"%", ""},
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		table_normalise(out, sizeof(out), cases[i].header);
		assert_string_equal(out, cases[i].name);
	}
	table_normalise(out, 4, "abcdef");
	assert_string_equal(out, "abc");
}

static void finds_columns_by_header_and_name(void **state)
{
	size_t column = 9;
	struct err err;

	(void)state;
	TABLE_OF(t, "Tool wear [min],b\n1,2\n");
	assert_int_equal(table_find(t, "Tool wear [min]"), 0);
	assert_int_equal(table_find(t, "tool_wear_min"), 0);
	assert_int_equal(table_find(t, "B"), -1);
	assert_int_equal(table_require(&column, t, "wear", "--label", &err), -EINVAL);
	assert_string_equal(
		err.text, "--label: there is no column \"wear\"; there are tool_wear_min, b");
	assert_int_equal(column, 9);
}

static void knows_the_hash_of_the_file(void **state)
{
	(void)state;
	TABLE_OF(t, "a\n1\n");
	assert_string_equal(
		t->sha256, "309b0e45a73d3fc5325e2b6ed0a01ef8b9cde6b05a5633c1f893f970d52bfddc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_numbers_texts_and_empty_cells),
		cmocka_unit_test(a_column_with_one_text_is_one_of_texts),
		cmocka_unit_test(keeps_a_number_as_it_was_written),
		cmocka_unit_test(skips_a_byte_order_mark_and_takes_crlf),
		cmocka_unit_test(undoes_quotes),
		cmocka_unit_test(needs_no_newline_at_the_end),
		cmocka_unit_test(skips_empty_lines_at_the_end_only),
		cmocka_unit_test(an_empty_line_is_a_missing_value_of_an_only_column),
		cmocka_unit_test(a_header_alone_is_a_table_without_rows),
		cmocka_unit_test(refuses_rows_with_another_number_of_fields),
		cmocka_unit_test(refuses_decimal_commas),
		cmocka_unit_test(refuses_other_separators),
		cmocka_unit_test(refuses_doubled_and_empty_names),
		cmocka_unit_test(refuses_quotes_out_of_place),
		cmocka_unit_test(refuses_what_is_no_text),
		cmocka_unit_test(says_why_a_file_cannot_be_read),
		cmocka_unit_test(normalises_names),
		cmocka_unit_test(finds_columns_by_header_and_name),
		cmocka_unit_test(knows_the_hash_of_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
