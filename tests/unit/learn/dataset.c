/* Training sets from tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/learn/dataset.h"
#include "lib/learn/split.h"
#include "tests/unit/learn/csv_file.h"

/* 100 rows, every fifth a defect: an id, a number, a text (K, L, M), a constant, a number that is
 * missing in every fourth row, a column without values, the label. */
static struct table *hundred_rows(void)
{
	CLEANUP(buf_deinit) struct buf b = {0};
	struct table *t = NULL;

	buf_add(&b, "Serial,Torque [Nm],Type,Const,Gaps,None,Bad\n");
	for (int i = 0; i < 100; i++) {
		buf_addf(&b, "S%d,%d.5,%c,7,", i, i, "KLM"[i % 3]);
		if (i % 4 != 0)
			buf_addf(&b, "%d", i % 2);
		buf_addf(&b, ",,%d\n", i % 5 == 0);
	}
	CLEANUP(csv_file_remove) struct csv_file f = csv_file_of(b.data, b.len);
	assert_int_equal(table_read(&t, f.path, NULL), 0);
	return t;
}

static const struct dataset_options options = {
	.label = "Bad",
	.unit = "serial",
	.held_out = 0.2,
	.seed = 1,
};

static void holds_out_a_fifth_of_each_class(void **state)
{
	CLEANUP(table_free) struct table *t = hundred_rows();
	CLEANUP(dataset_free) struct dataset *d = NULL;
	size_t held_out_defects = 0;

	(void)state;
	assert_int_equal(dataset_new(&d, t, &options, NULL), 0);
	assert_int_equal(d->rows, 100);
	assert_int_equal(d->learn_rows, 80);
	assert_int_equal(d->positives, 20);
	for (size_t i = d->learn_rows; i < d->rows; i++)
		held_out_defects += d->y[i];
	assert_int_equal(held_out_defects, 4);
	for (size_t i = 0; i < d->rows; i++)
		assert_int_equal(d->y[i], d->table_row[i] % 5 == 0);
}

static void the_same_seed_holds_out_the_same_rows(void **state)
{
	CLEANUP(table_free) struct table *t = hundred_rows();
	CLEANUP(dataset_free) struct dataset *a = NULL;
	CLEANUP(dataset_free) struct dataset *b = NULL;
	CLEANUP(dataset_free) struct dataset *c = NULL;
	struct dataset_options other = options;

	(void)state;
	other.seed = 2;
	assert_int_equal(dataset_new(&a, t, &options, NULL), 0);
	assert_int_equal(dataset_new(&b, t, &options, NULL), 0);
	assert_int_equal(dataset_new(&c, t, &other, NULL), 0);
	assert_memory_equal(a->table_row, b->table_row, 100 * sizeof(a->table_row[0]));
	assert_memory_not_equal(a->table_row, c->table_row, 100 * sizeof(a->table_row[0]));
}

static void makes_inputs_of_numbers_and_texts(void **state)
{
	CLEANUP(table_free) struct table *t = hundred_rows();
	CLEANUP(dataset_free) struct dataset *d = NULL;
	static const char *const names[] = {"torque_nm", "type=K", "type=L", "type=M", "gaps"};

	(void)state;
	assert_int_equal(dataset_new(&d, t, &options, NULL), 0);
	assert_int_equal(d->encoding->count, ARRAY_LEN(names));
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_string_equal(d->encoding->input[i].name, names[i]);
	assert_string_equal(d->encoding->input[0].unit, "Nm");
	assert_int_equal(d->encoding->input[2].kind, MODEL_INPUT_ONE_HOT);
	assert_string_equal(d->encoding->input[2].texts[0], "L");
	for (size_t i = 0; i < d->rows; i++) {
		const float *x = d->x + i * d->encoding->count;
		size_t row = d->table_row[i];

		assert_float_equal(x[0], (double)row + 0.5, 0);
		assert_float_equal(x[1 + row % 3], 1, 0);
		assert_float_equal(x[1] + x[2] + x[3], 1, 0);
	}
}

static void statistics_come_from_the_rows_to_learn_from_alone(void **state)
{
	CLEANUP(table_free) struct table *t = hundred_rows();
	CLEANUP(dataset_free) struct dataset *d = NULL;
	const struct model_input *in;
	double sum = 0, squares = 0;

	(void)state;
	assert_int_equal(dataset_new(&d, t, &options, NULL), 0);
	in = &d->encoding->input[0];
	for (size_t i = 0; i < d->learn_rows; i++)
		sum += (double)d->table_row[i] + 0.5;
	assert_float_equal(in->mean, sum / 80, 1e-12);
	for (size_t i = 0; i < d->learn_rows; i++)
		squares += pow((double)d->table_row[i] + 0.5 - in->mean, 2);
	assert_float_equal(in->sd, sqrt(squares / 80), 1e-12);
}

