/* The pipeline's batches: when one is handed to the store thread, and what comes back. */
#include "daemon/pipeline_inside.h"

#include <stdio.h>

#include "daemon/committer.h"
#include "daemon/log.h"
#include "daemon/outlet.h"
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

void pipeline_put_snapshot(struct pipeline *p, struct batch *b)
{
	uint64_t begun_ns = uv_hrtime();

	buf_clear(&b->snapshot);
	engine_save(p->engine, &b->snapshot);
	if (buf_failed(&b->snapshot))
		pipeline_give_up();
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
		pipeline_put_snapshot(p, b);
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

void pipeline_pump(struct pipeline *p, enum pump how)
{
	if (!p->finishes)
		pipeline_arm(p, 1);
	if (committer_is_idle(p->committer) && is_due(p, how))
		hand_over(p);
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
		p->models_open -= b->model_count;
		pipeline_send_replies(p, b);
		if (b->gateway)
			p->o.reloaded(p->o.owner, b->gateway);
		if (b->rows_refused)
			log_error("the database refuses %zu rows: they are in its quarantine",
				(size_t)b->rows_refused);
		give_back(p, b);
	}
	p->o.committed(p->o.owner);
}

/* The file is new and knows nothing: it gets the registry as it is now. */
static void put_registry(struct pipeline *p, struct batch *first)
{
	for (struct batch *b = first; b; b = b->next) {
		p->models_open -= b->model_count;
		b->model_count = 0;
	}
	p->models_open -= p->filling->model_count;
	p->filling->model_count = 0;
	pipeline_put_registry(p);
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
	pipeline_put_snapshot(p, p->filling);
	put_registry(p, first);
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
	pipeline_put_snapshot(p, p->filling);
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
