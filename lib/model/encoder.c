#include "lib/model/encoder.h"

#include <errno.h>
#include <float.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/map.h"

struct finder {
	struct map *features; /* name -> struct model_feature */
	struct map *names;
	struct model_feature *list;
	bool *is_number; /* [feature_count] */
	size_t count;
};

static int no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "no memory for the model's encoder");
}

static int find_feature(
	struct finder *f, const struct model_input *in, size_t *out, struct err *err)
{
	struct model_feature *feature = map_get(f->features, in->from);
	bool *is_number;

	if (!feature) {
		feature = &f->list[f->count++];
		feature->name = in->from;
		if (map_put(f->features, in->from, feature) < 0)
			return no_memory(err);
	}
	*out = (size_t)(feature - f->list);
	is_number = &f->is_number[*out];
	if (in->kind == MODEL_INPUT_ONE_HOT)
		feature->is_text = true;
	if (in->kind == MODEL_INPUT_NUMBER)
		*is_number = true;
	if (feature->is_text && *is_number)
		return err_set(err, -EINVAL,
			"defectd.inputs uses \"%s\" both as a number and with one_hot, it can be "
			"one of "
			"them",
			in->from);
	return 0;
}

int encoder_init(struct encoder *out, struct arena *memory, const struct model_input *inputs,
	size_t count, struct err *err)
{
	CLEANUP(map_free) struct map *features = NULL, *names = NULL;
	struct finder f = {0};
	size_t *feature_of;

	f.list = arena_zalloc(memory, count, sizeof(*f.list));
	f.is_number = arena_zalloc(memory, count, sizeof(*f.is_number));
	feature_of = arena_zalloc(memory, count, sizeof(*feature_of));
	if (!f.list || !f.is_number || !feature_of || map_new(&features, count) < 0 ||
		map_new(&names, count) < 0)
		return no_memory(err);
	f.features = features;
	for (size_t i = 0; i < count; i++) {
		int rc;

		if (map_get(names, inputs[i].name))
			return err_set(err, -EINVAL, "defectd.inputs has two inputs called \"%s\"",
				inputs[i].name);
		if (map_put(names, inputs[i].name, &f) < 0)
			return no_memory(err);
		rc = find_feature(&f, &inputs[i], &feature_of[i], err);
		if (rc < 0)
			return rc;
	}
	*out = (struct encoder){inputs, count, feature_of, f.list, f.is_number, f.count};
	return 0;
}

static float to_float(double v)
{
	return (float)(v > FLT_MAX ? FLT_MAX : v < -FLT_MAX ? -FLT_MAX : v);
}

static bool has_text(const struct model_input *in, const struct value *v)
{
	if (v->kind != VALUE_TEXT)
		return false;
	for (size_t i = 0; i < in->text_count; i++)
		if (strcmp(in->texts[i], v->text) == 0)
			return true;
	return false;
}

/* A value of the other kind is as good as none. */
static bool is_missing(const struct encoder *e, size_t feature, const struct value *v)
{
	return v->kind == VALUE_MISSING || (v->kind == VALUE_TEXT && e->is_number[feature]) ||
	       (v->kind == VALUE_NUMBER && e->features[feature].is_text);
}

void encoder_run(
	const struct encoder *e, const struct value *values, float *out, unsigned char *known)
{
	if (known)
		memset(known, 0, e->feature_count);
	for (size_t i = 0; i < e->input_count; i++) {
		const struct model_input *in = &e->inputs[i];
		const struct value *v = &values[e->feature_of[i]];

		switch (in->kind) {
		case MODEL_INPUT_NUMBER:
			out[i] = to_float(v->kind == VALUE_NUMBER ? v->number : in->missing);
			break;
		case MODEL_INPUT_ONE_HOT:
			out[i] = has_text(in, v);
			if (known && out[i] > 0)
				known[e->feature_of[i]] = 1;
			break;
		case MODEL_INPUT_IS_MISSING:
			out[i] = is_missing(e, e->feature_of[i], v);
			break;
		}
	}
}
