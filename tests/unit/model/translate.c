/* What values of a graph turn out to be: shapes, the batch, inputs and outputs. */
#include "tests/unit/model/graph_maker.h"

/* Another name for a value, so that an output has a node of its own. */
static size_t same(struct maker *m, size_t v)
{
	return maker_node(m, "Identity", VALUES(v));
}

static size_t cast(struct maker *m, size_t v, int to)
{
	v = maker_node(m, "Cast", VALUES(v));
	maker_set_int(m, "to", to);
	return v;
}

/* ---- shapes ---- */

static void a_shape_that_only_rebuilds_the_batch_is_worked_out(void **state)
{
	struct maker m;
	size_t x, batch, shape, v;

	(void)state;
	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 2, 3));
	batch = maker_node(
		&m, "Gather", VALUES(maker_node(&m, "Shape", VALUES(x)), maker_ints(&m, INTS(0))));
	shape = maker_node(&m, "Concat", VALUES(batch, maker_ints(&m, INTS(6))));
	maker_set_int(&m, "axis", 0);
	v = maker_node(&m, "Reshape", VALUES(x, shape));
	v = maker_node(
		&m, "MatMul", VALUES(v, maker_floats(&m, FLOATS(1, 2, 3, 4, 5, 6), DIMS(6, 1))));
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1), FLOATS(21, 6));
}

static void the_batch_cancels_out_of_shapes(void **state)
{
	struct maker m;
	size_t x, size, batch, v;

	(void)state;
	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 4));
	size = maker_node(&m, "Size", VALUES(x));
	batch = maker_node(
		&m, "Gather", VALUES(maker_node(&m, "Shape", VALUES(x)), maker_int(&m, 0)));
	v = cast(&m, maker_node(&m, "Div", VALUES(size, batch)), ONNX_TYPE_FLOAT);
	maker_output(&m, maker_node(&m, "Div", VALUES(x, v)), "y");
	maker_gives(&m, FLOATS(4, 8, 12, 16), FLOATS(1, 2, 3, 4));
}

static void the_size_of_the_batch_is_no_number_to_compute_with(void **state)
{
	struct maker m;
	size_t x, v;

	(void)state;
	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 4));
	v = maker_node(&m, "Gather", VALUES(maker_node(&m, "Shape", VALUES(x)), maker_int(&m, 0)));
	v = cast(&m, v, ONNX_TYPE_FLOAT);
	maker_output(&m, maker_node(&m, "Div", VALUES(x, v)), "y");
	maker_refuses(&m, "node 4 (Div): it computes with the size of the batch");
}

static void parts_of_a_row_may_stand_behind_each_other(void **state)
{
	struct maker m;
	size_t x, v;

	(void)state;
	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 2, 2));
	/* [N x 2, 2]: as Keras does a Dense on time steps */
	v = maker_node(&m, "Reshape", VALUES(x, maker_ints(&m, INTS(-1, 2))));
	v = maker_node(&m, "MatMul", VALUES(v, maker_floats(&m, FLOATS(1, 10), DIMS(2, 1))));
	v = maker_node(&m, "Reshape", VALUES(v, maker_ints(&m, INTS(-1, 2))));
	v = maker_node(&m, "Add", VALUES(v, maker_floats(&m, FLOATS(100, 200), DIMS(2))));
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(1, 2, 3, 4, 5, 6, 7, 8), FLOATS(121, 243, 165, 287));
}

static void the_batch_may_stand_behind_parts_of_a_row(void **state)
{
	struct maker m;
	size_t x, v;

	(void)state;
	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 2, 2));
	/* [2, N, 2], [2 x N, 2] and back: as PyTorch's attention does */
	v = maker_node(&m, "Transpose", VALUES(x));
	maker_set_ints(&m, "perm", INTS(1, 0, 2));
	v = maker_node(&m, "Reshape", VALUES(v, maker_ints(&m, INTS(-1, 2))));
	v = maker_node(&m, "MatMul", VALUES(v, maker_floats(&m, FLOATS(1, 10), DIMS(2, 1))));
	v = maker_node(&m, "Reshape", VALUES(v, maker_ints(&m, INTS(2, -1))));
	v = maker_node(&m, "Transpose", VALUES(v));
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(1, 2, 3, 4, 5, 6, 7, 8), FLOATS(21, 43, 65, 87));
}

