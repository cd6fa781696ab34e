/* An engine with the line of tests/unit/feature/flow.h: streams, stations, labels; without a model.
 */
#pragma once

#include "tests/unit/engine/outcomes.h"
#include "tests/unit/feature/flow.h"

#include "lib/decide/verdict.h"
#include "lib/nn/kernels.h"

struct rig {
	struct flow *flow; /* its plan and limits; it has no assembler */
	struct decide_policy decide;
	struct line_spec spec;
	struct engine *engine;
	struct outcomes out; /* of the last input */
	int64_t now_ms, clock_ms;
	int changed; /* as engine_take said */
};

static inline int rig_set_up(void **state)
{
	static struct rig r;
	void *flow;

	r = (struct rig){.now_ms = NOW};
	if (flow_set_up(&flow) < 0 || arena_new(&r.out.arena, 4096) < 0)
		return -1;
	r.flow = flow;
	decide_policy_defaults(&r.decide);
	r.spec = (struct line_spec){.name = "flow",
		.publish = "acme/flow",
		.plan = &r.flow->plan,
		.decide = &r.decide,
		.config_sha256 = "c0nf19"};
	*state = &r;
	return 0;
}

static inline int rig_tear_down(void **state)
{
	struct rig *r = *state;
	void *flow = r->flow;

	engine_free(r->engine);
	arena_free(r->out.arena);
	return flow_tear_down(&flow);
}

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

static inline void rig_add_line(struct rig *r, const struct line_spec *spec)
{
	struct err err;

	if (engine_add_line(r->engine, spec, &err) < 0)
		fail_msg("%s", err.text);
}

/* The engine begins anew. */
static inline void rig_begin(struct rig *r)
{
	engine_free(r->engine);
	r->engine = NULL;
	assert_int_equal(
		engine_new(&r->engine, nn_kernels_choose(NULL, NULL), &r->flow->limits, 1000, NULL),
		0);
	rig_add_line(r, &r->spec);
	engine_set_root(r->engine, "acme/gw");
}

/* Both clocks, so many ms after the tests begin. */
static inline void rig_at(struct rig *r, int64_t ms)
{
	r->now_ms = NOW + ms;
	r->clock_ms = ms;
}

static inline void rig_take(struct rig *r, struct engine_input in)
{
	in.now_ms = r->now_ms;
	in.clock_ms = r->clock_ms;
	outcomes_reset(&r->out);
	r->changed = engine_take(r->engine, &in, &r->out);
	assert_true(r->changed >= 0);
}

/* The topic and payload must live as long as the outcomes are looked at. */
static inline void rig_message(struct rig *r, const char *topic, const char *payload, bool retained)
{
	rig_take(r, (struct engine_input){.kind = INPUT_MESSAGE,
			    .message = {.topic = topic,
				    .payload = payload,
				    .payload_len = strlen(payload),
				    .qos = 1,
				    .retained = retained}});
}

/* With the event time NOW + ms. */
static inline void rig_send(struct rig *r, const char *topic, int64_t ms, const char *members)
{
	static char payload[600];

	snprintf(payload, sizeof(payload), "{\"ts\":%lld%s%s}", (long long)NOW + ms,
		*members ? "," : "", members);
	rig_message(r, topic, payload, false);
}

static inline void rig_tick(struct rig *r)
{
	rig_take(r, (struct engine_input){.kind = INPUT_TICK});
}

/* `from_ms` NOT_SAID: since the last input. */
#define NOT_SAID INT64_MIN
static inline void rig_gap(struct rig *r, int64_t from_ms, bool kept)
{
	rig_take(r, (struct engine_input){.kind = INPUT_GAP,
			    .from_ms = from_ms == NOT_SAID ? 0 : NOW + from_ms,
			    .kept = kept});
}

static inline void rig_clock(struct rig *r, int64_t jump_ms)
{
	rig_take(r, (struct engine_input){.kind = INPUT_CLOCK, .jump_ms = jump_ms});
}

static inline const struct outcome *rig_outcome(
	const struct rig *r, size_t i, enum outcome_kind kind)
{
	assert_true(i < r->out.count);
	assert_int_equal(r->out.v[i].kind, kind);
	return &r->out.v[i];
}

static inline const struct unit_row *rig_row(const struct rig *r, size_t i)
{
	return &rig_outcome(r, i, OUTCOME_UNIT)->row;
}

/* The only outcome. */
static inline void rig_expect_refusal(const struct rig *r, enum refusal reason, const char *text)
{
	const struct outcome *o = rig_outcome(r, 0, OUTCOME_REFUSED);

	assert_int_equal(r->out.count, 1);
	assert_string_equal(refusal_name(o->refused.reason), refusal_name(reason));
	assert_string_equal(o->refused.text, text);
}
