/* What stands beside the graph, read strictly. Each case is a whole file with the example's graph
 * and other texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "lib/base/arena.h"
#include "lib/model/metadata.h"
#include "lib/model/onnx_write.h"
#include "tests/unit/model/example.h"

#define NUMBER "{\"name\":\"a\",\"from\":\"a\",\"mean\":1,\"sd\":2}"
#define FOUR                                                              \
	"{\"from\":\"b\",\"mean\":1},{\"from\":\"t\",\"one_hot\":\"L\"}," \
	"{\"from\":\"t\",\"one_hot\":[\"K\",\"M\"]},{\"from\":\"b\",\"is_missing\":true}]"
#define SOUND "[" NUMBER "," FOUR
#define WITH(first) "[" first "," FOUR

/* Parses a file with these properties; what is only told by model_check_usable is told too. */
static int parse(
	struct model **out, const struct onnx_property *list, size_t count, struct err *err)
{
	CLEANUP(model_free) struct model *m = NULL;
	int rc;

	__attribute__((cleanup(example_deinit_at))) struct example e;
	CLEANUP(buf_deinit) struct buf b;

	buf_init(&b);
	example_init(&e);
	assert_int_equal(onnx_write(&b, e.program, list, count, NULL), 0);
	rc = model_parse(&m, b.data, b.len, example_kernels(), err);
	if (rc == 0)
		rc = model_check_usable(m, err);
	if (rc == 0)
		*out = TAKE(m);
	return rc;
}

static void load(struct model **out, const struct onnx_property *list, size_t count)
{
	__attribute__((cleanup(example_deinit_at))) struct example e;
	CLEANUP(buf_deinit) struct buf b;

	buf_init(&b);
	example_init(&e);
	assert_int_equal(onnx_write(&b, e.program, list, count, NULL), 0);
	assert_int_equal(model_parse(out, b.data, b.len, example_kernels(), NULL), 0);
}

