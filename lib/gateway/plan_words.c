/* A line's plan in words. */
#include "lib/gateway/plan_words.h"

#include "lib/base/num.h"

static const char *source_name(const struct plan *plan, size_t source)
{
	return plan->sources[source].name;
}

/* "<before><duration><after>" */
static void add_span(struct buf *b, const char *before, int64_t ms, const char *after)
{
	char text[NUM_TEXT_MAX];

	duration_print(text, ms);
	buf_addf(b, "%s%s%s", before, text, after);
}

void plan_words_source(struct buf *b, const struct source *s)
{
	static const char *const of[] = {
		[SOURCE_UNIT] = "of a unit",
		[SOURCE_LOT] = "of a lot",
		[SOURCE_STREAM] = "of the line",
	};

	buf_addf(b, "%s %s", s->decoder->name, of[s->kind]);
	if (s->each)
		buf_addf(b, ", each of \"%s\"", s->each);
	buf_addf(b, "%s, QoS %d", s->opens ? ", opens it" : "", s->qos);
	buf_add(b, s->journal ? "" : ", not journaled");
	buf_add(b, s->time_format == TIME_OF_RECEIPT ? ", time of receipt" : "");
	if (s->shift_ms != 0)
		add_span(b, ", shifted by ", s->shift_ms, "");
}

/* From when to when a unit is there. */
static void add_stay(struct buf *b, const struct plan *plan, const struct station *s)
{
	if (s->enter == NO_INDEX)
		buf_addf(b, "from the unit before it to %s", source_name(plan, s->exit));
	else if (s->exit == NO_INDEX)
		buf_addf(b, "%s to the next unit's", source_name(plan, s->enter));
	else
		buf_addf(b, "%s to %s", source_name(plan, s->enter), source_name(plan, s->exit));
}

void plan_words_station(struct buf *b, const struct plan *plan, const struct station *s)
{
	add_stay(b, plan, s);
	if (s->enter != NO_INDEX)
		add_span(b, ", at most ", s->max_dwell_ms,
			s->no_exit_closes ? ", which closes it where that is missing" : "");
	else if (s->look_back_ms > 0)
		add_span(b, ", at most ", s->look_back_ms, "");
	if (s->reorder_ms > 0)
		add_span(b, ", waits ", s->reorder_ms, " for late samples");
}

/* "at the start", "5s before the enter at oven" */
static void add_moment(struct buf *b, int64_t ago_ms, const char *what, const char *where)
{
	if (ago_ms > 0)
		add_span(b, "", ago_ms, " before ");
	else
		buf_add(b, "at ");
	buf_addf(b, "%s%s", what, where);
}

void plan_words_lot(struct buf *b, const struct plan *plan, const struct lot *l)
{
	buf_addf(b, "%s.%s", source_name(plan, l->bind_source), l->bind_field);
	if (!l->is_loaded)
		return;
	buf_add(b, ", as loaded ");
	if (l->at == NO_INDEX)
		add_moment(b, l->delay_ms, "the unit's start", "");
	else
		add_moment(b, l->delay_ms, "its enter at ", plan->stations[l->at].name);
}

void plan_words_unit(struct buf *b, const struct plan *plan)
{
	const struct unit_policy *u = &plan->unit;

	if (u->every_ms > 0) {
		add_span(b, "one every ", u->every_ms, ", scored at once");
		return;
	}
	if (u->ready_on == NO_INDEX)
		buf_add(b, "scored when complete");
	else if (u->grace_ms == 0)
		buf_addf(b, "scored at the first %s", source_name(plan, u->ready_on));
	else {
		add_span(b, "scored ", u->grace_ms, " after the first ");
		buf_add(b, source_name(plan, u->ready_on));
	}
	add_span(b, ", at the latest ", u->deadline_ms, " after its opening");
	add_span(b, ", remembered ", u->again_ms, "");
}