static void rows_that_are_mixed_are_refused(void **state)
{
	struct maker m;
	size_t x;

	(void)state;
	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 4));
	maker_output(&m, maker_node(&m, "Reshape", VALUES(x, maker_ints(&m, INTS(4, -1)))), "y");
	maker_refuses(&m, "node 1 (Reshape): it mixes the rows of the batch");

	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 4));
	maker_output(&m, maker_node(&m, "Reshape", VALUES(x, maker_ints(&m, INTS(2, 2)))), "y");
	maker_refuses(&m, "node 1 (Reshape): the shape has no place for the batch: it would hold "
			  "for one size of it");
}

static void a_constant_that_would_multiply_the_batch_is_refused(void **state)
{
	struct maker m;
	size_t x, c;

	(void)state;
	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 2));
	c = maker_floats(&m, FLOATS(1, 2, 3, 4), DIMS(2, 2));
	maker_output(&m, maker_node(&m, "Add", VALUES(x, c)), "y");
	maker_refuses(&m, "node 1 (Add): an operand has 2 where another has the batch: rows would "
			  "meet");
}

static void rows_never_meet(void **state)
{
	struct maker m;
	size_t x, v;

	(void)state;
	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 2));
	v = maker_node(&m, "ReduceMean", VALUES(x));
	maker_set_ints(&m, "axes", INTS(0));
	maker_output(&m, v, "y");
	maker_refuses(&m, "node 1 (ReduceMean): it goes over the batch (axis 0): the rows would "
			  "meet");

	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 2));
	v = maker_node(&m, "Transpose", VALUES(x));
	maker_output(&m, maker_node(&m, "MatMul", VALUES(x, v)), "y");
	maker_refuses(&m, "node 2 (MatMul): the batch is along axis 0 of one operand and axis 1 of "
			  "another: rows would meet");

	maker_init(&m, 13);
	v = maker_node(&m, "Transpose", VALUES(maker_input(&m, DIMS(-1, 2))));
	x = maker_floats(&m, FLOATS(1, 2), DIMS(1, 2)); /* as if the batch were 1 */
	maker_output(&m, maker_node(&m, "MatMul", VALUES(v, x)), "y");
	maker_refuses(&m, "node 2 (MatMul): it sums over the batch: the rows would meet");
}

/* ---- inputs ---- */

static void a_file_for_one_row_runs_row_by_row(void **state)
{
	struct maker m;
	size_t x, v;

	(void)state;
	maker_init(&m, 13);
	x = maker_input(&m, DIMS(1, 2, 2));
	v = maker_node(&m, "Reshape", VALUES(x, maker_ints(&m, INTS(1, 4))));
	v = maker_node(&m, "ReduceSum", VALUES(v, maker_ints(&m, INTS(1))));
	maker_output(&m, maker_node(&m, "Squeeze", VALUES(v)), "y");
	maker_gives(&m, FLOATS(1, 2, 3, 4, 5, 6, 7, 8), FLOATS(10, 26));
}

static void a_row_may_come_without_a_batch(void **state)
{
	struct maker m;
	size_t x, v;

	(void)state;
	maker_init(&m, 13);
	x = maker_input(&m, DIMS(3));
	v = maker_node(&m, "MatMul", VALUES(x, maker_floats(&m, FLOATS(1, 2, 3), DIMS(3, 1))));
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(1, 1, 1, 0, 0, 2), FLOATS(6, 6));
}

