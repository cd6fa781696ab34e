/* What graphs are taken and which are refused: the example's file is decoded, changed in one
 * place, and encoded again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "lib/model/onnx.pb-c.h"
#include "lib/model/onnx_write.h"
#include "tests/unit/model/example.h"

/* Nodes of the example, in order: Sub Div Gemm Relu Gemm Sigmoid. Initializers: mean sd, then
 * weights and bias of both layers. */
enum { SUB, DIV, GEMM_1, RELU, GEMM_2, SIGMOID };
enum { MEAN, SD, WEIGHTS_1, BIAS_1, WEIGHTS_2, BIAS_2 };

static void example_bytes(struct buf *out)
{
	__attribute__((cleanup(example_deinit_at))) struct example e;

	example_init(&e);
	assert_int_equal(model_save(out, &e.parts, example_kernels(), NULL), 0);
}

static void set_text(char **place, const char *s)
{
	free(*place);
	*place = strdup(s);
}

/* Parses the example after `change`. */
static int parse_changed(struct model **out, void (*change)(Onnx__ModelProto *m), struct err *err)
{
	CLEANUP(buf_deinit) struct buf b;
	Onnx__ModelProto *proto;
	uint8_t *bytes;
	size_t len;
	int rc;

	buf_init(&b);
	example_bytes(&b);
	proto = onnx__model_proto__unpack(NULL, b.len, (const uint8_t *)b.data);
	assert_non_null(proto);
	change(proto);
	len = onnx__model_proto__get_packed_size(proto);
	bytes = malloc(len);
	assert_non_null(bytes);
	onnx__model_proto__pack(proto, bytes);
	onnx__model_proto__free_unpacked(proto, NULL);
	rc = model_parse(out, bytes, len, example_kernels(), err);
	free(bytes);
	return rc;
}

/* ---- taken ---- */

static void store_weights_untransposed(Onnx__ModelProto *m)
{
	Onnx__TensorProto *t = m->graph->initializer[WEIGHTS_1];
	size_t outputs = (size_t)t->dims[0], inputs = (size_t)t->dims[1];
	float *v = (float *)t->raw_data.data, turned[EXAMPLE_INPUTS * EXAMPLE_HIDDEN];

	for (size_t o = 0; o < outputs; o++)
		for (size_t i = 0; i < inputs; i++)
			turned[i * outputs + o] = v[o * inputs + i];
	memcpy(v, turned, sizeof(turned));
	t->dims[0] = (int64_t)inputs;
	t->dims[1] = (int64_t)outputs;
	m->graph->node[GEMM_1]->attribute[0]->i = 0;
}

static void store_weights_as_float_data(Onnx__ModelProto *m)
{
	Onnx__TensorProto *t = m->graph->initializer[WEIGHTS_1];

	t->n_float_data = t->raw_data.len / sizeof(float);
	t->float_data = (float *)t->raw_data.data;
	t->has_raw_data = false;
	t->raw_data.data = NULL;
	t->raw_data.len = 0;
}

static void leave_the_width_open(Onnx__ModelProto *m)
{
	m->graph->input[0]->type->tensor_type->shape->dim[1]->has_dim_value = false;
}

static void name_nodes_and_domain_otherwise(Onnx__ModelProto *m)
{
	set_text(&m->graph->node[RELU]->name, "");
	m->graph->node[RELU]->domain = strdup("ai.onnx");
	m->opset_import[0]->version = 7;
}

static void repeat_a_bias_with_a_row_dim(Onnx__ModelProto *m)
{
	Onnx__TensorProto *t = m->graph->initializer[BIAS_1];
	int64_t *dims = malloc(2 * sizeof(*dims));

	dims[0] = 1;
	dims[1] = t->dims[0];
	free(t->dims);
	t->dims = dims;
	t->n_dims = 2;
}

static void other_ways_to_say_the_same_load(void **state)
{
	void (*const changes[])(Onnx__ModelProto * m) = {
		store_weights_untransposed,
		store_weights_as_float_data,
		leave_the_width_open,
		name_nodes_and_domain_otherwise,
		repeat_a_bias_with_a_row_dim,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		CLEANUP(model_free) struct model *m = NULL;
		struct err err = {""};

		/* the self-test in the file compares the outputs */
		if (parse_changed(&m, changes[i], &err) != 0)
			fail_msg("change %zu: %s", i, err.text);
	}
}

static void drop_selftest(Onnx__ModelProto *m)
{
	for (size_t i = 0; i < m->n_metadata_props; i++)
		if (strcmp(m->metadata_props[i]->key, "defectd.selftest") == 0)
			set_text(&m->metadata_props[i]->key, "other");
}

