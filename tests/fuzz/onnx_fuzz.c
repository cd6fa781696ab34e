/* Any bytes as an ONNX file: they become a graph, all of which can be touched, or are refused with
 * a sentence; and with other metadata they are the same graph. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/model/onnx_file.h"
#include "lib/model/onnx_rewrite.h"
#include "lib/model/onnx_write.h"
#include "tests/fuzz/fuzz.h"

#define LIMIT (1u << 22)

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* Every number and text is read, so that a sanitizer sees one that is not there. */
static void touch_tensor(const struct onnx_tensor *t)
{
	volatile double sum = 0;

	require(t->rank <= ONNX_RANK_MAX);
	for (size_t i = 0; i < t->count; i++)
		sum += t->kind == ONNX_STRING ? (double)strlen(t->texts[i]) : onnx_number(t, i);
}

static void touch_attribute(const struct onnx_attribute *a)
{
	volatile double sum = (double)strlen(a->name);

	if (a->kind == ONNX_ATTRIBUTE_STRING)
		sum += (double)strlen(a->text);
	if (a->kind == ONNX_ATTRIBUTE_TENSOR)
		touch_tensor(a->tensor);
	for (size_t i = 0; i < a->count; i++)
		sum += a->floats ? (double)a->floats[i]
		       : a->ints ? (double)a->ints[i]
				 : (double)strlen(a->texts[i]);
}

static void check_node(const struct onnx_graph *g, size_t i, bool *made)
{
	const struct onnx_node *n = &g->nodes[i];
	char text[2 * ONNX_TEXT];

	onnx_node_text(text, g, i);
	require(n->opset > 0 && n->place > 0);
	for (size_t j = 0; j < n->input_count; j++)
		require(n->inputs[j] == ONNX_NONE ||
			(n->inputs[j] < g->value_count && made[n->inputs[j]]));
	for (size_t j = 0; j < n->output_count; j++) {
		if (n->outputs[j] == ONNX_NONE)
			continue;
		require(n->outputs[j] < g->value_count && !made[n->outputs[j]]);
		made[n->outputs[j]] = true;
	}
	for (size_t j = 0; j < n->attribute_count; j++)
		touch_attribute(&n->attributes[j]);
}

static void check_graph(const struct onnx_graph *g)
{
	bool *made = calloc(g->value_count + 1, sizeof(*made));

	require(made && g->output_count > 0);
	for (size_t i = 0; i < g->value_count; i++) {
		made[i] = g->constants[i] != NULL;
		if (made[i])
			touch_tensor(g->constants[i]);
	}
	for (size_t i = 0; i < g->input_count; i++)
		made[g->inputs[i].value] = true;
	for (size_t i = 0; i < g->node_count; i++)
		check_node(g, i, made);
	for (size_t i = 0; i < g->output_count; i++)
		require(made[g->outputs[i].value]);
	free(made);
}

static void check_rewritten(const struct onnx_file *f, const struct buf *b)
{
	CLEANUP(onnx_file_free) struct onnx_file *again = NULL;
	struct err err = {""};
	const char *value;
	size_t len;
	int rc = onnx_file_open(&again, b->data, b->len, -1, 2 * LIMIT, &err);

	require(f ? rc == 0 : rc == 0 || err.text[0]);
	if (!f)
		return;
	require(onnx_file_graph(f)->node_count == onnx_file_graph(again)->node_count);
	require(onnx_file_graph(f)->value_count == onnx_file_graph(again)->value_count);
	value = onnx_file_metadata(again, "defectd.threshold", &len);
	require(value && len == 3 && memcmp(value, "0.5", 3) == 0);
	require(!onnx_file_metadata(again, "defectd.inputs", &len));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const struct onnx_property set[] = {
		{"defectd.threshold", "0.5"}, {"defectd.inputs", NULL}};
	CLEANUP(onnx_file_free) struct onnx_file *f = NULL;
	CLEANUP(buf_deinit) struct buf once = {0};
	CLEANUP(buf_deinit) struct buf twice = {0};
	struct err err = {""};
	int rc = onnx_file_open(&f, bytes, len, -1, LIMIT, &err);

	require(rc == 0 || (err.text[0] && !f));
	if (rc == 0)
		check_graph(onnx_file_graph(f));
	err.text[0] = '\0';
	if (onnx_rewrite(&once, bytes, len, -1, set, 2, 2 * LIMIT, &err) < 0) {
		require(err.text[0] && once.len == 0);
		return 0;
	}
	check_rewritten(f, &once);
	require(onnx_rewrite(&twice, once.data, once.len, -1, set, 2, 2 * LIMIT, NULL) == 0);
	require(twice.len == once.len && memcmp(twice.data, once.data, once.len) == 0);
	return 0;
}
