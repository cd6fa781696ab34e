/* Saving, loading and scoring whole models. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/model/example.h"

#define WITH_EXAMPLE(e)                                               \
	__attribute__((cleanup(example_deinit_at))) struct example e; \
	example_init(&e)
#define WITH_BUF(b)                       \
	CLEANUP(buf_deinit) struct buf b; \
	buf_init(&b)

static void the_same_parts_give_the_same_bytes(void **state)
{
	WITH_EXAMPLE(e);
	WITH_BUF(a);
	WITH_BUF(b);

	(void)state;
	assert_int_equal(model_save(&a, &e.parts, example_kernels(), NULL), 0);
	assert_int_equal(model_save(&b, &e.parts, example_kernels(), NULL), 0);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.data, b.data, a.len);
}

static void everything_reads_back(void **state)
{
	WITH_EXAMPLE(e);
	WITH_BUF(b);
	CLEANUP(model_free) struct model *m = NULL;
	char sha256[SHA256_HEX];
	const struct model_input *in;

	(void)state;
	assert_int_equal(model_save(&b, &e.parts, example_kernels(), NULL), 0);
	assert_int_equal(model_parse(&m, b.data, b.len, example_kernels(), NULL), 0);
	sha256_hex(sha256, b.data, b.len);
	assert_string_equal(model_sha256(m), sha256);
	assert_true(model_threshold(m) == 0.65);
	assert_string_equal(model_training(m), "{\"rows\":8000,\"seed\":1}");
	assert_int_equal(model_input_count(m), EXAMPLE_INPUTS);
	in = model_inputs(m);
	assert_string_equal(in[0].name, "torque");
	assert_string_equal(in[0].unit, "Nm");
	assert_true(in[0].mean == 39.98691 && in[0].sd == 9.968933725);
	assert_true(in[0].missing_is_mean && in[0].missing == 39.98691);
	assert_true(!in[1].missing_is_mean && in[1].missing == 7 && in[1].max == 253);
	assert_int_equal(in[3].kind, MODEL_INPUT_ONE_HOT);
	assert_int_equal(in[3].text_count, 2);
	assert_string_equal(in[3].texts[1], "M");
	assert_int_equal(in[4].kind, MODEL_INPUT_IS_MISSING);
	assert_int_equal(model_feature_count(m), 3);
	assert_string_equal(model_features(m)[1].name, "wear");
	assert_false(model_features(m)[1].is_text);
	assert_true(model_features(m)[1].is_number);
	assert_string_equal(model_features(m)[2].name, "type");
	assert_true(model_features(m)[2].is_text);
}

/* What the network gives for encoded values. */
static double run(const struct nn_program *p, const float *x)
{
	CLEANUP(nn_scratch_free) struct nn_scratch *s = NULL;
	float y[8];

	assert_int_equal(nn_scratch_new(&s, p, 1), 0);
	nn_run_row(p, example_kernels(), s, x, y);
	return (double)y[0];
}

static void a_loaded_model_gives_the_probabilities_of_the_saved_one(void **state)
{
	WITH_EXAMPLE(e);
	WITH_BUF(b);
	CLEANUP(model_free) struct model *m = NULL;
	CLEANUP(model_scratch_free) struct model_scratch *s = NULL;
	const struct value values[] = {number(46.3), number(3), text("L")};
	struct model_score score;

	(void)state;
	assert_int_equal(model_save(&b, &e.parts, example_kernels(), NULL), 0);
	assert_int_equal(model_parse(&m, b.data, b.len, example_kernels(), NULL), 0);
	assert_int_equal(model_scratch_new(&s, m), 0);
	model_score(m, example_kernels(), s, values, &score);
	assert_true(score.p_defect == run(e.program, e.rows[1]));
	assert_true(score.p_defect > 0 && score.p_defect < 1);
	assert_string_equal(score.good_class, "");
	assert_string_equal(score.defect_class, "");
	assert_false(score.new_category);
	assert_null(score.new_category_feature);
}

/* Loading divides the first weights by sd, so the bytes are others. */
static void a_loaded_model_can_be_saved_again(void **state)
{
	WITH_EXAMPLE(e);
	WITH_BUF(a);
	WITH_BUF(b);
	CLEANUP(model_free) struct model *m = NULL;
	CLEANUP(model_free) struct model *again = NULL;
	struct model_parts parts = e.parts;

	(void)state;
	assert_int_equal(model_save(&a, &e.parts, example_kernels(), NULL), 0);
	assert_int_equal(model_parse(&m, a.data, a.len, example_kernels(), NULL), 0);
	parts.program = model_program(m);
	parts.inputs = model_inputs(m);
	parts.threshold = model_threshold(m);
	parts.training = model_training(m);
	assert_int_equal(model_save(&b, &parts, example_kernels(), NULL), 0);
	assert_int_equal(model_parse(&again, b.data, b.len, example_kernels(), NULL), 0);
	for (int i = 0; i < EXAMPLE_ROWS; i++)
		assert_float_equal(
			run(model_program(again), e.rows[i]), run(e.program, e.rows[i]), 1e-6);
}

