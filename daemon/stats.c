#include "daemon/stats.h"

#include <stdio.h>

#include "daemon/committer.h"
#include "daemon/daemon.h"
#include "daemon/intake.h"
#include "daemon/outlet.h"
#include "daemon/pipeline.h"
#include "lib/base/json.h"
#include "lib/base/timestamp.h"
#include "lib/gateway/gateway.h"

static void put_count(struct buf *out, const char *key, uint64_t v)
{
	jsonw_int(out, key, (int64_t)v);
}

/* Percentiles since the last time; nothing new leaves the old ones standing. */
static void put_latency(struct buf *out, struct latency *l, struct latency_figures *last)
{
	if (l->count)
		*last = latency_figures(l);
	latency_clear(l);
	jsonw_int(out, "latency_p50_us", last->p50_us);
	jsonw_int(out, "latency_p95_us", last->p95_us);
	jsonw_int(out, "latency_p99_us", last->p99_us);
	jsonw_int(out, "latency_max_us", last->max_us);
}

static void put_refusals(struct buf *out, const uint64_t *refused)
{
	for (int r = REFUSAL_NONE + 1; r < REFUSAL_COUNT; r++)
		put_count(out, refusal_name((enum refusal)r), refused[r]);
}

static void put_end(struct buf *out, struct daemon *d)
{
	char ts[TIMESTAMP_TEXT_MAX];
	int64_t now_ms = clock_now_ms(&d->clock);

	timestamp_print(ts, now_ms);
	jsonw_text(out, "ts", ts);
	jsonw_int(out, "ts_ms", now_ms);
	jsonw_end(out);
}

void stats_put_gateway(struct buf *out, struct daemon *d)
{
	const struct engine_counts *c = engine_counts(d->gateway->engine);
	const struct pipeline_load load = pipeline_load(d->pipeline);
	const struct committer_figures store = committer_figures(d->committer);
	const struct outlet_figures outlet = outlet_figures(d->outlet);
	const struct intake_figures intake = intake_figures(d->intake);
	struct pipeline_figures *p = pipeline_figures(d->pipeline);

	buf_clear(out);
	jsonw_begin(out);
	jsonw_int(out, "v", 1);
	jsonw_text(out, "instance", d->config->instance);
	put_count(out, "received", c->received);
	put_count(out, "used", c->used);
	put_refusals(out, c->refused);
	put_latency(out, &p->latency, &p->latency_last);
	put_count(out, "uncommitted", load.messages);
	put_count(out, "uncommitted_bytes", load.bytes);
	put_count(out, "unacknowledged", intake.unacknowledged);
	put_count(out, "pauses", intake.pauses);
	put_count(out, "unwanted", intake.unwanted);
	put_count(out, "connects", intake.connects);
	put_count(out, "commits", store.commits);
	jsonw_int(out, "commit_us", store.last_commit_us);
	put_count(out, "snapshots", p->snapshots);
	jsonw_int(out, "snapshot_us", p->last_snapshot_us);
	put_count(out, "rows_refused", p->rows_refused);
	put_count(out, "quarantined", p->sampled);
	put_count(out, "sent", outlet.sent);
	put_count(out, "dropped", outlet.dropped);
	put_count(out, "confirmed", outlet.confirmed);
	put_count(out, "publish_refused", outlet.refused);
	put_count(out, "outbox", outlet.waiting);
	put_count(out, "outbox_over", outlet.over);
	put_end(out, d);
}

static void put_values(struct buf *out, const struct assembler_counts *c)
{
	char key[64];

	for (int r = VALUE_REFUSAL_NONE + 1; r < VALUE_REFUSAL_COUNT; r++) {
		snprintf(key, sizeof(key), "value_%s", value_refusal_name((enum value_refusal)r));
		put_count(out, key, c->values[r]);
	}
}

void stats_put_line(struct buf *out, struct daemon *d, size_t line)
{
	struct pipeline_line_figures *f = pipeline_line_figures(d->pipeline, line);
	struct engine_line_state e;

	engine_line_state(d->gateway->engine, line, &e);
	buf_clear(out);
	jsonw_begin(out);
	jsonw_int(out, "v", 1);
	jsonw_text(out, "line", d->config->lines[line].name);
	put_count(out, "received", e.counts->received);
	put_count(out, "used", e.counts->used);
	put_refusals(out, e.counts->refused);
	put_values(out, e.counts);
	put_latency(out, &f->latency, &f->latency_last);
	put_count(out, "units", e.units);
	put_count(out, "alerts", e.alerts);
	put_count(out, "not_scored", e.not_scored);
	put_count(out, "open_units", e.open_units);
	put_count(out, "open_units_over", e.counts->open_units_over);
	put_count(out, "remembered_units_over", e.counts->remembered_units_over);
	put_count(out, "lots_over", e.counts->lots_over);
	put_count(out, "samples_over", e.counts->samples_over);
	put_count(out, "array_elements_over", e.counts->array_elements_over);
	put_count(out, "events_repeated", e.counts->events_repeated);
	put_count(out, "every_skipped", e.counts->every_skipped);
	put_end(out, d);
}
