#include "lib/model/metadata.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/num.h"

/* Where we are, and where results go. */
struct reader {
	struct arena *memory;
	size_t at; /* place in the list */
	struct err *err;
};

static int no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "no memory for the model's metadata");
}

/* One row per key of an input; `kinds` says which kinds of input may have it. */
enum {
	IN_NUMBER = 1 << MODEL_INPUT_NUMBER,
	IN_ONE_HOT = 1 << MODEL_INPUT_ONE_HOT,
	IN_IS_MISSING = 1 << MODEL_INPUT_IS_MISSING,
	IN_ALL = IN_NUMBER | IN_ONE_HOT | IN_IS_MISSING,
};

static const struct key {
	const char *name;
	int kinds; /* 0: known, but not to this version */
} keys[] = {
	{"name", IN_ALL},
	{"from", IN_ALL},
	{"mean", IN_NUMBER},
	{"sd", IN_NUMBER},
	{"min", IN_NUMBER},
	{"max", IN_NUMBER},
	{"unit", IN_NUMBER},
	{"missing", IN_NUMBER},
	{"one_hot", IN_ONE_HOT},
	{"is_missing", IN_IS_MISSING},
	{"derive", 0},
	{"scale", 0},
};

static const char *const kind_names[] = {
	[MODEL_INPUT_NUMBER] = "a number",
	[MODEL_INPUT_ONE_HOT] = "an input with one_hot",
	[MODEL_INPUT_IS_MISSING] = "an input with is_missing",
};

static const struct key *key_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static int check_keys(const struct reader *r, const cJSON *item, enum model_input_kind kind)
{
	for (const cJSON *member = item->child; member; member = member->next) {
		const struct key *key = key_of(member->string);

		if (!key)
			return err_set(r->err, -EINVAL,
				"defectd.inputs/%zu: unknown key \"%s\", allowed are name, from, "
				"mean, "
				"sd, min, max, unit, missing, one_hot and is_missing",
				r->at, member->string);
		if (!key->kinds)
			return err_set(r->err, -EINVAL,
				"defectd.inputs/%zu: \"%s\" cannot be carried out by this version",
				r->at, key->name);
		if (!(key->kinds & 1 << kind))
			return err_set(r->err, -EINVAL,
				"defectd.inputs/%zu: \"%s\" does not go with %s", r->at, key->name,
				kind_names[kind]);
	}
	return 0;
}

/* A text that is not empty, copied; `preset` when the key is absent (NULL: it must be there). */
static int read_text(const struct reader *r, const cJSON *item, const char *key, const char *preset,
	const char **out)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(item, key);

	if (!v && preset) {
		*out = preset;
		return 0;
	}
	if (!v)
		return err_set(
			r->err, -EINVAL, "defectd.inputs/%zu: \"%s\" is missing", r->at, key);
	if (!cJSON_IsString(v) || (!v->valuestring[0] && !preset))
		return err_set(r->err, -EINVAL,
			"defectd.inputs/%zu: \"%s\" is %s, allowed is a text that is not empty",
			r->at, key, cJSON_IsString(v) ? "empty" : json_kind(v));
	*out = arena_string(r->memory, v->valuestring);
	return *out ? 0 : no_memory(r->err);
}

/* NAN when absent. */
static int read_statistic(const struct reader *r, const cJSON *item, const char *key, double *out)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(item, key);

	*out = NAN;
	if (!v)
		return 0;
	if (!cJSON_IsNumber(v))
		return err_set(r->err, -EINVAL,
			"defectd.inputs/%zu: \"%s\" is %s, allowed is a number", r->at, key,
			json_kind(v));
	*out = v->valuedouble;
	return 0;
}

static int read_missing(const struct reader *r, const cJSON *item, struct model_input *in)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(item, "missing");

	if (v && cJSON_IsNumber(v)) {
		in->missing = v->valuedouble;
		return 0;
	}
	if (v && !(cJSON_IsString(v) && strcmp(v->valuestring, "mean") == 0))
		return err_set(r->err, -EINVAL,
			"defectd.inputs/%zu: \"missing\" is %s, allowed are \"mean\" and a number",
			r->at, cJSON_IsString(v) ? "another text" : json_kind(v));
	if (isnan(in->mean))
		return err_set(r->err, -EINVAL,
			"defectd.inputs/%zu: \"mean\" is missing, it stands in for missing values",
			r->at);
	in->missing_is_mean = true;
	in->missing = in->mean;
	return 0;
}

