#include "lib/engine/binding.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/engine/engine.h"

int engine_model_fits(const struct plan *plan, const struct model *m, struct err *err)
{
	const struct model_feature *features = model_features(m);
	int r = model_check_usable(m, err);

	if (r < 0)
		return r;
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
		if (plan->features[at].is_text && features[i].is_number)
			return err_set(err, -EINVAL,
				"the model wants feature \"%s\" as a number, the line has it as a "
				"text",
				name);
	}
	return 0;
}

int binding_set(struct binding *b, const struct plan *plan, const struct model *m, struct err *err)
{
	size_t count = model_feature_count(m);
	struct binding fresh = {NULL};
	int r = engine_model_fits(plan, m, err);

	if (r < 0)
		return r;
	fresh.model = model_share(m);
	fresh.at = calloc(count + 1, sizeof(*fresh.at));
	fresh.inputs = calloc(count + 1, sizeof(*fresh.inputs));
	if (!fresh.at || !fresh.inputs || model_scratch_new(&fresh.scratch, m) < 0) {
		binding_clear(&fresh);
		return err_set(err, -ENOMEM, "no memory to score with a model");
	}
	for (size_t i = 0; i < count; i++)
		fresh.at[i] = (size_t)plan_find_feature(plan, model_features(m)[i].name);
	binding_clear(b);
	*b = fresh;
	return 0;
}

void binding_clear(struct binding *b)
{
	model_scratch_free(b->scratch);
	model_free(b->model);
	free(b->at);
	free(b->inputs);
	*b = (struct binding){0};
}

void binding_score(struct binding *b, const struct nn_kernels *kernels, const struct value *values,
	struct model_score *out)
{
	for (size_t i = 0; i < model_feature_count(b->model); i++)
		b->inputs[i] = values[b->at[i]];
	model_score(b->model, kernels, b->scratch, b->inputs, out);
}
