/* Operators that choose and arrange columns, and those that run over groups of them. */
#include "tests/unit/model/graph_maker.h"

static void concat_slice_and_split_take_columns_apart(void **state)
{
	struct maker m;
	size_t x, v, first, second;

	(void)state;
	maker_init(&m, 11);
	x = maker_input(&m, DIMS(-1, 4));
	first = maker_node(&m, "Split", VALUES(x));
	maker_set_int(&m, "axis", 1);
	maker_set_ints(&m, "split", INTS(1, 3));
	second = maker_more(&m);
	v = maker_node(&m, "Concat", VALUES(second, first));
	maker_set_int(&m, "axis", -1);
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(1, 2, 3, 4), FLOATS(2, 3, 4, 1));
}

static void slices_count_from_behind_and_backwards(void **state)
{
	struct maker m;
	size_t x, v;

	(void)state;
	maker_init(&m, 9);
	v = maker_node(&m, "Slice", VALUES(maker_input(&m, DIMS(-1, 4))));
	maker_set_ints(&m, "axes", INTS(1));
	maker_set_ints(&m, "starts", INTS(-3));
	maker_set_ints(&m, "ends", INTS(INT64_MAX));
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(1, 2, 3, 4), FLOATS(2, 3, 4));

	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 4));
	v = maker_node(&m, "Slice",
		VALUES(x, maker_ints(&m, INTS(-1)), maker_ints(&m, INTS(INT64_MIN)),
			maker_ints(&m, INTS(1)), maker_ints(&m, INTS(-2))));
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(1, 2, 3, 4), FLOATS(4, 2));
}

static void a_split_without_sizes_makes_equal_parts(void **state)
{
	struct maker m;
	size_t v;

	(void)state;
	maker_init(&m, 18);
	maker_node(&m, "Split", VALUES(maker_input(&m, DIMS(-1, 5))));
	maker_set_int(&m, "axis", 1);
	maker_set_int(&m, "num_outputs", 2);
	v = maker_more(&m); /* the last one is shorter */
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(1, 2, 3, 4, 5), FLOATS(4, 5));
}

static void gather_takes_columns_by_constant_places(void **state)
{
	struct maker m;
	size_t x, v;

	(void)state;
	maker_init(&m, 11);
	x = maker_input(&m, DIMS(-1, 3));
	v = maker_node(&m, "Gather", VALUES(x, maker_ints(&m, INTS(-1, 0, 0))));
	maker_set_int(&m, "axis", 1);
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(1, 2, 3), FLOATS(3, 1, 1));
}

static void columns_are_taken_through_a_transpose(void **state)
{
	const int64_t places[] = {2, 0};
	struct maker m;
	size_t x, v, i;

	(void)state;
	maker_init(&m, 12);
	x = maker_input(&m, DIMS(-1, 3));
	i = maker_ints(&m, places, 2);
	m.tensors[i].rank = 2;
	m.tensors[i].dims[1] = 1;
	v = maker_node(&m, "Transpose", VALUES(x));
	v = maker_node(&m, "GatherND", VALUES(v, i));
	maker_output(&m, maker_node(&m, "Transpose", VALUES(v)), "y");
	maker_gives(&m, FLOATS(1, 2, 3), FLOATS(3, 1));
}

static void a_table_that_is_looked_up_by_the_data_is_refused(void **state)
{
	struct maker m;
	size_t x, v;

	(void)state;
	maker_init(&m, 13);
	x = maker_input_of(&m, "class", ONNX_TYPE_INT64, DIMS(-1));
	v = maker_floats(&m, FLOATS(1, 2, 3, 4), DIMS(2, 2));
	maker_output(&m, maker_node(&m, "Gather", VALUES(v, x)), "y");
	maker_refuses(&m, "node 1 (Gather): it looks numbers up by the data (as an embedding or a "
			  "table does), which cannot be run");
}

static void pad_puts_numbers_around(void **state)
{
	struct maker m;
	size_t x, v;

	(void)state;
	maker_init(&m, 10);
	v = maker_node(&m, "Pad", VALUES(maker_input(&m, DIMS(-1, 2))));
	maker_set_ints(&m, "pads", INTS(0, 1, 0, 1));
	maker_set_float(&m, "value", 7);
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(1, 2), FLOATS(7, 1, 2, 7));

	maker_init(&m, 11);
	x = maker_input(&m, DIMS(-1, 3));
	v = maker_node(&m, "Pad", VALUES(x, maker_ints(&m, INTS(0, 2, 0, 0))));
	maker_set_text(&m, "mode", "reflect");
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(1, 2, 3), FLOATS(3, 2, 1, 2, 3));
}