static void the_mean_stands_in_for_missing_numbers(void **state)
{
	CLEANUP(table_free) struct table *t = hundred_rows();
	CLEANUP(dataset_free) struct dataset *d = NULL;
	const struct model_input *in;

	(void)state;
	assert_int_equal(dataset_new(&d, t, &options, NULL), 0);
	in = &d->encoding->input[4];
	assert_true(in->missing_is_mean);
	assert_float_equal(in->missing, in->mean, 0);
	for (size_t i = 0; i < d->rows; i++) {
		if (d->table_row[i] % 4 == 0)
			assert_float_equal(d->x[i * 5 + 4], (float)in->mean, 0);
	}
}

static void notes_what_was_left_out_and_imputed(void **state)
{
	CLEANUP(table_free) struct table *t = hundred_rows();
	CLEANUP(dataset_free) struct dataset *d = NULL;
	static const struct {
		enum encoding_note_kind kind;
		const char *column;
	} wanted[] = {
		{NOTE_ONE_HOT, "type"},
		{NOTE_CONSTANT, "const"},
		{NOTE_IMPUTED, "gaps"},
		{NOTE_EMPTY, "none"},
	};

	(void)state;
	assert_int_equal(dataset_new(&d, t, &options, NULL), 0);
	assert_int_equal(d->encoding->note_count, ARRAY_LEN(wanted));
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		assert_int_equal(d->encoding->note[i].kind, wanted[i].kind);
		assert_string_equal(d->encoding->note[i].column, wanted[i].column);
	}
	assert_int_equal(d->encoding->note[0].count, 3);
	assert_in_range(d->encoding->note[2].count, 15, 25);
}

static void leaves_out_rows_without_a_label(void **state)
{
	CLEANUP(buf_deinit) struct buf b = {0};
	CLEANUP(dataset_free) struct dataset *d = NULL;
	struct dataset_options o = {.label = "y", .held_out = 0.2};

	(void)state;
	buf_add(&b, "x,y\n");
	for (int i = 0; i < 40; i++)
		buf_addf(&b, "%d,%s\n", i, i % 8 == 0 ? "" : i % 2 ? "1" : "0");
	TABLE_OF(t, buf_text(&b));
	assert_int_equal(dataset_new(&d, t, &o, NULL), 0);
	assert_int_equal(d->rows, 35);
	assert_int_equal(d->empty_labels, 5);
}

static void assert_refused(
	const struct table *t, const struct dataset_options *o, const char *wanted)
{
	struct dataset *d = NULL;
	struct err err;

	assert_int_equal(dataset_new(&d, t, o, &err), -EINVAL);
	assert_null(d);
	assert_string_equal(err.text, wanted);
}

static void refuses_unknown_columns_by_name(void **state)
{
	CLEANUP(table_free) struct table *t = hundred_rows();
	struct dataset_options o = options;
	const char *drop[] = {"None", "nothing"};

	(void)state;
	o.drop = drop;
	o.drop_count = 2;
	assert_refused(t, &o,
		"--drop: there is no column \"nothing\"; there are serial, torque_nm, type, const, "
		"gaps, none, bad");
	drop[1] = "bad";
	assert_refused(t, &o, "--drop: column bad is the label");
	o.unit = "bad";
	assert_refused(t, &o, "--unit: column bad is the label");
}

static void refuses_too_little_to_learn_from(void **state)
{
	struct dataset_options o = {.label = "y", .held_out = 0.2};

	(void)state;
	TABLE_OF(few, "x,y\n1,0\n2,1\n3,\n");
	assert_refused(few, &o, "2 rows with a label, needed are at least 20");
	TABLE_OF(all, "x,y\n1,1\n2,1\n3,1\n4,1\n5,1\n6,1\n7,1\n8,1\n9,1\n10,1\n11,1\n12,1\n13,1\n"
		      "14,1\n15,1\n16,1\n17,1\n18,1\n19,1\n20,1\n");
	assert_refused(
		all, &o, "every label in column y is \"1\"; needed are defects and good units");
	TABLE_OF(one, "x,y\n1,1\n2,0\n3,0\n4,0\n5,0\n6,0\n7,0\n8,0\n9,0\n10,0\n11,0\n12,0\n13,0\n"
		      "14,0\n15,0\n16,0\n17,0\n18,0\n19,0\n20,0\n");
	assert_refused(one, &o, "1 defect and 19 good units, needed are at least 2 of each");
}