static const struct {
	const char *inputs;
	const char *sentence;
} refused_inputs[] = {
	{"{}", "defectd.inputs is an object, allowed is a list"},
	{"[", "defectd.inputs: 1:2: "},
	{"[]", "defectd.inputs has 0 inputs, the graph wants 5"},
	{WITH("3"), "defectd.inputs/0 is a number, allowed is an object"},
	{WITH("{\"name\":\"p\",\"derive\":\"torque * speed\"}"),
		"defectd.inputs/0: \"mean\" is missing, it stands in for missing values"},
	{WITH("{\"derive\":\"torque * speed\",\"mean\":1}"),
		"defectd.inputs/0: \"name\" is missing"},
	{WITH("{\"name\":\"p\",\"derive\":\"torque *\",\"mean\":1}"),
		"defectd.inputs/0: \"derive\": at character 9 the text ends, wanted is a number, a "
		"feature, a function or \"(\""},
	{WITH("{\"name\":\"p\",\"derive\":\"2 * t\",\"mean\":1}"),
		"defectd.inputs uses \"t\" both as a number and with one_hot, it can be one of "
		"them"},
	{WITH("{\"name\":\"p\",\"from\":\"a\",\"derive\":\"a\",\"mean\":1}"),
		"defectd.inputs/0: \"from\" does not go with an input with derive"},
	{WITH("{\"name\":\"p\",\"derive\":3,\"mean\":1}"),
		"defectd.inputs/0: \"derive\" is a number, allowed is a text that is not empty"},
	{WITH("{\"from\":\"a\",\"missing\":1,\"scale\":true}"),
		"defectd.inputs/0: \"scale\" needs a \"mean\""},
	{WITH("{\"from\":\"a\",\"mean\":1,\"scale\":true}"),
		"defectd.inputs/0: \"scale\" needs a \"sd\" greater than 0"},
	{WITH("{\"from\":\"a\",\"mean\":1,\"sd\":0,\"scale\":true}"),
		"defectd.inputs/0: \"scale\" needs a \"sd\" greater than 0"},
	{WITH("{\"from\":\"a\",\"mean\":1,\"sd\":1,\"scale\":1}"),
		"defectd.inputs/0: \"scale\" is a number, allowed are true and false"},
	{WITH("{\"from\":\"a\",\"mean\":1,\"sdd\":2}"),
		"defectd.inputs/0: unknown key \"sdd\", allowed are name, from, derive, mean, "
		"sd, min, max, unit, missing, scale, one_hot and is_missing"},
	{WITH("{\"name\":\"a\",\"mean\":1}"), "defectd.inputs/0: \"from\" is missing"},
	{WITH("{\"from\":\"\",\"mean\":1}"),
		"defectd.inputs/0: \"from\" is empty, allowed is a text that is not empty"},
	{WITH("{\"from\":1,\"mean\":1}"),
		"defectd.inputs/0: \"from\" is a number, allowed is a text that is not empty"},
	{WITH("{\"from\":\"a\"}"),
		"defectd.inputs/0: \"mean\" is missing, it stands in for missing values"},
	{WITH("{\"from\":\"a\",\"mean\":\"1\"}"),
		"defectd.inputs/0: \"mean\" is a text, allowed is a number"},
	{WITH("{\"from\":\"a\",\"mean\":1,\"missing\":\"median\"}"),
		"defectd.inputs/0: \"missing\" is another text, allowed are \"mean\" and a number"},
	{WITH("{\"from\":\"a\",\"mean\":1,\"sd\":-1}"),
		"defectd.inputs/0: \"sd\" is -1, allowed is 0 or more"},
	{WITH("{\"from\":\"a\",\"mean\":1,\"min\":2,\"max\":1}"),
		"defectd.inputs/0: \"min\" is 2 and \"max\" 1, min must not be greater"},
	{WITH("{\"from\":\"a\",\"one_hot\":[]}"),
		"defectd.inputs/0: \"one_hot\" is an empty list, at least one text is allowed"},
	{WITH("{\"from\":\"a\",\"one_hot\":[\"x\",1]}"),
		"defectd.inputs/0: \"one_hot\" holds a number, allowed is a text or a list of "
		"texts"},
	{WITH("{\"from\":\"a\",\"one_hot\":\"x\",\"mean\":1}"),
		"defectd.inputs/0: \"mean\" does not go with an input with one_hot unless "
		"\"scale\" is "
		"true"},
	{WITH("{\"from\":\"a\",\"is_missing\":false}"),
		"defectd.inputs/0: \"is_missing\" is not true, nothing else is allowed"},
	{WITH("{\"name\":\"b\",\"from\":\"a\",\"mean\":1}"),
		"defectd.inputs has two inputs called \"b\""},
	{WITH("{\"name\":\"a\",\"from\":\"t\",\"mean\":1}"),
		"defectd.inputs uses \"t\" both as a number and with one_hot, it can be one of "
		"them"},
};

static void unsound_inputs_are_refused_by_place_and_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused_inputs); i++) {
		const struct onnx_property list[] = {
			{"defectd.inputs", refused_inputs[i].inputs}, {"defectd.threshold", "0.5"}};
		const char *sentence = refused_inputs[i].sentence;
		struct model *m = NULL;
		struct err err = {""};

		assert_int_equal(parse(&m, list, 2, &err), -EINVAL);
		/* of the JSON reader's own sentences only the beginning is ours */
		if (sentence[strlen(sentence) - 1] == ' ')
			err.text[strlen(sentence)] = '\0';
		assert_string_equal(err.text, sentence);
	}
}