static int read_number(const struct reader *r, const cJSON *item, struct model_input *in)
{
	const struct {
		const char *key;
		double *to;
	} statistics[] = {
		{"mean", &in->mean}, {"sd", &in->sd}, {"min", &in->min}, {"max", &in->max}};
	int rc;

	for (size_t i = 0; i < ARRAY_LEN(statistics); i++) {
		rc = read_statistic(r, item, statistics[i].key, statistics[i].to);
		if (rc < 0)
			return rc;
	}
	if (in->sd < 0)
		return err_set(r->err, -EINVAL,
			"defectd.inputs/%zu: \"sd\" is %g, allowed is 0 or more", r->at, in->sd);
	if (in->min > in->max)
		return err_set(r->err, -EINVAL,
			"defectd.inputs/%zu: \"min\" is %g and \"max\" %g, min must not be greater",
			r->at, in->min, in->max);
	rc = read_missing(r, item, in);
	if (rc < 0)
		return rc;
	rc = read_text(r, item, "unit", "", &in->unit);
	if (rc < 0)
		return rc;
	return read_text(r, item, "name", in->from, &in->name);
}

/* "type=L", "type=K|M" */
static const char *one_hot_name(const struct reader *r, const struct model_input *in)
{
	struct buf b;
	const char *name = NULL;

	buf_init(&b);
	buf_addf(&b, "%s=", in->from);
	for (size_t i = 0; i < in->text_count; i++)
		buf_addf(&b, "%s%s", i ? "|" : "", in->texts[i]);
	if (buf_text(&b))
		name = arena_string(r->memory, b.data);
	buf_deinit(&b);
	return name;
}

static int read_one_hot(const struct reader *r, const cJSON *item, struct model_input *in)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(item, "one_hot");
	const cJSON *text = cJSON_IsArray(v) ? v->child : v;
	int count = cJSON_IsArray(v) ? cJSON_GetArraySize(v) : 1;
	const char **texts = arena_zalloc(r->memory, (size_t)count + 1, sizeof(*texts));
	const char *name;

	if (!texts)
		return no_memory(r->err);
	if (count == 0)
		return err_set(r->err, -EINVAL,
			"defectd.inputs/%zu: \"one_hot\" is an empty list, at least one text is "
			"allowed",
			r->at);
	for (int i = 0; i < count; i++, text = text->next) {
		if (!cJSON_IsString(text))
			return err_set(r->err, -EINVAL,
				"defectd.inputs/%zu: \"one_hot\" holds %s, allowed is a text or a "
				"list of "
				"texts",
				r->at, json_kind(text));
		texts[i] = arena_string(r->memory, text->valuestring);
		if (!texts[i])
			return no_memory(r->err);
	}
	in->texts = texts;
	in->text_count = (size_t)count;
	name = one_hot_name(r, in);
	return name ? read_text(r, item, "name", name, &in->name) : no_memory(r->err);
}

static int read_is_missing(const struct reader *r, const cJSON *item, struct model_input *in)
{
	const char *name = arena_printf(r->memory, "%s is missing", in->from);

	if (!name)
		return no_memory(r->err);
	if (!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "is_missing")))
		return err_set(r->err, -EINVAL,
			"defectd.inputs/%zu: \"is_missing\" is not true, nothing else is allowed",
			r->at);
	return read_text(r, item, "name", name, &in->name);
}

static int read_input(const struct reader *r, const cJSON *item, struct model_input *in)
{
	int rc;

	if (!cJSON_IsObject(item))
		return err_set(r->err, -EINVAL, "defectd.inputs/%zu is %s, allowed is an object",
			r->at, json_kind(item));
	if (cJSON_GetObjectItemCaseSensitive(item, "one_hot"))
		in->kind = MODEL_INPUT_ONE_HOT;
	else if (cJSON_GetObjectItemCaseSensitive(item, "is_missing"))
		in->kind = MODEL_INPUT_IS_MISSING;
	in->mean = in->sd = in->min = in->max = NAN;
	in->unit = "";
	rc = check_keys(r, item, in->kind);
	if (rc < 0)
		return rc;
	rc = read_text(r, item, "from", NULL, &in->from);
	if (rc < 0)
		return rc;
	switch (in->kind) {
	case MODEL_INPUT_ONE_HOT:
		return read_one_hot(r, item, in);
	case MODEL_INPUT_IS_MISSING:
		return read_is_missing(r, item, in);
	case MODEL_INPUT_NUMBER:
		break;
	}
	return read_number(r, item, in);
}

