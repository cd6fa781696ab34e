#include "daemon/pipeline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/committer.h"
#include "daemon/log.h"
#include "daemon/outlet.h"
#include "lib/base/err.h"
#include "lib/engine/publish.h"
#include "lib/gateway/gateway.h"

#define SNAPSHOT_INPUTS 10000
#define SNAPSHOT_NS (60 * NS_PER_S)
/* A large state is not written again before the journal has a quarter of its bytes, unless
 * replaying that would take long. */
#define SNAPSHOT_INPUTS_MAX 200000
#define SNAPSHOT_NS_MAX (600 * NS_PER_S)
#define NS_PER_S UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)
#define GROUP_MESSAGES 512       /* under full load a transaction has at least so many */
#define LARGE_MESSAGES 100       /* see pipeline_load */
#define DELETES_WAIT_NS NS_PER_S /* they need no transaction of their own */
#define SAMPLE_HEAD_BYTES 1024
#define IDLE_TICK_MS 1000
#define ALIVE_NS (10 * NS_PER_S)

struct line_out {
	char *prediction, *alert, *reply; /* topics */
	int prediction_qos;
	struct pipeline_line_figures figures;
};

struct pipeline {
	struct pipeline_options o;
	struct engine *engine;
	struct committer *committer;
	struct line_out *lines;
	size_t line_count;
	char *gateway_reply; /* topic */
	struct buf text;     /* of the message in hand */

	struct batch *filling;
	struct batch *spare; /* list of those not in use */
	size_t in_commit_messages, in_commit_bytes;
	uint64_t delivery_end;
	size_t last_commit_messages;

	uint64_t snapshot_number, snapshot_ns; /* of the last one */
	size_t snapshot_bytes, journal_bytes;  /* of it, and since then */
	int64_t sampled_s[REFUSAL_COUNT];      /* one sample per reason and second */
	uv_timer_t deadline, commit_due;
	uint64_t input_ns; /* when the last input was journaled */
	int64_t armed_ms;  /* on the lines' clock; INT64_MAX: not */
	char trouble[1024];
	bool finishes, finished;
	struct pipeline_figures figures;
};

static void give_up(void)
{
	log_error("no memory: ending now, the broker sends again what is not acknowledged");
	_exit(1);
}

static void check_memory(int r)
{
	if (r < 0)
		give_up();
}

static struct batch *take_batch(struct pipeline *p)
{
	struct batch *b = p->spare;

	if (b)
		p->spare = b->next;
	else
		check_memory(batch_new(&b));
	b->next = NULL;
	return b;
}

static void give_back(struct pipeline *p, struct batch *b)
{
	batch_clear(b);
	b->next = p->spare;
	p->spare = b;
}

static void publish(struct pipeline *p, const char *topic, int qos, int64_t now_ms)
{
	if (buf_failed(&p->text))
		give_up();
	check_memory(outlet_send(p->o.outlet, topic, p->text.data, p->text.len, qos, now_ms));
	buf_clear(&p->text);
}

/* The alert leaves first: it is what somebody waits for. */
static void take_unit(struct pipeline *p, struct outcome *o, uint64_t received_ns)
{
	struct line_out *line = &p->lines[o->line];
	struct unit_row *row = &o->row;

	row->latency_us = (int64_t)((uv_hrtime() - received_ns) / 1000);
	if (o->alert) {
		publish_alert(&p->text, row, row->latency_us);
		publish(p, line->alert, 1, row->scored_ms);
	}
	publish_prediction(&p->text, row, row->latency_us);
	publish(p, line->prediction, line->prediction_qos, row->scored_ms);
	latency_add(&line->figures.latency, row->latency_us);
	latency_add(&p->figures.latency, row->latency_us);
	check_memory(batch_add_row(p->filling, row));
}

static void take_refusal(struct pipeline *p, const struct outcome *o, int64_t now_ms)
{
	const struct message *m = &o->refused.message;
	char reason[1200];
	struct quarantined q = {
		.at_ms = now_ms,
		.line = o->line == SIZE_MAX ? "" : p->o.gateway->lines[o->line].config->name,
		.topic = m->topic,
		.payload = m->payload,
		.payload_len = m->payload_len,
		.reason = reason,
	};

	if (p->sampled_s[o->refused.reason] == now_ms / 1000)
		return;
	if (o->refused.reason == REFUSAL_TOO_BIG && q.payload_len > SAMPLE_HEAD_BYTES)
		q.payload_len = SAMPLE_HEAD_BYTES; /* the others can be sent again as they are */
	p->sampled_s[o->refused.reason] = now_ms / 1000;
	snprintf(
		reason, sizeof(reason), "%s: %s", refusal_name(o->refused.reason), o->refused.text);
	check_memory(batch_add_sample(p->filling, &q));
	p->figures.sampled++;
}

