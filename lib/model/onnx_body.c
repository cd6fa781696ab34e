#include "lib/model/onnx_body.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/map.h"
#include "lib/model/onnx.pb-c.h"
#include "lib/model/onnx_attributes.h"
#include "lib/model/onnx_numbers.h"

static int no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "no memory for the model");
}

const char *onnx_domain(const char *domain)
{
	return !domain || strcmp(domain, "ai.onnx") == 0 ? "" : domain;
}

const char *onnx_body_node_text(char out[2 * ONNX_TEXT], const struct onnx_body *b, size_t node)
{
	const Onnx__NodeProto *p = b->nodes[node].proto;
	const struct onnx_node n = {
		.op = p->op_type, .name = p->name ? p->name : "", .place = node + 1};

	return onnx_node_text(out, &(struct onnx_graph){.nodes = &n, .node_count = 1}, 0);
}

static int read_opsets(struct onnx_body *b, const struct onnx_body_parts *parts, struct err *err)
{
	if (parts->opset_count > ONNX_NODES_MAX)
		return err_set(err, -EINVAL, "%s names %zu opsets, allowed are %d", parts->who,
			parts->opset_count, ONNX_NODES_MAX);
	if (map_new(&b->opsets, parts->opset_count + 1) < 0)
		return no_memory(err);
	for (size_t i = 0; i < parts->opset_count; i++) {
		Onnx__OperatorSetIdProto *set = parts->opsets[i];
		const char *domain = onnx_domain(set->domain);

		if (!domain[0] && map_get(b->opsets, domain))
			return err_set(err, -EINVAL,
				"%s names two opsets of the default domain, one is allowed",
				parts->who);
		if (!domain[0] && (set->version < ONNX_OPSET_MIN || set->version > ONNX_OPSET_MAX))
			return err_set(err, -EINVAL,
				"%s is of opset %" PRId64 ", allowed are %d to %d", parts->who,
				set->version, ONNX_OPSET_MIN, ONNX_OPSET_MAX);
		if (!map_get(b->opsets, domain) && map_put(b->opsets, domain, set) < 0)
			return no_memory(err);
	}
	return 0;
}

int64_t onnx_body_opset(const struct onnx_body *b, const char *domain)
{
	const Onnx__OperatorSetIdProto *set = map_get(b->opsets, domain);

	return set ? set->version : 0;
}

static int find_makers(struct onnx_body *b, const char *who, struct err *err)
{
	char node[2 * ONNX_TEXT], show[ONNX_TEXT];
	size_t results = 0;

	for (size_t i = 0; i < b->node_count; i++)
		results += b->nodes[i].proto->n_output;
	if (results > ONNX_RESULTS_MAX)
		return err_set(err, -EINVAL, "%s has nodes that make %zu tensors, allowed are %d",
			who, results, ONNX_RESULTS_MAX);
	if (map_new(&b->makers, results + 1) < 0)
		return no_memory(err);
	for (size_t i = 0; i < b->node_count; i++) {
		const Onnx__NodeProto *p = b->nodes[i].proto;

		for (size_t j = 0; j < p->n_output; j++) {
			if (!p->output[j][0])
				continue;
			if (map_get(b->makers, p->output[j]))
				return err_set(err, -EINVAL, "%s: tensor \"%s\" is made twice",
					onnx_body_node_text(node, b, i),
					onnx_show(show, p->output[j]));
			if (map_put(b->makers, p->output[j], &b->nodes[i]) < 0)
				return no_memory(err);
		}
	}
	return 0;
}

/* Nodes whose results are needed but whose own inputs were not followed yet. */
struct open {
	struct onnx_body_node **nodes;
	size_t count;
};

static void need(const struct onnx_body *b, struct open *open, const char *name)
{
	struct onnx_body_node *n = map_get(b->makers, name);

	if (!n || n->is_needed)
		return;
	n->is_needed = true;
	open->nodes[open->count++] = n;
}

static int find_needed(struct onnx_body *b, const struct onnx_body_parts *parts, struct err *err)
{
	struct open open = {.nodes = calloc(b->node_count + 1, sizeof(struct onnx_body_node *))};

	if (!open.nodes)
		return no_memory(err);
	for (size_t i = 0; i < parts->output_count; i++)
		if (parts->outputs[i])
			need(b, &open, parts->outputs[i]);
	while (open.count) {
		const Onnx__NodeProto *p = open.nodes[--open.count]->proto;

		for (size_t i = 0; i < p->n_input; i++)
			need(b, &open, p->input[i]);
	}
	free(open.nodes);
	return 0;
}

