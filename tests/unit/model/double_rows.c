/* Models whose graph takes doubles are given doubles: when a unit is scored, and in the self-test.
 * The column is seconds since 1970, where floats are 128 s apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>

#include "lib/base/err.h"
#include "lib/model/attach.h"
#include "tests/unit/model/onnx_bytes.h"

#define MEAN 1700000000.0
#define SD 3600.0
#define TYPE_DOUBLE 11
#define LIMIT (1u << 20)

static const struct nn_kernels *kernels(void)
{
	return nn_kernels_choose(NULL, NULL);
}

/* sigmoid((x - MEAN) / SD), the scaler in double; keys and texts in turn, NULL behind them. */
static struct buf scaler(const char *const *properties)
{
	const double mean = MEAN, sd = SD;
	struct buf g = {0}, m;

	onnx_part(&g, GRAPH_NODE, onnx_node_of("", "Sub", "x,mean", "a"));
	onnx_part(&g, GRAPH_NODE, onnx_node_of("", "Div", "a,sd", "b"));
	onnx_part(&g, GRAPH_NODE,
		onnx_with(onnx_node_of("", "Cast", "b", "c"), onnx_attr_int("to", 1)));
	onnx_part(&g, GRAPH_NODE, onnx_node_of("", "Sigmoid", "c", "p"));
	onnx_part(&g, GRAPH_INITIALIZER,
		onnx_tensor_raw("mean", TYPE_DOUBLE, DIMS(1), &mean, sizeof(mean)));
	onnx_part(&g, GRAPH_INITIALIZER,
		onnx_tensor_raw("sd", TYPE_DOUBLE, DIMS(1), &sd, sizeof(sd)));
	onnx_part(&g, GRAPH_INPUT, onnx_port_typed("x", TYPE_DOUBLE, DIMS(0, 1)));
	onnx_part(&g, GRAPH_OUTPUT, onnx_port_of("p", DIMS(0, 1)));
	m = onnx_model_of(g);
	for (; *properties; properties += 2)
		onnx_entry(&m, 14, properties[0], properties[1]);
	return m;
}

static double sigmoid(double z)
{
	return 1 / (1 + exp(-z));
}

static double score(const struct model *m, double x)
{
	CLEANUP(model_scratch_free) struct model_scratch *s = NULL;
	const struct value values[] = {{.kind = VALUE_NUMBER, .number = x}};
	struct model_score out;

	assert_int_equal(model_scratch_new(&s, m), 0);
	model_score(m, kernels(), s, values, &out);
	return out.p_defect;
}

static void a_unit_is_scored_with_all_its_digits(void **state)
{
	static const char *const properties[] = {"defectd.inputs",
		"[{\"from\":\"x\",\"missing\":0}]", "defectd.threshold", "0.5", NULL};
	CLEANUP(buf_deinit) struct buf b = scaler(properties);
	CLEANUP(model_free) struct model *m = NULL;
	struct err err = {""};

	(void)state;
	if (model_parse(&m, b.data, b.len, kernels(), &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(model_check_usable(m, &err), 0);
	for (double x = MEAN - 3 * SD; x < MEAN + 3 * SD; x += 77.3)
		assert_float_equal(score(m, x), sigmoid((x - MEAN) / SD), 1e-7);
	assert_true(score(m, 1e300) == 1 && score(m, -1e300) == 0);
}

static void a_self_test_has_all_its_digits(void **state)
{
	/* sigmoid(900 / 3600), and of the float beside it */
	static const char *const selftests[] = {
		"{\"inputs\":[[1700000900]],\"outputs\":[0.56217650088579807]}",
		"{\"inputs\":[[1700000896]],\"outputs\":[0.56217650088579807]}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(selftests); i++) {
		CLEANUP(buf_deinit)
		struct buf b =
			scaler((const char *const[]){"defectd.selftest", selftests[i], NULL});
		CLEANUP(model_free) struct model *m = NULL;
		struct err err = {""};

		assert_int_equal(model_parse(&m, b.data, b.len, kernels(), &err), i ? -EINVAL : 0);
	}
}

static void a_self_test_that_is_attached_holds(void **state)
{
	static const struct model_input x = {.kind = MODEL_INPUT_NUMBER,
		.name = "x",
		.from = "x",
		.missing = MEAN,
		.mean = MEAN + 900,
		.sd = SD,
		.min = MEAN - 1000,
		.max = MEAN + 5000,
		.unit = ""};
	const struct attachment a = {
		.inputs = &x, .input_count = 1, .from = "inputs.json", .threshold = 0.5};
	CLEANUP(buf_deinit) struct buf b = scaler((const char *const[]){NULL});
	CLEANUP(buf_deinit) struct buf out = {0};
	CLEANUP(buf_deinit) struct buf notes = {0};
	CLEANUP(model_free) struct model *m = NULL;
	struct err err = {""};

	(void)state;
	if (attach(&out, &m, b.data, b.len, &a, LIMIT, kernels(), &notes, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(model_selftest_rows(m), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_unit_is_scored_with_all_its_digits),
		cmocka_unit_test(a_self_test_has_all_its_digits),
		cmocka_unit_test(a_self_test_that_is_attached_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