static void inputs_stand_one_after_the_other(void **state)
{
	struct maker m;
	size_t a, b, v;

	(void)state;
	maker_init(&m, 13);
	a = maker_input_of(&m, "a", ONNX_TYPE_FLOAT, DIMS(-1, 1));
	b = maker_input_of(&m, "b", ONNX_TYPE_INT64, DIMS(-1, 2));
	v = maker_node(&m, "Concat", VALUES(cast(&m, b, ONNX_TYPE_FLOAT), a));
	maker_set_int(&m, "axis", 1);
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(1, 2, 3, 4, 5, 6), FLOATS(2, 3, 1, 5, 6, 4));
}

static void open_columns_are_told_by_what_they_meet(void **state)
{
	struct maker m;
	size_t x, v;

	(void)state;
	maker_init(&m, 13);
	x = cast(&m, maker_input(&m, DIMS(-1, -1)), ONNX_TYPE_FLOAT);
	v = maker_node(&m, "Mul", VALUES(x, maker_number(&m, 2)));
	v = maker_node(&m, "MatMul", VALUES(v, maker_floats(&m, FLOATS(1, 2, 3), DIMS(3, 1))));
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(1, 1, 1), FLOATS(12));

	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, -1));
	maker_output(&m, maker_node(&m, "Relu", VALUES(x)), "y");
	maker_refuses(&m, "input \"x\" leaves open how many columns it has, and nothing in the "
			  "graph says it");
}

static void text_is_refused_by_the_inputs_name(void **state)
{
	struct maker m;
	size_t x;

	(void)state;
	maker_init(&m, 13);
	maker_input_of(&m, "material", ONNX_TYPE_STRING, DIMS(-1, 1));
	x = maker_input(&m, DIMS(-1, 2));
	maker_output(&m, same(&m, x), "y");
	maker_refuses(&m, "input \"material\" is text: rows hold numbers alone, so text must "
			  "become numbers before the model");
}

static void a_constant_whose_numbers_were_left_out_is_refused_as_such(void **state)
{
	struct maker m;
	size_t x, mean;

	(void)state;
	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 2));
	mean = maker_input_of(&m, "mean", ONNX_TYPE_FLOAT, DIMS(1, 2));
	maker_output(&m, maker_node(&m, "Sub", VALUES(x, mean)), "y");
	maker_refuses(&m, "input \"mean\" has no batch, as a constant whose numbers were left out "
			  "(Keras 3 does so with its Normalization): export the model so that "
			  "they are in the file");
}

/* ---- outputs ---- */

static void labels_are_left_alone(void **state)
{
	struct maker m;
	size_t x, p, label;

	(void)state;
	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 2));
	p = same(&m, x);
	label = maker_node(&m, "ArgMax", VALUES(p));
	maker_set_int(&m, "axis", 1);
	/* the label's own operators need not be known */
	label = maker_node(&m, "Mystery", VALUES(label));
	maker_output(&m, label, "label")->declared = ONNX_TYPE_INT64;
	maker_output(&m, p, "probabilities");
	maker_gives(&m, FLOATS(3, 4), FLOATS(3, 4));
}

static void a_decision_in_floats_is_a_label_too(void **state)
{
	struct maker m;
	size_t x, p, label;

	(void)state;
	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 1));
	p = maker_node(&m, "Tanh", VALUES(x)); /* no probability, yet better than a label */
	label = cast(
		&m, maker_node(&m, "Greater", VALUES(p, maker_number(&m, 0.5f))), ONNX_TYPE_FLOAT);
	maker_output(&m, label, "decision");
	maker_output(&m, p, "p");
	maker_gives(&m, FLOATS(0), FLOATS(0));
}

static void a_map_of_classes_is_its_probabilities(void **state)
{
	struct maker m;
	size_t x, map;

	(void)state;
	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 2));
	map = maker_node(&m, "ZipMap", VALUES(same(&m, x)));
	maker_domain(&m, "ai.onnx.ml");
	maker_output(&m, map, "output_probability")->is_tensor = false;
	maker_gives(&m, FLOATS(3, 4), FLOATS(3, 4));
}

