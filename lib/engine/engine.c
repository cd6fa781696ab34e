/* Engine inputs to outcomes. */
#include "lib/engine/engine.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/engine/own_topic.h"
#include "lib/engine/state.h"

int engine_new(struct engine **out, const struct nn_kernels *kernels,
	const struct assembler_limits *limits, size_t payload_bytes, struct err *err)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (!e)
		return err_set(err, -ENOMEM, "no memory for the engine");
	e->kernels = kernels;
	e->limits = *limits;
	e->payload_bytes = payload_bytes;
	e->clock_ms = INT64_MIN;
	e->lost_ms = e->start_ms = INT64_MAX;
	buf_init(&e->text);
	*out = e;
	return 0;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < e->line_count; i++)
		line_deinit(&e->lines[i]);
	free(e->lines);
	buf_deinit(&e->text);
	free(e);
}

int engine_add_line(struct engine *e, const struct line_spec *spec, struct err *err)
{
	struct engine_line *lines = reallocarray(e->lines, e->line_count + 1, sizeof(*lines));
	int r;

	if (!lines)
		return err_set(err, -ENOMEM, "no memory for line \"%s\"", spec->name);
	e->lines = lines;
	r = line_init(&lines[e->line_count], spec, &e->limits, err);
	if (r == 0)
		e->line_count++;
	return r;
}

size_t engine_line_count(const struct engine *e)
{
	return e->line_count;
}

void engine_set_root(struct engine *e, const char *publish)
{
	e->root = publish;
}

int engine_set_model(struct engine *e, size_t line, const struct model *model, const char *why_none,
	struct err *err)
{
	assert(line < e->line_count);
	return line_set_models(&e->lines[line], model, why_none, err);
}

struct outcome *engine_next_outcome(struct outcomes *out)
{
	if (out->count == out->cap) {
		size_t cap = out->cap ? 2 * out->cap : 16;
		struct outcome *v = arena_alloc(out->arena, cap * sizeof(*v));

		if (!v)
			return NULL;
		if (out->count)
			memcpy(v, out->v, out->count * sizeof(*v));
		out->v = v;
		out->cap = cap;
	}
	return &out->v[out->count];
}

/* Those of a generation, after those of the generations before it. */
static int collect_generation(struct engine *e, size_t line, struct engine_line *l, int64_t now_ms,
	struct outcomes *out, bool *changed)
{
	struct line_tally *tally = &e->lines[line].tally;
	struct assembled unit;

	if (l->older && collect_generation(e, line, l->older, now_ms, out, changed) < 0)
		return -ENOMEM;
	while (assembler_next(l->assembler, now_ms, e->clock_ms, out->arena, &unit)) {
		struct outcome *o = engine_next_outcome(out);

		if (!o || line_score(l, tally, e->kernels, &unit, now_ms, out->arena, &e->text, o) <
				  0)
			return -ENOMEM;
		o->line = line;
		out->count++;
		*changed = true;
	}
	return 0;
}

/* Scores every unit of the line that is done. */
static int collect_units(
	struct engine *e, size_t line, int64_t now_ms, struct outcomes *out, bool *changed)
{
	struct engine_line *l = &e->lines[line];
	int r = collect_generation(e, line, l, now_ms, out, changed);

	if (r == 0 && l->older)
		line_gather_counts(l);
	return r;
}

int engine_refuse(struct engine *e, const struct message *msg, size_t line, enum refusal reason,
	const char *text, struct outcomes *out)
{
	struct outcome *o = engine_next_outcome(out);

	if (!o)
		return -ENOMEM;
	e->counts.refused[reason]++;
	*o = (struct outcome){.kind = OUTCOME_REFUSED, .line = line};
	o->refused.reason = reason;
	o->refused.message = *msg;
	o->refused.text = arena_string(out->arena, text);
	if (!o->refused.text)
		return -ENOMEM;
	out->count++;
	return 0;
}

bool engine_is_own_topic(const struct engine *e, const char *topic)
{
	if (e->root && own_topic(e->root, topic))
		return true;
	for (size_t i = 0; i < e->line_count; i++) {
		if (own_topic(e->lines[i].spec.publish, topic))
			return true;
	}
	return false;
}