static void a_new_text_is_reported_with_its_feature(void **state)
{
	WITH_EXAMPLE(e);
	WITH_BUF(b);
	CLEANUP(model_free) struct model *m = NULL;
	CLEANUP(model_scratch_free) struct model_scratch *s = NULL;
	const struct value fresh[] = {number(46.3), number(3), text("X")};
	const struct value absent[] = {number(46.3), number(3), missing()};
	struct model_score score;
	double p;

	(void)state;
	assert_int_equal(model_save(&b, &e.parts, example_kernels(), NULL), 0);
	assert_int_equal(model_parse(&m, b.data, b.len, example_kernels(), NULL), 0);
	assert_int_equal(model_scratch_new(&s, m), 0);
	model_score(m, example_kernels(), s, fresh, &score);
	assert_true(score.new_category);
	assert_string_equal(score.new_category_feature, "type");
	p = score.p_defect;
	model_score(m, example_kernels(), s, absent, &score);
	assert_false(score.new_category);
	assert_true(score.p_defect == p); /* zeros in both cases */
}

static void a_model_without_scaling_and_selftest_is_fine(void **state)
{
	WITH_EXAMPLE(e);
	WITH_BUF(b);
	CLEANUP(nn_program_free) struct nn_program *bare = NULL;
	CLEANUP(model_free) struct model *m = NULL;
	struct nn_layer layers[2];

	(void)state;
	nn_program_layer(e.program, 0, &layers[0]);
	nn_program_layer(e.program, 1, &layers[1]);
	assert_int_equal(nn_program_new(&bare, layers, 2, NULL, NULL, NULL), 0);
	e.parts.program = bare;
	e.parts.selftest_rows = 0;
	e.parts.training = NULL;
	assert_int_equal(model_save(&b, &e.parts, example_kernels(), NULL), 0);
	assert_int_equal(model_parse(&m, b.data, b.len, example_kernels(), NULL), 0);
	assert_null(nn_program_mean(model_program(m)));
	assert_string_equal(model_training(m), "");
}

/* Saves with these inputs and expects this sentence. */
static void refuses_to_save(struct example *e, const char *sentence)
{
	WITH_BUF(b);
	struct err err = {""};

	buf_add(&b, "before");
	assert_int_equal(model_save(&b, &e->parts, example_kernels(), &err), -EINVAL);
	assert_string_equal(err.text, sentence);
	assert_int_equal(b.len, 6); /* untouched */
}

static void what_would_not_load_is_not_saved(void **state)
{
	WITH_EXAMPLE(e);

	(void)state;
	e.parts.threshold = 1.5;
	refuses_to_save(
		&e, "the model cannot be saved: defectd.threshold is no number from 0 to 1");
	e.parts.threshold = 0.5;
	e.parts.training = "[]";
	refuses_to_save(&e, "the model cannot be saved: defectd.training is an array, allowed is "
			    "an object");
	e.parts.training = NULL;
	e.inputs[1].name = "torque";
	refuses_to_save(
		&e, "the model cannot be saved: defectd.inputs has two inputs called \"torque\"");
	e.inputs[1].name = "wear";
	e.inputs[1].from = "type";
	refuses_to_save(&e, "the model cannot be saved: defectd.inputs uses \"type\" both as a "
			    "number and with one_hot, it can be one of them");
	e.inputs[1].from = "wear";
	e.inputs[0].name = "torque \xff";
	refuses_to_save(&e, "the model cannot be saved: input 1 (\"torque \xEF\xBF\xBD\") has a "
			    "text that is not UTF-8");
}

/* A file of its own, removed at the end. */
struct file {
	char path[64];
};

static void file_write(struct file *f, const void *bytes, size_t len)
{
	int fd;

	strcpy(f->path, "/tmp/defectd-model-XXXXXX");
	fd = mkstemp(f->path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
}

static void file_remove_at(struct file *f)
{
	unlink(f->path);
}

static void a_file_loads_within_its_limit_only(void **state)
{
	WITH_EXAMPLE(e);
	WITH_BUF(b);
	CLEANUP(file_remove) struct file f = {""};
	CLEANUP(model_free) struct model *m = NULL;
	char sentence[256];
	struct err err;

	(void)state;
	assert_int_equal(model_save(&b, &e.parts, example_kernels(), NULL), 0);
	file_write(&f, b.data, b.len);
	assert_int_equal(model_load(&m, f.path, b.len - 1, example_kernels(), &err), -EFBIG);
	snprintf(sentence, sizeof(sentence),
		"%s: the file has %zu bytes, allowed for a model are %zu", f.path, b.len,
		b.len - 1);
	assert_string_equal(err.text, sentence);
	assert_null(m);
	assert_int_equal(model_load(&m, f.path, b.len, example_kernels(), &err), 0);
	assert_int_equal(model_input_count(m), EXAMPLE_INPUTS);
}

static void a_file_that_is_not_there_is_named(void **state)
{
	struct model *m = NULL;
	struct err err;

	(void)state;
	assert_int_equal(
		model_load(&m, "/nonexistent/m.onnx", MODEL_BYTES_MAX, example_kernels(), &err),
		-ENOENT);
	assert_string_equal(err.text, "/nonexistent/m.onnx: No such file or directory");
	assert_int_equal(model_load(&m, "/tmp", MODEL_BYTES_MAX, example_kernels(), &err), -EINVAL);
	assert_string_equal(err.text, "/tmp: not a regular file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_parts_give_the_same_bytes),
		cmocka_unit_test(a_loaded_model_can_be_saved_again),
		cmocka_unit_test(everything_reads_back),
		cmocka_unit_test(a_loaded_model_gives_the_probabilities_of_the_saved_one),
		cmocka_unit_test(a_new_text_is_reported_with_its_feature),
		cmocka_unit_test(a_model_without_scaling_and_selftest_is_fine),
		cmocka_unit_test(what_would_not_load_is_not_saved),
		cmocka_unit_test(a_file_loads_within_its_limit_only),
		cmocka_unit_test(a_file_that_is_not_there_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
