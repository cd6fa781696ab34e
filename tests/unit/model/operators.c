/* Operators number by number, and products of matrices. */
#include <stdlib.h>

#include "lib/model/onnx_operators.h"
#include "tests/unit/model/graph_maker.h"

/* x of [N, 3] through one operator with a second operand. */
static void pair(const char *op, int64_t opset, const float *c, size_t n, const float *y)
{
	const int64_t dim = (int64_t)n;
	struct maker m;
	size_t x, v;

	maker_init(&m, opset);
	x = maker_input(&m, DIMS(-1, 3));
	v = maker_floats(&m, c, n, &dim, 1);
	v = maker_node(&m, op, VALUES(x, v));
	if (y[0] == 1 || y[0] == 0) {
		v = maker_node(&m, "Cast", VALUES(v));
		maker_set_int(&m, "to", ONNX_TYPE_FLOAT);
	}
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(1, -2, 3.5f), y, 3);
}

static void two_operands_meet_column_by_column(void **state)
{
	(void)state;
	pair("Add", 7, FLOATS(2, 3, 4), (const float[]){3, 1, 7.5f});
	pair("Sub", 13, FLOATS(2), (const float[]){-1, -4, 1.5f});
	pair("Mul", 14, FLOATS(2, 3, 4), (const float[]){2, -6, 14});
	pair("Div", 13, FLOATS(2, 4, 0.5f), (const float[]){0.5f, -0.5f, 7});
	pair("Pow", 15, FLOATS(2, 3, 1), (const float[]){1, -8, 3.5f});
	pair("PRelu", 9, FLOATS(0.5f, 0.25f, 8), (const float[]){1, -0.5f, 3.5f});
	pair("Less", 9, FLOATS(2, -2, 9), (const float[]){1, 0, 1});
	pair("GreaterOrEqual", 12, FLOATS(2, -2, 9), (const float[]){0, 1, 0});
	pair("Equal", 11, FLOATS(1, -2, 9), (const float[]){1, 1, 0});
}

static void a_constant_may_come_first(void **state)
{
	struct maker m;
	size_t x, one, v;

	(void)state;
	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 2));
	one = maker_number(&m, 1);
	v = maker_node(&m, "Div", VALUES(one, x));
	v = maker_node(&m, "Sub", VALUES(one, v));
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(2, 4, -1, 0.5f), FLOATS(0.5f, 0.75f, 2, -1));
}

static void maps_take_their_parameters_from_attributes(void **state)
{
	static const struct {
		const char *op, *attribute;
		int64_t opset;
		float value, y[2];
	} cases[] = {
		{"LeakyRelu", "alpha", 6, 0.5f, {-1, 3}},
		{"LeakyRelu", NULL, 16, 0, {-0.02f, 3}},
		{"ThresholdedRelu", "alpha", 10, 3, {0, 0}},
		{"ThresholdedRelu", NULL, 10, 0, {0, 3}},
		{"HardSigmoid", "alpha", 6, 0.1f, {0.3f, 0.8f}},
		{"HardSigmoid", NULL, 6, 0, {0.1f, 1}},
		{"Shrink", "lambd", 9, 2.5f, {0, 3}},
		{"HardSwish", NULL, 14, 0, {-0.33333334f, 3}},
		{"Round", NULL, 11, 0, {-2, 3}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct maker m;
		size_t v;

		maker_init(&m, cases[i].opset);
		v = maker_node(&m, cases[i].op, VALUES(maker_input(&m, DIMS(-1, 2))));
		if (cases[i].attribute)
			maker_set_float(&m, cases[i].attribute, cases[i].value);
		maker_output(&m, v, "y");
		maker_gives(&m, FLOATS(-2, 3), cases[i].y, 2);
	}
}

static void clip_takes_attributes_before_opset_11_and_operands_since(void **state)
{
	struct maker m;
	size_t x, v;

	(void)state;
	maker_init(&m, 10);
	v = maker_node(&m, "Clip", VALUES(maker_input(&m, DIMS(-1, 3))));
	maker_set_float(&m, "min", -1);
	maker_set_float(&m, "max", 2);
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(-4, 0.5f, 9), FLOATS(-1, 0.5f, 2));

	maker_init(&m, 11);
	x = maker_input(&m, DIMS(-1, 3));
	v = maker_node(&m, "Clip", VALUES(x, ONNX_NONE, maker_number(&m, 2)));
	maker_set_float(&m, "min", -1); /* no longer has a meaning */
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(-4, 0.5f, 9), FLOATS(-4, 0.5f, 2));
}

