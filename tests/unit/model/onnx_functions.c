/* Operators that a file defines itself: what they are made of stands in their place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "tests/unit/model/onnx_open.h"

/* x -> y by one node (of the domain "f"), and the functions that a test puts behind it. */
static struct buf model_calling(struct buf node)
{
	struct buf g = {0}, m;

	onnx_part(&g, GRAPH_INPUT, onnx_port_of("x", DIMS(0, 2)));
	onnx_part(&g, GRAPH_OUTPUT, onnx_port_of("y", DIMS(0, 2)));
	onnx_part(&g, GRAPH_NODE, node);
	m = onnx_model_of(g);
	onnx_opset(&m, 8, "f", 1);
	return m;
}

static struct buf call(const char *name, const char *function, const char *in, const char *out)
{
	return onnx_node_in("f", name, function, in, out);
}

static void put_function(struct buf *m, struct buf function)
{
	onnx_part(m, MODEL_FUNCTION, function);
}

static void put_inner(struct buf *function, struct buf node)
{
	onnx_part(function, FUNCTION_NODE, node);
}

/* Of one node. */
static struct buf function_with(
	const char *name, const char *inputs, const char *outputs, struct buf node)
{
	struct buf fn = onnx_function_of(name, inputs, outputs);

	put_inner(&fn, node);
	return fn;
}

static void a_function_is_replaced_by_its_nodes(void **state)
{
	struct buf m = model_calling(call("layer", "Act", "x", "y"));
	struct buf fn = onnx_function_of("Act", "a", "b");
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;
	const struct onnx_graph *g;

	(void)state;
	put_inner(&fn, onnx_node_of("half", "Sigmoid", "a", "x"));
	put_inner(&fn, onnx_node_of("", "Mul", "a,x", "b"));
	put_function(&m, fn);
	f = opened(m);
	g = onnx_file_graph(f);
	assert_int_equal(g->node_count, 2);
	assert_string_equal(g->nodes[0].name, "layer/half");
	assert_string_equal(g->nodes[1].name, "layer/2");
	assert_int_equal(g->nodes[0].opset, 17);
	/* its "x" is not the graph's */
	assert_int_equal(g->nodes[0].inputs[0], g->inputs[0].value);
	assert_int_equal(g->nodes[1].inputs[1], g->nodes[0].outputs[0]);
	assert_int_not_equal(g->nodes[1].inputs[1], g->inputs[0].value);
	assert_int_equal(g->outputs[0].value, g->nodes[1].outputs[0]);
	assert_string_equal(g->names[g->outputs[0].value], "y");
}

static void functions_call_functions(void **state)
{
	struct buf m = model_calling(call("", "Outer", "x", "y"));
	struct buf outer = onnx_function_of("Outer", "a", "c");
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;
	const struct onnx_graph *g;

	(void)state;
	put_inner(&outer, call("one", "Inner", "a", "b"));
	put_inner(&outer, call("two", "Inner", "b", "c"));
	put_function(&m, outer);
	put_function(&m, function_with("Inner", "a", "b", onnx_node_of("n", "Neg", "a", "b")));
	f = opened(m);
	g = onnx_file_graph(f);
	assert_int_equal(g->node_count, 2);
	assert_string_equal(g->nodes[0].name, "Outer/one/n");
	assert_string_equal(g->nodes[1].name, "Outer/two/n");
	assert_int_equal(g->nodes[1].inputs[0], g->nodes[0].outputs[0]);
}

static void a_function_may_give_back_what_it_gets(void **state)
{
	struct buf m = model_calling(call("", "Same", "x", "y"));
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;

	(void)state;
	put_function(&m, onnx_function_of("Same", "a", "a"));
	f = opened(m);
	assert_int_equal(onnx_file_graph(f)->node_count, 0);
	assert_int_equal(onnx_file_graph(f)->outputs[0].value, onnx_file_graph(f)->inputs[0].value);
	assert_string_equal(onnx_file_graph(f)->names[0], "x");
}

