/* defectd.inputs: how raw features become the columns of the graph's input. */
#include "lib/model/metadata.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/num.h"

/* Where results go. Sentences get the place of the input put before them. */
struct reader {
	struct arena *memory;
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
	IN_DERIVED = 1 << MODEL_INPUT_DERIVED,
	IN_NUMBERS = IN_NUMBER | IN_DERIVED,
	IN_ALL = IN_NUMBERS | IN_ONE_HOT | IN_IS_MISSING,
};

static const struct key {
	const char *name;
	int kinds;
} keys[] = {
	{"name", IN_ALL},
	{"from", IN_ALL & ~IN_DERIVED},
	{"derive", IN_DERIVED},
	{"mean", IN_ALL}, /* where it is no number only for `scale` */
	{"sd", IN_ALL},
	{"min", IN_NUMBERS},
	{"max", IN_NUMBERS},
	{"unit", IN_NUMBERS},
	{"missing", IN_NUMBERS},
	{"scale", IN_ALL},
	{"one_hot", IN_ONE_HOT},
	{"is_missing", IN_IS_MISSING},
};

static const char *const kind_names[] = {
	[MODEL_INPUT_NUMBER] = "a number",
	[MODEL_INPUT_ONE_HOT] = "an input with one_hot",
	[MODEL_INPUT_IS_MISSING] = "an input with is_missing",
	[MODEL_INPUT_DERIVED] = "an input with derive",
};

static const cJSON *member(const cJSON *item, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(item, key);
}

static const struct key *key_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static int check_keys(const struct reader *r, const cJSON *item, enum model_input_kind kind)
{
	bool is_number = 1 << kind & IN_NUMBERS;

	for (const cJSON *m = item->child; m; m = m->next) {
		const struct key *key = key_of(m->string);

		if (!key)
			return err_set(r->err, -EINVAL,
				"unknown key \"%s\", allowed are name, from, derive, mean, "
				"sd, min, max, unit, missing, scale, one_hot and is_missing",
				m->string);
		if (!(key->kinds & 1 << kind) ||
			(key->kinds == IN_ALL && strcmp(key->name, "name") != 0 && !is_number &&
				!cJSON_IsTrue(member(item, "scale"))))
			return err_set(r->err, -EINVAL, "\"%s\" does not go with %s%s", key->name,
				kind_names[kind],
				key->kinds == IN_ALL ? " unless \"scale\" is true" : "");
	}
	return 0;
}

/* A text that is not empty, copied; `preset` when the key is absent (NULL: it must be there). */
static int read_text(const struct reader *r, const cJSON *item, const char *key, const char *preset,
	const char **out)
{
	const cJSON *v = member(item, key);

	if (!v && preset) {
		*out = preset;
		return 0;
	}
	if (!v)
		return err_set(r->err, -EINVAL, "\"%s\" is missing", key);
	if (!cJSON_IsString(v) || (!v->valuestring[0] && !preset))
		return err_set(r->err, -EINVAL, "\"%s\" is %s, allowed is a text that is not empty",
			key, cJSON_IsString(v) ? "empty" : json_kind(v));
	*out = arena_string(r->memory, v->valuestring);
	return *out ? 0 : no_memory(r->err);
}

/* NAN when absent. */
static int read_statistic(const struct reader *r, const cJSON *item, const char *key, double *out)
{
	const cJSON *v = member(item, key);

	*out = NAN;
	if (!v)
		return 0;
	if (!cJSON_IsNumber(v))
		return err_set(
			r->err, -EINVAL, "\"%s\" is %s, allowed is a number", key, json_kind(v));
	*out = v->valuedouble;
	return 0;
}

static int read_statistics(const struct reader *r, const cJSON *item, struct model_input *in)
{
	const struct {
		const char *key;
		double *to;
	} statistics[] = {
		{"mean", &in->mean}, {"sd", &in->sd}, {"min", &in->min}, {"max", &in->max}};

	for (size_t i = 0; i < ARRAY_LEN(statistics); i++) {
		int rc = read_statistic(r, item, statistics[i].key, statistics[i].to);

		if (rc < 0)
			return rc;
	}
	if (in->sd < 0)
		return err_set(r->err, -EINVAL, "\"sd\" is %g, allowed is 0 or more", in->sd);
	if (in->min > in->max)
		return err_set(r->err, -EINVAL,
			"\"min\" is %g and \"max\" %g, min must not be greater", in->min, in->max);
	return 0;
}

static int read_scale(const struct reader *r, const cJSON *item, struct model_input *in)
{
	const cJSON *v = member(item, "scale");

	if (v && !cJSON_IsBool(v))
		return err_set(r->err, -EINVAL, "\"scale\" is %s, allowed are true and false",
			json_kind(v));
	in->is_scaled = cJSON_IsTrue(v);
	if (in->is_scaled && isnan(in->mean))
		return err_set(r->err, -EINVAL, "\"scale\" needs a \"mean\"");
	if (in->is_scaled && !(in->sd > 0)) /* NAN too */
		return err_set(r->err, -EINVAL, "\"scale\" needs a \"sd\" greater than 0");
	return 0;
}