static void whole_numbers_divide_to_whole_numbers(void **state)
{
	struct maker m;
	size_t v, two;

	(void)state;
	maker_init(&m, 13);
	v = maker_node(&m, "Cast", VALUES(maker_input(&m, DIMS(-1, 3))));
	maker_set_int(&m, "to", ONNX_TYPE_INT64);
	two = maker_int(&m, 2);
	v = maker_node(&m, "Div", VALUES(v, two));
	v = maker_node(&m, "Cast", VALUES(v));
	maker_set_int(&m, "to", ONNX_TYPE_FLOAT);
	maker_output(&m, v, "y");
	/* towards 0, first by the cast, then by the division */
	maker_gives(&m, FLOATS(7.9f, -3.9f, 0.9f), FLOATS(3, -1, 0));
}

static void a_condition_chooses_per_column(void **state)
{
	struct maker m;
	size_t x, v;

	(void)state;
	maker_init(&m, 9);
	x = maker_input(&m, DIMS(-1, 3));
	v = maker_node(&m, "Greater", VALUES(x, maker_number(&m, 1)));
	v = maker_node(&m, "Where", VALUES(v, maker_floats(&m, FLOATS(7, 8, 9), DIMS(3)), x));
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(0, 2, 4), FLOATS(0, 8, 9));
}

static void max_and_min_take_any_number_of_operands(void **state)
{
	struct maker m;
	size_t x, c, v;

	(void)state;
	maker_init(&m, 8);
	x = maker_input(&m, DIMS(-1, 2));
	c = maker_floats(&m, FLOATS(1, 5), DIMS(2));
	v = maker_node(&m, "Max", VALUES(maker_number(&m, 0), x, c));
	v = maker_node(&m, "Mean", VALUES(v, c, x));
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(-4, 8), FLOATS(-2.0f / 3, 7));
}

/* ---- products ---- */

static void gemm_scales_turns_and_adds(void **state)
{
	struct maker m;
	size_t x, b, c, v;

	(void)state;
	maker_init(&m, 7);
	x = maker_input(&m, DIMS(-1, 2));
	b = maker_floats(&m, FLOATS(1, 2, 3, 4, 5, 6), DIMS(3, 2));
	c = maker_floats(&m, FLOATS(10, 20, 30), DIMS(1, 3));
	v = maker_node(&m, "Gemm", VALUES(x, b, c));
	maker_set_int(&m, "transB", 1);
	maker_set_float(&m, "alpha", 2);
	maker_set_float(&m, "beta", 0.5f);
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(1, 1, 2, -1), FLOATS(11, 24, 37, 5, 14, 23));
}

static void gemm_adds_rows_too(void **state)
{
	struct maker m;
	size_t x, b, v;

	(void)state;
	maker_init(&m, 11);
	x = maker_input(&m, DIMS(-1, 2));
	b = maker_floats(&m, FLOATS(1, 2, 3, 4), DIMS(2, 2));
	v = maker_node(&m, "Gemm", VALUES(x, b, x));
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(1, 1), FLOATS(5, 7));
}

static void matmul_multiplies_each_part_of_a_row(void **state)
{
	struct maker m;
	size_t x, w, v;

	(void)state;
	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 2, 3)); /* [[a, b, c], [d, e, f]] */
	w = maker_floats(&m, FLOATS(1, 0, 0, 1, 2, 2), DIMS(3, 2));
	v = maker_node(&m, "MatMul", VALUES(x, w));
	v = maker_node(&m, "MatMul", VALUES(maker_floats(&m, FLOATS(1, -1), DIMS(1, 2)), v));
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(1, 2, 3, 4, 5, 6), FLOATS(-9, -9));
}

static void rows_are_multiplied_with_rows_within_a_row(void **state)
{
	struct maker m;
	size_t x, turned, v;

	(void)state;
	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 2, 2));
	turned = maker_node(&m, "Transpose", VALUES(x));
	maker_set_ints(&m, "perm", INTS(0, 2, 1));
	v = maker_node(&m, "MatMul", VALUES(x, turned));
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(1, 2, 3, 4), FLOATS(5, 11, 11, 25));
}

static void einsum_is_a_product_of_matrices(void **state)
{
	struct maker m;
	size_t x, w, v;

	(void)state;
	maker_init(&m, 12);
	x = maker_input(&m, DIMS(-1, 2));
	w = maker_floats(&m, FLOATS(1, 2, 3, 4, 5, 6), DIMS(3, 2));
	v = maker_node(&m, "Einsum", VALUES(x, w));
	maker_set_text(&m, "equation", "bi, oi -> bo");
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(1, 10), FLOATS(21, 43, 65));
}

static void onnxruntimes_gemm_has_an_activation(void **state)
{
	struct maker m;
	size_t x, b, v;

	(void)state;
	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 2));
	b = maker_floats(&m, FLOATS(1, -1, 1, -1), DIMS(2, 2));
	v = maker_node(&m, "FusedGemm", VALUES(x, b));
	maker_domain(&m, "com.microsoft");
	maker_set_text(&m, "activation", "LeakyRelu");
	maker_set_float(&m, "activation_alpha", 0.5f);
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(1, 2), FLOATS(3, -1.5f));
}