int metadata_read_inputs(struct model_input **out, size_t count, struct arena *memory,
	const char *text, size_t len, struct err *err)
{
	CLEANUP(json_free) cJSON *tree = NULL;
	struct reader r = {.memory = memory, .err = err};
	struct model_input *inputs;
	int rc;

	if (len > METADATA_BYTES_MAX)
		return err_set(err, -EINVAL, "defectd.inputs has %zu bytes, allowed are %u", len,
			METADATA_BYTES_MAX);
	rc = json_parse(&tree, text, len, 0, err);
	if (rc < 0)
		return err_prefix(err, rc, "defectd.inputs");
	if (!cJSON_IsArray(tree))
		return err_set(
			err, -EINVAL, "defectd.inputs is %s, allowed is a list", json_kind(tree));
	if ((size_t)cJSON_GetArraySize(tree) != count)
		return err_set(err, -EINVAL, "defectd.inputs has %d inputs, the graph wants %zu",
			cJSON_GetArraySize(tree), count);
	inputs = arena_zalloc(memory, count, sizeof(*inputs));
	if (!inputs)
		return no_memory(err);
	for (const cJSON *item = tree->child; item; item = item->next, r.at++) {
		rc = read_input(&r, item, &inputs[r.at]);
		if (rc < 0)
			return rc;
	}
	*out = inputs;
	return 0;
}

static void write_statistic(struct buf *out, const char *key, double v)
{
	if (!isnan(v))
		jsonw_real(out, key, v);
}

static void write_one_hot(struct buf *out, const struct model_input *in)
{
	jsonw_key(out, "one_hot");
	if (in->text_count != 1)
		buf_add(out, "[");
	for (size_t i = 0; i < in->text_count; i++) {
		if (i)
			buf_add(out, ",");
		jsonw_raw_text(out, in->texts[i], strlen(in->texts[i]));
	}
	if (in->text_count != 1)
		buf_add(out, "]");
}

static void write_input(struct buf *out, const struct model_input *in)
{
	jsonw_begin(out);
	jsonw_text(out, "name", in->name);
	jsonw_text(out, "from", in->from);
	switch (in->kind) {
	case MODEL_INPUT_NUMBER:
		write_statistic(out, "mean", in->mean);
		write_statistic(out, "sd", in->sd);
		write_statistic(out, "min", in->min);
		write_statistic(out, "max", in->max);
		if (in->unit && in->unit[0])
			jsonw_text(out, "unit", in->unit);
		if (in->missing_is_mean)
			jsonw_text(out, "missing", "mean");
		else
			jsonw_real(out, "missing", in->missing);
		break;
	case MODEL_INPUT_ONE_HOT:
		write_one_hot(out, in);
		break;
	case MODEL_INPUT_IS_MISSING:
		jsonw_key(out, "is_missing");
		buf_add(out, "true");
		break;
	}
	jsonw_end(out);
}

void metadata_write_inputs(struct buf *out, const struct model_input *inputs, size_t count)
{
	buf_add(out, "[");
	for (size_t i = 0; i < count; i++) {
		buf_add(out, i ? ",\n" : "");
		write_input(out, &inputs[i]);
	}
	buf_add(out, "]");
}

void metadata_write_threshold(struct buf *out, double threshold)
{
	char text[NUM_TEXT_MAX];

	num_print(text, threshold, true);
	buf_add(out, text);
}

int metadata_read_threshold(double *out, const char *text, size_t len, struct err *err)
{
	double v;

	if (!num_parse(text, len, &v) || v < 0 || v > 1)
		return err_set(err, -EINVAL, "defectd.threshold is no number from 0 to 1");
	*out = v;
	return 0;
}

int metadata_read_training(
	const char **out, struct arena *memory, const char *text, size_t len, struct err *err)
{
	CLEANUP(json_free) cJSON *tree = NULL;
	const char *copy;
	int rc;

	if (len > METADATA_BYTES_MAX)
		return err_set(err, -EINVAL, "defectd.training has %zu bytes, allowed are %u", len,
			METADATA_BYTES_MAX);
	rc = json_parse(&tree, text, len, 0, err);
	if (rc < 0)
		return err_prefix(err, rc, "defectd.training");
	if (!cJSON_IsObject(tree))
		return err_set(err, -EINVAL, "defectd.training is %s, allowed is an object",
			json_kind(tree));
	copy = arena_stringn(memory, text, len);
	if (!copy)
		return no_memory(err);
	*out = copy;
	return 0;
}
