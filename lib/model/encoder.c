#include "lib/model/encoder.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/map.h"
#include "lib/model/expression.h"

struct finder {
	struct arena *memory;
	struct map *features; /* name -> struct model_feature */
	struct model_feature *list;
	size_t count;
	struct err *err;
};

static int no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "no memory for the model's encoder");
}

static int find_feature(struct finder *f, const char *name, enum model_input_kind kind, size_t *out)
{
	struct model_feature *feature = map_get(f->features, name);

	if (!feature) {
		feature = &f->list[f->count++];
		feature->name = name;
		if (map_put(f->features, name, feature) < 0)
			return no_memory(f->err);
	}
	*out = (size_t)(feature - f->list);
	if (kind == MODEL_INPUT_ONE_HOT)
		feature->is_text = true;
	if (kind == MODEL_INPUT_NUMBER || kind == MODEL_INPUT_DERIVED)
		feature->is_number = true;
	if (feature->is_text && feature->is_number)
		return err_set(f->err, -EINVAL,
			"defectd.inputs uses \"%s\" both as a number and with one_hot, it can be "
			"one of them",
			name);
	return 0;
}

/* Compiles derived inputs; *features becomes how many features there are at most. */
static int compile(struct encoder_input *made_of, size_t *features, struct arena *memory,
	const struct model_input *inputs, size_t count, struct err *err)
{
	*features = 0;
	for (size_t i = 0; i < count; i++) {
		struct expression *e = NULL;
		int rc = 0;

		if (inputs[i].kind == MODEL_INPUT_DERIVED)
			rc = expression_compile(&e, memory, inputs[i].derive, err);
		if (rc < 0)
			return err_prefix(err, rc, "defectd.inputs/%zu: \"derive\"", i);
		made_of[i].expression = e;
		*features += e ? expression_operand_count(e) : 1;
	}
	return 0;
}

/* The features that one input is made of. */
static int bind(struct finder *f, const struct model_input *in, struct encoder_input *made_of)
{
	size_t count = made_of->expression ? expression_operand_count(made_of->expression) : 1;
	size_t *features = arena_zalloc(f->memory, count + 1, sizeof(*features));

	if (!features)
		return no_memory(f->err);
	for (size_t i = 0; i < count; i++) {
		const char *name =
			made_of->expression ? expression_operand(made_of->expression, i) : in->from;
		int rc = find_feature(f, name, in->kind, &features[i]);

		if (rc < 0)
			return rc;
	}
	made_of->features = features;
	return 0;
}

static int check_names(const struct model_input *inputs, size_t count, struct err *err)
{
	CLEANUP(map_free) struct map *names = NULL;

	if (map_new(&names, count) < 0)
		return no_memory(err);
	for (size_t i = 0; i < count; i++) {
		if (map_get(names, inputs[i].name))
			return err_set(err, -EINVAL, "defectd.inputs has two inputs called \"%s\"",
				inputs[i].name);
		if (map_put(names, inputs[i].name, names) < 0)
			return no_memory(err);
	}
	return 0;
}

int encoder_init(struct encoder *out, struct arena *memory, const struct model_input *inputs,
	size_t count, struct err *err)
{
	CLEANUP(map_free) struct map *features = NULL;
	struct finder f = {.memory = memory, .err = err};
	struct encoder_input *made_of = arena_zalloc(memory, count, sizeof(*made_of));
	size_t most;
	int rc;

	if (!made_of)
		return no_memory(err);
	rc = check_names(inputs, count, err);
	if (rc == 0)
		rc = compile(made_of, &most, memory, inputs, count, err);
	if (rc < 0)
		return rc;
	f.list = arena_zalloc(memory, most + 1, sizeof(*f.list));
	if (!f.list || map_new(&features, most + 1) < 0)
		return no_memory(err);
	f.features = features;
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = bind(&f, &inputs[i], &made_of[i]);
	if (rc < 0)
		return rc;
	*out = (struct encoder){inputs, made_of, count, f.list, f.count};
	return 0;
}

static double limited(double v)
{
	return v > (double)FLT_MAX ? (double)FLT_MAX : v < -(double)FLT_MAX ? -(double)FLT_MAX : v;
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
static bool is_missing(const struct model_feature *f, const struct value *v)
{
	return v->kind == VALUE_MISSING || (v->kind == VALUE_TEXT && f->is_number) ||
	       (v->kind == VALUE_NUMBER && f->is_text);
}

/* NAN when it is missing. */
static double derive(const struct encoder_input *made_of, const struct value *values)
{
	const struct expression *e = made_of->expression;
	double operands[EXPRESSION_STEPS_MAX];

	for (size_t i = 0; i < expression_operand_count(e); i++) {
		const struct value *v = &values[made_of->features[i]];

		operands[i] = v->kind == VALUE_NUMBER ? v->number : NAN;
	}
	return expression_run(e, operands);
}

void encoder_run(
	const struct encoder *e, const struct value *values, double *out, unsigned char *known)
{
	if (known)
		memset(known, 0, e->feature_count);
	for (size_t i = 0; i < e->input_count; i++) {
		const struct model_input *in = &e->inputs[i];
		size_t feature = e->made_of[i].features[0];
		double x = 0;

		switch (in->kind) {
		case MODEL_INPUT_NUMBER:
			x = values[feature].kind == VALUE_NUMBER ? values[feature].number
								 : in->missing;
			break;
		case MODEL_INPUT_DERIVED:
			x = derive(&e->made_of[i], values);
			x = isnan(x) ? in->missing : x;
			break;
		case MODEL_INPUT_ONE_HOT:
			x = has_text(in, &values[feature]);
			if (known && x > 0)
				known[feature] = 1;
			break;
		case MODEL_INPUT_IS_MISSING:
			x = is_missing(&e->features[feature], &values[feature]);
			break;
		}
		out[i] = limited(in->is_scaled ? (x - in->mean) / in->sd : x);
	}
}