static const struct {
	const char *key, *value;
	const char *sentence;
} refused[] = {
	{"defectd.threshold", "1.5", "defectd.threshold is no number from 0 to 1"},
	{"defectd.threshold", "NaN", "defectd.threshold is no number from 0 to 1"},
	{"defectd.threshold", "", "defectd.threshold is no number from 0 to 1"},
	{"defectd.later", "1",
		"the metadata \"defectd.later\" cannot be carried out by this version"},
	{"defectd.classes", "[\"a\"]",
		"the file has metadata \"defectd.classes\" without \"defectd.defect_classes\", "
		"they go "
		"together"},
	{"defectd.defect_classes", "[\"a\"]",
		"the file has metadata \"defectd.defect_classes\" without \"defectd.classes\", "
		"they go "
		"together"},
	{"defectd.logits", "false", "defectd.logits is not true, nothing else is allowed"},
	{"defectd.reference", "[]", "defectd.reference is an array, allowed is an object"},
	{"defectd.inputs", SOUND, "the metadata \"defectd.inputs\" is there twice"},
	{"defectd.training", "3", "defectd.training is a number, allowed is an object"},
	{"defectd.selftest", "[]",
		"defectd.selftest is no object of the lists \"inputs\" and \"outputs\""},
	{"defectd.selftest", "{\"inputs\":[],\"outputs\":[1]}",
		"defectd.selftest has 0 rows and 1 outputs, allowed are as many, at most 1000"},
	{"defectd.selftest", "{\"inputs\":[[1,2]],\"outputs\":[1]}",
		"defectd.selftest/inputs/0 is no list of 5 numbers"},
	{"defectd.selftest", "{\"inputs\":[[1,2,3,4,1e39]],\"outputs\":[1]}",
		"defectd.selftest/inputs/0/4 is no number a float32 can hold"},
	{"defectd.selftest", "{\"inputs\":[[1,2,3,4,5]],\"outputs\":[\"1\"]}",
		"defectd.selftest/outputs/0 is a text, allowed is a number"},
};

static void other_unsound_metadata_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		const struct onnx_property list[] = {{"defectd.inputs", SOUND},
			{refused[i].key, refused[i].value}, {"defectd.threshold", "0.5"}};
		struct model *m = NULL;
		struct err err = {""};
		bool is_threshold = strcmp(refused[i].key, "defectd.threshold") == 0;

		assert_int_equal(parse(&m, list, is_threshold ? 2 : 3, &err), -EINVAL);
		assert_string_equal(err.text, refused[i].sentence);
	}
}

static const struct {
	const char *classes, *defects;
	const char *sentence; /* NULL: they are sound */
} classes[] = {
	{"[\"good\",\"scratch\",\"dent\"]", "[\"dent\",\"scratch\"]", NULL},
	{"{}", "[]", "defectd.classes is an object, allowed is a list of texts"},
	{"[\"a\",\"b\",1]", "[\"a\"]",
		"defectd.classes/2 is a number, allowed is a text that is not empty"},
	{"[\"a\",\"b\",\"\"]", "[\"a\"]",
		"defectd.classes/2 is empty, allowed is a text that is not empty"},
	{"[\"a\",\"b\"]", "[\"a\"]",
		"defectd.classes has 2 classes, the graph's output has 3 columns"},
	{"[\"a\",\"b\",\"a\"]", "[\"a\"]", "defectd.classes has \"a\" twice"},
	{"[\"a\",\"b\",\"c\"]", "[\"x\"]",
		"defectd.defect_classes has \"x\", which is none of defectd.classes"},
	{"[\"a\",\"b\",\"c\"]", "[\"a\",\"a\"]", "defectd.defect_classes has \"a\" twice"},
	{"[\"a\",\"b\",\"c\"]", "[]",
		"defectd.defect_classes has none of the 3 classes, allowed is at least one and not "
		"all"},
	{"[\"a\",\"b\",\"c\"]", "[\"c\",\"b\",\"a\"]",
		"defectd.defect_classes has all of the 3 classes, allowed is at least one and not "
		"all"},
};

static void classes_are_as_many_as_outputs_and_some_are_defects(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
		CLEANUP(arena_free) struct arena *memory = NULL;
		struct metadata_classes out;
		struct err err = {""};
		int rc;

		assert_int_equal(arena_new(&memory, 1024), 0);
		rc = metadata_read_classes(&out, 3, memory, classes[i].classes,
			strlen(classes[i].classes), classes[i].defects, strlen(classes[i].defects),
			&err);
		assert_int_equal(rc, classes[i].sentence ? -EINVAL : 0);
		assert_string_equal(err.text, classes[i].sentence ? classes[i].sentence : "");
		if (rc < 0)
			continue;
		assert_int_equal(out.count, 3);
		assert_string_equal(out.names[2], "dent");
		assert_false(out.is_defect[0]);
		assert_true(out.is_defect[1] && out.is_defect[2]);
	}
}

