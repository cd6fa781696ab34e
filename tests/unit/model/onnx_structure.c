/* Graphs: what becomes of nodes, inputs, outputs and constants, and what is no graph. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "tests/unit/model/onnx_open.h"

/* x -> y of two columns, by the nodes that a test puts in. */
static struct buf graph_x_y(void)
{
	struct buf g = {0};

	onnx_part(&g, GRAPH_INPUT, onnx_port_of("x", DIMS(0, 2)));
	onnx_part(&g, GRAPH_OUTPUT, onnx_port_of("y", DIMS(0, 2)));
	return g;
}

static void put_node(struct buf *g, struct buf node)
{
	onnx_part(g, GRAPH_NODE, node);
}

static void names_become_values(void **state)
{
	struct buf g = graph_x_y();
	const float v[] = {1, 2};
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;
	const struct onnx_graph *graph;
	const struct onnx_node *n;

	(void)state;
	onnx_part(&g, GRAPH_INITIALIZER, onnx_tensor_floats("b", DIMS(2), v, 2));
	put_node(&g, onnx_node_of("add", "Add", "x,b", "s"));
	put_node(
		&g, onnx_with(onnx_node_of("", "Clip", "s,,b", "y"), onnx_attr_float("max", 0.5f)));
	f = opened(onnx_model_of(g));
	graph = onnx_file_graph(f);
	assert_int_equal(graph->node_count, 2);
	n = graph->nodes;
	assert_string_equal(n[0].op, "Add");
	assert_string_equal(n[0].domain, "");
	assert_string_equal(n[0].name, "add");
	assert_int_equal(n[0].opset, 17);
	assert_int_equal(n[0].inputs[0], graph->inputs[0].value);
	assert_int_equal(n[1].inputs[0], n[0].outputs[0]);
	assert_int_equal(n[1].inputs[1], ONNX_NONE);
	assert_int_equal(n[1].inputs[2], n[0].inputs[1]);
	assert_int_equal(n[1].place, 2);
	assert_int_equal(graph->outputs[0].value, n[1].outputs[0]);
	assert_true(graph->constants[n[0].inputs[1]]->floats[1] == 2);
	assert_null(graph->constants[graph->inputs[0].value]);
	assert_string_equal(graph->names[n[0].outputs[0]], "s");
	assert_true(onnx_attribute(&n[1], "max")->f == 0.5f);
	assert_null(onnx_attribute(&n[1], "min"));
}

static void nodes_are_named_in_messages(void **state)
{
	struct buf g = graph_x_y();
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;
	char text[2 * ONNX_TEXT];

	(void)state;
	put_node(&g, onnx_node_of("a \"b\"\n", "Neg", "x", "s"));
	put_node(&g, onnx_node_of("", "Abs", "s", "y"));
	f = opened(onnx_model_of(g));
	assert_string_equal(onnx_node_text(text, onnx_file_graph(f), 0), "node \"a ?b??\" (Neg)");
	assert_string_equal(onnx_node_text(text, onnx_file_graph(f), 1), "node 2 (Abs)");
}

/* ---- inputs and outputs ---- */

static void ports_say_what_the_file_says(void **state)
{
	struct buf g = {0}, plain = {0}, map = {0}, type = {0};
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;
	const struct onnx_graph *graph;

	(void)state;
	onnx_text_field(&plain, 1, "plain");
	onnx_text_field(&map, 1, "map");
	onnx_bytes_field(&type, 4, "", 0);
	onnx_part(&map, 2, type);
	onnx_part(&g, GRAPH_INPUT, onnx_port_of("x", DIMS(0, 3, -1)));
	onnx_part(&g, GRAPH_INPUT, plain);
	onnx_part(&g, GRAPH_OUTPUT, map);
	put_node(&g, onnx_node_of("", "Sum", "x", "map"));
	f = opened(onnx_model_of(g));
	graph = onnx_file_graph(f);
	assert_int_equal(graph->input_count, 2);
	assert_string_equal(graph->inputs[0].name, "x");
	assert_true(graph->inputs[0].is_tensor);
	assert_int_equal(graph->inputs[0].declared, ONNX_TYPE_FLOAT);
	assert_true(graph->inputs[0].has_shape);
	assert_int_equal(graph->inputs[0].rank, 3);
	assert_int_equal(graph->inputs[0].dims[0], -1);
	assert_int_equal(graph->inputs[0].dims[1], 3);
	assert_int_equal(graph->inputs[0].dims[2], -1);
	assert_true(graph->inputs[1].is_tensor);
	assert_false(graph->inputs[1].has_shape);
	assert_int_equal(graph->inputs[1].declared, 0);
	assert_false(graph->outputs[0].is_tensor);
}

