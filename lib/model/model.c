#include "lib/model/model.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/model/model_inside.h"
#include "lib/model/onnx.pb-c.h"
#include "lib/model/onnx_chain.h"
#include "lib/model/onnx_read.h"
#include "lib/model/properties.h"
#include "lib/model/selftest.h"

#define BLOCK_BYTES 4096

static int no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "no memory for the model");
}

/* The program, and what the file says of itself. */
static int read_graph(struct model *m, const struct onnx_file *f, struct err *err)
{
	struct model_port *input = arena_zalloc(m->memory, 1, sizeof(*input));
	int rc = onnx_chain_build(&m->program, f, err);

	if (rc < 0)
		return rc;
	if (!input)
		return no_memory(err);
	input->name = arena_string(m->memory, f->input);
	input->width = nn_program_inputs(m->program);
	m->about = (struct model_about){
		.producer = "",
		.producer_version = "",
		.input_count = 1,
		.inputs = input,
		.output.name = arena_string(m->memory, f->output),
		.output.width = nn_program_outputs(m->program),
	};
	return input->name && m->about.output.name ? 0 : no_memory(err);
}

static int find_properties(struct properties *p, const struct onnx_file *f, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < f->proto->n_metadata_props; i++) {
		const Onnx__StringStringEntryProto *entry = f->proto->metadata_props[i];
		const char *value = (const char *)entry->value.data;

		if (entry->key)
			rc = properties_add(
				p, entry->key, value ? value : "", entry->value.len, err);
	}
	return rc;
}

/* Each that is there; the graph is known by now. */
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

static int read_object(const char **out, struct model *m, const char *key, const struct property *p,
	struct err *err)
{
	*out = "";
	return p->text ? metadata_read_object(out, m->memory, key, p->text, p->len, err) : 0;
}

static int read_properties(
	struct model *m, const struct nn_kernels *k, const struct properties *p, struct err *err)
{
	int rc = read_inputs(m, &p->inputs, err);

	m->threshold = NAN;
	if (rc == 0 && p->threshold.text)
		rc = metadata_read_threshold(
			&m->threshold, p->threshold.text, p->threshold.len, err);
	if (rc == 0)
		rc = metadata_read_classes(&m->classes, nn_program_outputs(m->program), m->memory,
			p->classes.text, p->classes.len, p->defect_classes.text,
			p->defect_classes.len, err);
	if (rc == 0 && p->logits.text)
		rc = metadata_read_logits(&m->has_logits, p->logits.text, p->logits.len, err);
	if (rc == 0)
		rc = read_object(&m->reference, m, PROPERTY_REFERENCE, &p->reference, err);
	if (rc == 0)
		rc = read_object(&m->training, m, PROPERTY_TRAINING, &p->training, err);
	if (rc == 0 && p->selftest.text)
		rc = selftest_run(
			&m->selftest_rows, m->program, k, p->selftest.text, p->selftest.len, err);
	return rc;
}

int model_parse(struct model **out, const void *bytes, size_t len, const struct nn_kernels *k,
	struct err *err)
{
	CLEANUP(model_free) struct model *m = calloc(1, sizeof(*m));
	CLEANUP(onnx_deinit) struct onnx_file file = {0};
	struct properties properties = {0};
	int rc;

	if (!m || arena_new(&m->memory, BLOCK_BYTES) < 0)
		return no_memory(err);
	rc = onnx_read(&file, bytes, len, err);
	if (rc == 0)
		rc = read_graph(m, &file, err);
	if (rc == 0)
		rc = find_properties(&properties, &file, err);
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

/* The file's bytes, malloc'ed. It is read, not mapped: others may cut it short meanwhile. */
static int read_file(void **out, size_t *len, int fd, size_t limit, struct err *err)
{
	struct stat st;
	size_t have = 0;
	char *bytes;

	if (fstat(fd, &st) < 0)
		return err_set(err, -errno, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, -EINVAL, "not a regular file");
	if ((uintmax_t)st.st_size > limit)
		return err_set(err, -EFBIG, "the file has %jd bytes, allowed for a model are %zu",
			(intmax_t)st.st_size, limit);
	bytes = malloc((size_t)st.st_size + 1);
	if (!bytes)
		return no_memory(err);
	while (have < (size_t)st.st_size) {
		ssize_t n = read(fd, bytes + have, (size_t)st.st_size - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int code = n < 0 ? errno : EIO;

			free(bytes);
			return err_set(err, -code, "reading failed: %s",
				n < 0 ? strerror(code) : "the file became shorter meanwhile");
		}
		have += (size_t)n;
	}
	*out = bytes;
	*len = have;
	return 0;
}

int model_load(struct model **out, const char *path, size_t limit_bytes, const struct nn_kernels *k,
	struct err *err)
{
	void *bytes = NULL;
	size_t len = 0;
	/* not to wait for a writer where the path is a FIFO */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc;

	if (fd < 0)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	rc = read_file(&bytes, &len, fd, limit_bytes, err);
	close(fd);
	if (rc < 0)
		return err_prefix(err, rc, "%s", path);
	rc = model_parse(out, bytes, len, k, err);
	free(bytes);
	return rc < 0 ? err_prefix(err, rc, "%s", path) : 0;
}

void model_free(struct model *m)
{
	if (!m)
		return;
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