static void drop_bias(Onnx__ModelProto *m)
{
	Onnx__NodeProto *n = m->graph->node[GEMM_2];

	free(n->input[--n->n_input]);
	memset(m->graph->initializer[BIAS_2]->raw_data.data, 0, sizeof(float));
	drop_selftest(m); /* the outputs change */
}

static void a_gemm_without_bias_adds_nothing(void **state)
{
	CLEANUP(model_free) struct model *m = NULL;
	struct nn_layer layer;

	(void)state;
	assert_int_equal(parse_changed(&m, drop_bias, NULL), 0);
	nn_program_layer(model_program(m), 1, &layer);
	assert_true(layer.bias[0] == 0);
}

static void drop_div(Onnx__ModelProto *m)
{
	Onnx__GraphProto *g = m->graph;

	onnx__node_proto__free_unpacked(g->node[DIV], NULL);
	memmove(&g->node[DIV], &g->node[DIV + 1], (g->n_node - DIV - 1) * sizeof(*g->node));
	g->n_node--;
	set_text(&g->node[DIV]->input[0], g->node[SUB]->output[0]);
	drop_selftest(m);
}

static void a_sub_alone_centres(void **state)
{
	CLEANUP(model_free) struct model *m = NULL;

	(void)state;
	assert_int_equal(parse_changed(&m, drop_div, NULL), 0);
	assert_true(nn_program_mean(model_program(m))[0] == 40.1f);
	assert_true(nn_program_sd(model_program(m))[0] == 1);
}

/* ---- refused ---- */

static void wrong_operator(Onnx__ModelProto *m)
{
	set_text(&m->graph->node[RELU]->op_type, "Loop");
}

static void foreign_domain(Onnx__ModelProto *m)
{
	m->graph->node[RELU]->domain = strdup("com.example");
}

static void old_opset(Onnx__ModelProto *m)
{
	m->opset_import[0]->version = 6;
}

static void no_opset(Onnx__ModelProto *m)
{
	set_text(&m->opset_import[0]->domain, "com.example");
}

static void unknown_tensor(Onnx__ModelProto *m)
{
	set_text(&m->graph->node[RELU]->input[0], "nowhere");
}

static void cycle(Onnx__ModelProto *m)
{
	set_text(&m->graph->node[RELU]->input[0], "layer_2_sum");
}

static void branch(Onnx__ModelProto *m)
{
	set_text(&m->graph->node[RELU]->input[0], "scaled");
}

static void name_twice(Onnx__ModelProto *m)
{
	set_text(&m->graph->node[RELU]->output[0], "scaled");
}

static void no_sigmoid(Onnx__ModelProto *m)
{
	set_text(&m->graph->node[SIGMOID]->op_type, "Relu");
}

static void output_in_the_middle(Onnx__ModelProto *m)
{
	set_text(&m->graph->output[0]->name, "layer_2_sum");
}

static void output_from_nowhere(Onnx__ModelProto *m)
{
	set_text(&m->graph->output[0]->name, "p\"\n");
}

static void doubled_result(Onnx__ModelProto *m)
{
	Onnx__AttributeProto *a = m->graph->node[GEMM_1]->attribute[0];

	set_text(&a->name, "alpha");
	a->has_i = false;
	a->has_f = true;
	a->f = 2;
}

static void attribute_on_relu(Onnx__ModelProto *m)
{
	Onnx__NodeProto *from = m->graph->node[GEMM_1], *to = m->graph->node[RELU];

	to->attribute = from->attribute;
	to->n_attribute = from->n_attribute;
	from->attribute = NULL;
	from->n_attribute = 0;
}

static void inner_graph(Onnx__ModelProto *m)
{
	Onnx__AttributeProto *a = m->graph->node[GEMM_1]->attribute[0];

	a->has_g = true;
}

static void short_bias(Onnx__ModelProto *m)
{
	Onnx__TensorProto *t = m->graph->initializer[BIAS_1];

	t->dims[0] = 3;
	t->raw_data.len = 12;
}

static void narrow_layer(Onnx__ModelProto *m)
{
	Onnx__TensorProto *t = m->graph->initializer[WEIGHTS_2];

	t->dims[1] = 3;
	t->raw_data.len = 12;
}

static void cut_weights(Onnx__ModelProto *m)
{
	m->graph->initializer[WEIGHTS_1]->raw_data.len--;
}

static void huge_dims(Onnx__ModelProto *m)
{
	m->graph->initializer[WEIGHTS_1]->dims[0] = INT64_MAX;
}

