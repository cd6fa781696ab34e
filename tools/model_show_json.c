/* A model file, as a JSON document. */
#include <math.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/model/metadata.h"
#include "tools/model_show.h"

static void add_bool(struct buf *out, const char *key, bool is_true)
{
	jsonw_key(out, key);
	buf_add(out, is_true ? "true" : "false");
}

static void begin_item(struct buf *out, size_t i)
{
	buf_add(out, i ? "," : "");
	jsonw_begin(out);
}

static void add_port(struct buf *out, const struct model_port *p)
{
	jsonw_text(out, "name", p->name);
	jsonw_int(out, "columns", (int64_t)p->width);
	jsonw_end(out);
}

static void add_graph(struct buf *out, const struct model_about *about)
{
	jsonw_text(out, "producer", about->producer);
	jsonw_text(out, "producer_version", about->producer_version);
	jsonw_int(out, "opset", about->opset);
	jsonw_key(out, "graph_inputs");
	buf_add(out, "[");
	for (size_t i = 0; i < about->input_count; i++) {
		begin_item(out, i);
		add_port(out, &about->inputs[i]);
	}
	buf_add(out, "]");
	jsonw_key(out, "output");
	jsonw_begin(out);
	add_port(out, &about->output);
}

static void add_classes(struct buf *out, const struct model *m)
{
	jsonw_key(out, "classes");
	buf_add(out, "[");
	for (size_t i = 0; i < model_class_count(m); i++) {
		begin_item(out, i);
		jsonw_text(out, "name", model_class(m, i));
		add_bool(out, "defect", model_class_is_defect(m, i));
		jsonw_end(out);
	}
	buf_add(out, "]");
}

static void add_features(struct buf *out, const struct model *m)
{
	jsonw_key(out, "features");
	buf_add(out, "[");
	for (size_t i = 0; i < model_feature_count(m); i++) {
		const struct model_feature *f = &model_features(m)[i];

		begin_item(out, i);
		jsonw_text(out, "name", f->name);
		jsonw_text(out, "type", f->is_text ? "text" : f->is_number ? "number" : "any");
		jsonw_end(out);
	}
	buf_add(out, "]");
}

/* As it stands in the file; {} where it has none. */
static void add_object(struct buf *out, const char *key, const char *text)
{
	jsonw_key(out, key);
	buf_add(out, text[0] ? text : "{}");
}

/* A text per step. */
static void add_program(struct buf *out, const struct nn_program *p)
{
	CLEANUP(buf_deinit) struct buf text;
	char *line, *rest;

	buf_init(&text);
	nn_program_show(p, &text);
	jsonw_key(out, "program");
	buf_add(out, "[");
	rest = buf_text(&text);
	for (size_t i = 0; (line = strsep(&rest, "\n")) && rest; i++) {
		buf_add(out, i ? "," : "");
		line += strspn(line, " ");
		jsonw_raw_text(out, line, strlen(line));
	}
	buf_add(out, "]");
	out->failed |= buf_failed(&text);
}

bool model_show_json(struct buf *out, const struct model *m, const char *file)
{
	struct err why = {""};
	bool is_usable = model_check_usable(m, &why) == 0;

	jsonw_begin(out);
	jsonw_text(out, "file", file);
	jsonw_text(out, "sha256", model_sha256(m));
	add_graph(out, model_about(m));
	add_bool(out, "usable", is_usable);
	jsonw_text(out, "why_not", why.text);
	jsonw_key(out, "threshold");
	if (isnan(model_threshold(m)))
		buf_add(out, "null");
	else
		metadata_write_threshold(out, model_threshold(m));
	add_classes(out, m);
	add_bool(out, "logits", model_has_logits(m));
	jsonw_int(out, "selftest_rows", (int64_t)model_selftest_rows(m));
	add_features(out, m);
	jsonw_key(out, "inputs");
	metadata_write_inputs(out, model_inputs(m), model_has_inputs(m) ? model_input_count(m) : 0);
	add_object(out, "training", model_training(m));
	add_object(out, "reference", model_reference(m));
	add_program(out, model_program(m));
	jsonw_end(out);
	buf_add(out, "\n");
	return !buf_failed(out);
}
