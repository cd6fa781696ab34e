#include "lib/model/model.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/model/model_inside.h"
#include "lib/model/onnx_file.h"
#include "lib/model/onnx_translate.h"
#include "lib/model/properties.h"
#include "lib/model/selftest.h"

#define BLOCK_BYTES 4096

static int no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "no memory for the model");
}

/* Columns of the graph's inputs one after the other, and where its output goes. */
static int describe(
	struct model *m, const struct onnx_program *p, const struct onnx_file *f, struct err *err)
{
	struct onnx_about about = onnx_file_about(f);
	struct model_port *inputs = arena_zalloc(m->memory, p->input_count, sizeof(*inputs));

	if (!inputs)
		return no_memory(err);
	for (size_t i = 0; i < p->input_count; i++)
		inputs[i] = (struct model_port){p->input_names[i], p->input_widths[i]};
	m->about = (struct model_about){
		.producer = arena_string(m->memory, about.producer),
		.producer_version = arena_string(m->memory, about.producer_version),
		.opset = about.opset,
		.input_count = p->input_count,
		.inputs = inputs,
		.output.name = p->output_name,
		.output.width = nn_program_outputs(p->program),
	};
	return m->about.producer && m->about.producer_version ? 0 : no_memory(err);
}

/* The program, and what the file says of itself. */
static int read_graph(struct model *m, const struct onnx_file *f, struct err *err)
{
	struct onnx_program p;
	int rc = onnx_translate(&p, onnx_file_graph(f), m->memory, err);

	if (rc < 0)
		return rc;
	m->program = p.program;
	return describe(m, &p, f, err);
}

/* Metadata that does not hold keeps the model from scoring units, not its network from running. */
static int note_trouble(
	struct model *m, const char *key, int rc, const struct err *trouble, struct err *err)
{
	if (rc != -EINVAL)
		return rc < 0 ? err_set(err, rc, "%s", trouble->text) : 0;
	if (m->unusable)
		return 0;
	m->bad_key = arena_string(m->memory, key);
	m->unusable = arena_string(m->memory, trouble->text);
	return m->bad_key && m->unusable ? 0 : no_memory(err);
}

static int find_properties(
	struct properties *p, struct model *m, const struct onnx_file *f, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < onnx_file_property_count(f); i++) {
		struct err trouble = {""};
		size_t len;
		const char *value, *key = onnx_file_property(f, i, &value, &len);

		rc = properties_add(p, key, value, len, &trouble);
		rc = note_trouble(m, key, rc, &trouble, err);
	}
	return rc;
}

/* How raw features become inputs: a file that says so wrongly is refused, since its columns are
 * not what they would be taken for. */
static int read_inputs(struct model *m, const struct property *p, struct err *err)
{
	size_t count = nn_program_inputs(m->program);
	struct model_input *inputs;
	int rc;

	if (!p->text)
		return 0;
	rc = metadata_read_inputs(&inputs, count, m->memory, p->text, p->len, err);
	if (rc == 0)
		rc = encoder_init(&m->encoder, m->memory, inputs, count, err);
	m->has_inputs = rc == 0;
	return rc;
}

static int read_threshold(struct model *m, const struct properties *p, struct err *err)
{
	const struct property *t = &p->threshold;

	return t->text ? metadata_read_threshold(&m->threshold, t->text, t->len, err) : 0;
}

static int read_classes(struct model *m, const struct properties *p, struct err *err)
{
	return metadata_read_classes(&m->classes, nn_program_outputs(m->program), m->memory,
		p->classes.text, p->classes.len, p->defect_classes.text, p->defect_classes.len,
		err);
}

static int read_logits(struct model *m, const struct properties *p, struct err *err)
{
	const struct property *t = &p->logits;

	return t->text ? metadata_read_logits(&m->has_logits, t->text, t->len, err) : 0;
}

static int read_reference(struct model *m, const struct properties *p, struct err *err)
{
	const struct property *t = &p->reference;

	return t->text ? metadata_read_object(
				 &m->reference, m->memory, PROPERTY_REFERENCE, t->text, t->len, err)
		       : 0;
}