static void zero_dim(Onnx__ModelProto *m)
{
	m->graph->initializer[WEIGHTS_1]->dims[0] = 0;
}

static void infinite_weight(Onnx__ModelProto *m)
{
	const float inf = INFINITY;

	memcpy(m->graph->initializer[WEIGHTS_1]->raw_data.data + 8, &inf, 4);
}

static void zero_sd(Onnx__ModelProto *m)
{
	memset(m->graph->initializer[SD]->raw_data.data, 0, 4);
}

static void doubles(Onnx__ModelProto *m)
{
	m->graph->initializer[MEAN]->data_type = 11;
}

static void another_file(Onnx__ModelProto *m)
{
	m->graph->initializer[MEAN]->has_data_location = true;
	m->graph->initializer[MEAN]->data_location = 1;
}

static void no_graph(Onnx__ModelProto *m)
{
	onnx__graph_proto__free_unpacked(m->graph, NULL);
	m->graph = NULL;
}

static void wide_input(Onnx__ModelProto *m)
{
	m->graph->input[0]->type->tensor_type->shape->dim[1]->dim_value = 6;
}

static void computed_weights(Onnx__ModelProto *m)
{
	set_text(&m->graph->node[GEMM_1]->input[1], "scaled");
}

static void second_output(Onnx__ModelProto *m)
{
	Onnx__GraphProto *g = m->graph;

	g->output = realloc(g->output, 2 * sizeof(*g->output));
	g->output[1] = g->input[0];
	free(g->input);
	g->n_input = 0;
	g->n_output = 2;
	set_text(&g->output[1]->name, "second");
	set_text(&g->node[SUB]->input[0], "mean");
	m->graph->input = calloc(1, sizeof(*g->input));
	g->input[g->n_input++] = malloc(sizeof(**g->input));
	onnx__value_info_proto__init(g->input[0]);
	g->input[0]->name = strdup("input");
	g->input[0]->type = malloc(sizeof(*g->input[0]->type));
	onnx__type_proto__init(g->input[0]->type);
	g->input[0]->type->tensor_type = malloc(sizeof(*g->input[0]->type->tensor_type));
	onnx__type_proto__tensor__init(g->input[0]->type->tensor_type);
	g->input[0]->type->tensor_type->has_elem_type = true;
	g->input[0]->type->tensor_type->elem_type = 1;
}

static const struct {
	void (*change)(Onnx__ModelProto *m);
	const char *sentence;
} refused[] = {
	{wrong_operator, "node \"layer_1_activation\" (Loop): control flow"},
	{foreign_domain, "node \"layer_1_activation\" (Relu) is of the domain \"com.example\", "
			 "which the file "
			 "names no version of"},
	{old_opset, "the file is of opset 6, allowed are 7 to 24"},
	{no_opset, "node \"subtract_mean\" (Sub) is of ONNX itself, of which the file names no "
		   "opset"},
	{unknown_tensor, "node \"layer_1_activation\" (Relu) reads \"nowhere\", which nothing in "
			 "the graph makes"},
	{cycle, "node \"layer_1_activation\" (Relu) reads \"layer_2_sum\" before it is made: the "
		"graph has a cycle or its nodes are out of order"},
	{branch, "node \"layer_2\" (Gemm): it multiplies 5 columns with 4 weights each"},
	{name_twice, "node \"layer_1_activation\" (Relu): tensor \"scaled\" is made twice"},
	{no_sigmoid, "the self-test fails: row 0 gives "},
	{output_in_the_middle, "the self-test fails: row 0 gives "},
	{output_from_nowhere, "nothing in the graph makes its output \"p??\""},
	{doubled_result, "node \"layer_1\" (Gemm): it multiplies 5 columns with 4 weights each"},
	{attribute_on_relu, "node \"layer_1\" (Gemm): it multiplies 5 columns with 4 weights each"},
	{inner_graph,
		"node \"layer_1\" (Gemm) holds a graph of its own (control flow), which cannot "
		"be run"},
	{short_bias, "node \"layer_1\" (Gemm): 3 numbers along axis 1, where 4 are wanted"},
	{narrow_layer, "node \"layer_2\" (Gemm): it multiplies 4 columns with 3 weights each"},
	{cut_weights, "initializer \"layer_1_weights\" has 79 bytes of numbers, its dims want 80"},
	{huge_dims,
		"the dims of initializer \"layer_1_weights\" multiply to more than fits in memory"},
	{zero_dim, "initializer \"layer_1_weights\" has 80 bytes of numbers, its dims want 0"},
	{infinite_weight,
		"node \"layer_1\" (Gemm): a constant that is not finite (inf at place 8)"},
	{zero_sd, "node \"divide_by_sd\" (Div): a division by 0"},
	{doubles, "initializer \"mean\" has 20 bytes of numbers, its dims want 40"},
	{another_file, "initializer \"mean\" has numbers in several places of the file, one is "
		       "allowed"},
	{no_graph, "not an ONNX file: it has no graph"},
	{wide_input, "node \"subtract_mean\" (Sub): operands with 6 and 5 along axis 1"},
	{computed_weights, "node \"layer_1\" (Gemm): the batch is along axis 0 of one operand and "
			   "axis 1 of another: rows would meet"},
	{second_output, "nothing in the graph makes its output \"second\""},
};

