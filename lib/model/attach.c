/* What a file of another program lacks, put into it. */
#include "lib/model/attach.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/model/metadata.h"
#include "lib/model/model_inside.h"
#include "lib/model/onnx_file.h"
#include "lib/model/onnx_rewrite.h"
#include "lib/model/onnx_scaler.h"
#include "lib/model/onnx_write.h"
#include "lib/model/properties.h"
#include "lib/model/selftest.h"

#define PROPERTIES_MAX 8
#define SELFTEST_ROWS 3 /* means, minima, maxima */

struct attaching {
	const struct attachment *a;
	const struct nn_kernels *k;
	size_t limit_bytes;
	struct onnx_file *file; /* as it came */
	struct buf bare;        /* without what is replaced */
	struct model *model;    /* of `bare` */
	/* What is put in: `texts` own the values. */
	struct buf texts[PROPERTIES_MAX];
	struct onnx_property set[PROPERTIES_MAX];
	size_t count;
	struct buf *notes;
	struct err *err;
};

static void attaching_deinit_at(struct attaching *t)
{
	onnx_file_free(t->file);
	buf_deinit(&t->bare);
	model_free(t->model);
	for (size_t i = 0; i < PROPERTIES_MAX; i++)
		buf_deinit(&t->texts[i]);
}

static int no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "no memory to attach metadata");
}

/* The next entry; its text is to be written. */
static struct buf *add(struct attaching *t, const char *key)
{
	t->set[t->count].key = key;
	return &t->texts[t->count++];
}

/* Leaves entries out of `bare`. */
static int drop(struct attaching *t, const struct onnx_property *keys, size_t count)
{
	CLEANUP(buf_deinit) struct buf out = {0};
	int rc = onnx_rewrite(
		&out, t->bare.data, t->bare.len, -1, keys, count, t->limit_bytes, t->err);

	if (rc < 0)
		return rc;
	buf_clear(&t->bare);
	buf_put(&t->bare, out.data, out.len);
	return buf_failed(&t->bare) ? no_memory(t->err) : 0;
}

/* What the attachment has too. */
static int drop_replaced(struct attaching *t)
{
	const struct attachment *a = t->a;
	const struct {
		const char *key;
		bool is_given;
	} keys[] = {
		{PROPERTY_INPUTS, a->inputs},
		{PROPERTY_THRESHOLD, !isnan(a->threshold)},
		{PROPERTY_CLASSES, a->classes},
		{PROPERTY_DEFECT_CLASSES, a->classes},
		{PROPERTY_REFERENCE, a->reference},
	};
	struct onnx_property list[ARRAY_LEN(keys)];
	size_t count = 0, len;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (!keys[i].is_given || !onnx_file_metadata(t->file, keys[i].key, &len))
			continue;
		list[count++] = (struct onnx_property){keys[i].key, NULL};
		buf_addf(t->notes, "the file's own %s is replaced\n", keys[i].key);
	}
	return count ? drop(t, list, count) : 0;
}

/* Who says what the inputs are need not put up with metadata of ours that does not hold. */
static int drop_unsound(struct attaching *t)
{
	char show[ONNX_TEXT];
	int rc = 0;

	while (rc == 0 && t->a->inputs && t->model->bad_key) {
		bool is_classes = strcmp(t->model->bad_key, PROPERTY_CLASSES) == 0;
		const struct onnx_property list[] = {
			{t->model->bad_key, NULL}, {PROPERTY_DEFECT_CLASSES, NULL}};

		buf_addf(t->notes, "the file's own %s is left out: %s\n",
			onnx_show(show, t->model->bad_key), t->model->unusable);
		rc = drop(t, list, is_classes ? 2 : 1);
		model_free(TAKE(t->model));
		if (rc == 0)
			rc = model_parse(&t->model, t->bare.data, t->bare.len, t->k, t->err);
	}
	return rc;
}

/* The file without what does not stay, and its model. */
static int strip(struct attaching *t, const void *bytes, size_t len)
{
	int rc;

	buf_put(&t->bare, bytes, len);
	if (buf_failed(&t->bare))
		return no_memory(t->err);
	rc = drop_replaced(t);
	if (rc == 0)
		rc = model_parse(&t->model, t->bare.data, t->bare.len, t->k, t->err);
	return rc == 0 ? drop_unsound(t) : rc;
}

