/* From the engine's outcomes to what is published and what is recorded. */
#include "daemon/pipeline_inside.h"

#include <stdio.h>
#include <string.h>

#include "daemon/outlet.h"
#include "lib/engine/publish.h"
#include "lib/gateway/gateway.h"

static void publish(struct pipeline *p, const char *topic, int qos, int64_t now_ms)
{
	if (buf_failed(&p->text))
		pipeline_give_up();
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
	if (o->refused.reason == REFUSAL_TOO_BIG && q.payload_len > QUARANTINE_HEAD_BYTES)
		q.payload_len =
			QUARANTINE_HEAD_BYTES; /* the others can be sent again as they are */
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

void pipeline_take_outcome(
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
		check_memory(batch_add_reply(p->filling,
			o->line == SIZE_MAX ? p->gateway_reply : p->lines[o->line].reply,
			&o->reply));
		break;
	case OUTCOME_SWAP:
	case OUTCOME_RELOAD:
		break; /* when the input is done: pipeline.c */
	}
}

/* Only now, so that no prediction waits for it. */
void pipeline_score_shadows(struct pipeline *p, const struct outcome *o)
{
	struct engine_shadow_score scores[ENGINE_SHADOWS];
	size_t count;

	if (o->kind != OUTCOME_UNIT)
		return;
	count = engine_score_shadows(p->engine, o->line, &o->row, scores);
	for (size_t i = 0; i < count; i++) {
		const struct shadow_row row = {
			.line = o->row.line,
			.unit = o->row.unit,
			.started_ms = o->row.started_ms,
			.model = arena_string(p->filling->arena, scores[i].model),
			.p_defect = scores[i].p_defect,
		};

		check_memory(row.model ? batch_add_shadow(p->filling, &row) : -1);
	}
}

/* What the commands came to is said once it is on disk. */
void pipeline_send_replies(struct pipeline *p, const struct batch *b)
{
	int64_t now_ms = clock_now_ms(p->o.clock);

	for (size_t i = 0; i < b->reply_count; i++) {
		const struct batch_reply *r = &b->replies[i];
		struct command_reply reply = r->reply;

		if (r->label != SIZE_MAX && b->labels[r->label].is_known) {
			reply.code = "nothing_to_do";
			reply.text = "this very label is there already";
		}
		publish_reply(&p->text, &reply);
		publish(p, r->topic, 1, now_ms);
	}
}