static void take_label(struct pipeline *p, const struct outcome *o, int64_t now_ms)
{
	const struct label_row row = {
		.line = p->o.gateway->lines[o->line].config->name,
		.unit = o->label.unit,
		.at_ms = o->label.at_ms,
		.defect = o->label.is_defect,
		.class_name = o->label.class_name,
		.source = o->label.source,
		.by = o->label.by,
		.why = o->label.why,
	};

	check_memory(batch_add_label(p->filling, &row, now_ms));
}

static void take_outcome(
	struct pipeline *p, struct outcome *o, const struct engine_input *in, uint64_t received_ns)
{
	switch (o->kind) {
	case OUTCOME_UNIT:
		take_unit(p, o, received_ns);
		break;
	case OUTCOME_REFUSED:
		take_refusal(p, o, in->now_ms);
		break;
	case OUTCOME_LABEL:
		take_label(p, o, in->now_ms);
		break;
	case OUTCOME_REPLY:
		check_memory(batch_add_reply(p->filling, o->line, &o->reply));
		break;
	}
}

/* What the journal holds of a message that is to be spared: that its time came. */
static struct engine_input as_tick(const struct engine_input *in)
{
	return (struct engine_input){
		.kind = INPUT_TICK, .now_ms = in->now_ms, .clock_ms = in->clock_ms};
}

static int take_input(struct pipeline *p, const struct engine_input *in, uint64_t received_ns)
{
	const struct engine_input tick = as_tick(in);
	struct batch *b = p->filling;
	int r = engine_take(p->engine, in, &b->outcomes);

	check_memory(r);
	for (size_t i = 0; i < b->outcomes.count; i++)
		take_outcome(p, &b->outcomes.v[i], in, received_ns);
	b->outcomes.count = 0; /* their texts stay in the arena, as the rows need them */
	if (r != 0)
		p->input_ns = uv_hrtime();
	if (r == ENGINE_CHANGED || r == ENGINE_TICKED)
		check_memory(batch_add_input(
			b, engine_number(p->engine), r == ENGINE_TICKED ? &tick : in));
	return r;
}

void pipeline_message(struct pipeline *p, const struct message *m, uint64_t received_ns)
{
	struct engine_input in = {.kind = INPUT_MESSAGE, .message = *m};

	struct batch *b = p->filling;

	clock_read(p->o.clock, &in.now_ms, &in.clock_ms);
	/* what leaves nothing to commit holds neither memory nor the broker's window */
	if (take_input(p, &in, received_ns) != 0 || m->qos > 0) {
		b->messages++;
		b->bytes += m->payload_len + strlen(m->topic);
	}
}

void pipeline_gap(struct pipeline *p, int64_t from_ms, bool kept)
{
	struct engine_input in = {.kind = INPUT_GAP, .from_ms = from_ms, .kept = kept};

	clock_read(p->o.clock, &in.now_ms, &in.clock_ms);
	take_input(p, &in, uv_hrtime());
}

