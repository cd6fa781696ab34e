/* From what a graph gives to the probability of a defect: columns, classes, logits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "lib/base/err.h"
#include "lib/model/model.h"
#include "tests/unit/model/one_layer.h"

#define OF_A "[{\"from\":\"a\",\"missing\":0}]"
#define CLASSES "[\"good\",\"scratch\",\"dent\",\"fine\"]"
#define DEFECTS "[\"dent\",\"scratch\"]"

static const struct nn_kernels *kernels(void)
{
	return nn_kernels_choose(NULL, NULL);
}

/* Column i is weights[i] * a + bias[i]; `logits`: no sigmoid behind it, and told so. */
static struct model *load(size_t outputs, const float *weights, const float *bias, bool logits,
	const char *classes, const char *defects)
{
	struct onnx_property list[5] = {{"defectd.inputs", OF_A}, {"defectd.threshold", "0.5"}};
	CLEANUP(buf_deinit) struct buf b = {0};
	struct model *m = NULL;
	struct err err = {""};
	size_t count = 2;

	if (logits)
		list[count++] = (struct onnx_property){"defectd.logits", "true"};
	if (classes) {
		list[count++] = (struct onnx_property){"defectd.classes", classes};
		list[count++] = (struct onnx_property){"defectd.defect_classes", defects};
	}
	put_one_layer(&b, 1, outputs, weights, bias, !logits, list, count);
	if (model_parse(&m, b.data, b.len, kernels(), &err) < 0)
		fail_msg("%s", err.text);
	return m;
}

static struct model_score score(const struct model *m, double a)
{
	CLEANUP(model_scratch_free) struct model_scratch *s = NULL;
	const struct value values[] = {{.kind = VALUE_NUMBER, .number = a}};
	struct model_score out;

	assert_int_equal(model_check_usable(m, NULL), 0);
	assert_int_equal(model_scratch_new(&s, m), 0);
	model_score(m, kernels(), s, values, &out);
	return out;
}

static double sigmoid(double z)
{
	return 1 / (1 + exp(-z));
}

static void of_two_columns_the_second_is_the_defect(void **state)
{
	CLEANUP(model_free)
	struct model *m = load(2, (float[]){-1, 1}, (float[]){0, 0}, false, NULL, NULL);
	struct model_score s = score(m, 2);

	(void)state;
	assert_float_equal(s.p_defect, sigmoid(2), 1e-6);
	assert_string_equal(model_score_class(&s, 0.5), "");
}

static void one_logit_becomes_a_probability_by_a_sigmoid(void **state)
{
	CLEANUP(model_free)
	struct model *m = load(1, (float[]){1}, (float[]){0}, true, NULL, NULL);

	(void)state;
	assert_true(score(m, 0).p_defect == 0.5);
	assert_true(score(m, 2).p_defect == sigmoid(2)); /* in double */
	assert_true(score(m, -40).p_defect == sigmoid(-40));
	assert_true(score(m, 1e30).p_defect == 1);
	assert_true(score(m, -1e30).p_defect == 0);
}

static void several_logits_become_probabilities_by_a_softmax(void **state)
{
	CLEANUP(model_free)
	struct model *m = load(2, (float[]){0, 1}, (float[]){0, 0}, true, NULL, NULL);

	(void)state;
	assert_float_equal(score(m, 2).p_defect, sigmoid(2), 1e-15);
	assert_true(score(m, 1e30).p_defect == 1); /* nothing overflows */
	assert_true(score(m, -1e30).p_defect == 0);
}

static void with_classes_defects_are_added_up(void **state)
{
	/* e^0, e^a, e^0, e^2a */
	CLEANUP(model_free)
	struct model *m =
		load(4, (float[]){0, 1, 0, 2}, (float[]){0, 0, 0, 0}, true, CLASSES, DEFECTS);
	struct model_score s = score(m, 1);
	double sum = 1 + exp(1) + 1 + exp(2);

	(void)state;
	assert_float_equal(s.p_defect, (exp(1) + 1) / sum, 1e-15);
	assert_string_equal(s.defect_class, "scratch");
	assert_string_equal(s.good_class, "fine");
	s = score(m, -1);
	assert_string_equal(s.defect_class, "dent");
	assert_string_equal(s.good_class, "good");
	s = score(m, 0); /* of equals the first */
	assert_string_equal(s.defect_class, "scratch");
	assert_string_equal(s.good_class, "good");
}

static void the_class_is_on_the_side_of_the_threshold(void **state)
{
	CLEANUP(model_free)
	struct model *m =
		load(4, (float[]){0, 1, 0, 2}, (float[]){0, 0, 0, 0}, true, CLASSES, DEFECTS);
	struct model_score s = score(m, 1); /* 0.306 defects, "fine" is the most probable of all */

	(void)state;
	assert_string_equal(model_score_class(&s, 0.5), "fine");
	assert_string_equal(model_score_class(&s, 0.3), "scratch");
	assert_string_equal(model_score_class(&s, s.p_defect), "scratch");
}

static float logit(double p)
{
	return (float)log(p / (1 - p));
}

static void columns_that_are_probabilities_are_taken_as_they_are(void **state)
{
	const float bias[] = {logit(0.4), logit(0.2), logit(0.1), logit(0.3)};
	CLEANUP(model_free)
	struct model *m = load(4, (float[]){0, 0, 0, 1}, bias, false, CLASSES, DEFECTS);
	struct model_score s = score(m, 0);

	(void)state;
	assert_float_equal(s.p_defect, 0.3, 1e-6);
	assert_string_equal(s.defect_class, "scratch");
	/* no distribution any more: no probability */
	assert_true(isnan(score(m, 5).p_defect));
}