static void initializers_repeated_as_inputs_are_constants(void **state)
{
	struct buf g = {0};
	const float v[] = {1, 2};
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;
	const struct onnx_graph *graph;

	(void)state;
	onnx_part(&g, GRAPH_INPUT, onnx_port_of("b", DIMS(2)));
	onnx_part(&g, GRAPH_INPUT, onnx_port_of("x", DIMS(0, 2)));
	onnx_part(&g, GRAPH_OUTPUT, onnx_port_of("y", DIMS(0, 2)));
	onnx_part(&g, GRAPH_INITIALIZER, onnx_tensor_floats("b", DIMS(2), v, 2));
	put_node(&g, onnx_node_of("", "Add", "x,b", "y"));
	f = opened(onnx_model_of(g));
	graph = onnx_file_graph(f);
	assert_int_equal(graph->input_count, 1);
	assert_string_equal(graph->inputs[0].name, "x");
	assert_non_null(graph->constants[graph->nodes[0].inputs[1]]);
}

static void inputs_that_nothing_reads_stay(void **state)
{
	struct buf g = graph_x_y();
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;

	(void)state;
	onnx_part(&g, GRAPH_INPUT, onnx_port_of("mean", DIMS(2)));
	put_node(&g, onnx_node_of("", "Neg", "x", "y"));
	f = opened(onnx_model_of(g));
	assert_int_equal(onnx_file_graph(f)->input_count, 2);
	assert_string_equal(onnx_file_graph(f)->inputs[1].name, "mean");
}

static void an_input_can_be_an_output(void **state)
{
	struct buf g = {0};
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;
	const struct onnx_graph *graph;

	(void)state;
	onnx_part(&g, GRAPH_INPUT, onnx_port_of("x", DIMS(0, 2)));
	onnx_part(&g, GRAPH_OUTPUT, onnx_port_of("x", DIMS(0, 2)));
	f = opened(onnx_model_of(g));
	graph = onnx_file_graph(f);
	assert_int_equal(graph->node_count, 0);
	assert_int_equal(graph->inputs[0].value, graph->outputs[0].value);
}

/* ---- constants ---- */

static const struct onnx_tensor *constant_with(struct onnx_file **f, struct buf attribute)
{
	struct buf g = graph_x_y();
	const struct onnx_graph *graph;

	put_node(&g, onnx_with(onnx_node_of("", "Constant", "", "c"), attribute));
	put_node(&g, onnx_node_of("", "Add", "x,c", "y"));
	*f = opened(onnx_model_of(g));
	graph = onnx_file_graph(*f);
	assert_int_equal(graph->node_count, 1);
	assert_string_equal(graph->nodes[0].op, "Add");
	return graph->constants[graph->nodes[0].inputs[1]];
}

static void constants_of_one_number_have_no_dims(void **state)
{
	CLEANUP(onnx_file_free) struct onnx_file *a = NULL;
	CLEANUP(onnx_file_free) struct onnx_file *b = NULL;
	CLEANUP(onnx_file_free) struct onnx_file *c = NULL;
	const struct onnx_tensor *t;

	(void)state;
	t = constant_with(&a, onnx_attr_float("value_float", 2.5f));
	assert_int_equal(t->kind, ONNX_FLOAT);
	assert_int_equal(t->rank, 0);
	assert_true(t->floats[0] == 2.5f);
	t = constant_with(&b, onnx_attr_int("value_int", -3));
	assert_int_equal(t->kind, ONNX_INT);
	assert_int_equal(t->declared, ONNX_TYPE_INT64);
	assert_int_equal(t->ints[0], -3);
	t = constant_with(&c, onnx_attr_text("value_string", "L"));
	assert_int_equal(t->kind, ONNX_STRING);
	assert_string_equal(t->texts[0], "L");
}

