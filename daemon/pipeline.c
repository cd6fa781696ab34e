/* The pipeline's inputs, the deadlines, and its beginning and end. */
#include "daemon/pipeline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/pipeline_inside.h"
#include "lib/base/err.h"
#include "lib/gateway/gateway.h"

#define IDLE_TICK_MS 1000
#define ALIVE_NS UINT64_C(10000000000) /* of quiet */

void pipeline_give_up(void)
{
	log_error("no memory: ending now, the broker sends again what is not acknowledged");
	_exit(1);
}

/* What the journal holds of a message that is to be spared: that its time came. */
static struct engine_input as_tick(const struct engine_input *in)
{
	return (struct engine_input){
		.kind = INPUT_TICK, .now_ms = in->now_ms, .clock_ms = in->clock_ms};
}

int pipeline_take_input(struct pipeline *p, const struct engine_input *in, uint64_t received_ns)
{
	const struct engine_input tick = as_tick(in);
	struct outcome last = {.kind = OUTCOME_REFUSED};
	struct batch *b = p->filling;
	int r = engine_take(p->engine, in, &b->outcomes);

	check_memory(r);
	for (size_t i = 0; i < b->outcomes.count; i++)
		pipeline_take_outcome(p, &b->outcomes.v[i], in, received_ns);
	for (size_t i = 0; i < b->outcomes.count; i++)
		pipeline_score_shadows(p, &b->outcomes.v[i]);
	if (r != 0)
		p->input_ns = uv_hrtime();
	if (r == ENGINE_CHANGED || r == ENGINE_TICKED)
		check_memory(batch_add_input(
			b, engine_number(p->engine), r == ENGINE_TICKED ? &tick : in));
	if (b->outcomes.count > 0)
		last = b->outcomes.v[b->outcomes.count - 1];
	b->outcomes.count = 0; /* their texts stay in the arena, as the rows need them */
	if (last.kind == OUTCOME_SWAP)
		pipeline_swap(p, last.line, &last.swap, in->now_ms);
	else if (last.kind == OUTCOME_RELOAD)
		p->o.reload(p->o.owner, &last.reload);
	return r;
}

void pipeline_message(struct pipeline *p, const struct message *m, uint64_t received_ns)
{
	struct engine_input in = {.kind = INPUT_MESSAGE, .message = *m};
	struct batch *b = p->filling;

	clock_read(p->o.clock, &in.now_ms, &in.clock_ms);
	/* what leaves nothing to commit holds neither memory nor the broker's window */
	if (pipeline_take_input(p, &in, received_ns) != 0 || m->qos > 0) {
		b->messages++;
		b->bytes += m->payload_len + strlen(m->topic);
	}
}

void pipeline_gap(struct pipeline *p, int64_t from_ms, bool kept)
{
	struct engine_input in = {.kind = INPUT_GAP, .from_ms = from_ms, .kept = kept};

	clock_read(p->o.clock, &in.now_ms, &in.clock_ms);
	pipeline_take_input(p, &in, uv_hrtime());
}

void pipeline_clock_set(struct pipeline *p, int64_t jump_ms)
{
	struct engine_input in = {.kind = INPUT_CLOCK, .jump_ms = jump_ms};

	clock_read(p->o.clock, &in.now_ms, &in.clock_ms);
	pipeline_take_input(p, &in, uv_hrtime());
}

/* Would it matter that a time in which nothing came is taken for one in which nothing could? */
static bool counts_time(const struct pipeline *p)
{
	struct engine_line_state state;

	for (size_t i = 0; i < p->line_count; i++) {
		const struct plan *plan = &p->o.gateway->lines[i].config->plan;

		engine_line_state(p->engine, i, &state);
		if (state.open_units > 0)
			return true;
		for (size_t s = 0; s < plan->source_count; s++)
			if (plan->sources[s].qos == 0)
				return true;
	}
	return false;
}

void pipeline_alive(struct pipeline *p)
{
	struct engine_input in = {.kind = INPUT_ALIVE};

	if (!p->o.clock->runs || p->finishes || uv_hrtime() - p->input_ns < ALIVE_NS ||
		!counts_time(p))
		return;
	clock_read(p->o.clock, &in.now_ms, &in.clock_ms);
	pipeline_take_input(p, &in, uv_hrtime());
}

