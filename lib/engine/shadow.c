/* What other models than the champion's would have said of a unit. Nothing here is part of the
 * engine's state: the models are set by the caller, the scores follow from a row's values alone. */
#include <assert.h>
#include <math.h>

#include "lib/engine/state.h"

int engine_set_shadow(struct engine *e, size_t line, enum engine_shadow which,
	const struct model *model, struct err *err)
{
	struct engine_line *l = &e->lines[line];
	int r = 0;

	assert(line < e->line_count && which < ENGINE_SHADOWS);
	if (model)
		r = binding_set(&l->shadows[which], l->spec.plan, model, err);
	else
		binding_clear(&l->shadows[which]);
	/* where it does not fit units that go on under a line file of before, it says nothing */
	for (struct engine_line *g = l->older; g && r == 0; g = g->older) {
		binding_clear(&g->shadows[which]);
		if (model && engine_model_fits(g->spec.plan, model, NULL) == 0)
			r = binding_set(&g->shadows[which], g->spec.plan, model, err);
	}
	return r;
}

/* The one that the row came from: its names are that one's. */
static struct engine_line *generation_of(struct engine_line *l, const struct unit_row *row)
{
	for (struct engine_line *g = l->older; g; g = g->older)
		if (g->names == row->names)
			return g;
	return l;
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
	struct engine_line *l = generation_of(&e->lines[line], row);
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
