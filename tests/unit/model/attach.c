/* What a file lacks, put into it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "lib/base/err.h"
#include "lib/model/attach.h"
#include "tests/unit/model/example.h"
#include "tests/unit/model/one_layer.h"

static const struct model_input two[] = {
	{.kind = MODEL_INPUT_NUMBER,
		.name = "a",
		.from = "a",
		.missing = 3,
		.missing_is_mean = true,
		.mean = 3,
		.sd = 2,
		.min = 1,
		.max = 9,
		.unit = ""},
	{.kind = MODEL_INPUT_NUMBER,
		.name = "b",
		.from = "b",
		.missing = 0,
		.mean = NAN,
		.sd = NAN,
		.min = NAN,
		.max = NAN,
		.unit = ""},
};

static struct attachment nothing(void)
{
	return (struct attachment){.threshold = NAN, .from = "inputs.json"};
}

static struct attachment of_two(void)
{
	struct attachment a = nothing();

	a.inputs = two;
	a.input_count = 2;
	return a;
}

/* A net of two columns, and what became of it. */
struct attached {
	struct buf before, after, notes;
	struct model *model;
	struct err err;
};

static void attached_deinit_at(struct attached *t)
{
	buf_deinit(&t->before);
	buf_deinit(&t->after);
	buf_deinit(&t->notes);
	model_free(t->model);
}

#define WITH_ATTACHED(t) __attribute__((cleanup(attached_deinit_at))) struct attached t = {0}

static int put(struct attached *t, const struct attachment *a)
{
	buf_clear(&t->after);
	buf_clear(&t->notes);
	model_free(TAKE(t->model));
	t->err.text[0] = '\0';
	return attach(&t->after, &t->model, t->before.data, t->before.len, a, MODEL_BYTES_MAX,
		example_kernels(), &t->notes, &t->err);
}

static void make(struct attached *t, size_t outputs, bool has_sigmoid,
	const struct onnx_property *list, size_t count)
{
	put_one_layer(&t->before, 2, outputs, (float[]){1, 2, -1, 0, 0, 1}, (float[3]){0},
		has_sigmoid, list, count);
}

static const char *notes(struct attached *t)
{
	return buf_text(&t->notes);
}

static bool holds(const struct attached *t, const char *text)
{
	return memmem(t->after.data, t->after.len, text, strlen(text));
}

static void a_bare_file_gets_inputs_a_threshold_and_a_self_test(void **state)
{
	struct attachment a = of_two();
	WITH_ATTACHED(t);

	(void)state;
	make(&t, 1, true, NULL, 0);
	assert_int_equal(put(&t, &a), 0);
	assert_string_equal(notes(&t), "nothing says a threshold: 0.5 is taken\n");
	assert_int_equal(model_check_usable(t.model, NULL), 0);
	assert_true(model_threshold(t.model) == 0.5);
	assert_string_equal(model_inputs(t.model)[0].name, "a");
	assert_int_equal(model_selftest_rows(t.model), 3);
	/* means, minima, maxima; 0 where there is none */
	assert_true(holds(&t, "[[3.0,0.0],\n[1.0,0.0],\n[9.0,0.0]]"));
	a.threshold = 0.25;
	assert_int_equal(put(&t, &a), 0);
	assert_string_equal(notes(&t), "");
	assert_true(model_threshold(t.model) == 0.25);
}

static void a_finished_file_stays_byte_for_byte(void **state)
{
	struct attachment a = of_two(), none = nothing();
	WITH_ATTACHED(first);
	WITH_ATTACHED(again);

	(void)state;
	make(&first, 1, true, NULL, 0);
	assert_int_equal(put(&first, &a), 0);
	buf_put(&again.before, first.after.data, first.after.len);
	assert_int_equal(put(&again, &none), 0);
	assert_int_equal(again.after.len, first.after.len);
	assert_memory_equal(again.after.data, first.after.data, first.after.len);
	assert_string_equal(notes(&again), "");
}

static void what_the_file_says_is_replaced_only_by_what_is_given(void **state)
{
	const struct onnx_property list[] = {
		{"defectd.inputs",
			"[{\"from\":\"x\",\"missing\":1},{\"from\":\"y\",\"missing\":2}]"},
		{"defectd.threshold", "0.7"}, {"other", "stays"}};
	struct attachment threshold = nothing(), inputs = of_two();
	WITH_ATTACHED(t);

	(void)state;
	make(&t, 1, true, list, 3);
	threshold.threshold = 0.1;
	assert_int_equal(put(&t, &threshold), 0);
	assert_string_equal(notes(&t), "the file's own defectd.threshold is replaced\n");
	assert_true(model_threshold(t.model) == 0.1);
	assert_string_equal(model_inputs(t.model)[0].name, "x");
	assert_int_equal(put(&t, &inputs), 0);
	assert_string_equal(notes(&t), "the file's own defectd.inputs is replaced\n");
	assert_true(model_threshold(t.model) == 0.7);
	assert_string_equal(model_inputs(t.model)[0].name, "a");
	assert_true(holds(&t, "stays"));
}

static void metadata_that_does_not_hold_is_left_out_where_inputs_are_given(void **state)
{
	const struct onnx_property list[] = {{"defectd.features", "[]"},
		{"defectd.classes", "[\"ok\",\"bad\"]"}, {"defectd.threshold", "0.7"},
		{"defectd.inputs", "3"}};
	struct attachment a = of_two(), none = nothing();
	WITH_ATTACHED(t);

	(void)state;
	make(&t, 1, true, list, 4);
	assert_int_equal(put(&t, &a), 0);
	assert_string_equal(notes(&t),
		"the file's own defectd.inputs is replaced\n"
		"the file's own defectd.features is left out: the metadata \"defectd.features\" "
		"cannot be carried out by this version\n"
		"the file's own defectd.classes is left out: the file has metadata "
		"\"defectd.classes\" without \"defectd.defect_classes\", they go together\n");
	assert_true(model_threshold(t.model) == 0.7);
	assert_int_equal(put(&t, &none), -EINVAL);
	assert_string_equal(t.err.text, "defectd.inputs is a number, allowed is a list");
}