static void inputs_that_are_left_out_stay_so(void **state)
{
	struct buf m = model_calling(call("", "Bound", "x,", "y"));
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;

	(void)state;
	put_function(&m, function_with("Bound", "a,low,high", "b",
				 onnx_node_of("", "Clip", "a,low,high", "b")));
	f = opened(m);
	assert_int_equal(onnx_file_graph(f)->nodes[0].input_count, 3);
	assert_int_equal(onnx_file_graph(f)->nodes[0].inputs[1], ONNX_NONE);
	assert_int_equal(onnx_file_graph(f)->nodes[0].inputs[2], ONNX_NONE);
}

static void what_an_unused_output_needs_falls_away(void **state)
{
	struct buf m = model_calling(call("", "Two", "x", "y"));
	struct buf fn = onnx_function_of("Two", "a", "b,c");
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;

	(void)state;
	put_inner(&fn, onnx_node_of("", "Neg", "a", "b"));
	put_inner(&fn, onnx_node_of("", "Abs", "a", "c"));
	put_function(&m, fn);
	f = opened(m);
	assert_int_equal(onnx_file_graph(f)->node_count, 1);
	assert_string_equal(onnx_file_graph(f)->nodes[0].op, "Neg");
}

/* ---- attributes ---- */

static struct buf leaky(void)
{
	return function_with("Leaky", "a", "b",
		onnx_with(onnx_node_of("", "LeakyRelu", "a", "b"),
			onnx_attr_ref("alpha", 1, "slope")));
}

static void attributes_of_the_caller_are_referred_to(void **state)
{
	struct buf m = model_calling(
		onnx_with(call("", "Leaky", "x", "y"), onnx_attr_float("slope", 0.25f)));
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;
	const struct onnx_attribute *a;

	(void)state;
	put_function(&m, leaky());
	f = opened(m);
	a = onnx_attribute(&onnx_file_graph(f)->nodes[0], "alpha");
	assert_non_null(a);
	assert_int_equal(a->kind, ONNX_ATTRIBUTE_FLOAT);
	assert_true(a->f == 0.25f);
}

static void references_go_through_several_functions(void **state)
{
	struct buf m =
		model_calling(onnx_with(call("", "Outer", "x", "y"), onnx_attr_float("steep", 3)));
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;

	(void)state;
	put_function(&m, function_with("Outer", "a", "b",
				 onnx_with(call("", "Leaky", "a", "b"),
					 onnx_attr_ref("slope", 1, "steep"))));
	put_function(&m, leaky());
	f = opened(m);
	assert_true(onnx_attribute(&onnx_file_graph(f)->nodes[0], "alpha")->f == 3);
}

static void an_attribute_that_the_caller_lacks_has_its_default(void **state)
{
	struct buf m = model_calling(call("", "Leaky", "x", "y")), fn = leaky();
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;

	(void)state;
	onnx_part(&fn, 11, onnx_attr_float("slope", 0.125f));
	put_function(&m, fn);
	f = opened(m);
	assert_true(onnx_attribute(&onnx_file_graph(f)->nodes[0], "alpha")->f == 0.125f);
}

static void what_the_caller_says_goes_before_the_default(void **state)
{
	struct buf m = model_calling(
		onnx_with(call("", "Leaky", "x", "y"), onnx_attr_float("slope", 0.5f)));
	struct buf fn = leaky();
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;

	(void)state;
	onnx_part(&fn, 11, onnx_attr_float("slope", 0.125f));
	put_function(&m, fn);
	f = opened(m);
	assert_true(onnx_attribute(&onnx_file_graph(f)->nodes[0], "alpha")->f == 0.5f);
}

static void an_attribute_that_nobody_has_is_left_out(void **state)
{
	struct buf m = model_calling(call("", "Leaky", "x", "y"));
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;

	(void)state;
	put_function(&m, leaky());
	f = opened(m);
	assert_int_equal(onnx_file_graph(f)->nodes[0].attribute_count, 0);
}