static int read_training(struct model *m, const struct properties *p, struct err *err)
{
	const struct property *t = &p->training;

	return t->text ? metadata_read_object(
				 &m->training, m->memory, PROPERTY_TRAINING, t->text, t->len, err)
		       : 0;
}

static const struct {
	const char *key;
	int (*read)(struct model *m, const struct properties *p, struct err *err);
} readers[] = {
	{PROPERTY_THRESHOLD, read_threshold},
	{PROPERTY_CLASSES, read_classes},
	{PROPERTY_LOGITS, read_logits},
	{PROPERTY_REFERENCE, read_reference},
	{PROPERTY_TRAINING, read_training},
};

static int read_properties(
	struct model *m, const struct nn_kernels *k, const struct properties *p, struct err *err)
{
	int rc = read_inputs(m, &p->inputs, err);

	m->threshold = NAN;
	m->training = m->reference = "";
	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(readers); i++) {
		struct err trouble = {""};

		rc = readers[i].read(m, p, &trouble);
		rc = note_trouble(m, readers[i].key, rc, &trouble, err);
	}
	if (rc == 0 && p->selftest.text)
		rc = selftest_run(
			&m->selftest_rows, m->program, k, p->selftest.text, p->selftest.len, err);
	return rc;
}

int model_parse(struct model **out, const void *bytes, size_t len, const struct nn_kernels *k,
	struct err *err)
{
	CLEANUP(model_free) struct model *m = calloc(1, sizeof(*m));
	CLEANUP(onnx_file_free) struct onnx_file *file = NULL;
	struct properties properties = {0};
	int rc;

	if (!m || arena_new(&m->memory, BLOCK_BYTES) < 0)
		return no_memory(err);
	rc = onnx_file_open(
		&file, bytes, len, -1, len > MODEL_BYTES_MAX ? len : MODEL_BYTES_MAX, err);
	if (rc == 0)
		rc = read_graph(m, file, err);
	if (rc == 0)
		rc = find_properties(&properties, m, file, err);
	if (rc == 0)
		rc = read_properties(m, k, &properties, err);
	if (rc == 0)
		rc = model_judge(m, k, err);
	if (rc < 0)
		return rc;
	sha256_hex(m->sha256, bytes, len);
	*out = TAKE(m);
	return 0;
}

struct model *model_share(const struct model *m)
{
	struct model *shared = (struct model *)(uintptr_t)m; /* the count is no part of the model */

	if (shared)
		shared->owners++;
	return shared;
}

void model_free(struct model *m)
{
	if (!m)
		return;
	if (m->owners) {
		m->owners--;
		return;
	}
	nn_program_free(m->program);
	arena_free(m->memory);
	free(m);
}

const char *model_sha256(const struct model *m)
{
	return m->sha256;
}

double model_threshold(const struct model *m)
{
	return m->threshold;
}

const char *model_training(const struct model *m)
{
	return m->training;
}

const char *model_reference(const struct model *m)
{
	return m->reference;
}

size_t model_selftest_rows(const struct model *m)
{
	return m->selftest_rows;
}

const struct nn_program *model_program(const struct model *m)
{
	return m->program;
}

bool model_has_inputs(const struct model *m)
{
	return m->has_inputs;
}

size_t model_input_count(const struct model *m)
{
	return nn_program_inputs(m->program);
}

const struct model_input *model_inputs(const struct model *m)
{
	return m->encoder.inputs;
}

size_t model_feature_count(const struct model *m)
{
	return m->encoder.feature_count;
}

const struct model_feature *model_features(const struct model *m)
{
	return m->encoder.features;
}

size_t model_class_count(const struct model *m)
{
	return m->classes.count;
}

const char *model_class(const struct model *m, size_t i)
{
	return m->classes.names[i];
}

bool model_class_is_defect(const struct model *m, size_t i)
{
	return m->classes.is_defect[i];
}

bool model_has_logits(const struct model *m)
{
	return m->has_logits;
}

const struct model_about *model_about(const struct model *m)
{
	return &m->about;
}