/* The topic below <root>/cmd/. NULL: it is not there. */
static const char *command_name(const char *root, const char *topic)
{
	size_t len = root ? strlen(root) : 0;

	if (!root || strncmp(topic, root, len) != 0 || strncmp(topic + len, "/cmd/", 5) != 0)
		return NULL;
	return topic + len + 5;
}

/* The name of the command that the topic is; *line whose. NULL: it is none. */
static const char *find_command(const struct engine *e, const char *topic, size_t *line)
{
	const char *name = command_name(e->root, topic);

	*line = SIZE_MAX;
	for (size_t i = 0; i < e->line_count && !name; i++) {
		name = command_name(e->lines[i].spec.publish, topic);
		*line = i;
	}
	return name;
}

bool engine_is_command_topic(const struct engine *e, const char *topic)
{
	size_t line;

	return find_command(e, topic, &line) != NULL;
}

/* The labels that the line found in the message. */
static int collect_labels(struct engine *e, size_t line, struct outcomes *out)
{
	size_t count;
	const struct assembled_label *v = assembler_labels(e->lines[line].assembler, &count);

	for (size_t i = 0; i < count; i++) {
		struct outcome *o = engine_next_outcome(out);

		if (!o)
			return -ENOMEM;
		*o = (struct outcome){.kind = OUTCOME_LABEL, .line = line, .label = v[i]};
		o->label.unit = arena_string(out->arena, v[i].unit);
		o->label.class_name = arena_string(out->arena, v[i].class_name);
		o->label.by = arena_string(out->arena, v[i].by);
		o->label.why = arena_string(out->arena, v[i].why);
		if (!o->label.unit || !o->label.class_name || !o->label.by || !o->label.why)
			return -ENOMEM;
		out->count++;
	}
	return 0;
}

/* Gives the message to every line; counted once, under the first reason when none used it.
 * *spared: only sources without a journal used it. */
static int take_message(struct engine *e, const struct engine_input *in, struct outcomes *out,
	bool *changed, bool *spared)
{
	enum refusal first = REFUSAL_UNMATCHED;
	const char *text = "no source takes this topic"; /* of any line */
	struct err why, err; /* not cleared as a whole: this runs for every message */
	size_t at = SIZE_MAX;
	bool used = false;

	for (size_t i = 0; i < e->line_count; i++) {
		struct line_answer answer;
		enum refusal r;

		err.text[0] = '\0';
		r = line_take(&e->lines[i], &in->message, in->now_ms, e->clock_ms, &answer, &err);
		if (r == REFUSAL_NONE) {
			used = true;
			*spared = *spared && answer.spares_journal;
			if (collect_labels(e, i, out) < 0 ||
				collect_units(e, i, in->now_ms, out, changed) < 0)
				return -ENOMEM;
		} else if (first == REFUSAL_UNMATCHED &&
			   (at == SIZE_MAX || r != REFUSAL_UNMATCHED) && answer.knows_topic) {
			/* that a source does not want it says more than that none takes the topic
			 */
			first = r;
			at = i;
			why = err;
			text = why.text;
		}
	}
	if (!used)
		return engine_refuse(e, &in->message, at, first, text, out);
	e->counts.used++;
	return 1;
}

/* Every line that would have taken it counts it too; the quarantine names the first. */
static int refuse_too_big(struct engine *e, const struct message *msg, struct outcomes *out)
{
	size_t at = SIZE_MAX;
	struct err why;

	for (size_t i = e->line_count; i-- > 0;)
		if (line_refuse(&e->lines[i], msg->topic, REFUSAL_TOO_BIG))
			at = i;
	err_set(&why, 0, "payload of %zu bytes, allowed are %zu", msg->payload_len,
		e->payload_bytes);
	return engine_refuse(e, msg, at, REFUSAL_TOO_BIG, why.text, out);
}

/* 1 when the message was used, 0, -ENOMEM. */
static int check_message(struct engine *e, const struct engine_input *in, struct outcomes *out,
	bool *changed, bool *spared)
{
	const struct message *msg = &in->message;
	const char *command;
	size_t line;

	e->counts.received++;
	if (msg->payload_len > e->payload_bytes)
		return refuse_too_big(e, msg, out);
	command = find_command(e, msg->topic, &line);
	if (command) {
		*spared = false;
		return engine_take_command(e, in, line, command, out);
	}
	if (engine_is_own_topic(e, msg->topic))
		return engine_refuse(e, msg, SIZE_MAX, REFUSAL_UNMATCHED,
			"a topic of our own is never input", out);
	return take_message(e, in, out, changed, spared);
}