static void add_anchor(struct buf *b, const struct plan *plan, const struct window *w)
{
	int64_t ago_ms = w->ago_ms;

	switch (w->anchor) {
	case WINDOW_START:
		add_moment(b, ago_ms, "the unit's start", "");
		break;
	case WINDOW_ENTER:
		add_moment(b, ago_ms, "its enter at ", plan->stations[w->station].name);
		break;
	case WINDOW_EXIT:
		add_moment(b, ago_ms, "its exit at ", plan->stations[w->station].name);
		break;
	case WINDOW_SOURCE:
		add_moment(b, ago_ms, "its first ", source_name(plan, w->source));
		break;
	case WINDOW_DURING:
		break;
	}
}

static void add_window(struct buf *b, const struct plan *plan, const struct window *w)
{
	if (w->anchor == WINDOW_DURING) {
		const struct station *s = &plan->stations[w->station];

		buf_addf(b, " while at %s (", s->name);
		add_stay(b, plan, s);
		buf_add(b, ")");
	} else if (w->has_over) {
		add_span(b, " over the ", w->over_ms, " that end ");
		add_anchor(b, plan, w);
	} else {
		buf_add(b, " ");
		add_anchor(b, plan, w);
	}
}

static void add_of_stream(struct buf *b, const struct plan *plan, const struct feature *f)
{
	const struct window *w = &f->window;
	bool is_point = w->anchor != WINDOW_DURING && !w->has_over;

	if (!is_point || f->take != TAKE_LAST)
		buf_addf(b, "%s of ", take_name(f->take));
	buf_addf(b, "%s.%s", source_name(plan, f->source), f->field);
	add_window(b, plan, w);
	if (w->has_hold && is_point)
		add_span(b, ", not older than ", w->hold_ms, "");
	else if (w->has_hold)
		add_span(b, ", starting from a value up to ", w->hold_ms, " old");
	if (f->min_samples > 0)
		buf_addf(b, ", of at least %zu sample%s", f->min_samples,
			f->min_samples == 1 ? "" : "s");
}

void plan_words_feature(struct buf *b, const struct plan *plan, const struct feature *f)
{
	switch (f->kind) {
	case FEATURE_LOT_ID:
		buf_addf(b, "lot.%s", plan->lots[f->lot].name);
		break;
	case FEATURE_UNIT:
		buf_addf(b, "%s.%s", source_name(plan, f->source), f->field);
		break;
	case FEATURE_LOT:
		buf_addf(b, "%s.%s of lot %s", source_name(plan, f->source), f->field,
			plan->lots[f->lot].name);
		break;
	case FEATURE_STREAM:
		add_of_stream(b, plan, f);
		break;
	}
}

static void add_scalars(struct buf *b, const char *heading, const struct scalar_list *list)
{
	char number[NUM_TEXT_MAX];

	buf_addf(b, "%s: ", heading);
	for (size_t i = 0; i < list->count; i++) {
		const struct scalar *s = &list->v[i];

		buf_add(b, i > 0 ? ", " : "");
		switch (s->kind) {
		case SCALAR_TEXT:
			buf_addf(b, "\"%s\"", s->text);
			break;
		case SCALAR_BOOL:
			buf_add(b, s->number != 0 ? "true" : "false");
			break;
		case SCALAR_NUMBER:
			num_print(number, s->number, false);
			buf_add(b, number);
			break;
		}
	}
}

void plan_words_label(struct buf *b, const struct plan *plan, const struct label_rule *l)
{
	buf_addf(b, "%s.%s  (", source_name(plan, l->source), l->field);
	add_scalars(b, "defect", &l->defect);
	if (l->good.count > 0)
		add_scalars(b, "; good", &l->good);
	else
		buf_add(b, "; all else is good");
	if (plan->label_count > 1 || plan->label_worst)
		buf_add(b, plan->label_worst ? "; the worst counts" : "; the newest counts");
	buf_add(b, ")");
}