static void constants_of_lists_have_one_dim(void **state)
{
	struct buf floats = onnx_attr("value_floats", 6), ints = onnx_attr("value_ints", 7);
	struct buf texts = onnx_attr("value_strings", 8);
	CLEANUP(onnx_file_free) struct onnx_file *a = NULL;
	CLEANUP(onnx_file_free) struct onnx_file *b = NULL;
	CLEANUP(onnx_file_free) struct onnx_file *c = NULL;
	CLEANUP(onnx_file_free) struct onnx_file *d = NULL;
	const struct onnx_tensor *t;

	(void)state;
	onnx_float_field(&floats, 7, 1);
	onnx_float_field(&floats, 7, 2);
	onnx_number_field(&ints, 8, -1);
	onnx_texts(&texts, 9, "L,M");
	t = constant_with(&a, floats);
	assert_int_equal(t->rank, 1);
	assert_int_equal(t->dims[0], 2);
	assert_true(t->floats[1] == 2);
	t = constant_with(&b, ints);
	assert_int_equal(t->dims[0], 1);
	assert_int_equal(t->ints[0], -1);
	t = constant_with(&c, texts);
	assert_int_equal(t->count, 2);
	assert_string_equal(t->texts[1], "M");
	t = constant_with(&d, onnx_attr("value_ints", 7));
	assert_int_equal(t->rank, 1);
	assert_int_equal(t->count, 0);
	assert_non_null(t->ints);
}

static void constants_of_tensors_keep_their_dims(void **state)
{
	const float v[] = {1, 2};
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;
	const struct onnx_tensor *t = constant_with(
		&f, onnx_attr_tensor("value", onnx_tensor_floats("", DIMS(1, 2), v, 2)));

	(void)state;
	assert_int_equal(t->rank, 2);
	assert_true(t->floats[1] == 2);
}

static struct buf model_with_nodes(struct buf first, struct buf second)
{
	struct buf g = graph_x_y();

	put_node(&g, first);
	if (second.len)
		put_node(&g, second);
	return onnx_model_of(g);
}

static const struct buf nothing;

static void a_constant_without_one_value_is_refused(void **state)
{
	(void)state;
	is_refused(model_with_nodes(onnx_node_of("c", "Constant", "", "y"), nothing),
		"node \"c\" (Constant) has not just one output and one value");
	is_refused(model_with_nodes(onnx_with(onnx_node_of("c", "Constant", "", "y"),
					    onnx_attr_int("other", 1)),
			   nothing),
		"node \"c\" (Constant) has not just one output and one value");
}

/* ---- attributes ---- */

/* From before IR version 2: what is there says what it is. */
static void an_attribute_without_a_type_has_that_of_its_value(void **state)
{
	struct buf g = graph_x_y(), attribute = {0};
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;

	(void)state;
	onnx_text_field(&attribute, 1, "axes");
	onnx_number_field(&attribute, 8, 1);
	onnx_number_field(&attribute, 8, -1);
	put_node(&g, onnx_with(onnx_node_of("", "Squeeze", "x", "y"), attribute));
	f = opened(onnx_model_of(g));
	assert_int_equal(onnx_file_graph(f)->nodes[0].attributes[0].kind, ONNX_ATTRIBUTE_INTS);
	assert_int_equal(onnx_file_graph(f)->nodes[0].attributes[0].count, 2);
	assert_int_equal(onnx_file_graph(f)->nodes[0].attributes[0].ints[1], -1);
}