/* "8 columns (material 3, process 5)" */
static void put_columns(struct buf *out, const struct model *m)
{
	const struct model_about *about = model_about(m);
	char name[ONNX_TEXT];

	buf_addf(out, "%zu column%s (", model_input_count(m), model_input_count(m) == 1 ? "" : "s");
	for (size_t i = 0; i < about->input_count && i < 20; i++)
		buf_addf(out, "%s%s %zu", i ? ", " : "", onnx_show(name, about->inputs[i].name),
			about->inputs[i].width);
	buf_add(out, about->input_count > 20 ? ", ..)" : ")");
}

static int refuse_inputs(struct attaching *t)
{
	CLEANUP(buf_deinit) struct buf wanted = {0};

	put_columns(&wanted, t->model);
	if (!buf_text(&wanted))
		return no_memory(t->err);
	if (!t->a->inputs)
		return err_set(t->err, -EINVAL,
			"nothing says how raw features become the inputs of the graph, which wants "
			"%s: --inputs or --like is needed",
			wanted.data);
	return err_set(t->err, -EINVAL, "%s has %zu input%s, the graph wants %s", t->a->from,
		t->a->input_count, t->a->input_count == 1 ? "" : "s", wanted.data);
}

/* The inputs that the finished file will have. */
static const struct model_input *inputs_of(const struct attaching *t)
{
	return t->a->inputs ? t->a->inputs : model_inputs(t->model);
}

static int check_scalers(struct attaching *t)
{
	const struct onnx_graph *g = onnx_file_graph(t->file);
	const struct model_input *inputs = inputs_of(t);
	char text[2 * ONNX_TEXT];
	size_t count = model_input_count(t->model), scaled = 0, node = 0;
	int rc;

	while (scaled < count && !inputs[scaled].is_scaled)
		scaled++;
	if (scaled == count)
		return 0;
	rc = onnx_begins_with_scaler(g, &node);
	if (rc <= 0)
		return rc < 0 ? no_memory(t->err) : 0;
	return err_set(t->err, -EINVAL,
		"there is a scaler in both places: the input \"%.100s\" has \"scale\", and the "
		"graph "
		"scales its inputs itself (%s)",
		inputs[scaled].name, onnx_node_text(text, g, node));
}

static int take_inputs(struct attaching *t)
{
	bool fits = t->a->inputs ? t->a->input_count == model_input_count(t->model)
				 : model_has_inputs(t->model);
	int rc = fits ? check_scalers(t) : refuse_inputs(t);

	if (rc == 0 && t->a->inputs)
		metadata_write_inputs(add(t, PROPERTY_INPUTS), t->a->inputs, t->a->input_count);
	return rc;
}

/* Is the output shown to be a probability already? */
static int check_logits(struct attaching *t)
{
	const struct nn_program *p = model_program(t->model);
	size_t outputs = nn_program_outputs(p);
	double *low = calloc(outputs, sizeof(*low)), *high = calloc(outputs, sizeof(*high));
	bool is_shown = true;
	char name[ONNX_TEXT];
	int rc = low && high ? nn_program_bounds(p, low, high) : -ENOMEM;

	for (size_t i = 0; rc == 0 && i < outputs; i++)
		is_shown = is_shown && low[i] >= 0 && high[i] <= 1;
	free(low);
	free(high);
	if (rc < 0)
		return no_memory(t->err);
	if (!is_shown)
		return 0;
	return err_set(t->err, -EINVAL,
		"--logits: the graph's output \"%s\" lies in 0 to 1, so it is a probability and no "
		"logits",
		onnx_show(name, model_about(t->model)->output.name));
}

static int take_logits(struct attaching *t)
{
	int rc;

	if (!t->a->has_logits || model_has_logits(t->model))
		return 0;
	rc = check_logits(t);
	if (rc == 0)
		buf_add(add(t, PROPERTY_LOGITS), "true");
	return rc;
}