static void a_constant_may_be_an_attribute_of_the_caller(void **state)
{
	struct buf m =
		model_calling(onnx_with(call("", "Scale", "x", "y"), onnx_attr_float("by", 1.5f)));
	struct buf fn = onnx_function_of("Scale", "a", "b");
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;
	const struct onnx_graph *g;

	(void)state;
	put_inner(&fn, onnx_with(onnx_node_of("", "Constant", "", "c"),
			       onnx_attr_ref("value_float", 1, "by")));
	put_inner(&fn, onnx_node_of("", "Mul", "a,c", "b"));
	put_function(&m, fn);
	f = opened(m);
	g = onnx_file_graph(f);
	assert_int_equal(g->node_count, 1);
	assert_true(g->constants[g->nodes[0].inputs[1]]->floats[0] == 1.5f);
}

/* ---- which function, which opset ---- */

static void a_function_has_opsets_of_its_own(void **state)
{
	struct buf m = model_calling(call("", "Old", "x", "y")), fn = {0};
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;

	(void)state;
	onnx_text_field(&fn, 1, "Old");
	onnx_texts(&fn, 4, "a");
	onnx_texts(&fn, 5, "b");
	onnx_opset(&fn, 9, "", 11);
	onnx_text_field(&fn, 10, "f");
	put_inner(&fn, onnx_node_of("", "Softmax", "a", "b"));
	put_function(&m, fn);
	f = opened(m);
	assert_int_equal(onnx_file_graph(f)->nodes[0].opset, 11);
	assert_int_equal(onnx_file_about(f).opset, 17);
}

static void overloads_are_told_apart(void **state)
{
	struct buf node = call("", "F", "x", "y");
	struct buf first = function_with("F", "a", "b", onnx_node_of("", "Neg", "a", "b"));
	struct buf second = function_with("F", "a", "b", onnx_node_of("", "Abs", "a", "b")), m;
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;

	(void)state;
	onnx_text_field(&node, 8, "two");
	onnx_text_field(&second, 13, "two");
	m = model_calling(node);
	put_function(&m, first);
	put_function(&m, second);
	f = opened(m);
	assert_string_equal(onnx_file_graph(f)->nodes[0].op, "Abs");
}

static void functions_that_nothing_calls_may_hold_anything(void **state)
{
	struct buf m = model_calling(onnx_node_of("", "Neg", "x", "y"));
	struct buf fn = function_with("Bad", "a", "b", call("", "Bad", "nowhere", "b"));
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;

	(void)state;
	onnx_opset(&fn, 9, "", 999);
	put_function(&m, fn);
	f = opened(m);
	assert_int_equal(onnx_file_graph(f)->node_count, 1);
}

/* ---- refused ---- */

static void a_function_that_needs_itself_is_refused(void **state)
{
	struct buf direct = model_calling(call("", "F", "x", "y"));
	struct buf round = model_calling(call("", "F", "x", "y"));

	(void)state;
	put_function(&direct, function_with("F", "a", "b", call("", "F", "a", "b")));
	is_refused(direct, "function \"F\": function \"F\": it needs itself, which cannot be run");
	put_function(&round, function_with("F", "a", "b", call("", "G", "a", "b")));
	put_function(&round, function_with("G", "a", "b", call("", "F", "a", "b")));
	is_refused(round, "function \"F\": function \"G\": function \"F\": it needs itself, which "
			  "cannot be run");
}

static void functions_nest_to_a_depth(void **state)
{
	struct buf m = model_calling(call("", "F0", "x", "y"));
	struct onnx_file *f = NULL;
	struct err err = {""};
	const char *end = "more than 32 functions in each other";

	(void)state;
	for (int i = 0; i < 40; i++) {
		char name[16], next[16];

		snprintf(name, sizeof(name), "F%d", i);
		snprintf(next, sizeof(next), "F%d", i + 1);
		put_function(&m, function_with(name, "a", "b", call("", next, "a", "b")));
	}
	assert_int_equal(open_in(&f, m, -1, OPEN_LIMIT, &err), -EINVAL);
	assert_memory_equal(err.text + strlen(err.text) - strlen(end), end, strlen(end));
}