static void a_file_without_our_metadata_loads_but_cannot_score(void **state)
{
	const struct onnx_property foreign[] = {{"author", "somebody"}};
	const struct onnx_property inputs[] = {{"defectd.inputs", SOUND}};
	CLEANUP(model_free) struct model *bare = NULL;
	CLEANUP(model_free) struct model *half = NULL;
	struct err err = {""};

	(void)state;
	load(&bare, foreign, 1);
	assert_false(model_has_inputs(bare));
	assert_int_equal(model_input_count(bare), 5);
	assert_int_equal(model_feature_count(bare), 0);
	assert_int_equal(model_check_usable(bare, &err), -EINVAL);
	assert_string_equal(err.text,
		"the file has no metadata \"defectd.inputs\", which says how raw features become "
		"inputs; \"defectctl model import\" attaches it");
	load(&half, inputs, 1);
	assert_true(model_has_inputs(half));
	assert_true(isnan(model_threshold(half)));
	assert_int_equal(model_check_usable(half, &err), -EINVAL);
	assert_string_equal(err.text,
		"the file has no metadata \"defectd.threshold\", a number from 0 to 1; \"defectctl "
		"model import\" attaches it");
}

static void metadata_that_does_not_hold_lets_the_network_run(void **state)
{
	const struct onnx_property list[] = {{"defectd.features", "[]"},
		{"defectd.classes", "[\"ok\",\"bad\"]"}, {"defectd.threshold", "0.25"}};
	CLEANUP(model_free) struct model *m = NULL;
	struct err err = {""};

	(void)state;
	load(&m, list, 3);
	assert_true(model_threshold(m) == 0.25);
	assert_int_equal(model_class_count(m), 0);
	assert_int_equal(model_check_usable(m, &err), -EINVAL);
	assert_string_equal(err.text,
		"the metadata \"defectd.features\" cannot be carried out by this version");
}

static void a_failing_self_test_refuses_the_model(void **state)
{
	const struct onnx_property list[] = {{"defectd.inputs", SOUND},
		{"defectd.threshold", "0.5"},
		{"defectd.selftest", "{\"inputs\":[[42.8,0,0,1,0]],\"outputs\":[2.0]}"}};
	struct model *m = NULL;
	struct err err = {""};

	(void)state;
	assert_int_equal(parse(&m, list, 3, &err), -EINVAL);
	assert_memory_equal(err.text, "the self-test fails: row 0 gives 0.", 35);
	assert_non_null(strstr(err.text, ", the file says 2"));
}

static void a_self_test_may_be_off_by_a_hundred_thousandth(void **state)
{
	__attribute__((cleanup(example_deinit_at))) struct example e;
	CLEANUP(nn_scratch_free) struct nn_scratch *s = NULL;
	const double off[] = {9e-6, 1.1e-5};
	float y[8];

	(void)state;
	example_init(&e);
	assert_int_equal(nn_scratch_new(&s, e.program, 1), 0);
	nn_run_row(e.program, example_kernels(), s, (const float[]){42.8f, 0, 0, 1, 0}, y);
	for (int i = 0; i < 2; i++) {
		CLEANUP(model_free) struct model *m = NULL;
		char selftest[128];
		const struct onnx_property list[] = {{"defectd.inputs", SOUND},
			{"defectd.threshold", "0.5"}, {"defectd.selftest", selftest}};

		snprintf(selftest, sizeof(selftest),
			"{\"inputs\":[[42.8,0,0,1,0]],\"outputs\":[%.9f]}", (double)y[0] + off[i]);
		assert_int_equal(parse(&m, list, 3, NULL), i ? -EINVAL : 0);
	}
}

static void names_and_statistics_may_be_left_out(void **state)
{
	const struct onnx_property list[] = {
		{"defectd.inputs", WITH("{\"from\":\"a\",\"missing\":3}")},
		{"defectd.threshold", "0.5"}, {"other", "let be"}};
	CLEANUP(model_free) struct model *m = NULL;
	const struct model_input *in;

	(void)state;
	assert_int_equal(parse(&m, list, 3, NULL), 0);
	in = model_inputs(m);
	assert_string_equal(in[0].name, "a");
	assert_true(isnan(in[0].mean) && isnan(in[0].sd) && isnan(in[0].min) && isnan(in[0].max));
	assert_true(in[0].missing == 3 && !in[0].missing_is_mean);
	assert_string_equal(in[0].unit, "");
	assert_true(in[1].missing == 1 && in[1].missing_is_mean);
	assert_string_equal(in[2].name, "t=L");
	assert_string_equal(in[3].name, "t=K|M");
	assert_string_equal(in[4].name, "b is missing");
}

