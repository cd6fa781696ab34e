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

void line_shut(struct engine_line *l)
{
	binding_clear(&l->champion);
	for (size_t i = 0; i < ENGINE_SHADOWS; i++)
		binding_clear(&l->shadows[i]);
	assembler_free(l->assembler);
	free(l->required);
	l->assembler = NULL;
	l->required = NULL;
}

void line_deinit(struct engine_line *l)
{
	line_free_generations(l);
	line_shut(l);
	free(l->names);
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
	binding_clear(&l->champion);
	l->threshold = 0;
	assembler_require(l->assembler, NULL);
}

int line_set_model(
	struct engine_line *l, const struct model *model, const char *why_none, struct err *err)
{
	const struct decide_policy *decide = l->spec.decide;
	int r;

	if (!model) {
		collect(l, why_none);
		return 0;
	}
	r = binding_set(&l->champion, l->spec.plan, model, err);
	if (r < 0)
		return r;
	l->why_none = "";
	l->threshold = decide->has_threshold ? decide->threshold : model_threshold(model);
	memset(l->required, 0, l->spec.plan->feature_count * sizeof(*l->required));
	for (size_t i = 0; i < model_feature_count(model); i++)
		l->required[l->champion.at[i]] = true;
	assembler_require(l->assembler, l->required);
	return 0;
}
