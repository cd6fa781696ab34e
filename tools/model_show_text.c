/* A model file, for people. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/base/num.h"
#include "tools/model_show.h"
#include "tools/printable.h"
#include "tools/text_table.h"

static void add_heading(struct buf *out, const char *heading)
{
	buf_addf(out, "%-10s", heading);
}

static void add_line(struct buf *out, const char *heading, const char *text)
{
	add_heading(out, heading);
	printable_put(out, text, strlen(text), false);
	buf_add(out, "\n");
}

static void add_port(struct buf *out, const struct model_port *p)
{
	printable_put(out, p->name, strlen(p->name), false);
	buf_addf(out, ", %zu column%s\n", p->width, p->width == 1 ? "" : "s");
}

static void add_graph(struct buf *out, const struct model_about *about)
{
	add_heading(out, "producer");
	if (about->producer[0])
		printable_put(out, about->producer, strlen(about->producer), false);
	else
		buf_add(out, "not said");
	buf_add(out, about->producer_version[0] ? " " : "");
	printable_put(out, about->producer_version, strlen(about->producer_version), false);
	buf_addf(out, ", opset %" PRId64 "\n", about->opset);
	for (size_t i = 0; i < about->input_count; i++) {
		add_heading(out, i ? "" : "input");
		add_port(out, &about->inputs[i]);
	}
	add_heading(out, "output");
	add_port(out, &about->output);
}

static void add_scoring(struct buf *out, const struct model *m)
{
	char threshold[NUM_TEXT_MAX];
	struct err why = {""};

	if (model_check_usable(m, &why) == 0)
		add_line(out, "usable", "yes");
	else
		add_line(out, "usable", err_prefix(&why, 0, "no") == 0 ? why.text : "no");
	if (!isnan(model_threshold(m))) {
		num_print(threshold, model_threshold(m), true);
		add_line(out, "threshold", threshold);
	}
	for (size_t i = 0; i < model_class_count(m); i++) {
		add_heading(out, i ? "" : "classes");
		printable_put(out, model_class(m, i), strlen(model_class(m, i)), false);
		buf_add(out, model_class_is_defect(m, i) ? " (defect)\n" : "\n");
	}
	if (model_has_logits(m))
		add_line(out, "logits",
			nn_program_outputs(model_program(m)) == 1
				? "yes: a sigmoid makes the output a probability"
				: "yes: a softmax makes the outputs probabilities");
	add_heading(out, "self-test");
	if (model_selftest_rows(m) == 0)
		buf_add(out, "none\n");
	else
		buf_addf(out, "%zu row%s, passed\n", model_selftest_rows(m),
			model_selftest_rows(m) == 1 ? "" : "s");
}

/* "rows 8000, seed 1, recipe classic, ..": the scalars, and those one level down. */
static void add_scalars(struct buf *out, const cJSON *tree, const char *begin, size_t *count)
{
	for (const cJSON *item = tree->child; item; item = item->next) {
		if (!cJSON_IsNumber(item) && !cJSON_IsString(item))
			continue;
		buf_add(out, (*count)++ ? ", " : begin);
		printable_put(out, item->string, strlen(item->string), false);
		buf_add(out, " ");
		if (cJSON_IsNumber(item))
			buf_addf(out, "%.6g", item->valuedouble);
		else
			printable_put(out, item->valuestring, strlen(item->valuestring), false);
	}
}

static void add_training(struct buf *out, const char *text)
{
	CLEANUP(json_free) cJSON *tree = NULL;
	size_t count = 0;

	if (!text[0] || json_parse(&tree, text, strlen(text), 0, NULL) < 0)
		return;
	add_heading(out, "training");
	add_scalars(out, tree, "", &count);
	buf_add(out, "\n");
	for (const cJSON *item = tree->child; item; item = item->next) {
		if (!cJSON_IsObject(item))
			continue;
		count = 0;
		add_heading(out, "");
		printable_put(out, item->string, strlen(item->string), false);
		buf_add(out, ": ");
		add_scalars(out, item, "", &count);
		buf_add(out, "\n");
	}
}

static void add_number(struct text_table *t, double v)
{
	if (isnan(v))
		text_table_add(t, "");
	else
		text_table_addf(t, "%.6g", v);
}

/* What the input is made of, as one writes it. */
static void add_source(struct text_table *t, const struct model_input *in)
{
	CLEANUP(buf_deinit) struct buf text;

	buf_init(&text);
	switch (in->kind) {
	case MODEL_INPUT_NUMBER:
		buf_add(&text, in->from);
		break;
	case MODEL_INPUT_DERIVED:
		buf_addf(&text, "= %s", in->derive);
		break;
	case MODEL_INPUT_IS_MISSING:
		buf_addf(&text, "%s is missing", in->from);
		break;
	case MODEL_INPUT_ONE_HOT:
		buf_addf(&text, "%s is %s", in->from, in->texts[0]);
		for (size_t i = 1; i < in->text_count; i++)
			buf_addf(&text, " or %s", in->texts[i]);
		break;
	}
	text_table_add(t, buf_text(&text) ? text.data : "");
}

static void add_missing(struct text_table *t, const struct model_input *in)
{
	if (in->kind != MODEL_INPUT_NUMBER && in->kind != MODEL_INPUT_DERIVED)
		text_table_add(t, "");
	else if (in->missing_is_mean)
		text_table_add(t, "mean");
	else
		add_number(t, in->missing);
}

static bool add_inputs(struct buf *out, const struct model *m)
{
	static const char *const headings[] = {
		"input", "made of", "unit", "mean", "sd", "min", "max", "missing"};
	__attribute__((cleanup(text_table_deinit_at))) struct text_table t;
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	bool is_fine = f;

	text_table_init(&t, headings, ARRAY_LEN(headings));
	for (size_t i = 3; i < 7; i++)
		t.is_number[i] = true;
	for (size_t i = 0; i < model_input_count(m); i++) {
		const struct model_input *in = &model_inputs(m)[i];

		text_table_addf(&t, "%s%s", in->name, in->is_scaled ? " (scaled)" : "");
		add_source(&t, in);
		text_table_add(&t, in->unit ? in->unit : "");
		add_number(&t, in->mean);
		add_number(&t, in->sd);
		add_number(&t, in->min);
		add_number(&t, in->max);
		add_missing(&t, in);
	}
	is_fine = is_fine && text_table_print(&t, f);
	is_fine = f && fclose(f) == 0 && is_fine;
	if (is_fine)
		buf_put(out, text, len);
	free(text);
	return is_fine;
}

bool model_show_text(struct buf *out, const struct model *m, const char *file)
{
	bool is_fine = true;

	add_line(out, "file", file);
	add_line(out, "sha256", model_sha256(m));
	add_graph(out, model_about(m));
	add_scoring(out, m);
	add_training(out, model_training(m));
	if (model_has_inputs(m)) {
		buf_add(out, "\n");
		is_fine = add_inputs(out, m);
	}
	buf_add(out, "\nprogram\n");
	nn_program_show(model_program(m), out);
	return is_fine && !buf_failed(out);
}