/* Names are hashed again and again where functions are put in place. */
static int check_tensor_names(char *const *names, size_t count, const char *where, struct err *err)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(names[i]) > ONNX_NAME_MAX)
			return err_set(err, -EINVAL,
				"%s has a tensor with a name of %zu bytes, allowed are %d", where,
				strlen(names[i]), ONNX_NAME_MAX);
	return 0;
}

static int check_attribute_name(
	const Onnx__NodeProto *p, size_t i, const char *where, struct err *err)
{
	const char *name = p->attribute[i]->name;
	char show[ONNX_TEXT];

	if (!name || !name[0])
		return err_set(err, -EINVAL, "%s has an attribute without a name", where);
	for (size_t j = 0; j < i; j++)
		if (strcmp(p->attribute[j]->name, name) == 0)
			return err_set(err, -EINVAL, "%s has the attribute \"%s\" twice", where,
				onnx_show(show, name));
	return 0;
}

static int read_attributes(
	struct onnx_body_node *n, struct onnx_source *s, const char *where, struct err *err)
{
	const Onnx__NodeProto *p = n->proto;
	struct onnx_attribute *attributes;
	const char **references = NULL;

	if (p->n_attribute > ONNX_ATTRIBUTES_MAX)
		return err_set(err, -EINVAL, "%s has %zu attributes, allowed are %d", where,
			p->n_attribute, ONNX_ATTRIBUTES_MAX);
	attributes = arena_zalloc(s->memory, p->n_attribute + 1, sizeof(*attributes));
	if (!attributes)
		return no_memory(err);
	for (size_t i = 0; i < p->n_attribute; i++) {
		const char *reference = p->attribute[i]->ref_attr_name;
		int rc = check_attribute_name(p, i, where, err);

		if (rc == 0 && reference && reference[0]) {
			if (!references)
				references = arena_zalloc(
					s->memory, p->n_attribute, sizeof(*references));
			if (!references)
				return no_memory(err);
			references[i] = reference;
			attributes[i].name = p->attribute[i]->name;
		} else if (rc == 0) {
			rc = onnx_attribute_read(&attributes[i], p->attribute[i], s, where, err);
		}
		if (rc < 0)
			return rc;
	}
	n->attributes = attributes;
	n->attribute_count = p->n_attribute;
	n->references = references;
	return 0;
}

int onnx_body_init(struct onnx_body *b, const struct onnx_body_parts *parts, struct onnx_source *s,
	struct err *err)
{
	char where[2 * ONNX_TEXT];
	int rc = read_opsets(b, parts, err);

	if (rc < 0)
		return rc;
	if (parts->node_count > ONNX_NODES_MAX)
		return err_set(err, -EINVAL, "%s has %zu nodes, allowed are %d", parts->who,
			parts->node_count, ONNX_NODES_MAX);
	b->nodes = arena_zalloc(s->memory, parts->node_count + 1, sizeof(*b->nodes));
	if (!b->nodes)
		return no_memory(err);
	b->node_count = parts->node_count;
	for (size_t i = 0; i < b->node_count; i++) {
		b->nodes[i].proto = parts->nodes[i];
		b->nodes[i].domain = onnx_domain(parts->nodes[i]->domain);
	}
	rc = find_makers(b, parts->who, err);
	if (rc == 0)
		rc = find_needed(b, parts, err);
	for (size_t i = 0; rc == 0 && i < b->node_count; i++) {
		const Onnx__NodeProto *p = b->nodes[i].proto;

		if (!b->nodes[i].is_needed)
			continue;
		onnx_body_node_text(where, b, i);
		rc = check_tensor_names(p->input, p->n_input, where, err);
		if (rc == 0)
			rc = check_tensor_names(p->output, p->n_output, where, err);
		if (rc == 0)
			rc = read_attributes(&b->nodes[i], s, where, err);
	}
	return rc;
}

void onnx_body_deinit(struct onnx_body *b)
{
	map_free(b->makers);
	map_free(b->opsets);
	*b = (struct onnx_body){0};
}