static void attributes_that_cannot_be_read_are_refused(void **state)
{
	struct buf graph = onnx_attr("then_branch", 5), sparse = onnx_attr("sparse_value", 11);

	(void)state;
	onnx_bytes_field(&graph, 6, "", 0);
	is_refused(
		model_with_nodes(onnx_with(onnx_node_of("choice", "If", "x", "y"), graph), nothing),
		"node \"choice\" (If) holds a graph of its own (control flow), which cannot be "
		"run");
	is_refused(model_with_nodes(
			   onnx_with(onnx_node_of("c", "Constant", "", "y"), sparse), nothing),
		"node \"c\" (Constant): attribute \"sparse_value\" is of type 11, allowed are "
		"numbers, texts, lists of them and a tensor");
	is_refused(model_with_nodes(onnx_with(onnx_with(onnx_node_of("g", "Gemm", "x", "y"),
						      onnx_attr_int("transA", 0)),
					    onnx_attr_int("transA", 1)),
			   nothing),
		"node \"g\" (Gemm) has the attribute \"transA\" twice");
	is_refused(model_with_nodes(onnx_with(onnx_node_of("g", "Gemm", "x", "y"),
					    onnx_attr_ref("alpha", 1, "a")),
			   nothing),
		"node \"g\" (Gemm) refers to an attribute \"a\" of a function, but stands in none");
}

/* ---- what is not needed ---- */

static void what_no_output_needs_may_hold_anything(void **state)
{
	struct buf g = graph_x_y(), loop = onnx_attr("body", 5);
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;

	(void)state;
	onnx_bytes_field(&loop, 6, "", 0);
	/* an unknown domain, a cycle, a graph, numbers of no type and in no file */
	put_node(&g, onnx_node_in("com.evil", "", "Relu", "x", "a"));
	put_node(&g, onnx_node_of("", "Neg", "c,nowhere", "b"));
	put_node(&g, onnx_node_of("", "Neg", "b", "c"));
	put_node(&g, onnx_with(onnx_node_of("", "Loop", "x", "d"), loop));
	put_node(&g, onnx_node_of("", "Neg", "x", "y"));
	onnx_part(&g, GRAPH_INITIALIZER, onnx_tensor_of("e", 99, DIMS(-1)));
	onnx_part(&g, GRAPH_INITIALIZER, onnx_tensor_external("f", DIMS(1), "/etc/passwd", "", ""));
	f = opened(onnx_model_of(g));
	assert_int_equal(onnx_file_graph(f)->node_count, 1);
	assert_string_equal(onnx_file_graph(f)->nodes[0].op, "Neg");
	assert_int_equal(onnx_file_graph(f)->nodes[0].place, 5);
}

static void all_that_any_output_needs_stays(void **state)
{
	struct buf g = graph_x_y();
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;

	(void)state;
	onnx_part(&g, GRAPH_OUTPUT, onnx_port_of("label", DIMS(0)));
	put_node(&g, onnx_node_of("", "Neg", "x", "y"));
	put_node(&g, onnx_node_of("", "ArgMax", "y", "label"));
	f = opened(onnx_model_of(g));
	assert_int_equal(onnx_file_graph(f)->node_count, 2);
	assert_int_equal(onnx_file_graph(f)->output_count, 2);
}

/* ---- no graph ---- */

static void what_is_read_must_have_been_made(void **state)
{
	(void)state;
	is_refused(model_with_nodes(onnx_node_of("", "Neg", "s", "y"),
			   onnx_node_of("later", "Neg", "x", "s")),
		"node 1 (Neg) reads \"s\" before it is made: the graph has a cycle or its nodes "
		"are out of order");
	is_refused(model_with_nodes(onnx_node_of("", "Add", "x,y", "y"), nothing),
		"node 1 (Add) reads \"y\" before it is made: the graph has a cycle or its nodes "
		"are out of order");
	is_refused(model_with_nodes(onnx_node_of("n", "Neg", "z", "y"), nothing),
		"node \"n\" (Neg) reads \"z\", which nothing in the graph makes");
	is_refused(model_with_nodes(onnx_node_of("n", "Neg", "x", "z"), nothing),
		"nothing in the graph makes its output \"y\"");
}