/* 2^20 nodes of 20 functions that each call the next one twice. */
static void functions_that_multiply_are_refused(void **state)
{
	struct buf m = model_calling(call("", "F0", "x", "y"));
	struct onnx_file *f = NULL;
	struct err err = {""};
	const char *end = "the graph has more than 20000 nodes with the functions in their places";

	(void)state;
	for (int i = 0; i < 20; i++) {
		char name[16], next[16];
		struct buf fn;

		snprintf(name, sizeof(name), "F%d", i);
		snprintf(next, sizeof(next), "F%d", i + 1);
		fn = onnx_function_of(name, "a", "c");
		put_inner(&fn, call("", next, "a", "b"));
		put_inner(&fn, call("", next, "b", "c"));
		put_function(&m, fn);
	}
	put_function(&m, function_with("F20", "a", "b", onnx_node_of("", "Neg", "a", "b")));
	assert_int_equal(open_in(&f, m, -1, OPEN_LIMIT, &err), -EINVAL);
	assert_memory_equal(err.text + strlen(err.text) - strlen(end), end, strlen(end));
}

/* The same of functions that only give back what they get: no node, but very many calls. */
static void calls_that_multiply_are_refused(void **state)
{
	struct buf m = model_calling(call("", "F0", "x", "y"));
	struct onnx_file *f = NULL;
	struct err err = {""};
	const char *end = "the graph has more than 20000 nodes with the functions in their places";

	(void)state;
	for (int i = 0; i < 15; i++) {
		char name[16], next[16];
		struct buf fn;

		snprintf(name, sizeof(name), "F%d", i);
		snprintf(next, sizeof(next), "F%d", i + 1);
		fn = onnx_function_of(name, "a", "c");
		put_inner(&fn, call("", next, "a", "b"));
		put_inner(&fn, call("", next, "b", "c"));
		put_function(&m, fn);
	}
	put_function(&m, onnx_function_of("F15", "a", "a"));
	assert_int_equal(open_in(&f, m, -1, OPEN_LIMIT, &err), -EINVAL);
	assert_memory_equal(err.text + strlen(err.text) - strlen(end), end, strlen(end));
}

/* Few calls of a function whose node reads very much. */
static void nodes_that_read_very_much_are_refused(void **state)
{
	struct buf m, g = {0}, node = onnx_node_of("", "Sum", "", "b");

	(void)state;
	onnx_part(&g, GRAPH_INPUT, onnx_port_of("v0", DIMS(0, 2)));
	onnx_part(&g, GRAPH_OUTPUT, onnx_port_of("v1000", DIMS(0, 2)));
	for (int i = 0; i < 1000; i++) {
		char from[16], to[16];

		snprintf(from, sizeof(from), "v%d", i);
		snprintf(to, sizeof(to), "v%d", i + 1);
		onnx_part(&g, GRAPH_NODE, call("", "Wide", from, to));
	}
	m = onnx_model_of(g);
	for (int i = 0; i < 2000; i++)
		onnx_text_field(&node, 1, "a");
	put_function(&m, function_with("Wide", "a", "b", node));
	is_refused(m, "function \"Wide\": the nodes of the graph read and make more than 1000000 "
		      "tensors");
}

