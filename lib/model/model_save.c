/* Parts of a new model to the bytes of a file. */
#include <errno.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/model/model_inside.h"
#include "lib/model/onnx_write.h"
#include "lib/model/properties.h"
#include "lib/model/selftest.h"

static int no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "no memory for the model");
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
		rc = model_check_usable(m, err);
	if (rc == 0)
		rc = check_texts(m, parts->inputs, err);
	if (rc < 0) {
		out->len = before;
		return err_prefix(err, rc, "the model cannot be saved");
	}
	return 0;
}