static void refuses_ids_and_stray_texts(void **state)
{
	CLEANUP(buf_deinit) struct buf ids = {0};
	CLEANUP(buf_deinit) struct buf stray = {0};
	struct dataset_options o = {.label = "y", .held_out = 0.2};

	(void)state;
	buf_add(&ids, "x,y\n");
	buf_add(&stray, "x,y\n");
	for (int i = 0; i < 300; i++) {
		buf_addf(&ids, "S%d,%d\n", i, i % 2);
		buf_addf(&stray, "%s%d,%d\n", i == 7 ? "n/a " : "", i, i % 2);
	}
	TABLE_OF(t, buf_text(&ids));
	assert_refused(t, &o,
		"column x has 240 different texts, allowed are 200: it looks like an id; leave it "
		"out with --drop x, or name it with --unit");
	TABLE_OF(u, buf_text(&stray));
	assert_refused(u, &o,
		"line 9: column x holds \"n/a 7\" among numbers; leave missing values empty, or "
		"leave the column out with --drop x");
}

static void refuses_numbers_that_single_precision_cannot_work_with(void **state)
{
	CLEANUP(buf_deinit) struct buf b = {0};
	struct dataset_options o = {.label = "y", .held_out = 0.2};

	(void)state;
	buf_add(&b, "x,y\n");
	for (int i = 0; i < 30; i++)
		buf_addf(&b, "%s,%d\n", i == 3 ? "-2e30" : "1", i % 2);
	TABLE_OF(t, buf_text(&b));
	assert_refused(t, &o, "line 5: column x is -2e30, allowed are numbers from -1e30 to 1e30");
}

static void refuses_when_no_column_is_left(void **state)
{
	CLEANUP(table_free) struct table *t = hundred_rows();
	const char *drop[] = {"torque_nm", "type", "gaps"};
	struct dataset_options o = options;

	(void)state;
	o.drop = drop;
	o.drop_count = ARRAY_LEN(drop);
	assert_refused(
		t, &o, "no column is left to learn from: all were dropped, empty or constant");
}

static void deals_folds_out_evenly(void **state)
{
	uint8_t y[103], fold[103];
	size_t rows[5] = {0}, defects[5] = {0};

	(void)state;
	for (size_t i = 0; i < 103; i++)
		y[i] = i % 10 == 0;
	assert_int_equal(split_folds(fold, 103, y, 5, 3), 0);
	for (size_t i = 0; i < 103; i++) {
		assert_in_range(fold[i], 0, 4);
		rows[fold[i]]++;
		defects[fold[i]] += y[i];
	}
	for (size_t k = 0; k < 5; k++) {
		assert_in_range(rows[k], 20, 21);
		assert_in_range(defects[k], 2, 3);
	}
}

static void leaves_at_least_one_of_two_to_learn_from(void **state)
{
	const uint8_t y[] = {1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
	uint8_t is_out[ARRAY_LEN(y)];

	(void)state;
	assert_int_equal(split_hold_out(is_out, ARRAY_LEN(y), y, 0.2, 5), 0);
	assert_int_equal(is_out[0] + is_out[3], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_out_a_fifth_of_each_class),
		cmocka_unit_test(the_same_seed_holds_out_the_same_rows),
		cmocka_unit_test(makes_inputs_of_numbers_and_texts),
		cmocka_unit_test(statistics_come_from_the_rows_to_learn_from_alone),
		cmocka_unit_test(the_mean_stands_in_for_missing_numbers),
		cmocka_unit_test(notes_what_was_left_out_and_imputed),
		cmocka_unit_test(leaves_out_rows_without_a_label),
		cmocka_unit_test(refuses_unknown_columns_by_name),
		cmocka_unit_test(refuses_too_little_to_learn_from),
		cmocka_unit_test(refuses_ids_and_stray_texts),
		cmocka_unit_test(refuses_numbers_that_single_precision_cannot_work_with),
		cmocka_unit_test(refuses_when_no_column_is_left),
		cmocka_unit_test(deals_folds_out_evenly),
		cmocka_unit_test(leaves_at_least_one_of_two_to_learn_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
