/* Inputs for engines of tests, and what comes of them as bytes. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/engine/engine.h"

/* An input whose texts the caller frees with input_free. */
static inline struct engine_input make_message(int64_t now_ms, const char *topic, const char *text)
{
	return (struct engine_input){
		.kind = INPUT_MESSAGE,
		.now_ms = now_ms,
		.clock_ms = now_ms,
		.message = {.topic = strdup(topic),
			.payload = strdup(text),
			.payload_len = strlen(text),
			.qos = 1},
	};
}

static inline void input_free(struct engine_input *in)
{
	free((char *)(uintptr_t)in->message.topic);
	free((void *)(uintptr_t)in->message.payload);
}

static inline void put_row(struct buf *out, const struct unit_row *row)
{
	buf_addf(out, "%s %s %lld %lld %lld %llu %s %d %s %s %s %u %s %s %s %s|", row->line,
		row->unit, (long long)row->started_ms, (long long)row->scored_ms,
		(long long)row->gap_ms, (unsigned long long)row->seq, row->verdict, row->verdict_n,
		row->class_name, row->model, row->reason, row->imputed_count, row->imputed,
		row->lots, row->config, row->detail ? row->detail : "-");
	buf_put_f64(out, row->p_defect);
	buf_put_f64(out, row->threshold);
	for (size_t i = 0; i < row->value_count; i++) {
		buf_put_u8(out, (uint8_t)row->values[i].kind);
		if (row->values[i].kind == VALUE_NUMBER)
			buf_put_f64(out, row->values[i].number);
		if (row->values[i].kind == VALUE_TEXT)
			buf_put_string(out, row->values[i].text);
	}
}

static inline void put_label(struct buf *out, const struct assembled_label *l)
{
	buf_addf(out, "%s %lld %d %s %s %s %s|", l->unit, (long long)l->at_ms, l->is_defect,
		l->source, l->class_name, l->by, l->why);
}

/* Everything that follows from an input, as bytes. */
static inline void put_outcomes(struct buf *out, const struct outcomes *o)
{
	for (size_t i = 0; i < o->count; i++) {
		const struct outcome *v = &o->v[i];

		buf_addf(out, "%d %zu %d ", v->kind, v->line, v->alert);
		switch (v->kind) {
		case OUTCOME_UNIT:
			put_row(out, &v->row);
			break;
		case OUTCOME_REFUSED:
			buf_addf(out, "%s: %s|", refusal_name(v->refused.reason), v->refused.text);
			break;
		case OUTCOME_LABEL:
			put_label(out, &v->label);
			break;
		case OUTCOME_REPLY:
			buf_addf(out, "%s %d %s %s|", v->reply.req, v->reply.ok, v->reply.code,
				v->reply.text);
			break;
		case OUTCOME_RELOAD:
			buf_addf(out, "%s %s|", v->reload.req, v->reload.by);
			break;
		case OUTCOME_SWAP:
			buf_addf(out, "%d %s %s %s %s|", v->swap.is_rollback, v->swap.req,
				v->swap.model, v->swap.by, v->swap.why);
			break;
		}
	}
}