static void calls_that_do_not_fit_are_refused(void **state)
{
	struct buf inputs = model_calling(call("", "F", "x,x", "y"));
	struct buf outputs = model_calling(call("", "F", "x", "z,y"));
	struct buf lacking = model_calling(call("", "F", "x", "y"));
	struct buf twice = model_calling(call("", "F", "x", "y"));
	struct buf neg = onnx_node_of("", "Neg", "a", "b");

	(void)state;
	put_function(&inputs, function_with("F", "a", "b", neg));
	is_refused(inputs, "function \"F\": it has 1 inputs, the node reads 2");
	put_function(&outputs, function_with("F", "a", "b", onnx_node_of("", "Neg", "a", "b")));
	is_refused(outputs, "function \"F\": it has 1 outputs, the node makes 2");
	put_function(&lacking, onnx_function_of("F", "a", "b"));
	is_refused(lacking, "function \"F\": nothing in it makes its output \"b\"");
	put_function(&twice, onnx_function_of("F", "a", "a"));
	put_function(&twice, onnx_function_of("F", "a", "a"));
	is_refused(twice, "the function \"F\" is defined twice");
}

static void what_is_wrong_in_a_function_names_it(void **state)
{
	struct buf opset = model_calling(call("", "F", "x", "y")), fn;
	struct buf reads = model_calling(call("", "F", "x", "y"));
	struct buf twice = model_calling(call("", "F", "x", "y"));

	(void)state;
	fn = onnx_function_of("F", "a", "a");
	onnx_opset(&fn, 9, "", 3);
	put_function(&opset, fn);
	is_refused(
		opset, "function \"F\": it names two opsets of the default domain, one is allowed");
	/* the graph's x is not to be seen inside */
	put_function(&reads, function_with("F", "a", "b", onnx_node_of("n", "Add", "a,x", "b")));
	is_refused(reads,
		"function \"F\": node \"n\" (Add) reads \"x\", which nothing in the graph makes");
	put_function(&twice, function_with("F", "a", "b", onnx_node_of("n", "Split", "a", "b,a")));
	is_refused(twice, "function \"F\": node \"n\" (Split): tensor \"a\" is made twice");
}

/* Names are hashed again for every call. */
static void very_long_names_are_refused(void **state)
{
	struct buf m = model_calling(call("", "F", "x", "y"));
	char name[5001];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	put_function(&m, function_with("F", name, "b", onnx_node_of("", "Neg", "x", "b")));
	is_refused(m, "function \"F\": it has an input with a name of 5000 bytes, allowed are "
		      "4096");
	is_refused(model_calling(onnx_node_of("", "Neg", name, "y")),
		"node 1 (Neg) has a tensor with a name of 5000 bytes, allowed are 4096");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_function_is_replaced_by_its_nodes),
		cmocka_unit_test(functions_call_functions),
		cmocka_unit_test(a_function_may_give_back_what_it_gets),
		cmocka_unit_test(inputs_that_are_left_out_stay_so),
		cmocka_unit_test(what_an_unused_output_needs_falls_away),
		cmocka_unit_test(attributes_of_the_caller_are_referred_to),
		cmocka_unit_test(references_go_through_several_functions),
		cmocka_unit_test(an_attribute_that_the_caller_lacks_has_its_default),
		cmocka_unit_test(what_the_caller_says_goes_before_the_default),
		cmocka_unit_test(an_attribute_that_nobody_has_is_left_out),
		cmocka_unit_test(a_constant_may_be_an_attribute_of_the_caller),
		cmocka_unit_test(a_function_has_opsets_of_its_own),
		cmocka_unit_test(overloads_are_told_apart),
		cmocka_unit_test(functions_that_nothing_calls_may_hold_anything),
		cmocka_unit_test(a_function_that_needs_itself_is_refused),
		cmocka_unit_test(functions_nest_to_a_depth),
		cmocka_unit_test(functions_that_multiply_are_refused),
		cmocka_unit_test(calls_that_multiply_are_refused),
		cmocka_unit_test(nodes_that_read_very_much_are_refused),
		cmocka_unit_test(calls_that_do_not_fit_are_refused),
		cmocka_unit_test(what_is_wrong_in_a_function_names_it),
		cmocka_unit_test(very_long_names_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
