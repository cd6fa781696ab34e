#include "lib/model/onnx_functions.h"

#include <errno.h>
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

static const char *function_key(
	struct arena *memory, const char *domain, const char *name, const char *overload)
{
	return arena_printf(memory, "%s\x1f%s\x1f%s", onnx_domain(domain), name ? name : "",
		overload ? overload : "");
}

int onnx_functions_init(struct onnx_functions *f, const struct Onnx__ModelProto *m,
	struct onnx_source *s, struct err *err)
{
	char show[ONNX_TEXT];

	f->list = arena_zalloc(s->memory, m->n_functions + 1, sizeof(*f->list));
	if (!f->list || map_new(&f->by_name, m->n_functions + 1) < 0)
		return no_memory(err);
	f->count = m->n_functions;
	for (size_t i = 0; i < m->n_functions; i++) {
		const Onnx__FunctionProto *p = m->functions[i];
		const char *key = function_key(s->memory, p->domain, p->name, p->overload);

		f->list[i].proto = p;
		if (key && map_get(f->by_name, key))
			return err_set(err, -EINVAL, "the function \"%s\" is defined twice",
				onnx_show(show, p->name));
		if (!key || map_put(f->by_name, key, &f->list[i]) < 0)
			return no_memory(err);
	}
	return 0;
}

void onnx_functions_deinit(struct onnx_functions *f)
{
	for (size_t i = 0; i < f->count; i++)
		onnx_body_deinit(&f->list[i].body);
	map_free(f->by_name);
	*f = (struct onnx_functions){0};
}

int onnx_functions_find(
	const struct onnx_functions *f, struct onnx_body *b, struct onnx_source *s, struct err *err)
{
	for (size_t i = 0; f->count && i < b->node_count; i++) {
		struct onnx_body_node *n = &b->nodes[i];
		const char *key;

		if (!n->is_needed)
			continue;
		key = function_key(s->memory, n->domain, n->proto->op_type, n->proto->overload);
		if (!key)
			return no_memory(err);
		n->function = map_get(f->by_name, key);
	}
	return 0;
}

int onnx_function_prepare(struct onnx_function *fn, const struct onnx_functions *all,
	struct onnx_source *s, struct err *err)
{
	const Onnx__FunctionProto *p = fn->proto;
	const struct onnx_body_parts parts = {
		.who = "it",
		.node_count = p->n_node,
		.nodes = p->node,
		.output_count = p->n_output,
		.outputs = (const char *const *)p->output,
		.opset_count = p->n_opset_import,
		.opsets = p->opset_import,
	};
	struct onnx_attribute *defaults;
	int rc;

	if (fn->is_ready)
		return 0;
	rc = onnx_body_init(&fn->body, &parts, s, err);
	if (rc == 0)
		rc = onnx_functions_find(all, &fn->body, s, err);
	if (rc < 0)
		return rc;
	if (p->n_attribute_proto > ONNX_ATTRIBUTES_MAX)
		return err_set(err, -EINVAL, "it has %zu attributes, allowed are %d",
			p->n_attribute_proto, ONNX_ATTRIBUTES_MAX);
	for (size_t i = 0; i < p->n_input; i++)
		if (strlen(p->input[i]) > ONNX_NAME_MAX)
			return err_set(err, -EINVAL,
				"it has an input with a name of %zu bytes, allowed are %d",
				strlen(p->input[i]), ONNX_NAME_MAX);
	defaults = arena_zalloc(s->memory, p->n_attribute_proto + 1, sizeof(*defaults));
	if (!defaults)
		return no_memory(err);
	for (size_t i = 0; i < p->n_attribute_proto; i++) {
		const Onnx__AttributeProto *a = p->attribute_proto[i];

		if (!a->name)
			return err_set(err, -EINVAL, "it has an attribute without a name");
		rc = onnx_attribute_read(&defaults[i], a, s, "its default", err);
		if (rc < 0)
			return rc;
	}
	fn->defaults = defaults;
	fn->is_ready = true;
	return 0;
}
