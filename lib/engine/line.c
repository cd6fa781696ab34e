/* A line of the engine: its assembler, and the model bound to its features by name. */
#include "lib/engine/line.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"

int line_init(struct engine_line *l, const struct line_spec *spec,
	const struct assembler_limits *limits, struct err *err)
{
	size_t features = spec->plan->feature_count;
	int r;

	*l = (struct engine_line){.spec = *spec, .why_none = "no_model"};
	l->names = calloc(features + 1, sizeof(*l->names));
	l->required = calloc(features + 1, sizeof(*l->required));
	if (!l->names || !l->required) {
		line_deinit(l);
		return err_set(err, -ENOMEM, "no memory for line \"%s\"", spec->name);
	}
	for (size_t i = 0; i < features; i++)
		l->names[i] = spec->plan->features[i].name;
	r = assembler_new(&l->assembler, spec->plan, limits, err);
	if (r < 0)
		line_deinit(l);
	return r;
}

static void unbind(struct engine_line *l)
{
	model_scratch_free(l->scratch);
	free(l->bind);
	free(l->inputs);
	l->scratch = NULL;
	l->bind = NULL;
	l->inputs = NULL;
}

void line_deinit(struct engine_line *l)
{
	unbind(l);
	assembler_free(l->assembler);
	free(l->names);
	free(l->required);
}

/* Does the model read numbers from this feature? */
static bool wants_number(const struct model *m, const char *feature)
{
	const struct model_input *inputs = model_inputs(m);

	for (size_t i = 0; i < model_input_count(m); i++) {
		if (inputs[i].kind == MODEL_INPUT_NUMBER && strcmp(inputs[i].from, feature) == 0)
			return true;
	}
	return false;
}

int engine_model_fits(const struct plan *plan, const struct model *m, struct err *err)
{
	const struct model_feature *features = model_features(m);

	for (size_t i = 0; i < model_feature_count(m); i++) {
		const char *name = features[i].name;
		int at = plan_find_feature(plan, name);

		if (at < 0)
			return err_set(err, -EINVAL,
				"the model wants feature \"%s\", which the line does not have",
				name);
		if (features[i].is_text && !plan->features[at].is_text)
			return err_set(err, -EINVAL,
				"the model wants feature \"%s\" as a text, the line has it as a "
				"number",
				name);
		/* that a value is missing can be asked of either type */
		if (plan->features[at].is_text && wants_number(m, name))
			return err_set(err, -EINVAL,
				"the model wants feature \"%s\" as a number, the line has it as a "
				"text",
				name);
	}
	return 0;
}

static const char *known_reason(const char *why)
{
	static const char *const reasons[] = {"no_model", "model_refused", "model_misfit"};

	for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
		if (why && strcmp(why, reasons[i]) == 0)
			return reasons[i];
	}
	assert(!"a line without a model has one of three reasons");
	return reasons[0];
}

static void collect(struct engine_line *l, const char *why_none)
{
	l->why_none = known_reason(why_none);
	unbind(l);
	l->model = NULL;
	l->threshold = 0;
	assembler_require(l->assembler, NULL);
}

int line_set_model(
	struct engine_line *l, const struct model *model, const char *why_none, struct err *err)
{
	const struct decide_policy *decide = l->spec.decide;
	const struct plan *plan = l->spec.plan;
	struct model_scratch *scratch = NULL;
	struct value *inputs;
	size_t *bind, count;
	int r;

	if (!model) {
		collect(l, why_none);
		return 0;
	}
	r = engine_model_fits(plan, model, err);
	if (r < 0)
		return r;
	count = model_feature_count(model);
	bind = calloc(count + 1, sizeof(*bind));
	inputs = calloc(count + 1, sizeof(*inputs));
	if (!bind || !inputs || model_scratch_new(&scratch, model) < 0) {
		free(bind);
		free(inputs);
		return err_set(
			err, -ENOMEM, "no memory for the model of line \"%s\"", l->spec.name);
	}
	unbind(l);
	l->bind = bind;
	l->inputs = inputs;
	l->scratch = scratch;
	l->model = model;
	l->why_none = "";
	l->threshold = decide->has_threshold ? decide->threshold : model_threshold(model);
	memset(l->required, 0, plan->feature_count * sizeof(*l->required));
	for (size_t i = 0; i < count; i++) {
		bind[i] = (size_t)plan_find_feature(plan, model_features(model)[i].name);
		l->required[bind[i]] = true;
	}
	assembler_require(l->assembler, l->required);
	return 0;
}