void pipeline_clock_set(struct pipeline *p, int64_t jump_ms)
{
	struct engine_input in = {.kind = INPUT_CLOCK, .jump_ms = jump_ms};

	clock_read(p->o.clock, &in.now_ms, &in.clock_ms);
	take_input(p, &in, uv_hrtime());
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
	take_input(p, &in, uv_hrtime());
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

/* The engine's whole state, as it is between two inputs. */
static void put_snapshot(struct pipeline *p, struct batch *b)
{
	uint64_t begun_ns = uv_hrtime();

	buf_clear(&b->snapshot);
	engine_save(p->engine, &b->snapshot);
	if (buf_failed(&b->snapshot))
		give_up();
	b->has_snapshot = true;
	b->snapshot_number = engine_number(p->engine);
	b->snapshot_at_ms = clock_now_ms(p->o.clock);
	if (!b->begun_ns)
		b->begun_ns = begun_ns;
	p->snapshot_number = b->snapshot_number;
	p->snapshot_bytes = b->snapshot.len;
	p->journal_bytes = 0;
	p->snapshot_ns = uv_hrtime();
	p->figures.snapshots++;
	p->figures.last_snapshot_us = (int64_t)((p->snapshot_ns - begun_ns) / 1000);
}

static bool snapshot_is_due(const struct pipeline *p)
{
	uint64_t inputs = engine_number(p->engine) - p->snapshot_number;
	uint64_t age_ns = uv_hrtime() - p->snapshot_ns;

	if (inputs < SNAPSHOT_INPUTS && (inputs == 0 || age_ns < SNAPSHOT_NS))
		return false;
	return p->journal_bytes >= p->snapshot_bytes / 4 || inputs >= SNAPSHOT_INPUTS_MAX ||
	       age_ns >= SNAPSHOT_NS_MAX;
}

static void hand_over(struct pipeline *p)
{
	struct batch *b = p->filling;

	check_memory(outlet_fill(p->o.outlet, b));
	p->journal_bytes += b->journal.len;
	if (snapshot_is_due(p))
		put_snapshot(p, b);
	p->in_commit_messages = b->messages;
	p->in_commit_bytes = b->bytes;
	uv_timer_stop(&p->commit_due);
	p->filling = take_batch(p);
	committer_submit(p->committer, b);
}

static void on_commit_due(uv_timer_t *t)
{
	pipeline_pump(t->data, PUMP_DUE);
}

/* commit_every is how long a batch may be gathered; 0 waits for nothing. */
static bool is_due(struct pipeline *p, enum pump how)
{
	const struct batch *b = p->filling;
	uint64_t wait_ns = (uint64_t)p->o.gateway->config->store.commit_every_ms * NS_PER_MS;
	uint64_t age_ns;

	if (how == PUMP_PRESSED && !batch_is_empty(b))
		return true;
	if (batch_is_empty(b))
		return outlet_done_ns(p->o.outlet) >= DELETES_WAIT_NS;
	if (how == PUMP_MORE && b->messages < GROUP_MESSAGES)
		return false;
	if (wait_ns == 0)
		return true;
	age_ns = uv_hrtime() - b->begun_ns;
	if (age_ns >= wait_ns)
		return true;
	if (!uv_is_active((uv_handle_t *)&p->commit_due))
		uv_timer_start(&p->commit_due, on_commit_due,
			(wait_ns - age_ns + NS_PER_MS - 1) / NS_PER_MS, 0);
	return false;
}

static void on_deadline(uv_timer_t *t);

/* When the next deadline is due the timer says so; while the lines' clock stands none is. */
static void arm(struct pipeline *p, int64_t at_least_ms)
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
	r = take_input(p, &in, uv_hrtime());
	p->armed_ms = INT64_MIN;
	/* the timer may come a moment early; what is due and gave nothing is not asked at once
	 * again */
	arm(p, r != 0 || engine_due_ms(p->engine) > in.clock_ms ? 1 : IDLE_TICK_MS);
	pipeline_pump(p, PUMP_DUE);
}

void pipeline_pump(struct pipeline *p, enum pump how)
{
	if (!p->finishes)
		arm(p, 1);
	if (committer_is_idle(p->committer) && is_due(p, how))
		hand_over(p);
}

void pipeline_clock_changed(struct pipeline *p)
{
	if (p->finishes)
		return;
	p->armed_ms = INT64_MIN;
	arm(p, 1);
}

/* What the commands came to is said once it is on disk. */
static void send_replies(struct pipeline *p, const struct batch *b)
{
	int64_t now_ms = clock_now_ms(p->o.clock);

	for (size_t i = 0; i < b->reply_count; i++) {
		const struct batch_reply *r = &b->replies[i];
		struct command_reply reply = r->reply;
		const char *topic =
			r->line == SIZE_MAX ? p->gateway_reply : p->lines[r->line].reply;

		if (r->label != SIZE_MAX && b->labels[r->label].is_known) {
			reply.code = "nothing_to_do";
			reply.text = "this very label is there already";
		}
		publish_reply(&p->text, &reply);
		publish(p, topic, 1, now_ms);
	}
}