static void derived_and_scaled_inputs_read_back_as_written(void **state)
{
	const struct onnx_property list[] = {
		{"defectd.inputs",
			"[{\"name\":\"power\",\"derive\":\"torque * "
			"speed\",\"mean\":2.0,\"sd\":0.5,"
			"\"unit\":\"W\",\"missing\":\"mean\",\"scale\":true},\n"
			"{\"name\":\"b\",\"from\":\"b\",\"mean\":1.0,\"missing\":\"mean\"},\n"
			"{\"name\":\"t=L\",\"from\":\"t\",\"one_hot\":\"L\",\"mean\":0.25,\"sd\":0."
			"5,"
			"\"scale\":true},\n"
			"{\"name\":\"t=K|M\",\"from\":\"t\",\"one_hot\":[\"K\",\"M\"]},\n"
			"{\"name\":\"b is missing\",\"from\":\"b\",\"is_missing\":true}]"},
		{"defectd.threshold", "0.5"}};
	CLEANUP(model_free) struct model *m = NULL;
	CLEANUP(buf_deinit) struct buf b;

	(void)state;
	buf_init(&b);
	assert_int_equal(parse(&m, list, 2, NULL), 0);
	assert_int_equal(model_inputs(m)[0].kind, MODEL_INPUT_DERIVED);
	assert_string_equal(model_inputs(m)[0].from, "");
	assert_true(model_inputs(m)[2].is_scaled && !model_inputs(m)[1].is_scaled);
	metadata_write_inputs(&b, model_inputs(m), 5);
	assert_string_equal(buf_text(&b), list[0].value);
	assert_int_equal(model_feature_count(m), 4);
	assert_string_equal(model_features(m)[0].name, "torque");
	assert_string_equal(model_features(m)[1].name, "speed");
	assert_true(model_features(m)[1].is_number);
}

static void what_others_may_read_is_kept_as_it_is(void **state)
{
	const struct onnx_property list[] = {{"defectd.inputs", SOUND},
		{"defectd.reference", "{ \"a\" : [1, 2] }"}, {"defectd.threshold", "0.5"}};
	CLEANUP(model_free) struct model *m = NULL;

	(void)state;
	assert_int_equal(parse(&m, list, 3, NULL), 0);
	assert_string_equal(model_reference(m), "{ \"a\" : [1, 2] }");
	assert_string_equal(model_training(m), "");
}

static void metadata_that_is_too_long_is_refused(void **state)
{
	CLEANUP(buf_deinit) struct buf b;
	struct model *m = NULL;
	struct err err = {""};

	(void)state;
	buf_init(&b);
	for (size_t i = 0; i <= 1u << 20; i++)
		buf_add(&b, " ");
	const struct onnx_property list[] = {
		{"defectd.inputs", buf_text(&b)}, {"defectd.threshold", "0.5"}};
	assert_int_equal(parse(&m, list, 2, &err), -EINVAL);
	assert_string_equal(err.text, "defectd.inputs has 1048577 bytes, allowed are 1048576");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unsound_inputs_are_refused_by_place_and_key),
		cmocka_unit_test(other_unsound_metadata_is_refused),
		cmocka_unit_test(a_file_without_our_metadata_loads_but_cannot_score),
		cmocka_unit_test(classes_are_as_many_as_outputs_and_some_are_defects),
		cmocka_unit_test(metadata_that_does_not_hold_lets_the_network_run),
		cmocka_unit_test(a_failing_self_test_refuses_the_model),
		cmocka_unit_test(a_self_test_may_be_off_by_a_hundred_thousandth),
		cmocka_unit_test(names_and_statistics_may_be_left_out),
		cmocka_unit_test(derived_and_scaled_inputs_read_back_as_written),
		cmocka_unit_test(what_others_may_read_is_kept_as_it_is),
		cmocka_unit_test(metadata_that_is_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