static void an_output_for_each_class_makes_one_together(void **state)
{
	struct maker m;
	size_t x, p, part[3];

	(void)state;
	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 3));
	p = maker_node(&m, "Softmax", VALUES(x));
	for (int i = 0; i < 3; i++) {
		part[i] = maker_node(&m, "Slice",
			VALUES(p, maker_ints(&m, INTS(i)), maker_ints(&m, INTS(i + 1)),
				maker_ints(&m, INTS(1))));
		part[i] = maker_node(&m, "Reshape", VALUES(part[i], maker_ints(&m, INTS(-1))));
	}
	maker_output(&m, part[0], "class_a");
	maker_output(&m, part[1], "class_b");
	maker_output(&m, part[2], "class_c");
	maker_gives(&m, FLOATS(0, 0, 0), FLOATS(1.0f / 3, 1.0f / 3, 1.0f / 3));
}

static void all_columns_go_before_some_of_them(void **state)
{
	struct maker m;
	size_t p, part;

	(void)state;
	maker_init(&m, 13);
	p = maker_node(&m, "Softmax", VALUES(maker_input(&m, DIMS(-1, 2))));
	part = maker_node(&m, "Slice",
		VALUES(p, maker_ints(&m, INTS(1)), maker_ints(&m, INTS(2)),
			maker_ints(&m, INTS(1))));
	maker_output(&m, part, "p_defect");
	maker_output(&m, p, "p");
	maker_output(&m, part, "p_defect_again");
	maker_gives(&m, FLOATS(0, 0), FLOATS(0.5f, 0.5f));
}

static void two_outputs_as_good_as_each_other_are_refused(void **state)
{
	struct maker m;
	size_t x;

	(void)state;
	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 2));
	maker_output(&m, maker_node(&m, "Relu", VALUES(x)), "one");
	maker_output(&m, maker_node(&m, "Tanh", VALUES(x)), "two");
	maker_refuses(&m, "the outputs \"one\" and \"two\" could both be the one to score: export "
			  "the model with one of them");
}

static void an_output_of_labels_alone_is_refused(void **state)
{
	struct maker m;
	size_t x;

	(void)state;
	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 2));
	maker_output(&m, maker_node(&m, "ArgMax", VALUES(x)), "label")->declared = ONNX_TYPE_INT64;
	maker_refuses(&m, "the graph has no output that is a tensor of floats");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shape_that_only_rebuilds_the_batch_is_worked_out),
		cmocka_unit_test(the_batch_cancels_out_of_shapes),
		cmocka_unit_test(the_size_of_the_batch_is_no_number_to_compute_with),
		cmocka_unit_test(parts_of_a_row_may_stand_behind_each_other),
		cmocka_unit_test(the_batch_may_stand_behind_parts_of_a_row),
		cmocka_unit_test(rows_that_are_mixed_are_refused),
		cmocka_unit_test(a_constant_that_would_multiply_the_batch_is_refused),
		cmocka_unit_test(rows_never_meet),
		cmocka_unit_test(a_file_for_one_row_runs_row_by_row),
		cmocka_unit_test(a_row_may_come_without_a_batch),
		cmocka_unit_test(inputs_stand_one_after_the_other),
		cmocka_unit_test(open_columns_are_told_by_what_they_meet),
		cmocka_unit_test(text_is_refused_by_the_inputs_name),
		cmocka_unit_test(a_constant_whose_numbers_were_left_out_is_refused_as_such),
		cmocka_unit_test(labels_are_left_alone),
		cmocka_unit_test(a_decision_in_floats_is_a_label_too),
		cmocka_unit_test(a_map_of_classes_is_its_probabilities),
		cmocka_unit_test(an_output_for_each_class_makes_one_together),
		cmocka_unit_test(all_columns_go_before_some_of_them),
		cmocka_unit_test(two_outputs_as_good_as_each_other_are_refused),
		cmocka_unit_test(an_output_of_labels_alone_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
