#include "tools/import_metadata.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/json.h"
#include "lib/learn/table.h"
#include "lib/model/encoder.h"
#include "lib/model/metadata.h"

#define FILE_BYTES_MAX (4u << 20)
#define NAME_MAX_BYTES 256

static int no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "no memory for the inputs");
}

static const cJSON *member(const cJSON *tree, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(tree, key);
}

static int check_keys(const cJSON *tree, struct err *err)
{
	static const char *const keys[] = {"inputs", "threshold", "classes", "defect_classes"};

	for (const cJSON *m = tree->child; m; m = m->next) {
		size_t i = 0;

		while (i < ARRAY_LEN(keys) && strcmp(keys[i], m->string) != 0)
			i++;
		if (i == ARRAY_LEN(keys))
			return err_set(err, -EINVAL,
				"unknown key \"%.100s\", allowed are inputs, threshold, classes "
				"and "
				"defect_classes",
				m->string);
	}
	return member(tree, "inputs") ? 0 : err_set(err, -EINVAL, "\"inputs\" is missing");
}

static int read_threshold(struct attachment *out, const cJSON *v, struct err *err)
{
	if (!v)
		return 0;
	if (!cJSON_IsNumber(v) || v->valuedouble < 0 || v->valuedouble > 1)
		return err_set(err, -EINVAL, "\"threshold\" is no number from 0 to 1");
	out->threshold = v->valuedouble;
	return 0;
}

static int read_texts(const char *const **out, size_t *count, const cJSON *list, const char *key,
	struct arena *memory, struct err *err)
{
	const char **texts;

	if (!list)
		return 0;
	if (!cJSON_IsArray(list))
		return err_set(err, -EINVAL, "\"%s\" is %s, allowed is a list of texts", key,
			json_kind(list));
	texts = arena_zalloc(memory, (size_t)cJSON_GetArraySize(list) + 1, sizeof(*texts));
	if (!texts)
		return no_memory(err);
	for (const cJSON *v = list->child; v; v = v->next) {
		if (!cJSON_IsString(v))
			return err_set(err, -EINVAL, "\"%s\" holds %s, allowed are texts", key,
				json_kind(v));
		texts[*count] = arena_string(memory, v->valuestring);
		if (!texts[(*count)++])
			return no_memory(err);
	}
	*out = texts;
	return 0;
}

static int read_object(
	struct attachment *out, const cJSON *tree, struct arena *memory, struct err *err)
{
	int rc = check_keys(tree, err);

	if (rc == 0)
		rc = read_threshold(out, member(tree, "threshold"), err);
	if (rc == 0)
		rc = read_texts(&out->classes, &out->class_count, member(tree, "classes"),
			"classes", memory, err);
	if (rc == 0)
		rc = read_texts(&out->defects, &out->defect_count, member(tree, "defect_classes"),
			"defect_classes", memory, err);
	if (rc == 0 && !out->classes != !out->defects)
		rc = err_set(err, -EINVAL, "\"classes\" and \"defect_classes\" go together");
	return rc;
}

static int read_tree(
	struct attachment *out, const cJSON *tree, struct arena *memory, struct err *err)
{
	struct model_input *inputs;
	struct encoder encoder;
	const cJSON *list = tree;
	int rc = 0;

	if (cJSON_IsObject(tree)) {
		rc = read_object(out, tree, memory, err);
		list = member(tree, "inputs");
	}
	if (rc == 0)
		rc = metadata_take_inputs(&inputs, &out->input_count, memory, list, "inputs", err);
	if (rc == 0 && out->input_count == 0)
		rc = err_set(err, -EINVAL, "the list of inputs is empty");
	/* two of one name, expressions that are not sound: told of this file, not of the model */
	if (rc == 0)
		rc = encoder_init(&encoder, memory, inputs, out->input_count, err);
	if (rc == 0)
		out->inputs = inputs;
	return rc;
}

static int read_file(struct buf *out, const char *path, struct err *err)
{
	FILE *f = fopen(path, "re");
	char block[4096];
	size_t n;
	int rc = 0;

	if (!f)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	errno = 0;
	while (out->len <= FILE_BYTES_MAX && (n = fread(block, 1, sizeof(block), f)) > 0)
		buf_put(out, block, n);
	if (ferror(f))
		rc = err_set(err, errno ? -errno : -EIO, "%s: %s", path, strerror(errno));
	else if (out->len > FILE_BYTES_MAX)
		rc = err_set(err, -EFBIG, "%s: has more than %u bytes", path, FILE_BYTES_MAX);
	else if (buf_failed(out))
		rc = no_memory(err);
	fclose(f);
	return rc;
}

int import_read_inputs(
	struct attachment *out, const char *path, struct arena *memory, struct err *err)
{
	CLEANUP(json_free) cJSON *tree = NULL;
	CLEANUP(buf_deinit) struct buf text = {0};
	int rc = read_file(&text, path, err);

	if (rc < 0)
		return rc;
	rc = json_parse(&tree, text.data, text.len, JSON_COMMENTS, err);
	if (rc == 0)
		rc = read_tree(out, tree, memory, err);
	out->from = path;
	return rc < 0 ? err_prefix(err, rc, "%s", path) : 0;
}

int import_take_from(
	struct attachment *out, const struct model *other, const char *path, struct err *err)
{
	struct err why = {""};

	if (!model_has_inputs(other))
		return err_set(
			err, -EINVAL, "%s: it has no metadata \"defectd.inputs\" to take", path);
	if (model_check_usable(other, &why) < 0 && isnan(model_threshold(other)))
		return err_set(err, -EINVAL, "%s: %s", path, why.text);
	out->inputs = model_inputs(other);
	out->input_count = model_input_count(other);
	out->threshold = model_threshold(other);
	out->reference = model_reference(other)[0] ? model_reference(other) : NULL;
	out->from = path;
	return 0;
}

/* The input of the list with that name, NULL. */
static const struct model_input *find(const struct attachment *a, const char *name)
{
	char own[NAME_MAX_BYTES];

	for (size_t i = 0; i < a->input_count; i++) {
		table_normalise(own, sizeof(own), a->inputs[i].name);
		if (strcmp(own, name) == 0 || strcmp(a->inputs[i].name, name) == 0)
			return &a->inputs[i];
	}
	return NULL;
}

int import_bind_by_name(struct attachment *a, const struct model_about *about, struct arena *memory)
{
	struct model_input *bound;

	if (about->input_count != a->input_count || a->input_count < 2)
		return 0;
	bound = arena_zalloc(memory, a->input_count, sizeof(*bound));
	if (!bound)
		return -ENOMEM;
	for (size_t i = 0; i < a->input_count; i++) {
		const struct model_input *in;
		char name[NAME_MAX_BYTES];

		table_normalise(name, sizeof(name), about->inputs[i].name);
		in = find(a, name);
		if (!in || about->inputs[i].width != 1)
			return 0;
		for (size_t j = 0; j < i; j++)
			if (strcmp(bound[j].name, in->name) == 0)
				return 0;
		bound[i] = *in;
	}
	a->inputs = bound;
	return 1;
}