static void nothing_is_made_twice(void **state)
{
	struct buf g = graph_x_y(), again = graph_x_y(), inputs = graph_x_y(), both = graph_x_y();
	const float v = 0;

	(void)state;
	is_refused(model_with_nodes(
			   onnx_node_of("", "Neg", "x", "y"), onnx_node_of("", "Abs", "x", "y")),
		"node 2 (Abs): tensor \"y\" is made twice");
	put_node(&g, onnx_node_of("", "Neg", "x", "y"));
	onnx_part(&g, GRAPH_INITIALIZER, onnx_tensor_floats("y", DIMS(1), &v, 1));
	is_refused(onnx_model_of(g), "node 1 (Neg): tensor \"y\" is made twice");
	put_node(&again, onnx_node_of("", "Neg", "x", "y"));
	onnx_part(&again, GRAPH_INITIALIZER, onnx_tensor_floats("b", DIMS(1), &v, 1));
	onnx_part(&again, GRAPH_INITIALIZER, onnx_tensor_floats("b", DIMS(1), &v, 1));
	is_refused(onnx_model_of(again), "initializer \"b\" is there twice");
	onnx_part(&inputs, GRAPH_INPUT, onnx_port_of("x", DIMS(0, 2)));
	is_refused(onnx_model_of(inputs), "tensor \"x\" is made twice");
	put_node(&both, onnx_node_of("", "Split", "x", "y,x"));
	is_refused(onnx_model_of(both), "node 1 (Split): tensor \"x\" is made twice");
}

static struct buf model_of_opset(const char *domain, int64_t version)
{
	struct buf g = graph_x_y(), b = {0};

	put_node(&g, onnx_node_of("", "Neg", "x", "y"));
	onnx_part(&b, 7, g);
	onnx_opset(&b, 8, domain, version);
	return b;
}

static void opsets_of_7_to_24_are_read(void **state)
{
	CLEANUP(onnx_file_free) struct onnx_file *oldest = opened(model_of_opset("", 7));
	CLEANUP(onnx_file_free) struct onnx_file *newest = opened(model_of_opset("ai.onnx", 24));
	struct buf two = model_of_opset("", 17), none = {0};

	(void)state;
	assert_int_equal(onnx_file_about(oldest).opset, 7);
	assert_int_equal(onnx_file_graph(newest)->nodes[0].opset, 24);
	is_refused(model_of_opset("", 6), "the file is of opset 6, allowed are 7 to 24");
	is_refused(model_of_opset("", 25), "the file is of opset 25, allowed are 7 to 24");
	is_refused(model_of_opset("", -1), "the file is of opset -1, allowed are 7 to 24");
	is_refused(model_of_opset("ai.onnx.ml", 3),
		"node 1 (Neg) is of ONNX itself, of which the file names no opset");
	onnx_opset(&two, 8, "ai.onnx", 17);
	is_refused(two, "the file names two opsets of the default domain, one is allowed");
	onnx_part(&none, 7, graph_x_y());
	is_refused(none, "not an ONNX file: it names no opset");
}

static void domains_that_nothing_uses_do_not_matter(void **state)
{
	struct buf m =
		model_with_nodes(onnx_node_in("ai.onnx.ml", "", "Normalizer", "x", "y"), nothing);
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;

	(void)state;
	onnx_opset(&m, 8, "ai.onnx.ml", 3);
	onnx_opset(&m, 8, "com.example", 999);
	f = opened(m);
	assert_string_equal(onnx_file_graph(f)->nodes[0].domain, "ai.onnx.ml");
	assert_int_equal(onnx_file_graph(f)->nodes[0].opset, 3);
	is_refused(model_with_nodes(onnx_node_in("com.evil", "", "Relu", "x", "y"), nothing),
		"node 1 (Relu) is of the domain \"com.evil\", which the file names no version of");
}

static void what_is_no_model_is_refused(void **state)
{
	struct buf no_graph = {0}, no_output = {0}, sparse = graph_x_y();

	(void)state;
	is_refused((struct buf){0}, "not an ONNX file: it is empty");
	onnx_opset(&no_graph, 8, "", 17);
	is_refused(no_graph, "not an ONNX file: it has no graph");
	onnx_part(&no_output, GRAPH_INPUT, onnx_port_of("x", DIMS(0, 2)));
	is_refused(onnx_model_of(no_output), "not an ONNX file: the graph has no output");
	onnx_bytes_field(&sparse, 15, "", 0);
	is_refused(onnx_model_of(sparse),
		"the file has sparse initializers, only dense ones can be read");
}