static void constants_grow_to_the_batch(void **state)
{
	struct maker m;
	size_t x, shape, v;

	(void)state;
	maker_init(&m, 15);
	x = maker_input(&m, DIMS(-1, 1));
	shape = maker_node(&m, "Shape", VALUES(x));
	maker_set_int(&m, "end", 1);
	shape = maker_node(&m, "Concat", VALUES(shape, maker_ints(&m, INTS(2))));
	maker_set_int(&m, "axis", 0);
	v = maker_node(&m, "Expand", VALUES(maker_floats(&m, FLOATS(5, 6), DIMS(1, 2)), shape));
	v = maker_node(&m, "Concat", VALUES(x, v));
	maker_set_int(&m, "axis", 1);
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(1, 2), FLOATS(1, 5, 6, 2, 5, 6));
}

static void a_constant_that_lacks_the_batch_cannot_stand_beside_rows(void **state)
{
	struct maker m;
	size_t x, v;

	(void)state;
	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 2));
	v = maker_node(&m, "Concat", VALUES(x, maker_floats(&m, FLOATS(5), DIMS(1, 1))));
	maker_set_int(&m, "axis", 1);
	maker_output(&m, v, "y");
	maker_refuses(&m, "node 1 (Concat): operand 2 lacks the batch that others have");
}

/* ---- windows ---- */

static void a_convolution_moves_over_the_places_of_a_row(void **state)
{
	struct maker m;
	size_t x, v;

	(void)state;
	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 2, 3)); /* [[a, b, c], [d, e, f]] */
	v = maker_node(&m, "Conv",
		VALUES(x, maker_floats(&m, FLOATS(1, 10, 100, 1000), DIMS(1, 2, 2)),
			maker_floats(&m, FLOATS(0.5f), DIMS(1))));
	maker_set_ints(&m, "pads", INTS(0, 1));
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(1, 2, 3, 4, 5, 6), FLOATS(5421.5f, 6532.5f, 603.5f));
}

static void each_group_of_channels_has_its_own_weights(void **state)
{
	struct maker m;
	size_t x, v;

	(void)state;
	maker_init(&m, 13);
	x = maker_input(&m, DIMS(-1, 2, 2));
	v = maker_node(&m, "Conv", VALUES(x, maker_floats(&m, FLOATS(1, 2, 3, 4), DIMS(2, 1, 2))));
	maker_set_int(&m, "group", 2);
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(1, 2, 3, 4), FLOATS(5, 25));
}

static void a_mean_over_a_window_leaves_the_padding_out(void **state)
{
	struct maker m;
	size_t v;

	(void)state;
	maker_init(&m, 13);
	v = maker_node(&m, "AveragePool", VALUES(maker_input(&m, DIMS(-1, 1, 3))));
	maker_set_ints(&m, "kernel_shape", INTS(2));
	maker_set_ints(&m, "pads", INTS(1, 0));
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(2, 4, 8), FLOATS(2, 3, 6));
}

/* ---- groups ---- */

static void softmax_takes_all_axes_from_1_on_before_opset_13_and_the_last_one_since(void **state)
{
	struct maker m;

	(void)state;
	maker_init(&m, 12);
	maker_output(&m, maker_node(&m, "Softmax", VALUES(maker_input(&m, DIMS(-1, 2, 2)))), "y");
	maker_gives(&m, FLOATS(0, 0, 0, 0), FLOATS(0.25f, 0.25f, 0.25f, 0.25f));

	maker_init(&m, 13);
	maker_output(&m, maker_node(&m, "Softmax", VALUES(maker_input(&m, DIMS(-1, 2, 2)))), "y");
	maker_gives(&m, FLOATS(0, 0, 0, 0), FLOATS(0.5f, 0.5f, 0.5f, 0.5f));
}

static void reductions_have_their_axes_where_the_opset_has_them(void **state)
{
	struct maker m;
	size_t x, v;

	(void)state;
	maker_init(&m, 17);
	v = maker_node(&m, "ReduceMean", VALUES(maker_input(&m, DIMS(-1, 2, 2))));
	maker_set_ints(&m, "axes", INTS(1));
	maker_set_int(&m, "keepdims", 0);
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(1, 2, 3, 4), FLOATS(2, 3));

	maker_init(&m, 18);
	x = maker_input(&m, DIMS(-1, 2, 2));
	v = maker_node(&m, "ReduceMax", VALUES(x, maker_ints(&m, INTS(-1))));
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(1, 2, 3, 4), FLOATS(2, 4));

	maker_init(&m, 18);
	v = maker_node(&m, "ReduceMax", VALUES(maker_input(&m, DIMS(-1, 2))));
	maker_set_int(&m, "noop_with_empty_axes", 1);
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(1, 2), FLOATS(1, 2));
}

