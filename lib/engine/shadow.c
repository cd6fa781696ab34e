/* What other models than the champion's would have said of a unit. Nothing here is part of the
 * engine's state: the models are set by the caller, the scores follow from a row's values alone. */
#include <assert.h>
#include <math.h>

#include "lib/engine/state.h"

int engine_set_shadow(struct engine *e, size_t line, enum engine_shadow which,
	const struct model *model, struct err *err)
{
	struct engine_line *l = &e->lines[line];

	assert(line < e->line_count && which < ENGINE_SHADOWS);
	if (model)
		return binding_set(&l->shadows[which], l->spec.plan, model, err);
	binding_clear(&l->shadows[which]);
	return 0;
}

/* Is a value missing that neither the line nor the model may do without? */
static bool lacks_value(
	const struct binding *b, const struct plan *plan, const struct unit_row *row)
{
	for (size_t i = 0; i < model_feature_count(b->model); i++) {
		if (row->values[b->at[i]].kind == VALUE_MISSING && !plan->features[b->at[i]].impute)
			return true;
	}
	return false;
}

size_t engine_score_shadows(struct engine *e, size_t line, const struct unit_row *row,
	struct engine_shadow_score out[ENGINE_SHADOWS])
{
	struct engine_line *l = &e->lines[line];
	size_t count = 0;

	assert(line < e->line_count && row->value_count == l->spec.plan->feature_count);
	for (size_t i = 0; i < ENGINE_SHADOWS; i++) {
		struct binding *b = &l->shadows[i];
		struct model_score score;

		if (!b->model || lacks_value(b, l->spec.plan, row))
			continue;
		binding_score(b, e->kernels, row->values, &score);
		if (isnan(score.p_defect)) /* the model overflows */
			continue;
		out[count++] = (struct engine_shadow_score){
			.model = model_sha256(b->model), .p_defect = score.p_defect};
	}
	return count;
}