static void other_graphs_are_refused_by_node_and_operator(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct model *m = NULL;
		struct err err = {""};

		assert_int_equal(parse_changed(&m, refused[i].change, &err), -EINVAL);
		/* digits are the kernels' */
		if (strncmp(err.text, refused[i].sentence, strlen(refused[i].sentence)) != 0)
			assert_string_equal(err.text, refused[i].sentence);
		assert_null(m);
	}
}

/* ---- bytes ---- */

static void a_file_cut_anywhere_is_of_no_use(void **state)
{
	CLEANUP(buf_deinit) struct buf b;

	(void)state;
	buf_init(&b);
	example_bytes(&b);
	for (size_t len = 0; len < b.len; len++) {
		/* of its own size, so that a sanitizer sees a read beyond the end */
		char *bytes = malloc(len + !len);
		CLEANUP(model_free) struct model *m = NULL;
		int rc;

		memcpy(bytes, b.data, len);
		rc = model_parse(&m, bytes, len, example_kernels(), NULL);
		/* cut between two entries of metadata it lacks the threshold, which is the last */
		if (rc == 0)
			rc = model_check_usable(m, NULL);
		assert_int_equal(rc, -EINVAL);
		free(bytes);
	}
}

static void a_changed_byte_never_does_harm(void **state)
{
	CLEANUP(buf_deinit) struct buf b;

	(void)state;
	buf_init(&b);
	example_bytes(&b);
	for (size_t i = 0; i < b.len; i++)
		for (int bit = 0; bit < 8; bit++) {
			CLEANUP(model_free) struct model *m = NULL;
			struct err err = {""};

			b.data[i] ^= (char)(1 << bit);
			if (model_parse(&m, b.data, b.len, example_kernels(), &err) < 0)
				assert_true(err.text[0]);
			b.data[i] ^= (char)(1 << bit);
		}
}

static void a_second_graph_is_refused(void **state)
{
	CLEANUP(buf_deinit) struct buf b;
	struct model *m = NULL;
	struct err err = {""};

	(void)state;
	buf_init(&b);
	example_bytes(&b);
	buf_put(&b, "\x3a\x00", 2); /* field 7, empty */
	assert_int_equal(model_parse(&m, b.data, b.len, example_kernels(), &err), -EINVAL);
	assert_non_null(strstr(err.text, ": a second \"graph\", one is allowed"));
}

/* 2 MB of empty nodes would be 200 MB of structs. */
static void a_file_of_empty_nodes_stops_at_its_share_of_memory(void **state)
{
	const size_t nodes = 1000000, len = 2 * nodes + 4;
	uint8_t *bytes = calloc(1, len + 1);
	struct model *m = NULL;
	struct err err = {""};
	size_t at = 0;

	(void)state;
	bytes[at++] = 0x3a; /* graph */
	for (size_t v = 2 * nodes; v; v >>= 7)
		bytes[at++] = (uint8_t)(v & 0x7f) | (v >> 7 ? 0x80 : 0);
	for (size_t i = 0; i < nodes; i++, at += 2)
		bytes[at] = 0x0a; /* node, of length 0 */
	assert_int_equal(model_parse(&m, bytes, at, example_kernels(), &err), -EINVAL);
	free(bytes);
	assert_string_equal(
		err.text, "the file has more parts than a model of 2000004 bytes may have");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_ways_to_say_the_same_load),
		cmocka_unit_test(a_gemm_without_bias_adds_nothing),
		cmocka_unit_test(a_sub_alone_centres),
		cmocka_unit_test(other_graphs_are_refused_by_node_and_operator),
		cmocka_unit_test(a_file_cut_anywhere_is_of_no_use),
		cmocka_unit_test(a_changed_byte_never_does_harm),
		cmocka_unit_test(a_second_graph_is_refused),
		cmocka_unit_test(a_file_of_empty_nodes_stops_at_its_share_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