static int read_missing(const struct reader *r, const cJSON *item, struct model_input *in)
{
	const cJSON *v = member(item, "missing");

	if (v && cJSON_IsNumber(v)) {
		in->missing = v->valuedouble;
		return 0;
	}
	if (v && !(cJSON_IsString(v) && strcmp(v->valuestring, "mean") == 0))
		return err_set(r->err, -EINVAL,
			"\"missing\" is %s, allowed are \"mean\" and a number",
			cJSON_IsString(v) ? "another text" : json_kind(v));
	if (isnan(in->mean))
		return err_set(
			r->err, -EINVAL, "\"mean\" is missing, it stands in for missing values");
	in->missing_is_mean = true;
	in->missing = in->mean;
	return 0;
}

/* Of a number, derived or not; `preset` as in read_text. */
static int read_number(
	const struct reader *r, const cJSON *item, const char *preset, struct model_input *in)
{
	int rc = read_missing(r, item, in);

	if (rc == 0)
		rc = read_text(r, item, "unit", "", &in->unit);
	return rc == 0 ? read_text(r, item, "name", preset, &in->name) : rc;
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
	const cJSON *v = member(item, "one_hot");
	const cJSON *text = cJSON_IsArray(v) ? v->child : v;
	int count = cJSON_IsArray(v) ? cJSON_GetArraySize(v) : 1;
	const char **texts = arena_zalloc(r->memory, (size_t)count + 1, sizeof(*texts));
	const char *name;

	if (!texts)
		return no_memory(r->err);
	if (count == 0)
		return err_set(r->err, -EINVAL,
			"\"one_hot\" is an empty list, at least one text is allowed");
	for (int i = 0; i < count; i++, text = text->next) {
		if (!cJSON_IsString(text))
			return err_set(r->err, -EINVAL,
				"\"one_hot\" holds %s, allowed is a text or a list of texts",
				json_kind(text));
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
	if (!cJSON_IsTrue(member(item, "is_missing")))
		return err_set(
			r->err, -EINVAL, "\"is_missing\" is not true, nothing else is allowed");
	return read_text(r, item, "name", name, &in->name);
}

static enum model_input_kind kind_of(const cJSON *item)
{
	return member(item, "one_hot")      ? MODEL_INPUT_ONE_HOT
	       : member(item, "is_missing") ? MODEL_INPUT_IS_MISSING
	       : member(item, "derive")     ? MODEL_INPUT_DERIVED
					    : MODEL_INPUT_NUMBER;
}

static int read_input(const struct reader *r, const cJSON *item, struct model_input *in)
{
	int rc;

	*in = (struct model_input){
		.kind = kind_of(item),
		.from = "",
		.unit = "",
		.mean = NAN,
		.sd = NAN,
		.min = NAN,
		.max = NAN,
	};
	rc = check_keys(r, item, in->kind);
	if (rc == 0 && in->kind == MODEL_INPUT_DERIVED)
		rc = read_text(r, item, "derive", NULL, &in->derive);
	else if (rc == 0)
		rc = read_text(r, item, "from", NULL, &in->from);
	if (rc == 0)
		rc = read_statistics(r, item, in);
	if (rc == 0)
		rc = read_scale(r, item, in);
	if (rc < 0)
		return rc;
	switch (in->kind) {
	case MODEL_INPUT_ONE_HOT:
		return read_one_hot(r, item, in);
	case MODEL_INPUT_IS_MISSING:
		return read_is_missing(r, item, in);
	case MODEL_INPUT_DERIVED:
		return read_number(r, item, NULL, in);
	case MODEL_INPUT_NUMBER:
		break;
	}
	return read_number(r, item, in->from, in);
}

int metadata_take_inputs(struct model_input **out, size_t *count, struct arena *memory,
	const cJSON *tree, const char *where, struct err *err)
{
	const struct reader r = {memory, err};
	struct model_input *inputs;
	size_t at = 0;

	if (!cJSON_IsArray(tree))
		return err_set(err, -EINVAL, "%s is %s, allowed is a list", where, json_kind(tree));
	*count = (size_t)cJSON_GetArraySize(tree);
	inputs = arena_zalloc(memory, *count + 1, sizeof(*inputs));
	if (!inputs)
		return no_memory(err);
	for (const cJSON *item = tree->child; item; item = item->next, at++) {
		int rc;

		if (!cJSON_IsObject(item))
			return err_set(err, -EINVAL, "%s/%zu is %s, allowed is an object", where,
				at, json_kind(item));
		rc = read_input(&r, item, &inputs[at]);
		if (rc < 0)
			return err_prefix(err, rc, "%s/%zu", where, at);
	}
	*out = inputs;
	return 0;
}

int metadata_read_inputs(struct model_input **out, size_t count, struct arena *memory,
	const char *text, size_t len, struct err *err)
{
	CLEANUP(json_free) cJSON *tree = NULL;
	int rc;

	if (len > METADATA_BYTES_MAX)
		return err_set(err, -EINVAL, "defectd.inputs has %zu bytes, allowed are %u", len,
			METADATA_BYTES_MAX);
	rc = json_parse(&tree, text, len, 0, err);
	if (rc < 0)
		return err_prefix(err, rc, "defectd.inputs");
	/* before memory is taken */
	if (cJSON_IsArray(tree) && (size_t)cJSON_GetArraySize(tree) != count)
		return err_set(err, -EINVAL, "defectd.inputs has %d inputs, the graph wants %zu",
			cJSON_GetArraySize(tree), count);
	return metadata_take_inputs(out, &count, memory, tree, "defectd.inputs", err);
}
