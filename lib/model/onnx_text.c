/* Names as they stand in messages, and looking up attributes. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/model/onnx_graph.h"

const char *onnx_show(char out[ONNX_TEXT], const char *name)
{
	size_t n = 0;

	for (; name && name[n] && n < ONNX_TEXT - 4; n++) {
		unsigned char c = (unsigned char)name[n];

		out[n] = c < ' ' || c >= 0x7f || c == '"' ? '?' : (char)c;
	}
	strcpy(out + n, name && name[n] ? "..." : "");
	return out;
}

const char *onnx_node_text(char out[2 * ONNX_TEXT], const struct onnx_graph *g, size_t node)
{
	const struct onnx_node *n = &g->nodes[node];
	char name[ONNX_TEXT], op[ONNX_TEXT];

	onnx_show(op, n->op);
	if (n->name[0])
		snprintf(out, 2 * ONNX_TEXT, "node \"%s\" (%s)", onnx_show(name, n->name), op);
	else
		snprintf(out, 2 * ONNX_TEXT, "node %zu (%s)", n->place, op);
	return out;
}

const struct onnx_attribute *onnx_attribute(const struct onnx_node *n, const char *name)
{
	for (size_t i = 0; i < n->attribute_count; i++)
		if (strcmp(n->attributes[i].name, name) == 0)
			return &n->attributes[i];
	return NULL;
}