static float statistic(const struct model_input *in, int row)
{
	double x = row == 0 ? in->mean : row == 1 ? in->min : in->max;

	x = isnan(x) ? 0 : x;
	if (in->is_scaled)
		x = (x - in->mean) / in->sd;
	return (float)(x > FLT_MAX ? FLT_MAX : x < -FLT_MAX ? -FLT_MAX : x);
}

/* Rows whose output is no number cannot be compared: without a self-test then. */
static int take_selftest(struct attaching *t)
{
	const struct model_input *inputs = inputs_of(t);
	size_t count = model_input_count(t->model);
	float *x = calloc(SELFTEST_ROWS * count, sizeof(*x));
	CLEANUP(buf_deinit) struct buf text = {0};
	int rc;

	if (!x)
		return no_memory(t->err);
	for (int row = 0; row < SELFTEST_ROWS; row++)
		for (size_t i = 0; i < count; i++)
			x[(size_t)row * count + i] = statistic(&inputs[i], row);
	rc = selftest_write(&text, model_program(t->model), t->k, SELFTEST_ROWS, x, t->err);
	free(x);
	if (rc == -EINVAL) {
		buf_add(t->notes, "no self-test: the network overflows on the inputs' extremes\n");
		return 0;
	}
	if (rc == 0 && buf_failed(&text))
		rc = no_memory(t->err);
	if (rc == 0)
		buf_put(add(t, PROPERTY_SELFTEST), text.data, text.len);
	return rc;
}

static int take_all(struct attaching *t)
{
	const struct attachment *a = t->a;
	size_t len;
	int rc = take_inputs(t);

	if (rc == 0 && a->classes) {
		metadata_write_texts(add(t, PROPERTY_CLASSES), a->classes, a->class_count);
		metadata_write_texts(add(t, PROPERTY_DEFECT_CLASSES), a->defects, a->defect_count);
	}
	if (rc == 0)
		rc = take_logits(t);
	if (rc == 0 && a->reference)
		buf_add(add(t, PROPERTY_REFERENCE), a->reference);
	if (rc == 0 && !onnx_file_metadata(t->file, PROPERTY_SELFTEST, &len))
		rc = take_selftest(t);
	if (rc < 0)
		return rc;
	if (!isnan(a->threshold)) {
		metadata_write_threshold(add(t, PROPERTY_THRESHOLD), a->threshold);
	} else if (isnan(model_threshold(t->model))) {
		metadata_write_threshold(add(t, PROPERTY_THRESHOLD), ATTACH_THRESHOLD);
		buf_addf(t->notes, "nothing says a threshold: %g is taken\n", ATTACH_THRESHOLD);
	}
	return 0;
}

static int write_finished(struct attaching *t, struct buf *out, struct model **model)
{
	CLEANUP(model_free) struct model *m = NULL;
	size_t before = out->len;
	int rc;

	for (size_t i = 0; i < t->count; i++) {
		t->set[i].value = buf_text(&t->texts[i]);
		if (!t->set[i].value)
			return no_memory(t->err);
	}
	rc = onnx_rewrite(
		out, t->bare.data, t->bare.len, -1, t->set, t->count, t->limit_bytes, t->err);
	if (rc == 0)
		rc = model_parse(&m, out->data + before, out->len - before, t->k, t->err);
	if (rc == 0)
		rc = model_check_usable(m, t->err);
	if (rc < 0)
		out->len = before;
	else
		*model = TAKE(m);
	return rc;
}

int attach(struct buf *out, struct model **model, const void *bytes, size_t len,
	const struct attachment *a, size_t limit_bytes, const struct nn_kernels *k,
	struct buf *notes, struct err *err)
{
	__attribute__((cleanup(attaching_deinit_at))) struct attaching t = {
		.a = a, .k = k, .limit_bytes = limit_bytes, .notes = notes, .err = err};
	int rc = onnx_file_open(&t.file, bytes, len, -1, limit_bytes, err);

	if (rc == 0)
		rc = strip(&t, bytes, len);
	if (rc == 0)
		rc = take_all(&t);
	return rc == 0 ? write_finished(&t, out, model) : rc;
}
