/* The line files of a line that still have units open: what a message, the time and a model are to
 * all of them. The newest stands in the engine's list, the older ones behind it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/engine/line.h"

/* Beyond so many their units are due at once: each takes memory and every message. */
#define OLDER_MAX 16

static void generation_free(struct engine_line *g)
{
	if (!g)
		return;
	g->older = NULL; /* it is not its owner */
	line_deinit(g);
	free(g);
}

void line_free_generations(struct engine_line *l)
{
	while (l->older) {
		struct engine_line *g = l->older;

		l->older = g->older;
		generation_free(g);
	}
	while (l->over) {
		struct engine_line *g = l->over;

		l->over = g->older;
		generation_free(g);
	}
}

void line_set_order(struct engine_line *l)
{
	size_t depth = 0;

	assembler_set_order(l->assembler, NULL, l->older ? l->older->assembler : NULL);
	for (struct engine_line *g = l->older; g; g = g->older) {
		assembler_set_order(
			g->assembler, l->assembler, g->older ? g->older->assembler : NULL);
		if (++depth > OLDER_MAX)
			assembler_end(g->assembler);
	}
}

int line_add_outgoing(struct engine_line *l, const struct line_spec *spec,
	const struct assembler_limits *limits, const struct model *model, const char *why_none,
	struct err *err)
{
	struct engine_line *g = calloc(1, sizeof(*g));
	int r;

	if (!g)
		return err_set(err, -ENOMEM, "no memory for line \"%s\"", spec->name);
	r = line_init(g, spec, limits, err);
	if (r < 0) {
		free(g);
		return r;
	}
	r = line_set_model(g, model, why_none, err);
	if (r < 0) {
		generation_free(g);
		return r;
	}
	g->older = l->older;
	l->older = g;
	line_set_order(l);
	return 0;
}

void line_drop_done(struct engine_line *l)
{
	struct engine_line **at = &l->older;
	bool has_changed = false;

	while (*at) {
		struct engine_line *g = *at;

		if (assembler_open_count(g->assembler) > 0) {
			at = &g->older;
			continue;
		}
		*at = g->older;
		line_shut(g);
		g->older = l->over;
		l->over = g;
		has_changed = true;
	}
	if (has_changed)
		line_set_order(l);
}

int line_set_models(
	struct engine_line *l, const struct model *model, const char *why_none, struct err *err)
{
	int r = line_set_model(l, model, why_none, err);

	for (struct engine_line *g = l->older; g && r == 0 && model; g = g->older) {
		if (engine_model_fits(g->spec.plan, model, NULL) == 0)
			r = line_set_model(g, model, NULL, err);
	}
	return r;
}

/* What one generation, and so far the line, makes of a message. */
struct answer {
	enum refusal refusal;
	bool knows_topic;
	struct assembler_counts counts; /* that it added */
};

/* Says the second more? */
static bool says_more(const struct answer *a, enum refusal refusal, bool knows_topic)
{
	if (a->refusal == REFUSAL_NONE)
		return false;
	if (refusal == REFUSAL_NONE)
		return true;
	if (a->refusal != REFUSAL_UNMATCHED)
		return false;
	return refusal != REFUSAL_UNMATCHED || (knows_topic && !a->knows_topic);
}

/* Counted once, as the one that says most has it. */
static enum refusal ask_all(struct engine_line *l, const struct message *msg, int64_t now_ms,
	int64_t clock_ms, struct line_answer *out, struct err *err)
{
	struct assembler_counts counts = *assembler_counts(l->assembler);
	struct answer best = {.refusal = REFUSAL_UNMATCHED};
	bool spares = true;

	assembler_forget_counts(l->assembler);
	for (struct engine_line *g = l; g; g = g->older) {
		struct err why = {""};
		enum refusal r = assembler_take(g->assembler, msg, now_ms, clock_ms, &why);
		bool knows = assembler_knows_topic(g->assembler);

		if (g == l || says_more(&best, r, knows)) {
			best = (struct answer){r, knows, *assembler_counts(g->assembler)};
			*err = why;
		}
		if (r == REFUSAL_NONE)
			spares = spares && assembler_spares_journal(g->assembler);
		assembler_forget_counts(g->assembler);
	}
	assembler_counts_add(&counts, &best.counts);
	assembler_set_counts(l->assembler, &counts);
	out->knows_topic = best.knows_topic;
	out->spares_journal = spares;
	return best.refusal;
}

enum refusal line_take(struct engine_line *l, const struct message *msg, int64_t now_ms,
	int64_t clock_ms, struct line_answer *out, struct err *err)
{
	enum refusal r;

	if (l->older)
		return ask_all(l, msg, now_ms, clock_ms, out, err);
	r = assembler_take(l->assembler, msg, now_ms, clock_ms, err);
	out->knows_topic = assembler_knows_topic(l->assembler);
	out->spares_journal = assembler_spares_journal(l->assembler);
	return r;
}

/* What happened in an older one beside messages is counted in the newest. */
void line_gather_counts(struct engine_line *l)
{
	struct assembler_counts counts = *assembler_counts(l->assembler);

	for (struct engine_line *g = l->older; g; g = g->older) {
		assembler_counts_add(&counts, assembler_counts(g->assembler));
		assembler_forget_counts(g->assembler);
	}
	assembler_set_counts(l->assembler, &counts);
}

bool line_refuse(struct engine_line *l, const char *topic, enum refusal why)
{
	bool knows = false;

	for (struct engine_line *g = l; g && !knows; g = g->older)
		knows = assembler_refuse(g->assembler, topic, why);
	if (l->older)
		line_gather_counts(l);
	return knows;
}

int64_t line_due_ms(const struct engine_line *l)
{
	int64_t due_ms = INT64_MAX;

	for (const struct engine_line *g = l; g; g = g->older) {
		int64_t ms = assembler_due_ms(g->assembler);

		if (ms < due_ms)
			due_ms = ms;
	}
	return due_ms;
}

size_t line_open_units(const struct engine_line *l)
{
	size_t count = 0;

	for (const struct engine_line *g = l; g; g = g->older)
		count += assembler_open_count(g->assembler);
	return count;
}

const struct engine_line *line_older(const struct engine_line *l)
{
	do
		l = l->older;
	while (l && assembler_open_count(l->assembler) == 0);
	return l;
}

size_t line_older_count(const struct engine_line *l)
{
	size_t count = 0;

	while ((l = line_older(l)))
		count++;
	return count;
}
