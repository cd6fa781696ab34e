/* A unit that is done becomes a row: missing values judged, the model run, the verdict taken. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/num.h"
#include "lib/engine/line.h"

#define DETAIL_EACH 100 /* of the units that pass, every so many keep their detail */
#define NAMED_MAX 8     /* missing features that a reason names; the others are counted */

/* What is in hand while one unit is scored. */
struct scoring {
	struct engine_line *line;
	const struct assembled *unit;
	struct arena *arena;
	struct buf *text; /* scratch; empty between two uses */
	struct unit_row *row;
	enum verdict verdict;
};

/* What is in the scratch text, moved to the arena. NULL: no memory. */
static char *finish_text(struct scoring *s)
{
	char *out = NULL;

	if (!buf_failed(s->text))
		out = arena_stringn(s->arena, s->text->data ? s->text->data : "", s->text->len);
	buf_clear(s->text);
	return out;
}

/* Counts the features that the encoder has to fill in and lists their names. */
static int list_imputed(struct scoring *s)
{
	const struct plan *plan = s->line->spec.plan;
	struct unit_row *row = s->row;

	buf_add(s->text, "[");
	for (size_t i = 0; i < plan->feature_count; i++) {
		const struct feature *f = &plan->features[i];
		bool is_wanted = !s->line->champion.model || s->line->required[i];

		if (!is_wanted || !f->impute || s->unit->values[i].value.kind != VALUE_MISSING)
			continue;
		if (row->imputed_count++)
			buf_add(s->text, ",");
		jsonw_raw_text(s->text, s->line->names[i], strlen(s->line->names[i]));
	}
	buf_add(s->text, "]");
	row->imputed = finish_text(s);
	return row->imputed ? 0 : -ENOMEM;
}

/* Names the features that the model cannot do without and that are missing, and why. How many. */
static size_t put_missing(struct scoring *s)
{
	const struct plan *plan = s->line->spec.plan;
	size_t count = 0;

	for (size_t i = 0; i < plan->feature_count; i++) {
		const struct assembled_value *v = &s->unit->values[i];

		if (!s->line->required[i] || plan->features[i].impute ||
			v->value.kind != VALUE_MISSING)
			continue;
		if (++count > NAMED_MAX)
			continue;
		buf_addf(s->text, "%s%s: %s", count == 1 ? "missing " : ", ",
			plan->features[i].name, value_missing_name(v->missing));
	}
	if (count > NAMED_MAX)
		buf_addf(s->text, " and %zu more", count - NAMED_MAX);
	return count;
}

/* Why the unit cannot be scored, into the scratch text; false: it can. */
static bool put_hindrance(struct scoring *s)
{
	const struct decide_policy *decide = s->line->spec.decide;

	if (!s->line->champion.model) {
		buf_add(s->text, s->line->why_none);
		return true;
	}
	if (put_missing(s) > 0)
		return true;
	if (decide->max_imputed < 0 || s->row->imputed_count <= (unsigned long)decide->max_imputed)
		return false;
	buf_addf(s->text, "imputed %u of at most %ld", s->row->imputed_count, decide->max_imputed);
	return true;
}

/* Why the verdict is "unsure", into the scratch text. */
static void put_doubt(struct scoring *s, const struct model_score *score)
{
	char band[NUM_TEXT_MAX];

	if (score->new_category) {
		const char *feature =
			score->new_category_feature ? score->new_category_feature : "";
		const struct engine_line *l = s->line;
		int at = plan_find_feature(l->spec.plan, feature);
		const struct value *v = at < 0 ? NULL : &s->unit->values[at].value;

		buf_addf(s->text, "new category \"%s\" of %s",
			v && v->kind == VALUE_TEXT ? v->text : "", feature);
		return;
	}
	num_print(band, s->line->spec.decide->unsure, false);
	buf_addf(s->text, "less than %s from the limit", band);
}

static void run_model(struct scoring *s, const struct nn_kernels *kernels)
{
	struct engine_line *l = s->line;
	struct model_score score;

	binding_score(&l->champion, kernels, s->row->values, &score);
	if (isnan(score.p_defect)) { /* no number is no verdict, and never a pass */
		buf_add(s->text, "the model overflows: a value is absurdly large");
		s->row->class_name = "";
		return;
	}
	s->row->p_defect = score.p_defect;
	s->row->class_name = arena_string(s->arena, model_score_class(&score, l->threshold));
	s->verdict =
		decide_verdict(l->spec.decide, score.p_defect, l->threshold, score.new_category);
	if (s->verdict == VERDICT_UNSURE)
		put_doubt(s, &score);
}

static int copy_values(struct scoring *s)
{
	size_t count = s->line->spec.plan->feature_count;
	struct value *values = arena_alloc(s->arena, count * sizeof(*values));

	if (!values)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		values[i] = s->unit->values[i].value;
	s->row->value_count = count;
	s->row->names = s->line->names;
	s->row->values = values;
	return 0;
}

static int put_columns(struct scoring *s)
{
	const struct plan *plan = s->line->spec.plan;
	struct unit_row *row = s->row;

	detail_put_lots(s->text, plan, s->unit);
	row->lots = finish_text(s);
	if (!row->lots)
		return -ENOMEM;
	if (s->verdict == VERDICT_PASS && row->seq % DETAIL_EACH != 0)
		return 0;
	detail_put_features(s->text, plan, s->unit);
	row->detail = finish_text(s);
	return row->detail ? 0 : -ENOMEM;
}

static void count_unit(struct line_tally *t, const struct unit_row *row, bool alert)
{
	t->units = row->seq;
	t->alerts += alert;
	t->not_scored += row->verdict_n == VERDICT_NOT_SCORED;
	t->last_unit_ms = row->scored_ms;
}

int line_score(struct engine_line *l, struct line_tally *tally, const struct nn_kernels *kernels,
	const struct assembled *unit, int64_t now_ms, struct arena *arena, struct buf *text,
	struct outcome *out)
{
	const struct model *model = l->champion.model;
	struct unit_row *row = &out->row;
	struct scoring s = {l, unit, arena, text, row, VERDICT_NOT_SCORED};

	*out = (struct outcome){.kind = OUTCOME_UNIT};
	*row = (struct unit_row){
		.line = l->spec.name,
		.unit = unit->unit,
		.started_ms = unit->started_ms,
		.scored_ms = now_ms,
		.seq = tally->units + 1,
		.p_defect = -1,
		.class_name = "",
		.threshold = l->threshold,
		.model = model ? arena_string(arena, model_sha256(model)) : "",
		.reasons = "[]",
		.config = l->spec.config_sha256,
		.latency_us = -1,
		.gap_ms = unit->gap_ms,
	};
	if (list_imputed(&s) < 0 || copy_values(&s) < 0)
		return -ENOMEM;
	if (!put_hindrance(&s))
		run_model(&s, kernels);
	row->reason = finish_text(&s);
	row->verdict = verdict_name(s.verdict);
	row->verdict_n = s.verdict;
	if (!row->reason || !row->model || !row->class_name || put_columns(&s) < 0)
		return -ENOMEM;
	out->alert = decide_alerts(l->spec.decide, s.verdict);
	count_unit(tally, row, out->alert);
	return 0;
}
