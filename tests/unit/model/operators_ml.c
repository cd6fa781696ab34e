/* What scikit-learn's pipelines are made of (ai.onnx.ml). */
#include "tests/unit/model/graph_maker.h"

static size_t ml(struct maker *m, const char *op, const size_t *inputs, size_t count)
{
	size_t v = maker_node(m, op, inputs, count);

	maker_domain(m, "ai.onnx.ml");
	return v;
}

static void a_scaler_subtracts_and_multiplies(void **state)
{
	struct maker m;
	size_t v;

	(void)state;
	maker_init(&m, 13);
	v = ml(&m, "Scaler", VALUES(maker_input_of(&m, "x", ONNX_TYPE_INT64, DIMS(-1, 2))));
	maker_set_floats(&m, "offset", FLOATS(1, 2));
	maker_set_floats(&m, "scale", FLOATS(0.5f));
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(2, 4, 0, 0), FLOATS(0.5f, 1, -0.5f, -1));
}

static void an_imputer_fills_in_what_is_missing(void **state)
{
	struct maker m;
	size_t v;

	(void)state;
	maker_init(&m, 13);
	v = ml(&m, "Imputer", VALUES(maker_input(&m, DIMS(-1, 2))));
	maker_set_floats(&m, "imputed_value_floats", FLOATS(5, 6));
	maker_set_float(&m, "replaced_value_float", NAN);
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(NAN, 1, 2, NAN), FLOATS(5, 1, 2, 6));

	maker_init(&m, 13);
	v = ml(&m, "Imputer", VALUES(maker_input(&m, DIMS(-1, 2))));
	maker_set_floats(&m, "imputed_value_floats", FLOATS(0));
	maker_set_float(&m, "replaced_value_float", INFINITY);
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(INFINITY, -INFINITY), FLOATS(0, -INFINITY));
}

static void a_normalizer_leaves_rows_of_zeros(void **state)
{
	static const struct {
		const char *norm;
		float y[4];
	} cases[] = {
		{"L1", {0.5f, -0.5f, 0, 0}},
		{"L2", {0.70710678f, -0.70710678f, 0, 0}},
		{"MAX", {1, -1, 0, 0}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct maker m;
		size_t v;

		maker_init(&m, 13);
		v = ml(&m, "Normalizer", VALUES(maker_input(&m, DIMS(-1, 2))));
		maker_set_text(&m, "norm", cases[i].norm);
		maker_output(&m, v, "y");
		maker_gives(&m, FLOATS(2, -2, 0, 0), cases[i].y, 4);
	}
}

static void columns_are_extracted_and_put_together(void **state)
{
	struct maker m;
	size_t x, z, v;

	(void)state;
	maker_init(&m, 13);
	x = maker_input_of(&m, "x", ONNX_TYPE_FLOAT, DIMS(-1, 3));
	z = maker_input_of(&m, "z", ONNX_TYPE_FLOAT, DIMS(-1, 1));
	v = ml(&m, "ArrayFeatureExtractor", VALUES(x, maker_ints(&m, INTS(2, 0))));
	v = ml(&m, "FeatureVectorizer", VALUES(z, v));
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(1, 2, 3, 4), FLOATS(4, 3, 1));
}

static void numbers_become_columns_by_category(void **state)
{
	struct maker m;
	size_t v;

	(void)state;
	maker_init(&m, 13);
	v = ml(&m, "OneHotEncoder", VALUES(maker_input(&m, DIMS(-1, 1))));
	maker_set_ints(&m, "cats_int64s", INTS(1, 2, 5));
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(5, 3), FLOATS(0, 0, 1, 0, 0, 0));
}

static void texts_become_no_columns(void **state)
{
	struct maker m;
	size_t v;

	(void)state;
	maker_init(&m, 13);
	v = ml(&m, "OneHotEncoder", VALUES(maker_input(&m, DIMS(-1, 1))));
	maker_output(&m, v, "y");
	maker_refuses(&m, "node 1 (OneHotEncoder): its categories are no whole numbers but text");
}

static void a_table_of_numbers_is_looked_up(void **state)
{
	struct maker m;
	size_t v;

	(void)state;
	maker_init(&m, 13);
	m.ml_opset = 2;
	v = ml(&m, "LabelEncoder", VALUES(maker_input(&m, DIMS(-1, 1))));
	maker_set_floats(&m, "keys_floats", FLOATS(1, 2));
	maker_set_floats(&m, "values_floats", FLOATS(10, 20));
	maker_set_float(&m, "default_float", -1);
	maker_output(&m, v, "y");
	/* a node of labels, yet the only output there is */
	maker_gives(&m, FLOATS(2, 1, 7), FLOATS(20, 10, -1));
}

static void a_linear_classifier_gives_its_scores(void **state)
{
	struct maker m;
	size_t label, scores;

	(void)state;
	maker_init(&m, 13);
	label = ml(&m, "LinearClassifier", VALUES(maker_input(&m, DIMS(-1, 2))));
	scores = maker_more(&m);
	maker_set_floats(&m, "coefficients", FLOATS(1, 2, -1, -2));
	maker_set_floats(&m, "intercepts", FLOATS(0.5f, -0.5f));
	maker_set_ints(&m, "classlabels_ints", INTS(0, 1));
	maker_set_text(&m, "post_transform", "LOGISTIC");
	maker_output(&m, label, "label")->declared = ONNX_TYPE_INT64;
	maker_output(&m, scores, "scores");
	maker_gives(&m, FLOATS(-2.5f, 1), FLOATS(0.5f, 0.5f));
}

static void one_score_of_two_classes_makes_two_columns(void **state)
{
	struct maker m;
	size_t scores;

	(void)state;
	maker_init(&m, 13);
	ml(&m, "LinearClassifier", VALUES(maker_input(&m, DIMS(-1, 2))));
	scores = maker_more(&m);
	maker_set_floats(&m, "coefficients", FLOATS(1, 1));
	maker_set_floats(&m, "intercepts", FLOATS(0));
	maker_set_ints(&m, "classlabels_ints", INTS(0, 1));
	maker_output(&m, scores, "scores");
	maker_gives(&m, FLOATS(0.25f, 0.5f), FLOATS(0.25f, 0.75f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scaler_subtracts_and_multiplies),
		cmocka_unit_test(an_imputer_fills_in_what_is_missing),
		cmocka_unit_test(a_normalizer_leaves_rows_of_zeros),
		cmocka_unit_test(columns_are_extracted_and_put_together),
		cmocka_unit_test(numbers_become_columns_by_category),
		cmocka_unit_test(texts_become_no_columns),
		cmocka_unit_test(a_table_of_numbers_is_looked_up),
		cmocka_unit_test(a_linear_classifier_gives_its_scores),
		cmocka_unit_test(one_score_of_two_classes_makes_two_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