void pipeline_delivery(
	struct pipeline *p, uint64_t number, uint64_t keep_from, const struct delivery *d)
{
	check_memory(batch_add_delivery(p->filling, number, keep_from, d));
}

void pipeline_clear_deliveries(struct pipeline *p)
{
	batch_clear_deliveries(p->filling);
}

static void on_deadline(uv_timer_t *t);

/* While the lines' clock stands no deadline comes due. */
void pipeline_arm(struct pipeline *p, int64_t at_least_ms)
{
	int64_t due_ms = p->o.clock->runs ? engine_due_ms(p->engine) : INT64_MAX;
	int64_t now_ms, line_ms, wait_ms;

	if (due_ms == p->armed_ms)
		return;
	p->armed_ms = due_ms;
	if (due_ms == INT64_MAX) {
		uv_timer_stop(&p->deadline);
		return;
	}
	clock_read(p->o.clock, &now_ms, &line_ms);
	wait_ms = due_ms - line_ms > at_least_ms ? due_ms - line_ms : at_least_ms;
	uv_timer_start(&p->deadline, on_deadline, (uint64_t)wait_ms, 0);
}

static void on_deadline(uv_timer_t *t)
{
	struct pipeline *p = t->data;
	struct engine_input in = {.kind = INPUT_TICK};
	int r;

	clock_read(p->o.clock, &in.now_ms, &in.clock_ms);
	r = pipeline_take_input(p, &in, uv_hrtime());
	p->armed_ms = INT64_MIN;
	/* the timer may come a moment early; what is due and gave nothing is not asked at once
	 * again */
	pipeline_arm(p, r != 0 || engine_due_ms(p->engine) > in.clock_ms ? 1 : IDLE_TICK_MS);
	pipeline_pump(p, PUMP_DUE);
}

void pipeline_clock_changed(struct pipeline *p)
{
	if (p->finishes)
		return;
	p->armed_ms = INT64_MIN;
	pipeline_arm(p, 1);
}

int pipeline_new(struct pipeline **out, const struct pipeline_options *o, struct err *err)
{
	const struct config *config = o->gateway->config;
	struct pipeline *p = calloc(1, sizeof(*p));
	int r = p ? 0 : -ENOMEM;

	if (r == 0) {
		p->o = *o;
		p->engine = o->gateway->engine;
		p->line_count = config->line_count;
		p->delivery_end = o->delivery_next;
		p->armed_ms = INT64_MIN;
		p->snapshot_number = engine_number(p->engine);
		p->snapshot_ns = uv_hrtime();
		buf_init(&p->text);
		if (asprintf(&p->gateway_reply, "%s/reply", config->publish) < 0)
			p->gateway_reply = NULL;
		r = p->gateway_reply ? batch_new(&p->filling) : -ENOMEM;
	}
	if (r == 0)
		r = pipeline_make_lines(&p->lines, config, NULL);
	if (r < 0) {
		pipeline_free(p);
		return err_set(err, r, "no memory for the pipeline");
	}
	uv_timer_init(o->loop, &p->deadline);
	uv_timer_init(o->loop, &p->commit_due);
	p->deadline.data = p->commit_due.data = p;
	*out = p;
	return 0;
}

void pipeline_free(struct pipeline *p)
{
	if (!p)
		return;
	batch_free(p->filling);
	while (p->spare) {
		struct batch *b = p->spare;

		p->spare = b->next;
		batch_free(b);
	}
	pipeline_free_lines(p->lines, p->line_count);
	free(p->gateway_reply);
	buf_deinit(&p->text);
	free(p);
}

void pipeline_close(struct pipeline *p)
{
	uv_close((uv_handle_t *)&p->deadline, NULL);
	uv_close((uv_handle_t *)&p->commit_due, NULL);
}

struct pipeline_figures *pipeline_figures(struct pipeline *p)
{
	return &p->figures;
}

struct pipeline_line_figures *pipeline_line_figures(struct pipeline *p, size_t line)
{
	return &p->lines[line].figures;
}