static void an_output_made_of_a_decision_is_refused(void **state)
{
	struct maker m;
	size_t v;

	(void)state;
	maker_init(&m, 13);
	v = maker_node(&m, "ArgMax", VALUES(maker_input(&m, DIMS(-1, 4))));
	maker_set_int(&m, "axis", 1);
	v = maker_node(&m, "Cast", VALUES(v));
	maker_set_int(&m, "to", ONNX_TYPE_FLOAT);
	v = maker_node(&m, "Mul", VALUES(v, maker_number(&m, 0.5f)));
	maker_output(&m, v, "y");
	maker_refuses(&m, "node 1 (ArgMax): it decides on a place (a label or a bin), and the "
			  "output is made of that");
}

static void sums_run_along_an_axis(void **state)
{
	struct maker m;
	size_t x, v;

	(void)state;
	maker_init(&m, 14);
	x = maker_input(&m, DIMS(-1, 3));
	v = maker_node(&m, "CumSum", VALUES(x, maker_int(&m, 1)));
	maker_set_int(&m, "exclusive", 1);
	maker_set_int(&m, "reverse", 1);
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(1, 2, 4), FLOATS(6, 4, 0));
}

static void batches_are_normalised_by_constants(void **state)
{
	struct maker m;
	size_t x, of[4], v;

	(void)state;
	maker_init(&m, 9);
	x = maker_input(&m, DIMS(-1, 2));
	of[0] = maker_floats(&m, FLOATS(2, 3), DIMS(2));
	of[1] = maker_floats(&m, FLOATS(1, -1), DIMS(2));
	of[2] = maker_floats(&m, FLOATS(10, 20), DIMS(2));
	of[3] = maker_floats(&m, FLOATS(3, 8), DIMS(2));
	v = maker_node(&m, "BatchNormalization", VALUES(x, of[0], of[1], of[2], of[3]));
	maker_set_float(&m, "epsilon", 1);
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(12, 26), FLOATS(3, 5));
}

static void rows_are_normalised_by_their_own_statistics(void **state)
{
	struct maker m;
	size_t x, v;

	(void)state;
	maker_init(&m, 17);
	x = maker_input(&m, DIMS(-1, 2));
	v = maker_node(&m, "LayerNormalization",
		VALUES(x, maker_floats(&m, FLOATS(2, 3), DIMS(2)),
			maker_floats(&m, FLOATS(10, 20), DIMS(2))));
	maker_set_float(&m, "epsilon", 0);
	maker_output(&m, v, "y");
	maker_gives(&m, FLOATS(1, 3), FLOATS(8, 23));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(concat_slice_and_split_take_columns_apart),
		cmocka_unit_test(slices_count_from_behind_and_backwards),
		cmocka_unit_test(a_split_without_sizes_makes_equal_parts),
		cmocka_unit_test(gather_takes_columns_by_constant_places),
		cmocka_unit_test(columns_are_taken_through_a_transpose),
		cmocka_unit_test(a_table_that_is_looked_up_by_the_data_is_refused),
		cmocka_unit_test(pad_puts_numbers_around),
		cmocka_unit_test(constants_grow_to_the_batch),
		cmocka_unit_test(a_constant_that_lacks_the_batch_cannot_stand_beside_rows),
		cmocka_unit_test(a_convolution_moves_over_the_places_of_a_row),
		cmocka_unit_test(each_group_of_channels_has_its_own_weights),
		cmocka_unit_test(a_mean_over_a_window_leaves_the_padding_out),
		cmocka_unit_test(
			softmax_takes_all_axes_from_1_on_before_opset_13_and_the_last_one_since),
		cmocka_unit_test(reductions_have_their_axes_where_the_opset_has_them),
		cmocka_unit_test(an_output_made_of_a_decision_is_refused),
		cmocka_unit_test(sums_run_along_an_axis),
		cmocka_unit_test(batches_are_normalised_by_constants),
		cmocka_unit_test(rows_are_normalised_by_their_own_statistics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