/* A gap that does not say when it began is that of a start: what had come without a journal since
 * the snapshot, or since the start before it, died with the process. */
static void take_gap(struct engine *e, const struct engine_input *in, int64_t last_ms)
{
	int64_t from_ms = in->from_ms ? in->from_ms : last_ms, lost_ms = INT64_MAX;

	if (!in->from_ms) {
		/* the start before it is known when this comes out of a journal */
		lost_ms = e->start_ms != INT64_MAX ? e->start_ms : e->lost_ms;
		e->start_ms = in->now_ms;
		e->lost_ms = INT64_MAX;
	}
	if (from_ms == 0)
		return; /* there was no time before */
	for (size_t i = 0; i < e->line_count; i++)
		for (struct engine_line *g = &e->lines[i]; g; g = g->older)
			assembler_add_gap(g->assembler, from_ms, in->now_ms, lost_ms, in->kept);
}

int engine_take(struct engine *e, const struct engine_input *in, struct outcomes *out)
{
	bool changed = in->kind != INPUT_MESSAGE && in->kind != INPUT_TICK, spared = true;
	int64_t last_ms = e->now_ms;
	int r = 0;

	/* not sooner: shadows may have been asked for the last of their units */
	for (size_t i = 0; i < e->line_count; i++)
		line_drop_done(&e->lines[i]);
	e->now_ms = in->now_ms;
	if (in->clock_ms > e->clock_ms)
		e->clock_ms = in->clock_ms;
	if (in->kind == INPUT_GAP)
		take_gap(e, in, last_ms);
	for (size_t i = 0; i < e->line_count && in->kind == INPUT_CLOCK; i++)
		for (struct engine_line *g = &e->lines[i]; g; g = g->older)
			assembler_clock_set(g->assembler, in->jump_ms, in->now_ms, e->clock_ms);
	for (size_t i = 0; i < e->line_count && r == 0; i++)
		r = collect_units(e, i, in->now_ms, out, &changed);
	if (r == 0 && in->kind == INPUT_MESSAGE)
		r = check_message(e, in, out, &changed, &spared);
	if (r < 0)
		return r;
	if (!changed && (r == 0 || spared))
		return 0;
	e->number++;
	return r == 0 || !spared || in->kind != INPUT_MESSAGE ? ENGINE_CHANGED : ENGINE_TICKED;
}

uint64_t engine_number(const struct engine *e)
{
	return e->number;
}

void engine_skip_to(struct engine *e, uint64_t number)
{
	if (number > e->number)
		e->number = number;
}

int64_t engine_clock_ms(const struct engine *e)
{
	return e->clock_ms;
}

int64_t engine_now_ms(const struct engine *e)
{
	return e->now_ms;
}

int64_t engine_due_ms(const struct engine *e)
{
	int64_t due_ms = INT64_MAX;

	for (size_t i = 0; i < e->line_count; i++) {
		int64_t ms = line_due_ms(&e->lines[i]);

		if (ms < due_ms)
			due_ms = ms;
	}
	return due_ms;
}

const struct engine_counts *engine_counts(const struct engine *e)
{
	return &e->counts;
}

void engine_resume(struct engine *e)
{
	/* what was lost before a start that the journal holds has been told */
	if (e->start_ms != INT64_MAX)
		e->lost_ms = e->start_ms;
	e->start_ms = INT64_MAX;
	e->counts = (struct engine_counts){0};
	for (size_t i = 0; i < e->line_count; i++)
		assembler_forget_counts(e->lines[i].assembler);
}

void engine_count_duplicate(struct engine *e)
{
	e->counts.received++;
	e->counts.refused[REFUSAL_DUPLICATE]++;
}

void engine_line_state(const struct engine *e, size_t line, struct engine_line_state *out)
{
	const struct engine_line *l = &e->lines[line];

	assert(line < e->line_count);
	*out = (struct engine_line_state){
		.model = l->champion.model,
		.why_none = l->why_none,
		.threshold = l->threshold,
		.units = l->tally.units,
		.alerts = l->tally.alerts,
		.not_scored = l->tally.not_scored,
		.last_unit_ms = l->tally.last_unit_ms,
		.open_units = line_open_units(l),
		.outgoing = line_older_count(l),
		.counts = assembler_counts(l->assembler),
	};
}