static void an_absurd_value_gives_no_probability(void **state)
{
	CLEANUP(model_free)
	struct model *m = load(1, (float[]){1e10f}, (float[]){0}, true, NULL, NULL);

	(void)state;
	assert_true(isnan(score(m, 1e300).p_defect));
}

static const struct {
	size_t outputs;
	bool has_sigmoid;
	const char *classes, *defects;
	const char *sentence;
} unusable[] = {
	{1, false, NULL, NULL,
		"the graph's output \"layer_1_sum\" is not shown to lie in 0 to 1, so it is no "
		"probability; if it is the logits, import the model with --logits"},
	{2, false, NULL, NULL,
		"the graph's output \"layer_1_sum\" is not shown to lie in 0 to 1, so it is no "
		"probability; if it is the logits, import the model with --logits"},
	{4, true, NULL, NULL,
		"the graph's output \"probability\" has 4 columns and the file no metadata "
		"\"defectd.classes\", so which are defects is not known; import it with --classes "
		"and --defect-classes"},
	{4, true, CLASSES, DEFECTS,
		"the 4 columns of the graph's output \"probability\" are no probabilities of "
		"classes: they do not add up to 1"},
	{3, true, CLASSES, DEFECTS,
		"defectd.classes has 4 classes, the graph's output has 3 columns"},
};

static void an_output_that_is_no_probability_is_not_scored(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(unusable); i++) {
		const struct onnx_property list[] = {{"defectd.inputs", OF_A},
			{"defectd.threshold", "0.5"}, {"defectd.classes", unusable[i].classes},
			{"defectd.defect_classes", unusable[i].defects}};
		CLEANUP(buf_deinit) struct buf b = {0};
		CLEANUP(model_free) struct model *m = NULL;
		struct err err = {""};

		put_one_layer(&b, 1, unusable[i].outputs, (float[]){1, 1, 1, 1}, (float[4]){0},
			unusable[i].has_sigmoid, list, unusable[i].classes ? 4 : 2);
		assert_int_equal(model_parse(&m, b.data, b.len, kernels(), NULL), 0);
		assert_int_equal(model_check_usable(m, &err), -EINVAL);
		assert_string_equal(err.text, unusable[i].sentence);
	}
}

static void an_output_must_be_shown_to_keep_both_bounds(void **state)
{
	const struct onnx_property list[] = {
		{"defectd.inputs", OF_A}, {"defectd.threshold", "0.5"}};
	const float outputs[] = {-0.5f, 0, 0.5f, 1, 1.5f};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(outputs); i++) {
		CLEANUP(buf_deinit) struct buf b = {0};
		CLEANUP(model_free) struct model *m = NULL;
		bool is_probability = outputs[i] >= 0 && outputs[i] <= 1;

		put_one_layer(&b, 1, 1, (float[]){0}, &outputs[i], false, list, 2);
		assert_int_equal(model_parse(&m, b.data, b.len, kernels(), NULL), 0);
		assert_int_equal(model_check_usable(m, NULL), is_probability ? 0 : -EINVAL);
	}
}

static void a_self_test_compares_every_column(void **state)
{
	static const char *const selftests[] = {
		"{\"inputs\":[[1]],\"outputs\":[[3.0,5.0]]}",
		"{\"inputs\":[[1]],\"outputs\":[[3.0,5.1]]}",
		"{\"inputs\":[[1]],\"outputs\":[[3.0]]}",
		"{\"inputs\":[[1]],\"outputs\":[3.0]}",
		"{\"inputs\":[[1]],\"outputs\":[[3.0,\"5\"]]}",
	};
	static const char *const sentences[] = {
		"",
		"the self-test fails: row 0 gives 5, the file says 5.1",
		"defectd.selftest/outputs/0 is no list of 2 numbers",
		"defectd.selftest/outputs/0 is no list of 2 numbers",
		"defectd.selftest/outputs/0 holds a text, allowed is a number",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(selftests); i++) {
		const struct onnx_property list[] = {{"defectd.selftest", selftests[i]}};
		CLEANUP(buf_deinit) struct buf b = {0};
		CLEANUP(model_free) struct model *m = NULL;
		struct err err = {""};
		int rc;

		put_one_layer(&b, 1, 2, (float[]){3, 5}, (float[]){0, 0}, false, list, 1);
		rc = model_parse(&m, b.data, b.len, kernels(), &err);
		assert_string_equal(err.text, sentences[i]);
		assert_int_equal(rc, i ? -EINVAL : 0);
		if (i == 0)
			assert_int_equal(model_selftest_rows(m), 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_two_columns_the_second_is_the_defect),
		cmocka_unit_test(one_logit_becomes_a_probability_by_a_sigmoid),
		cmocka_unit_test(several_logits_become_probabilities_by_a_softmax),
		cmocka_unit_test(with_classes_defects_are_added_up),
		cmocka_unit_test(the_class_is_on_the_side_of_the_threshold),
		cmocka_unit_test(columns_that_are_probabilities_are_taken_as_they_are),
		cmocka_unit_test(an_absurd_value_gives_no_probability),
		cmocka_unit_test(an_output_that_is_no_probability_is_not_scored),
		cmocka_unit_test(an_output_must_be_shown_to_keep_both_bounds),
		cmocka_unit_test(a_self_test_compares_every_column),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