/* ---- limits ---- */

static void more_nodes_than_allowed_are_refused(void **state)
{
	struct buf g = graph_x_y();

	(void)state;
	for (size_t i = 0; i <= ONNX_NODES_MAX; i++)
		onnx_bytes_field(&g, GRAPH_NODE, "", 0);
	is_refused(onnx_model_of(g), "the file has 20001 nodes, allowed are 20000");
}

static void more_results_than_allowed_are_refused(void **state)
{
	struct buf g = graph_x_y(), node = onnx_node_of("", "Split", "x", "");

	(void)state;
	for (size_t i = 0; i < 200001; i++)
		onnx_bytes_field(&node, 2, "", 0);
	put_node(&g, node);
	is_refused(onnx_model_of(g),
		"the file has nodes that make 200001 tensors, allowed are 200000");
}

static void as_many_nodes_as_allowed_are_read(void **state)
{
	struct buf g = graph_x_y();
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;

	(void)state;
	for (size_t i = 0; i < ONNX_NODES_MAX; i++) {
		char from[16], to[16];

		snprintf(from, sizeof(from), "v%zu", i);
		snprintf(to, sizeof(to), "v%zu", i + 1);
		put_node(&g,
			onnx_node_of("", "Neg", i ? from : "x", i + 1 < ONNX_NODES_MAX ? to : "y"));
	}
	f = opened(onnx_model_of(g));
	assert_int_equal(onnx_file_graph(f)->node_count, ONNX_NODES_MAX);
}

static void a_file_of_empty_parts_stops_at_its_share_of_memory(void **state)
{
	struct buf g = graph_x_y();

	(void)state;
	for (size_t i = 0; i < 300000; i++)
		onnx_bytes_field(&g, GRAPH_NODE, "", 0);
	is_refused(
		onnx_model_of(g), "the file has more parts than a model of 600054 bytes may have");
}

static void a_node_with_many_attributes_is_refused(void **state)
{
	struct buf node = onnx_node_of("n", "Neg", "x", "y");
	char name[16];

	(void)state;
	for (size_t i = 0; i < 101; i++) {
		snprintf(name, sizeof(name), "a%zu", i);
		onnx_part(&node, 5, onnx_attr_int(name, 1));
	}
	is_refused(model_with_nodes(node, nothing),
		"node \"n\" (Neg) has 101 attributes, allowed are 100");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_become_values),
		cmocka_unit_test(nodes_are_named_in_messages),
		cmocka_unit_test(ports_say_what_the_file_says),
		cmocka_unit_test(initializers_repeated_as_inputs_are_constants),
		cmocka_unit_test(inputs_that_nothing_reads_stay),
		cmocka_unit_test(an_input_can_be_an_output),
		cmocka_unit_test(constants_of_one_number_have_no_dims),
		cmocka_unit_test(constants_of_lists_have_one_dim),
		cmocka_unit_test(constants_of_tensors_keep_their_dims),
		cmocka_unit_test(a_constant_without_one_value_is_refused),
		cmocka_unit_test(an_attribute_without_a_type_has_that_of_its_value),
		cmocka_unit_test(attributes_that_cannot_be_read_are_refused),
		cmocka_unit_test(what_no_output_needs_may_hold_anything),
		cmocka_unit_test(all_that_any_output_needs_stays),
		cmocka_unit_test(what_is_read_must_have_been_made),
		cmocka_unit_test(nothing_is_made_twice),
		cmocka_unit_test(opsets_of_7_to_24_are_read),
		cmocka_unit_test(domains_that_nothing_uses_do_not_matter),
		cmocka_unit_test(what_is_no_model_is_refused),
		cmocka_unit_test(more_nodes_than_allowed_are_refused),
		cmocka_unit_test(more_results_than_allowed_are_refused),
		cmocka_unit_test(as_many_nodes_as_allowed_are_read),
		cmocka_unit_test(a_file_of_empty_parts_stops_at_its_share_of_memory),
		cmocka_unit_test(a_node_with_many_attributes_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