/* ---- refused ---- */

static void weights_that_are_not_finite_are_refused(void **state)
{
	struct maker m;
	size_t x, v;

	(void)state;
	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 2));
	v = maker_node(&m, "MatMul", VALUES(x, maker_floats(&m, FLOATS(1, INFINITY), DIMS(2, 1))));
	maker_output(&m, v, "y");
	maker_refuses(&m, "node 1 (MatMul): a constant that is not finite (inf at place 1)");

	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 2));
	v = maker_node(&m, "Add", VALUES(x, maker_floats(&m, FLOATS(1, NAN), DIMS(2))));
	maker_output(&m, v, "y");
	maker_refuses(&m, "node 1 (Add): a constant that is not finite (nan at place 1)");

	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 2));
	v = maker_node(&m, "PRelu", VALUES(x, maker_floats(&m, FLOATS(1, -INFINITY), DIMS(2))));
	maker_output(&m, v, "y");
	maker_refuses(&m, "node 1 (PRelu): a constant that is not finite (-inf at place 1)");

	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 2));
	v = maker_node(&m, "Div", VALUES(x, maker_number(&m, 0)));
	maker_output(&m, v, "y");
	maker_refuses(&m, "node 1 (Div): a division by 0");
}

static void limits_may_be_infinite(void **state)
{
	struct maker m;
	size_t x, v;

	(void)state;
	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 2));
	v = maker_node(&m, "Max", VALUES(x, maker_number(&m, -INFINITY)));
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(-7, 2), FLOATS(-7, 2));
}

static void operators_that_are_not_known_are_refused_with_what_they_are(void **state)
{
	static const struct {
		const char *op, *domain, *sentence;
	} cases[] = {
		{"LSTM", "", "node 1 (LSTM): recurrent: a row would depend on others"},
		{"QuantizeLinear", "", "node 1 (QuantizeLinear): the network is quantised"},
		{"DynamicQuantizeLinear", "",
			"node 1 (DynamicQuantizeLinear): the network is quantised"},
		{"Erfc", "", "node 1 (Erfc): an operator that cannot be run"},
		{"Gelu", "", "node 1 (Gelu): not in the form that this opset gives it"},
		{"TreeEnsembleClassifier", "ai.onnx.ml",
			"node 1 (TreeEnsembleClassifier): trees are no network"},
		{"Relu", "com.evil",
			"node 1 (Relu): an operator of a domain that is not known here"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct maker m;
		size_t v;

		maker_init(&m, 17);
		v = maker_node(&m, cases[i].op, VALUES(maker_input(&m, DIMS(-1, 2))));
		if (cases[i].domain[0])
			maker_domain(&m, cases[i].domain);
		maker_output(&m, v, "y");
		maker_refuses(&m, cases[i].sentence);
	}
}

static void the_manual_lists_all_that_is_run(void **state)
{
	static char text[1 << 17];
	const char *source = getenv("DEFECTD_SOURCE");
	const struct onnx_operator *op;
	char path[512];
	size_t n;
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/tools/defectctl.1.scd", source ? source : ".");
	f = fopen(path, "r");
	if (!f)
		fail_msg("%s: %s", path, strerror(errno));
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	for (size_t i = 0; (op = onnx_operator_at(i)); i++) {
		const char *at = strstr(text, "Operators that are run");
		const size_t length = strlen(op->name);

		/* as a word of its own */
		while (at && (at = strstr(at, op->name)) &&
			(strchr(" \n", at[-1]) == NULL || strchr(",.", at[length]) == NULL))
			at++;
		if (!at)
			fail_msg("%s is not in the manual", op->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_operands_meet_column_by_column),
		cmocka_unit_test(a_constant_may_come_first),
		cmocka_unit_test(maps_take_their_parameters_from_attributes),
		cmocka_unit_test(clip_takes_attributes_before_opset_11_and_operands_since),
		cmocka_unit_test(whole_numbers_divide_to_whole_numbers),
		cmocka_unit_test(a_condition_chooses_per_column),
		cmocka_unit_test(max_and_min_take_any_number_of_operands),
		cmocka_unit_test(gemm_scales_turns_and_adds),
		cmocka_unit_test(gemm_adds_rows_too),
		cmocka_unit_test(matmul_multiplies_each_part_of_a_row),
		cmocka_unit_test(rows_are_multiplied_with_rows_within_a_row),
		cmocka_unit_test(einsum_is_a_product_of_matrices),
		cmocka_unit_test(onnxruntimes_gemm_has_an_activation),
		cmocka_unit_test(weights_that_are_not_finite_are_refused),
		cmocka_unit_test(limits_may_be_infinite),
		cmocka_unit_test(operators_that_are_not_known_are_refused_with_what_they_are),
		cmocka_unit_test(the_manual_lists_all_that_is_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