static void classes_and_logits_are_attached(void **state)
{
	static const char *const names[] = {"good", "scratch", "dent"};
	static const char *const defects[] = {"scratch", "dent"};
	struct attachment a = of_two();
	WITH_ATTACHED(t);

	(void)state;
	make(&t, 3, false, NULL, 0);
	a.threshold = 0.5;
	a.classes = names;
	a.class_count = 3;
	a.defects = defects;
	a.defect_count = 2;
	assert_int_equal(put(&t, &a), -EINVAL);
	assert_string_equal(t.err.text,
		"the graph's output \"layer_1_sum\" is not shown to lie in 0 to 1, so it is no "
		"probability; if it is the logits, import the model with --logits");
	assert_int_equal(t.after.len, 0);
	assert_null(t.model);
	a.has_logits = true;
	assert_int_equal(put(&t, &a), 0);
	assert_true(model_has_logits(t.model));
	assert_int_equal(model_class_count(t.model), 3);
	assert_true(model_class_is_defect(t.model, 2) && !model_class_is_defect(t.model, 0));
	a.class_count = 2;
	a.defect_count = 1;
	assert_int_equal(put(&t, &a), -EINVAL);
	assert_string_equal(
		t.err.text, "defectd.classes has 2 classes, the graph's output has 3 columns");
}

static void a_probability_is_not_taken_for_logits(void **state)
{
	struct attachment a = of_two();
	WITH_ATTACHED(t);

	(void)state;
	make(&t, 1, true, NULL, 0);
	a.has_logits = true;
	assert_int_equal(put(&t, &a), -EINVAL);
	assert_string_equal(t.err.text, "--logits: the graph's output \"probability\" lies in 0 to "
					"1, so it is a probability and no logits");
}

static void a_list_of_another_length_than_the_graph_is_refused(void **state)
{
	struct attachment a = of_two(), none = nothing();
	WITH_ATTACHED(t);

	(void)state;
	make(&t, 1, true, NULL, 0);
	a.input_count = 1;
	assert_int_equal(put(&t, &a), -EINVAL);
	assert_string_equal(
		t.err.text, "inputs.json has 1 input, the graph wants 2 columns (input 2)");
	assert_int_equal(put(&t, &none), -EINVAL);
	assert_string_equal(t.err.text,
		"nothing says how raw features become the inputs of the graph, which wants 2 "
		"columns (input 2): --inputs or --like is needed");
}

static void a_scaler_in_both_places_is_refused(void **state)
{
	__attribute__((cleanup(example_deinit_at))) struct example e;
	struct attachment a = nothing();
	WITH_ATTACHED(scaling);
	WITH_ATTACHED(plain);
	struct model_input scaled[2];

	(void)state;
	example_init(&e); /* begins with Sub and Div */
	assert_int_equal(onnx_write(&scaling.before, e.program, NULL, 0, NULL), 0);
	a.inputs = e.inputs;
	a.input_count = EXAMPLE_INPUTS;
	assert_int_equal(put(&scaling, &a), 0);
	e.inputs[1].is_scaled = true;
	assert_int_equal(put(&scaling, &a), -EINVAL);
	assert_string_equal(scaling.err.text,
		"there is a scaler in both places: the input \"wear\" has \"scale\", and the graph "
		"scales its inputs itself (node \"subtract_mean\" (Sub))");
	make(&plain, 1, true, NULL, 0);
	memcpy(scaled, two, sizeof(scaled));
	scaled[0].is_scaled = true;
	a.inputs = scaled;
	a.input_count = 2;
	assert_int_equal(put(&plain, &a), 0);
	assert_true(model_inputs(plain.model)[0].is_scaled);
	assert_true(holds(&plain, "[[0.0,0.0],\n[-1.0,0.0],\n[3.0,0.0]]"));
}

static void what_overflows_gets_no_self_test(void **state)
{
	struct attachment a = of_two();
	struct model_input huge[2];
	WITH_ATTACHED(t);

	(void)state;
	put_one_layer(&t.before, 2, 1, (float[]){1e30f, -1e30f}, (float[]){0}, true, NULL, 0);
	memcpy(huge, two, sizeof(huge));
	huge[0].max = huge[1].max = 1e30;
	a.inputs = huge;
	a.threshold = 0.5;
	assert_int_equal(put(&t, &a), 0);
	assert_string_equal(
		notes(&t), "no self-test: the network overflows on the inputs' extremes\n");
	assert_int_equal(model_selftest_rows(t.model), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bare_file_gets_inputs_a_threshold_and_a_self_test),
		cmocka_unit_test(a_finished_file_stays_byte_for_byte),
		cmocka_unit_test(what_the_file_says_is_replaced_only_by_what_is_given),
		cmocka_unit_test(metadata_that_does_not_hold_is_left_out_where_inputs_are_given),
		cmocka_unit_test(classes_and_logits_are_attached),
		cmocka_unit_test(a_probability_is_not_taken_for_logits),
		cmocka_unit_test(a_list_of_another_length_than_the_graph_is_refused),
		cmocka_unit_test(a_scaler_in_both_places_is_refused),
		cmocka_unit_test(what_overflows_gets_no_self_test),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