static void on_committed(void *owner, struct batch *first)
{
	struct pipeline *p = owner;

	p->last_commit_messages = p->in_commit_messages;
	p->in_commit_messages = p->in_commit_bytes = 0;
	while (first) {
		struct batch *b = first;

		first = b->next;
		if (b->delivery_end > p->delivery_end)
			p->delivery_end = b->delivery_end;
		p->figures.rows_refused += b->rows_refused;
		send_replies(p, b);
		if (b->rows_refused)
			log_error("the database refuses %zu rows: they are in its quarantine",
				(size_t)b->rows_refused);
		give_back(p, b);
	}
	p->o.committed(p->o.owner);
}

/* The file is new and knows nothing: what was on its way and what has come since go in together,
 * with a snapshot of the state behind them. */
static void on_begun_anew(void *owner, struct batch *first)
{
	struct pipeline *p = owner;
	struct batch *last = first;

	for (struct batch *b = first; b; b = b->next) {
		b->put_count = b->delete_count = 0;
		last = b;
	}
	outlet_store_again(p->o.outlet);
	check_memory(outlet_fill(p->o.outlet, p->filling));
	put_snapshot(p, p->filling);
	p->in_commit_messages += p->filling->messages;
	p->in_commit_bytes += p->filling->bytes;
	last->next = p->filling;
	p->filling = take_batch(p);
	committer_submit(p->committer, first);
}

static void on_trouble(void *owner, const char *why)
{
	struct pipeline *p = owner;

	if (*why)
		log_error(
			"what was received cannot be recorded: %s, trying again each second", why);
	else
		log_info("the database takes what was received again");
	snprintf(p->trouble, sizeof(p->trouble), "%s", why);
	p->o.trouble_changed(p->o.owner);
}

struct committer_handlers pipeline_handlers(struct pipeline *p)
{
	return (struct committer_handlers){p, on_committed, on_begun_anew, on_trouble};
}

void pipeline_set_committer(struct pipeline *p, struct committer *c)
{
	p->committer = c;
}

static int add_line(struct line_out *line, const struct line_config *config)
{
	line->prediction_qos = config->decide.prediction_qos;
	if (asprintf(&line->prediction, "%s/prediction", config->publish) < 0)
		line->prediction = NULL;
	if (asprintf(&line->alert, "%s/alert", config->publish) < 0)
		line->alert = NULL;
	if (asprintf(&line->reply, "%s/reply", config->publish) < 0)
		line->reply = NULL;
	return line->prediction && line->alert && line->reply ? 0 : -ENOMEM;
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
		p->lines = calloc(p->line_count + 1, sizeof(*p->lines));
		if (asprintf(&p->gateway_reply, "%s/reply", config->publish) < 0)
			p->gateway_reply = NULL;
		r = p->lines && p->gateway_reply ? batch_new(&p->filling) : -ENOMEM;
	}
	for (size_t i = 0; r == 0 && i < config->line_count; i++)
		r = add_line(&p->lines[i], &config->lines[i]);
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
	for (size_t i = 0; p->lines && i < p->line_count; i++) {
		free(p->lines[i].prediction);
		free(p->lines[i].alert);
		free(p->lines[i].reply);
	}
	free(p->lines);
	free(p->gateway_reply);
	buf_deinit(&p->text);
	free(p);
}

struct pipeline_load pipeline_load(const struct pipeline *p)
{
	return (struct pipeline_load){
		.messages = p->filling->messages + p->in_commit_messages,
		.bytes = p->filling->bytes + p->in_commit_bytes,
		.filling = p->filling->messages,
		.large_commits = p->last_commit_messages >= LARGE_MESSAGES,
		.delivery_end = p->delivery_end,
	};
}

const char *pipeline_trouble(const struct pipeline *p)
{
	return p->trouble;
}

bool pipeline_finish(struct pipeline *p)
{
	p->finishes = true;
	uv_timer_stop(&p->deadline);
	if (!committer_is_idle(p->committer))
		return false;
	if (p->finished)
		return true;
	p->finished = true;
	put_snapshot(p, p->filling);
	hand_over(p);
	return false;
}

bool pipeline_forget(struct pipeline *p)
{
	if (!committer_is_idle(p->committer))
		return false;
	if (!outlet_done_ns(p->o.outlet))
		return true;
	hand_over(p);
	return false;
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
