#include "lib/model/model.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/model/encoder.h"
#include "lib/model/metadata.h"
#include "lib/model/onnx_chain.h"
#include "lib/model/onnx_read.h"
#include "lib/model/onnx_write.h"
#include "lib/model/properties.h"
#include "lib/model/selftest.h"

#define BLOCK_BYTES 4096

struct model {
	struct arena *memory; /* of the encoder and all texts */
	struct nn_program *program;
	struct encoder encoder;
	double threshold;
	const char *training;
	char sha256[SHA256_HEX];
};

struct model_scratch {
	struct nn_scratch *network;
	float *x;             /* [inputs] */
	unsigned char *known; /* [features] */
	_Alignas(32) float y[8];
};

static int no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "no memory for the model");
}

/* Everything beside the graph, which is known by now. */
static int read_properties(
	struct model *m, const struct nn_kernels *k, const struct onnx_file *f, struct err *err)
{
	size_t count = nn_program_inputs(m->program), len;
	struct model_input *inputs;
	const char *text;
	int rc = properties_check(f, err);

	if (rc < 0)
		return rc;
	text = onnx_metadata(f, PROPERTY_INPUTS, &len);
	rc = metadata_read_inputs(&inputs, count, m->memory, text, len, err);
	if (rc == 0)
		rc = encoder_init(&m->encoder, m->memory, inputs, count, err);
	if (rc < 0)
		return rc;
	text = onnx_metadata(f, PROPERTY_THRESHOLD, &len);
	rc = metadata_read_threshold(&m->threshold, text, len, err);
	if (rc < 0)
		return rc;
	m->training = "";
	text = onnx_metadata(f, PROPERTY_TRAINING, &len);
	if (text)
		rc = metadata_read_training(&m->training, m->memory, text, len, err);
	text = onnx_metadata(f, PROPERTY_SELFTEST, &len);
	if (rc == 0 && text)
		rc = selftest_run(m->program, k, text, len, err);
	return rc;
}

int model_parse(struct model **out, const void *bytes, size_t len, const struct nn_kernels *k,
	struct err *err)
{
	CLEANUP(model_free) struct model *m = calloc(1, sizeof(*m));
	CLEANUP(onnx_deinit) struct onnx_file file = {0};
	int rc;

	if (!m || arena_new(&m->memory, BLOCK_BYTES) < 0)
		return no_memory(err);
	rc = onnx_read(&file, bytes, len, err);
	if (rc == 0)
		rc = onnx_chain_build(&m->program, &file, err);
	if (rc == 0)
		rc = read_properties(m, k, &file, err);
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

/* The texts of the properties, one buffer each. */
struct texts {
	struct buf inputs, threshold, selftest;
};

static void texts_deinit_at(struct texts *t)
{
	buf_deinit(&t->inputs);
	buf_deinit(&t->threshold);
	buf_deinit(&t->selftest);
}

static int write_model(struct buf *out, const struct model_parts *parts, const struct nn_kernels *k,
	struct err *err)
{
	__attribute__((cleanup(texts_deinit_at))) struct texts t = {0};
	struct onnx_property list[4];
	size_t count = 0;

	buf_init(&t.inputs);
	buf_init(&t.threshold);
	buf_init(&t.selftest);
	metadata_write_inputs(&t.inputs, parts->inputs, nn_program_inputs(parts->program));
	metadata_write_threshold(&t.threshold, parts->threshold);
	list[count++] = (struct onnx_property){PROPERTY_INPUTS, buf_text(&t.inputs)};
	if (parts->training)
		list[count++] = (struct onnx_property){PROPERTY_TRAINING, parts->training};
	if (parts->selftest_rows) {
		int rc = selftest_write(&t.selftest, parts->program, k, parts->selftest_rows,
			parts->selftest_x, err);

		if (rc < 0)
			return rc;
		list[count++] = (struct onnx_property){PROPERTY_SELFTEST, buf_text(&t.selftest)};
	}
	/* last: a file cut short between two properties lacks one that must be there */
	list[count++] = (struct onnx_property){PROPERTY_THRESHOLD, buf_text(&t.threshold)};
	for (size_t i = 0; i < count; i++)
		if (!list[i].value)
			return no_memory(err);
	return onnx_write(out, parts->program, list, count, err);
}

/* Texts that are not UTF-8 do not survive JSON. */
static int check_texts(const struct model *m, const struct model_input *inputs, struct err *err)
{
	for (size_t i = 0; i < m->encoder.input_count; i++) {
		const struct model_input *a = &inputs[i], *b = &m->encoder.inputs[i];
		bool same = strcmp(a->name, b->name) == 0 && strcmp(a->from, b->from) == 0;

		for (size_t j = 0; same && j < b->text_count; j++)
			same = strcmp(a->texts[j], b->texts[j]) == 0;
		if (!same)
			return err_set(err, -EINVAL,
				"input %zu (\"%s\") has a text that is not UTF-8", i + 1, b->name);
	}
	return 0;
}

int model_save(struct buf *out, const struct model_parts *parts, const struct nn_kernels *k,
	struct err *err)
{
	CLEANUP(model_free) struct model *m = NULL;
	size_t before = out->len;
	int rc;

	rc = write_model(out, parts, k, err);
	/* what does not load is never written */
	if (rc == 0)
		rc = model_parse(&m, out->data + before, out->len - before, k, err);
	if (rc == 0)
		rc = check_texts(m, parts->inputs, err);
	if (rc < 0) {
		out->len = before;
		return err_prefix(err, rc, "the model cannot be saved");
	}
	return 0;
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

const struct nn_program *model_program(const struct model *m)
{
	return m->program;
}

size_t model_input_count(const struct model *m)
{
	return m->encoder.input_count;
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

int model_scratch_new(struct model_scratch **out, const struct model *m)
{
	CLEANUP(model_scratch_free)
	struct model_scratch *s = aligned_alloc(_Alignof(struct model_scratch), sizeof(*s));

	if (!s)
		return -ENOMEM;
	*s = (struct model_scratch){0};
	s->x = calloc(m->encoder.input_count, sizeof(*s->x));
	s->known = calloc(m->encoder.feature_count, sizeof(*s->known));
	if (!s->x || !s->known || nn_scratch_new(&s->network, m->program, 1) < 0)
		return -ENOMEM;
	*out = TAKE(s);
	return 0;
}

void model_scratch_free(struct model_scratch *s)
{
	if (!s)
		return;
	nn_scratch_free(s->network);
	free(s->x);
	free(s->known);
	free(s);
}

static void find_new_category(const struct model *m, const struct model_scratch *s,
	const struct value *values, struct model_score *out)
{
	for (size_t i = 0; i < m->encoder.feature_count; i++)
		if (m->encoder.features[i].is_text && values[i].kind == VALUE_TEXT &&
			!s->known[i]) {
			out->new_category = true;
			out->new_category_feature = m->encoder.features[i].name;
			return;
		}
}

void model_score(const struct model *m, const struct nn_kernels *k, struct model_scratch *s,
	const struct value *values, struct model_score *out)
{
	encoder_run(&m->encoder, values, s->x, s->known);
	nn_run_row(m->program, k, s->network, s->x, s->y);
	*out = (struct model_score){.p_defect = (double)s->y[0], .class_name = ""};
	find_new_category(m, s, values, out);
}

void model_encode(const struct model *m, const struct value *values, float *inputs)
{
	encoder_run(&m->encoder, values, inputs, NULL);
}
