/* Which rows are defects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "lib/base/err.h"
#include "lib/learn/labels.h"
#include "tests/unit/learn/csv_file.h"

static void takes_one_for_a_defect(void **state)
{
	CLEANUP(labels_deinit) struct labels l = {0};

	(void)state;
	TABLE_OF(t, "x,y\n1,0\n1,1.0\n1,\n1,2\n");
	assert_int_equal(labels_read(&l, t, 1, NULL, false, NULL), 0);
	assert_int_equal(l.positives, 1);
	assert_int_equal(l.negatives, 2);
	assert_int_equal(l.empty, 1);
	assert_int_equal(l.y[1], 1);
	assert_int_equal(l.y[2], LABEL_EMPTY);
	assert_string_equal(l.positive, "1");
}

static void takes_true_for_a_defect_in_any_case(void **state)
{
	CLEANUP(labels_deinit) struct labels l = {0};

	(void)state;
	TABLE_OF(t, "y\nFalse\nTrue\nTrue\n");
	assert_int_equal(labels_read(&l, t, 0, NULL, false, NULL), 0);
	assert_int_equal(l.positives, 2);
	assert_string_equal(l.positive, "True");
}

static void takes_what_is_said_for_a_defect(void **state)
{
	CLEANUP(labels_deinit) struct labels l = {0};

	(void)state;
	TABLE_OF(t, "y\nOK\nNG\nscrap\n");
	assert_int_equal(labels_read(&l, t, 0, "NG", false, NULL), 0);
	assert_int_equal(l.positives, 1);
	assert_int_equal(l.negatives, 2);
}

static void refuses_to_guess_and_lists_the_values(void **state)
{
	struct labels l = {0};
	struct err err;

	(void)state;
	TABLE_OF(t, "Result\nOK\nNG\nOK\n");
	assert_int_equal(labels_read(&l, t, 0, NULL, false, &err), -EINVAL);
	assert_string_equal(err.text, "column result has neither 1 nor true for a defect; say with "
				      "--positive which of its values means one: \"OK\", \"NG\"");
	assert_int_equal(labels_read(&l, t, 0, "ng", false, &err), -EINVAL);
	assert_string_equal(err.text, "column result never has the value \"ng\" that --positive "
				      "names; its values are \"OK\", \"NG\"");
	assert_null(l.y);
}

static void lists_ten_values_at_most(void **state)
{
	struct labels l = {0};
	struct err err;

	(void)state;
	TABLE_OF(t, "y\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n");
	assert_int_equal(labels_read(&l, t, 0, NULL, false, &err), -EINVAL);
	assert_non_null(strstr(err.text, "\"11\" and others"));
	assert_null(strstr(err.text, "\"12\""));
}

static void a_model_may_meet_a_file_without_defects(void **state)
{
	CLEANUP(labels_deinit) struct labels l = {0};

	(void)state;
	TABLE_OF(t, "y\n0\n0\n");
	assert_int_equal(labels_read(&l, t, 0, "1", true, NULL), 0);
	assert_int_equal(l.positives, 0);
	assert_int_equal(l.negatives, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_one_for_a_defect),
		cmocka_unit_test(takes_true_for_a_defect_in_any_case),
		cmocka_unit_test(takes_what_is_said_for_a_defect),
		cmocka_unit_test(refuses_to_guess_and_lists_the_values),
		cmocka_unit_test(lists_ten_values_at_most),
		cmocka_unit_test(a_model_may_meet_a_file_without_defects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
